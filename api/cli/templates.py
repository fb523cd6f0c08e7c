"""`mo templates`: how weights become Tron models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.dictionary import numbers
from api.cli.options import SHOWN, File, Limit, Mine, Named, NewNote, Note, Search
from api.cli.output import Sheet, deletion, emit, facts, headings, short, when
from api.cli.removal import Deleted, Yes, confirm
from api.cli.session import Session, UsageError, session_of

if TYPE_CHECKING:
    from api.resources import Template

app = typer.Typer(help="help.templates", no_args_is_help=True)


@app.command("add", help="help.templates.add")
def add(context: typer.Context, path: File, note: Note = "") -> None:
    """Save a template."""
    session = session_of(context)
    template = session.client.templates.add(with_structures(session, document_of(path)), note=note)
    emit(session, template, _sheet(session, [template]))


@app.command("list", help="help.templates.list")
def show_all(
    context: typer.Context, search: Search = "", mine: Mine = False, deleted: Deleted = False, limit: Limit = SHOWN
) -> None:
    """List templates."""
    session = session_of(context)
    page = session.client.templates.list(search=search, limit=limit, mine=mine, deleted=deleted)
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
            [
                ("id", str(found.id)),
                ("note", found.note),
                ("created", when(found.created_at)),
                *deletion(found),
                *(("notice", message) for message in found.messages),
                ("document", document),
            ],
        ),
    )


@app.command("edit", help="help.templates.edit")
def edit(
    context: typer.Context,
    template: Named,
    document: Annotated[Path | None, typer.Argument(help="option.document")] = None,
    note: NewNote = None,
) -> None:
    """Put another document or note in the place of a template's."""
    session = session_of(context)
    templates = session.client.templates
    if document is None and note is None:
        raise UsageError("usage.nothing_to_change", known="DOCUMENT, --note")
    whole = with_structures(session, document_of(document)) if document is not None else None
    changed = templates.edit(templates.find(template), document=whole, note=note)
    emit(session, changed, _sheet(session, [changed]))


@app.command("copy", help="help.templates.copy")
def copy(
    context: typer.Context,
    template: Named,
    name: Annotated[str, typer.Argument(metavar="NEWNAME", help="argument.new_name")],
    note: NewNote = None,
) -> None:
    """Save a template once more under another name."""
    session = session_of(context)
    templates = session.client.templates
    copied = templates.copy(templates.find(template), name, note=note)
    emit(session, copied, _sheet(session, [copied]))


@app.command("diff", help="help.templates.diff")
def diff(
    context: typer.Context,
    left: Annotated[str, typer.Argument(metavar="A", help="argument.template")],
    right: Annotated[str, typer.Argument(metavar="B", help="argument.template")],
) -> None:
    """Show where two templates differ."""
    session = session_of(context)
    ours, theirs = (session.client.templates.find(each) for each in (left, right))
    found = session.client.templates.diff(ours.id, theirs.id)
    sheet = Sheet(
        (session.say("column.field"), ours.name, theirs.name),
        [(each.path, _shown(each.left), _shown(each.right)) for each in found.differences],
        notes=[] if found.differences else [session.say("text.no_difference")],
    )
    emit(session, found, sheet)


@app.command("normalisation", help="help.templates.normalisation")
def normalisation(
    context: typer.Context,
    mean: Annotated[str, typer.Option("--mean", metavar="N,N,N", help="option.mean")],
    std: Annotated[str, typer.Option("--std", metavar="N,N,N", help="option.std")],
) -> None:
    """Compute a template's mean and scale."""
    from schemas.specs.normalisation import from_unit

    session = session_of(context)
    try:
        found = from_unit(numbers(mean, "--mean"), numbers(std, "--std"))
    except ValueError:
        raise UsageError("usage.normalisation", mean=mean, std=std) from None
    texts = {name: ",".join(f"{each:.9g}" for each in values) for name, values in found._asdict().items()}
    emit(session, found._asdict(), facts(session, "", list(texts.items())))


@app.command("rm", help="help.templates.rm")
def remove(context: typer.Context, template: Named, yes: Yes = False) -> None:
    """Take a template out of use."""
    session = session_of(context)
    templates = session.client.templates
    found = templates.find(template)
    confirm(session, found.name, templates.dependents(found), yes=yes)
    gone = templates.delete(found)
    emit(session, gone, _sheet(session, [gone]))


def with_structures(session: Session, document: dict[str, Any]) -> dict[str, Any]:
    """The template with ids in the place of structures' names: a file that people share cannot know the ids.

    Raises:
        UnknownNameError, AmbiguousNameError: a name is not exactly one structure's.
    """
    from api.client.naming import whole_id

    subs = document.get("sub_templates")
    if not isinstance(subs, list):
        return document
    named = [dict(sub) if isinstance(sub, dict) else sub for sub in subs]
    for sub in named:
        name = sub.get("architecture") if isinstance(sub, dict) else None
        if isinstance(name, str) and whole_id(name) is None:
            sub["architecture"] = str(session.client.structures.find(name).id)
    return {**document, "sub_templates": named}


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


def _shown(value: object) -> str:
    return "-" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


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
