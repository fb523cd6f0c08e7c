"""`mo datasets`: labelled images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from api.cli import packages, scans, shown
from api.cli.options import SHOWN, Limit, Mine, Named, NewNote, Search
from api.cli.output import Sheet, emit, headings, label, short, when
from api.cli.removal import Deleted, Yes, confirm
from api.cli.session import UsageError, session_of
from api.cli.versions import sheets

if TYPE_CHECKING:
    pass

app = typer.Typer(help="help.datasets", no_args_is_help=True)
packages.add_commands(app)
scans.add_commands(app)
shown.add_commands(app)


@app.command("list", help="help.datasets.list")
def show_all(
    context: typer.Context, search: Search = "", mine: Mine = False, deleted: Deleted = False, limit: Limit = SHOWN
) -> None:
    """List datasets."""
    session = session_of(context)
    page = session.client.datasets.list(search=search, limit=limit, mine=mine, deleted=deleted)
    rows = []
    for one in page.items:
        newest = max(one.versions, key=lambda version: version.created_at, default=None)
        counts = ("-", "-", "-") if newest is None else tuple(map(str, (newest.images, newest.classes, newest.dropped)))
        rows.append((short(one.id), one.name, label(session, "type", one.type), *counts, when(one.created_at)))
    emit(session, page, Sheet(headings(session, "id", "name", "type", "images", "classes", "dropped", "created"), rows))


@app.command("show", help="help.datasets.show")
def show(context: typer.Context, dataset: Named) -> None:
    """Show one dataset with its versions."""
    session = session_of(context)
    found = session.client.datasets.find(dataset)
    emit(session, found, *sheets(session, found))


@app.command("edit", help="help.datasets.edit")
def edit(context: typer.Context, dataset: Named, note: NewNote = None) -> None:
    """Change what people say about a dataset."""
    session = session_of(context)
    datasets = session.client.datasets
    if note is None:
        raise UsageError("usage.nothing_to_change", known="--note")
    changed = datasets.edit(datasets.find(dataset), note=note)
    emit(session, changed, *sheets(session, changed))


@app.command("rm", help="help.datasets.rm")
def remove(context: typer.Context, dataset: Named, yes: Yes = False) -> None:
    """Take a dataset out of use."""
    session = session_of(context)
    datasets = session.client.datasets
    found = datasets.find(dataset)
    confirm(session, found.name, datasets.dependents(found), yes=yes)
    gone = datasets.delete(found)
    emit(session, gone, *sheets(session, gone))
