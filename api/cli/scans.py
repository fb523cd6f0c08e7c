"""`mo datasets scan|import|update`: what a package would become is shown first, then it is imported."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import exits
from api.cli.options import Named, Note, Timeout, Wait
from api.cli.output import Sheet, emit, facts, headings, label, short, size, when
from api.cli.packages import pairs_of
from api.cli.progress import Meter, awaited
from api.cli.removal import Yes
from api.cli.session import Session, UsageError, session_of
from api.cli.versions import sheets
from api.cli.words import plain

if TYPE_CHECKING:
    from api.dataset_resources import CatalogueItem, DatasetScan, PackageKey, ScanReport
    from api.resources import Job

VALUES_SHOWN = 8
NO_RECORD = "file_not_used"
"""What is dropped for it was never a record: nobody is asked about it."""

Source = Annotated[Path | None, typer.Argument(help="argument.package")]
Item = Annotated[str, typer.Option("--catalogue", help="option.catalogue")]
Template = Annotated[str, typer.Option("--template", help="option.dataset_template")]
Sub = Annotated[str, typer.Option("--sub", help="option.sub_template")]
Form = Annotated[str, typer.Option("--format", help="option.scan_format")]
Split = Annotated[str, typer.Option("--split", help="option.split")]
Type = Annotated[str, typer.Option("--type", help="option.dataset_type")]
Map = Annotated[list[str] | None, typer.Option("--map", help="option.map")]


def add_commands(app: typer.Typer) -> None:
    """Put the commands into `mo datasets`."""
    app.command("catalogue", help="help.datasets.catalogue")(catalogue)
    app.command("scan", help="help.datasets.scan")(scan)
    app.command("import", help="help.datasets.import")(import_package)
    app.command("update", help="help.datasets.update")(update)


def catalogue(context: typer.Context) -> None:
    """List the packages that the operator keeps ready."""
    session = session_of(context)
    page = session.client.datasets.catalogue()
    rows = [
        (
            short(each.id),
            each.name,
            label(session, "item", each.kind),
            "-" if each.size_bytes is None else size(each.size_bytes),
            "-" if each.changed_at is None else when(each.changed_at),
        )
        for each in page.items
    ]
    emit(session, page, Sheet(headings(session, "id", "name", "type", "size", "changed"), rows))


def _source(session: Session, package: Path | None, item: str) -> Path | CatalogueItem:
    """The package that is meant: on this machine, or in the catalogue."""
    if (package is None) == (not item):
        raise UsageError("usage.package_or_item")
    if package is not None:
        return package
    items = session.client.datasets.catalogue().items
    fits = [each for each in items if item == each.name or str(each.id).startswith(item)]
    if len(fits) != 1:
        raise UsageError("usage.item_not_clear", item=item, known=", ".join(each.name for each in items[:20]))
    return fits[0]


def scan(
    context: typer.Context,
    package: Source = None,
    item: Item = "",
    template: Template = "",
    sub: Sub = "",
    form: Form = "auto",
    split: Split = "",
    type_: Type = "",
    map_: Map = None,
    timeout: Timeout = None,
) -> None:
    """Show what an import would keep and drop; nothing is made."""
    session = session_of(context)
    found = _scanned(session, _source(session, package, item), (template, sub, form, split, type_), map_, timeout)
    emit(session, found, *_sheets(session, found))
    if found.report is None or found.report.problems:
        raise typer.Exit(exits.FAILED)


def import_package(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="argument.dataset_name")],
    package: Source = None,
    item: Item = "",
    template: Template = "",
    sub: Sub = "",
    form: Form = "auto",
    split: Split = "",
    type_: Type = "",
    map_: Map = None,
    yes: Yes = False,
    note: Note = "",
    wait: Wait = True,
    timeout: Timeout = None,
) -> None:
    """Scan a package, ask if something of it would be dropped, and import it as a new dataset."""
    session = session_of(context)
    found = _scanned(session, _source(session, package, item), (template, sub, form, split, type_), map_, timeout)
    _confirm(session, found, name, yes=yes)
    job = session.client.datasets.import_scanned(name, found.id, note=note)
    _end(session, job, wait=wait, timeout_s=timeout)


def update(
    context: typer.Context,
    dataset: Named,
    package: Source = None,
    item: Item = "",
    template: Template = "",
    sub: Sub = "",
    form: Form = "auto",
    split: Split = "",
    map_: Map = None,
    yes: Yes = False,
    wait: Wait = True,
    timeout: Timeout = None,
) -> None:
    """Scan a corrected package and import it as another version of the dataset."""
    session = session_of(context)
    target = session.client.datasets.find(dataset)
    type_ = "" if template else target.type
    found = _scanned(session, _source(session, package, item), (template, sub, form, split, type_), map_, timeout)
    _confirm(session, found, target.name, yes=yes)
    _end(session, session.client.datasets.update(target, found.id), wait=wait, timeout_s=timeout)


def _scanned(
    session: Session,
    package: Path | CatalogueItem,
    how: tuple[str, str, str, str, str],
    pairs: list[str] | None,
    timeout_s: float | None,
) -> DatasetScan:
    """The scan of the package, read as `how` says: template, sub-template, format, split, type."""
    template, sub, form, split, type_ = how
    client = session.client
    with Meter(session) as meter:

        def tell(what: str, done: int, total: int) -> None:
            meter.at(session.say(f"progress.{what}", name=package.name), done / max(total, 1))

        job = client.datasets.scan(
            package,
            format_=form,
            split=split,
            type_=type_,
            template=client.templates.find(template).id if template else None,
            sub_template=sub,
            pairs=pairs_of(pairs or []),
            on_progress=tell,
        )
    awaited(session, job, wait=True, timeout_s=timeout_s)
    return client.datasets.scanned(job.id)


def _confirm(session: Session, found: DatasetScan, name: str, *, yes: bool) -> None:
    """Return if the scan may be imported: all of it fits, `yes`, or a person said so.

    Raises:
        UsageError: nobody is there to be asked.
        typer.Exit: the package cannot be imported so, or the person said no; nothing was made.
    """
    for message in found.messages:
        print(plain(message), file=session.stderr)
    report = found.report
    if report is None or report.survey is None:
        raise typer.Exit(exits.FAILED)
    dropped = report.survey.dropped - report.survey.reasons.get(NO_RECORD, 0)
    if not dropped or yes:
        return
    session.tell("text.drops", images=report.survey.images, dropped=dropped, reasons=_reasons(session, report))
    if not sys.stdin.isatty():
        raise UsageError("usage.needs_yes_to_drop", name=name)
    if not typer.confirm(plain(session.say("text.import_ask", name=name)), err=True):
        session.tell("text.not_imported", name=name)
        raise typer.Exit(exits.FAILED)


def _end(session: Session, job: Job, *, wait: bool, timeout_s: float | None) -> None:
    ended = awaited(session, job, wait=wait, timeout_s=timeout_s)
    if ended is not None:
        dataset = session.client.datasets.get(ended.subject_id)
        emit(session, dataset, *sheets(session, dataset))


def _sheets(session: Session, found: DatasetScan) -> list[Sheet]:
    report = found.report
    if report is None:
        return []
    survey = report.survey
    rows = [
        ("id", str(found.id)),
        ("format", report.format),
        ("type", label(session, "type", report.type) if report.type else "-"),
        ("images", str(survey.images) if survey is not None else "-"),
        ("dropped", str(survey.dropped) if survey is not None else "-"),
        ("reasons", _reasons(session, report) or "-"),
    ]
    about = facts(session, session.say("title.scan", name=found.package.name), rows)
    keys = Sheet(
        headings(session, "key", "tool", "values"),
        [(key.name, key.tool, _values(key)) for key in report.keys],
        title=session.say("title.keys"),
    )
    return [about, keys, _mapping(session, report, found.messages)]


def _mapping(session: Session, report: ScanReport, messages: list[str]) -> Sheet:
    """The left side, which stays as it is, and what answers it on the right."""
    answers = {pair.task: pair.key for pair in report.pairs}
    other = {each.task: each for each in report.mismatches}
    rows = []
    for task in report.wanted.tasks if report.wanted is not None else ():
        outside = other[task.name].outside if task.name in other else {}
        said = ", ".join(f"{value} ×{count}" for value, count in list(outside.items())[:VALUES_SHOWN])
        rows.append((task.name, _first(task.classes), answers.get(task.name, "-"), said or "-"))
    columns = headings(session, "task", "task_classes", "key", "outside")
    return Sheet(columns, rows, title=session.say("title.mapping"), notes=messages)


def _values(key: PackageKey) -> str:
    named = [f"{value} ×{count}" for value, count in list(key.values.items())[:VALUES_SHOWN]]
    rest = key.more + sum(list(key.values.values())[VALUES_SHOWN:])
    return ", ".join([*named, *([f"… ×{rest}"] if rest else [])])


def _first(names: tuple[str, ...]) -> str:
    more = f", … ({len(names)})" if len(names) > VALUES_SHOWN else ""
    return ", ".join(names[:VALUES_SHOWN]) + more


def _reasons(session: Session, report: ScanReport) -> str:
    reasons = report.survey.reasons if report.survey is not None else report.unread
    return ", ".join(f"{label(session, 'drop', code)}: {count}" for code, count in sorted(reasons.items()))
