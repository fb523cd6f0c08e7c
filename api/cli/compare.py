"""`mo compare`: tests beside a base, with signed differences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from api.cli.output import BAD, GOOD, Cell, Sheet, emit, headings, label, ms, share, short
from api.cli.session import Session, UsageError, session_of

if TYPE_CHECKING:
    from uuid import UUID

    from api.resources_tests import ComparedTest, Comparison
    from schemas.verdict.words import Interval, Verdict

STAGES = ("preprocess", "inference", "postprocess")
MEASURES = ("top1", "top5")
FINE_SHARE = 0.01
"""An interval narrower than this is written with two decimals of a per cent, a wider one with one."""


class Figure(NamedTuple):
    """A share of images that tests are compared by: its key in the API, and its heading."""

    key: str
    heading: str


def compare(
    context: typer.Context,
    tests: Annotated[list[str], typer.Argument(help="argument.tests")],
    base: Annotated[str, typer.Option("--base", help="option.base")] = "",
) -> None:
    """Compare tests."""
    session = session_of(context)
    if len(tests) < 2:
        raise UsageError("usage.two_tests")
    ids = [test_of(session, text) for text in tests]
    reference = test_of(session, base) if base else ids[0]
    compared = ids if reference in ids else [reference, *ids]
    comparison = session.client.compare(compared, reference)
    emit(session, comparison, *comparison_sheets(session, comparison))


def test_of(session: Session, text: str) -> UUID:
    """The test with this id or beginning of one; for MODEL@VERSION the newest test of it that has completed.

    Raises:
        UnknownNameError, AmbiguousNameError: not exactly one.
    """
    if "@" not in text:
        return session.client.tests.find(text).id
    from api.client.errors import UnknownNameError

    model = session.client.models.find_tron(text)
    found = session.client.tests.list(state="completed", model_id=model.id, limit=1).items
    if not found:
        raise UnknownNameError("test", text)
    return found[0].id


def comparison_sheets(session: Session, comparison: Comparison) -> list[Sheet]:
    """The comparison as people read it: one row a test, the verdicts, then the classes that differ."""
    figures = _figures(session, comparison)
    others = [row for row in comparison.tests if row.test.id != comparison.base]
    sheets = [_overview(session, comparison, figures)]
    if others:
        sheets.append(_verdicts(session, others, figures))
    for row in others:
        sheets += _classes(session, comparison, row)
    return sheets


def _figures(session: Session, comparison: Comparison) -> list[Figure]:
    """What the tests have; the mean over tasks only where there are several."""
    tasks = {task.task: task for row in comparison.tests for task in row.test.tasks}
    figures = [Figure("accuracy", session.say("column.accuracy"))] if len(tasks) != 1 else []
    for name in tasks:
        prefix = f"{name} " if len(tasks) > 1 else ""
        for measure in MEASURES:
            key = f"{measure}/{name}"
            if any(_value(row, key) is not None for row in comparison.tests):
                figures.append(Figure(key, prefix + session.say(f"column.{measure}")))
    return figures


def _value(row: ComparedTest, key: str) -> float | None:
    if key == "accuracy":
        return row.test.accuracy
    measure, _, name = key.partition("/")
    task = next((summary for summary in row.test.tasks if summary.task == name), None)
    return None if task is None else task.top1 if measure == "top1" else task.top5


def _overview(session: Session, comparison: Comparison, figures: list[Figure]) -> Sheet:
    columns = headings(session, "id", "model", "dataset", "precision") + [figure.heading for figure in figures]
    columns += [session.say("text.in_ms", stage=session.say(f"column.{stage}")) for stage in STAGES]
    rows = [_overview_row(session, comparison, row, figures) for row in comparison.tests]
    notes = [
        session.say("text.note_of", id=short(row.test.id), note=message)
        for row in comparison.tests
        for message in row.messages
    ]
    return Sheet(columns, rows, title=session.say("title.comparison"), notes=notes)


def _overview_row(
    session: Session, comparison: Comparison, row: ComparedTest, figures: list[Figure]
) -> list[str | Cell]:
    test = row.test
    base = f" ({session.say('text.base')})" if test.id == comparison.base else ""
    cells: list[str | Cell] = [short(test.id) + base, f"{test.model}@{test.version}", test.dataset, test.precision]
    cells += [_around(_value(row, figure.key), row.intervals.get(figure.key)) for figure in figures]
    for stage in STAGES:
        timing = getattr(test, stage)
        cells.append(_milliseconds(ms(timing.mean_ms if timing else None), row.delta.get(f"{stage}_ms")))
    return cells


def _around(value: float | None, interval: Interval | None) -> str:
    """A share and its interval, per cent."""
    if value is None or interval is None:
        return share(value)
    digits = _digits(interval.high - interval.low)
    low, high = interval.low * 100, interval.high * 100
    return f"{value * 100:.{digits}f}% [{low:.{digits}f}–{high:.{digits}f}]"


def _digits(width: float) -> int:
    return 1 if width >= FINE_SHARE else 2


def _verdicts(session: Session, others: list[ComparedTest], figures: list[Figure]) -> Sheet:
    """One row for each test and figure: how far from the base, and whether that is more than noise."""
    rows: list[list[str | Cell]] = []
    for row in others:
        for figure in figures:
            if (found := row.verdicts.get(figure.key)) is not None:
                model = f"{row.test.model}@{row.test.version}"
                rows.append([short(row.test.id), model, figure.heading, *_judged(session, found), str(found.images)])
    columns = headings(session, "id", "model", "figure", "difference", "verdict", "images")
    return Sheet(columns, rows, title=session.say("title.verdicts"), notes=[session.say("text.verdicts")])


def _judged(session: Session, found: Verdict) -> list[str | Cell]:
    style = {"better": GOOD, "worse": BAD}.get(found.code, "")
    word = Cell(label(session, "verdict", found.code), style)
    if found.difference is None or found.low is None or found.high is None:
        return ["-", word]
    digits = _digits(found.high - found.low)
    difference, low, high = (f"{each * 100:+.{digits}f}" for each in (found.difference, found.low, found.high))
    return [Cell(f"{difference} [{low}, {high}]", style), word]


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
    digits = len(text.partition(".")[2])
    return Cell(f"{text} ({delta:+.{digits}f})", GOOD if delta < 0 else BAD if delta > 0 else "")
