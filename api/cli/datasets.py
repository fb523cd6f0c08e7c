"""`mo datasets`: labelled images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import SHOWN, Limit, Mine, Named, Note, Search, Timeout, Wait
from api.cli.output import Sheet, emit, facts, headings, label, short, when
from api.cli.progress import Meter, awaited
from api.cli.session import Session, session_of

if TYPE_CHECKING:
    from api.resources import Dataset

app = typer.Typer(help="help.datasets", no_args_is_help=True)


@app.command("import", help="help.datasets.import")
def import_folder(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="argument.dataset_name")],
    folder: Annotated[Path, typer.Argument(help="argument.folder")],
    note: Note = "",
    wait: Wait = True,
    timeout: Timeout = None,
) -> None:
    """Upload a folder of images and import it."""
    session = session_of(context)
    with Meter(session) as meter:
        job = session.client.datasets.import_folder(
            name,
            folder,
            note=note,
            on_progress=lambda what, done, total: meter.at(
                session.say(f"progress.{what}", name=name), done / max(total, 1)
            ),
        )
    ended = awaited(session, job, wait=wait, timeout_s=timeout)
    if ended is None:
        return
    dataset = session.client.datasets.get(ended.subject_id)
    emit(session, dataset, *_sheets(session, dataset))


@app.command("list", help="help.datasets.list")
def show_all(context: typer.Context, search: Search = "", mine: Mine = False, limit: Limit = SHOWN) -> None:
    """List datasets."""
    session = session_of(context)
    page = session.client.datasets.list(search=search, limit=limit, mine=mine)
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
    emit(session, found, *_sheets(session, found))


def _sheets(session: Session, dataset: Dataset) -> tuple[Sheet, Sheet]:
    about = facts(
        session,
        session.say("title.dataset", name=dataset.name),
        [
            ("id", str(dataset.id)),
            ("type", label(session, "type", dataset.type)),
            ("created", when(dataset.created_at)),
        ],
    )
    versions = Sheet(
        headings(session, "version_job", "images", "classes", "dropped", "reasons", "created"),
        [
            (
                short(version.job_id),
                str(version.images),
                str(version.classes),
                str(version.dropped),
                ", ".join(
                    f"{label(session, 'drop', code)}: {count}" for code, count in sorted(version.reasons.items())
                ),
                when(version.created_at),
            )
            for version in dataset.versions
        ],
        title=session.say("title.versions"),
    )
    return about, versions
