"""`mo structures`: the Python files that build networks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import SHOWN, File, Limit, Mine, Name, Named, NewName, NewNote, Note, Search
from api.cli.output import Sheet, emit, headings, short, when
from api.cli.removal import Deleted, Yes, confirm
from api.cli.session import Session, UsageError, session_of

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
def show_all(
    context: typer.Context, search: Search = "", mine: Mine = False, deleted: Deleted = False, limit: Limit = SHOWN
) -> None:
    """List structures."""
    session = session_of(context)
    page = session.client.structures.list(search=search, limit=limit, mine=mine, deleted=deleted)
    emit(session, page, _sheet(session, page.items))


@app.command("edit", help="help.structures.edit")
def edit(context: typer.Context, structure: Named, name: NewName = None, note: NewNote = None) -> None:
    """Change what people call a structure or say about it."""
    session = session_of(context)
    structures = session.client.structures
    if name is None and note is None:
        raise UsageError("usage.nothing_to_change", known="--name, --note")
    changed = structures.edit(structures.find(structure), name=name, note=note)
    emit(session, changed, _sheet(session, [changed]))


@app.command("rm", help="help.structures.rm")
def remove(context: typer.Context, structure: Named, yes: Yes = False) -> None:
    """Take a structure out of use."""
    session = session_of(context)
    structures = session.client.structures
    found = structures.find(structure)
    confirm(session, found.name, structures.dependents(found), yes=yes)
    gone = structures.delete(found)
    emit(session, gone, _sheet(session, [gone]))


def _sheet(session: Session, items: list[Structure]) -> Sheet:
    return Sheet(
        headings(session, "id", "name", "class", "file", "created"),
        [(short(one.id), one.name, one.class_name, one.source.name, when(one.created_at)) for one in items],
    )
