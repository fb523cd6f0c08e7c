"""`mo compare`: tests beside a base, with signed differences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.output import BAD, GOOD, Cell, Sheet, emit, headings, ms, share, short
from api.cli.session import Session, UsageError, session_of

if TYPE_CHECKING:
    from api.resources import ComparedTest, Comparison

STAGES = ("preprocess", "inference", "postprocess")


def compare(
    context: typer.Context,
    tests: Annotated[list[str], typer.Argument(help="argument.tests")],
    base: Annotated[str, typer.Option("--base", help="option.base")] = "",
) -> None:
    """Compare tests."""
    session = session_of(context)
    if len(tests) < 2:
        raise UsageError("usage.two_tests")
    ids = [session.client.tests.find(text).id for text in tests]
    reference = session.client.tests.find(base).id if base else ids[0]
    compared = ids if reference in ids else [reference, *ids]
    comparison = session.client.compare(compared, reference)
    emit(session, comparison, *comparison_sheets(session, comparison))


def comparison_sheets(session: Session, comparison: Comparison) -> list[Sheet]:
    """The comparison as people read it: one row a test, then the classes that differ."""
    sheets = [_overview(session, comparison)]
    for row in comparison.tests:
        if row.test.id != comparison.base:
            sheets += _classes(session, comparison, row)
    return sheets


def _overview(session: Session, comparison: Comparison) -> Sheet:
    tasks = list(dict.fromkeys(task.task for row in comparison.tests for task in row.test.tasks))
    columns = headings(session, "id", "model", "dataset", "precision", "accuracy")
    for task in tasks:
        prefix = f"{task} " if len(tasks) > 1 else ""
        columns += [prefix + session.say("column.top1"), prefix + session.say("column.top5")]
    columns += [session.say("text.in_ms", stage=session.say(f"column.{stage}")) for stage in STAGES]
    rows = [_overview_row(session, comparison, row, tasks) for row in comparison.tests]
    notes = [
        session.say("text.note_of", id=short(row.test.id), note=message)
        for row in comparison.tests
        for message in row.messages
    ]
    return Sheet(columns, rows, title=session.say("title.comparison"), notes=notes)


def _overview_row(session: Session, comparison: Comparison, row: ComparedTest, tasks: list[str]) -> list[str | Cell]:
    test = row.test
    base = f" ({session.say('text.base')})" if test.id == comparison.base else ""
    cells: list[str | Cell] = [short(test.id) + base, f"{test.model}@{test.version}", test.dataset, test.precision]
    cells.append(_points(share(test.accuracy), row.delta.get("accuracy")))
    for name in tasks:
        task = next((summary for summary in test.tasks if summary.task == name), None)
        for measure in ("top1", "top5"):
            value = getattr(task, measure) if task else None
            cells.append(_points(share(value), row.delta.get(f"{measure}/{name}")))
    for stage in STAGES:
        timing = getattr(test, stage)
        cells.append(_milliseconds(ms(timing.mean_ms if timing else None), row.delta.get(f"{stage}_ms")))
    return cells


def _classes(session: Session, comparison: Comparison, row: ComparedTest) -> Iterator[Sheet]:
    base = next(one for one in comparison.tests if one.test.id == comparison.base)
    for task, classes in row.classes.items():
        before = {one.name: (one.precision, one.recall) for one in base.classes.get(task, [])}
        deltas = row.class_delta.get(task, {})
        rows: list[list[str | Cell]] = []
        for one in classes:
            if before.get(one.name) == (one.precision, one.recall):
                continue
            delta = deltas.get(one.name, {})
            precision = _points(share(one.precision), delta.get("precision"))
            rows.append([one.name, precision, _points(share(one.recall), delta.get("recall")), str(one.support)])
        model = f"{row.test.model}@{row.test.version}"
        yield Sheet(
            headings(session, "class_name", "class_precision", "class_recall", "support"),
            rows,
            title=session.say("title.classes", model=model, task=task, base=short(comparison.base)),
            notes=[session.say("text.classes_equal", equal=len(classes) - len(rows), total=len(classes))],
        )


def _points(text: str, delta: float | None) -> Cell:
    """A share with its signed difference in points; more is better."""
    if delta is None:
        return Cell(text)
    return Cell(f"{text} ({delta * 100:+.2f})", GOOD if delta > 0 else BAD if delta < 0 else "")


def _milliseconds(text: str, delta: float | None) -> Cell:
    """A time with its signed difference; less is better."""
    if delta is None:
        return Cell(text)
    return Cell(f"{text} ({delta:+.2f})", GOOD if delta < 0 else BAD if delta > 0 else "")
