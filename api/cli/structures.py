"""`mo structures`: the Python files that build networks, and the type configs that say which variant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import SHOWN, File, Limit, Mine, Name, Named, NewName, NewNote, Note, Search
from api.cli.output import Sheet, deletion, emit, facts, headings, short, when
from api.cli.removal import Deleted, Yes, confirm
from api.cli.session import Session, UsageError, session_of

if TYPE_CHECKING:
    from api.resources import Structure
    from api.terms import TypeConfig

app = typer.Typer(help="help.structures", no_args_is_help=True)


Certified = Annotated[bool | None, typer.Option("--certified/--uncertified", help="option.certified")]


@app.command("add", help="help.structures.add")
def add(
    context: typer.Context,
    path: File,
    class_name: Annotated[str, typer.Option("--class", help="option.class")],
    name: Name = "",
    type_config: Annotated[str, typer.Option("--type-config", help="option.type_config")] = "",
    note: Note = "",
) -> None:
    """Add a structure."""
    session = session_of(context)
    structures = session.client.structures
    config: Path | TypeConfig | None = None
    if type_config:
        config = file if (file := Path(type_config)).is_file() else structures.find_config(type_config)
    structure = structures.add(path, class_name, name=name, type_config=config, note=note)
    emit(session, structure, _sheet(session, [structure]))


@app.command("list", help="help.structures.list")
def show_all(
    context: typer.Context,
    search: Search = "",
    certified: Certified = None,
    mine: Mine = False,
    deleted: Deleted = False,
    limit: Limit = SHOWN,
) -> None:
    """List structures."""
    session = session_of(context)
    page = session.client.structures.list(search=search, limit=limit, mine=mine, deleted=deleted, certified=certified)
    emit(session, page, _sheet(session, page.items))


@app.command("show", help="help.structures.show")
def show(context: typer.Context, structure: Named) -> None:
    """Show one structure."""
    session = session_of(context)
    found = session.client.structures.find(structure)
    rows = [
        ("id", str(found.id)),
        ("name", found.name),
        ("class", found.class_name),
        ("file", found.source.name),
        ("digest", found.source.digest),
        ("type_config", found.type_config.name if found.type_config is not None else ""),
        ("certified", _certified(session, found)),
        *([("certified_by", str(found.certified_by))] if found.certified_by is not None else []),
        ("note", found.note),
        ("created", when(found.created_at)),
        *deletion(found),
    ]
    emit(session, found, facts(session, found.name, rows))


@app.command("configs", help="help.structures.configs")
def configs(
    context: typer.Context,
    config: Annotated[str, typer.Argument(help="argument.config")] = "",
    search: Search = "",
    mine: Mine = False,
    limit: Limit = SHOWN,
) -> None:
    """List type configs, or show one."""
    session = session_of(context)
    if config:
        found = session.client.structures.find_config(config)
        emit(session, found, _config_facts(session, found))
        return
    page = session.client.structures.list_configs(search=search, mine=mine, limit=limit)
    emit(session, page, _config_sheet(session, page.items))


@app.command("add-config", help="help.structures.add_config")
def add_config(context: typer.Context, path: File, name: Name = "", note: Note = "") -> None:
    """Add a version of a type config."""
    session = session_of(context)
    added = session.client.structures.add_config(path, name=name, note=note)
    emit(session, added, _config_sheet(session, [added]))


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
        headings(session, "id", "name", "class", "file", "certified", "created"),
        [
            (short(one.id), one.name, one.class_name, one.source.name, _certified(session, one), when(one.created_at))
            for one in items
        ],
    )


def _certified(session: Session, structure: Structure) -> str:
    """Whether, and since when."""
    said = session.say("text.certified_yes" if structure.certified else "text.certified_no")
    return said if structure.certified_at is None else f"{said} {when(structure.certified_at)}"


def _config_sheet(session: Session, items: list[TypeConfig]) -> Sheet:
    return Sheet(
        headings(session, "id", "name", "version", "file", "created"),
        [(short(one.id), one.name, one.version, one.file.name, when(one.created_at)) for one in items],
    )


def _config_facts(session: Session, one: TypeConfig) -> Sheet:
    rows = [
        ("id", str(one.id)),
        ("name", one.name),
        ("version", one.version),
        ("file", one.file.name),
        ("digest", one.file.digest),
        ("note", one.note),
        ("created", when(one.created_at)),
        ("arguments", json.dumps(one.arguments, ensure_ascii=False, indent=2, default=str)),
    ]
    return facts(session, f"{one.name}@{one.version}", rows)
