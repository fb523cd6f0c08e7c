"""`mo datasets preview|dropped|histogram|download`: what is in a dataset's version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import SHOWN, Limit, Named, Search
from api.cli.output import Sheet, emit, headings, label, size
from api.cli.progress import Meter, transfer
from api.cli.session import Session, UsageError, session_of

if TYPE_CHECKING:
    from uuid import UUID

    from api.client.datasets import Picture
    from api.dataset_resources import DatasetRecord
    from api.resources import Dataset

NAMED_MAX = 5
FORMS: dict[str, Picture] = {".svg": "rendered", ".json": "json"}
"""What the ending of the file asks for; any other one is the original."""

Version = Annotated[str, typer.Option("--version", help="option.dataset_version")]
Cursor = Annotated[str, typer.Option("--after", help="option.after")]


def add_commands(app: typer.Typer) -> None:
    """Put the commands into `mo datasets`."""
    app.command("preview", help="help.datasets.preview")(preview)
    app.command("dropped", help="help.datasets.dropped")(dropped)
    app.command("histogram", help="help.datasets.histogram")(histogram)
    app.command("download", help="help.datasets.download")(download)


def preview(
    context: typer.Context,
    dataset: Named,
    number: Annotated[int | None, typer.Option("--number", min=0, help="option.number")] = None,
    to: Annotated[Path | None, typer.Option("--to", help="option.to_shown")] = None,
    class_: Annotated[str, typer.Option("--class", help="option.of_class")] = "",
    attribute: Annotated[str, typer.Option("--attribute", help="option.attribute")] = "",
    search: Search = "",
    version: Version = "",
    after: Cursor = "",
    limit: Limit = SHOWN,
) -> None:
    """List images with what is said of them, or write one as the original, as SVG or as JSON."""
    session = session_of(context)
    found, job_id = _version(session, dataset, version)
    datasets = session.client.datasets
    if number is None:
        if to is not None:
            raise UsageError("usage.to_without_number")
        page = datasets.records(
            found, version=job_id, class_=class_, attribute=attribute, search=search, limit=limit, cursor=after or None
        )
        emit(session, page, _sheet(session, page.items))
        return
    record = datasets.record(found, number, version=job_id)
    if to is not None:
        form = FORMS.get(to.suffix.lower(), "image")
        to.write_bytes(datasets.picture(found, number, form, version=job_id))
        session.mention("text.written", path=str(to))
    emit(session, record, _sheet(session, [record]))


def dropped(
    context: typer.Context,
    dataset: Named,
    code: Annotated[str, typer.Option("--code", help="option.code")] = "",
    version: Version = "",
    after: Cursor = "",
    limit: Limit = SHOWN,
) -> None:
    """Show what an import left out, and why."""
    session = session_of(context)
    found, job_id = _version(session, dataset, version)
    page = session.client.datasets.dropped(found, version=job_id, code=code, limit=limit, cursor=after or None)
    rows = [(each.name, label(session, "drop", each.code), each.message) for each in page.items]
    emit(session, page, Sheet(headings(session, "name", "reason", "reason_detail"), rows))


def histogram(context: typer.Context, dataset: Named, version: Version = "") -> None:
    """Show a version in numbers."""
    session = session_of(context)
    found, job_id = _version(session, dataset, version)
    shown = session.client.datasets.figures(found, version=job_id)
    counts = shown.figures.histograms
    groups = [(session.say("title.class_counts", task=task), named) for task, named in counts.classes.items()]
    groups += [
        (session.say("title.boxes_per_image"), counts.boxes_per_image),
        (session.say("title.areas"), counts.areas),
        (session.say("title.sizes"), counts.sizes),
    ]
    groups += [(session.say("title.dimension", name=name), each) for name, each in shown.figures.dimensions.items()]
    dropped_ = {label(session, "drop", code): count for code, count in shown.figures.reasons.items()}
    groups.append((session.say("title.dropped"), dropped_))
    columns = headings(session, "value", "count", "share")
    sheets = [
        Sheet(columns, [(name, str(n), f"{n / max(1, sum(named.values())):.1%}") for name, n in named.items()], title)
        for title, named in groups
        if named
    ]
    emit(session, shown, *sheets)


def download(
    context: typer.Context,
    dataset: Named,
    to: Annotated[Path, typer.Argument(help="argument.target")],
    version: Version = "",
) -> None:
    """Write a version's pack to a file."""
    session = session_of(context)
    found, job_id = _version(session, dataset, version)
    with Meter(session) as meter:
        text = session.say("progress.pack_download", name=found.name)
        got = session.client.datasets.download(found, to, version=job_id, progress=transfer(session, meter, text))
    session.mention("text.downloaded", path=str(to), size=size(got.size_bytes))


def _version(session: Session, dataset: str, version: str) -> tuple[Dataset, UUID | None]:
    """The dataset, and the job that made the version which is meant; none for the newest one."""
    found = session.client.datasets.find(dataset)
    if not version:
        return found, None
    fits = [each.job_id for each in found.versions if str(each.job_id).startswith(version)]
    if len(fits) != 1:
        known = ", ".join(str(each.job_id)[:8] for each in found.versions)
        raise UsageError("usage.version_not_clear", version=version, known=known)
    return found, fits[0]


def _sheet(session: Session, records: list[DatasetRecord]) -> Sheet:
    rows = [
        (
            str(each.number),
            each.name,
            f"{each.width}x{each.height}",
            ", ".join(f"{task}={value}" for task, value in each.labels.items()) or "-",
            _boxes(each),
            ", ".join(f"{name}={value}" for name, value in list(each.attributes.items())[:NAMED_MAX]) or "-",
        )
        for each in records
    ]
    return Sheet(headings(session, "number", "name", "size", "labels", "boxes", "attributes"), rows)


def _boxes(record: DatasetRecord) -> str:
    if not record.boxes:
        return "-"
    names: dict[str, int] = {}
    for box in record.boxes:
        names[box.label] = names.get(box.label, 0) + 1
    return ", ".join(f"{name} ×{count}" for name, count in list(names.items())[:NAMED_MAX])
