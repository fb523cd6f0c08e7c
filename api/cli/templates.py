"""`mo templates`: how weights become Tron models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from api.cli.options import SHOWN, File, Limit, Mine, Named, Note, Search
from api.cli.output import Sheet, emit, facts, headings, short, when
from api.cli.session import Session, UsageError, session_of

if TYPE_CHECKING:
    from api.resources import Template

app = typer.Typer(help="help.templates", no_args_is_help=True)


@app.command("add", help="help.templates.add")
def add(context: typer.Context, path: File, note: Note = "") -> None:
    """Save a template."""
    session = session_of(context)
    template = session.client.templates.add(document_of(path), note=note)
    emit(session, template, _sheet(session, [template]))


@app.command("list", help="help.templates.list")
def show_all(context: typer.Context, search: Search = "", mine: Mine = False, limit: Limit = SHOWN) -> None:
    """List templates."""
    session = session_of(context)
    page = session.client.templates.list(search=search, limit=limit, mine=mine)
    emit(session, page, _sheet(session, page.items))


@app.command("show", help="help.templates.show")
def show(context: typer.Context, template: Named) -> None:
    """Show one template with its document."""
    session = session_of(context)
    found = session.client.templates.find(template)
    document = json.dumps(found.document, ensure_ascii=False, indent=2)
    emit(
        session,
        found,
        facts(
            session,
            session.say("title.template", name=found.name),
            [("id", str(found.id)), ("created", when(found.created_at)), ("document", document)],
        ),
    )


def document_of(path: Path) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
        UsageError: it cannot be read, or is something else.
    """
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError("usage.json_file", path=str(path), error=str(error)) from None
    if not isinstance(document, dict):
        raise UsageError("usage.json_file", path=str(path), error=type(document).__name__)
    return document


def _sheet(session: Session, items: list[Template]) -> Sheet:
    return Sheet(
        headings(session, "id", "name", "repo", "method", "start_version", "threshold", "created"),
        [
            (
                short(one.id),
                one.name,
                one.repo,
                one.method,
                one.start_version,
                f"{one.error_threshold:g}",
                when(one.created_at),
            )
            for one in items
        ],
    )
