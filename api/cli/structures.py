"""`mo structures`: the Python files that build networks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import SHOWN, File, Limit, Mine, Name, Note, Search
from api.cli.output import Sheet, emit, headings, short, when
from api.cli.session import Session, session_of

if TYPE_CHECKING:
    from api.resources import Structure

app = typer.Typer(help="help.structures", no_args_is_help=True)


@app.command("add", help="help.structures.add")
def add(
    context: typer.Context,
    path: File,
    class_name: Annotated[str, typer.Option("--class", help="option.class")],
    name: Name = "",
    type_config: Annotated[Path | None, typer.Option("--type-config", help="option.type_config")] = None,
    note: Note = "",
) -> None:
    """Add a structure."""
    session = session_of(context)
    structure = session.client.structures.add(path, class_name, name=name, type_config=type_config, note=note)
    emit(session, structure, _sheet(session, [structure]))


@app.command("list", help="help.structures.list")
def show_all(context: typer.Context, search: Search = "", mine: Mine = False, limit: Limit = SHOWN) -> None:
    """List structures."""
    session = session_of(context)
    page = session.client.structures.list(search=search, limit=limit, mine=mine)
    emit(session, page, _sheet(session, page.items))


def _sheet(session: Session, items: list[Structure]) -> Sheet:
    return Sheet(
        headings(session, "id", "name", "class", "file", "created"),
        [(short(one.id), one.name, one.class_name, one.source.name, when(one.created_at)) for one in items],
    )
