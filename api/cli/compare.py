"""`mo compare`: tests beside a base, with signed differences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from api.cli.exits import FAILED
from api.cli.gates import GateError, Rule, fires, rule_of
from api.cli.output import BAD, GOOD, Cell, Sheet, emit, headings, in_markdown, label, ms, share, short
from api.cli.session import Session, UsageError, session_of
from schemas.verdict.keys import in_slice, names_in

if TYPE_CHECKING:
    from uuid import UUID

    from api.resources_tests import ComparedTest, Comparison
    from schemas.verdict.words import Interval, Verdict

STAGES = ("preprocess", "inference", "postprocess")
MEASURES = ("top1", "top5", "ap", "precision", "recall", "exact", "cer")
SLICED = ("top1", "ap", "precision", "recall", "exact")
VALUE_CHARS_MAX = 60
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
    fail_if: Annotated[list[str] | None, typer.Option("--fail-if", metavar="RULE", help="option.fail_if")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="option.markdown")] = False,
) -> None:
    """Compare tests."""
    session = session_of(context)
    if len(tests) < 2:
        raise UsageError("usage.two_tests")
    rules = [_rule(text) for text in fail_if or []]
    ids = [test_of(session, text) for text in tests]
    reference = test_of(session, base) if base else ids[0]
    compared = ids if reference in ids else [reference, *ids]
    comparison = session.client.compare(compared, reference)
    if markdown:
        print("\n\n".join(map(in_markdown, comparison_sheets(session, comparison))), file=session.stdout)
    else:
        emit(session, comparison, *comparison_sheets(session, comparison))
    if fired := list(_fired(rules, comparison)):
        for row, rule in fired:
            model = f"{row.test.model}@{row.test.version}"
            print(
                session.say("text.gate_fired", id=short(row.test.id), model=model, rule=rule.text), file=session.stderr
            )
        raise typer.Exit(FAILED)


def _rule(text: str) -> Rule:
    try:
        return rule_of(text)
    except GateError:
        raise UsageError("usage.rule", text=text) from None


def _fired(rules: list[Rule], comparison: Comparison) -> Iterator[tuple[ComparedTest, Rule]]:
    for row in comparison.tests:
        if row.test.id != comparison.base:
            yield from ((row, rule) for rule in rules if fires(rule, row))


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
    if comparison.parameters:
        sheets.append(_parameters(session, comparison))
    if others:
        sheets.append(_verdicts(session, others, figures))
    if any(in_slice(key) for row in comparison.tests for key in row.figures):
        sheets.append(_heat(session, comparison))
    for row in others:
        sheets += _classes(session, comparison, row)
    return sheets


def _figures(session: Session, comparison: Comparison) -> list[Figure]:
    """What the tests have of all images; the mean over tasks only where there are several."""
    keys = dict.fromkeys(key for row in comparison.tests for key in row.figures if not in_slice(key))
    named = [(key, names_in(key)) for key in keys if names_in(key).measure in MEASURES]
    tasks = {names.task for _, names in named}
    figures = [Figure("accuracy", session.say("column.accuracy"))] if len(tasks) != 1 else []
    for key, names in named:
        if any(row.figures.get(key) is not None for row in comparison.tests):
            prefix = f"{names.task} " if len(tasks) > 1 else ""
            figures.append(Figure(key, prefix + session.say(f"figure.{names.measure}")))
    return figures


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
    cells += [_around(row.figures.get(figure.key), row.intervals.get(figure.key)) for figure in figures]
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


def _parameters(session: Session, comparison: Comparison) -> Sheet:
    """Only what differs, a column for each test."""
    columns = [session.say("column.what"), *(short(row.test.id) for row in comparison.tests)]
    rows = [[session.say(f"column.{each.name}"), *map(_cut, each.values)] for each in comparison.parameters]
    return Sheet(columns, rows, title=session.say("title.parameters"))


def _cut(text: str) -> str:
    return text if len(text) <= VALUE_CHARS_MAX else text[:VALUE_CHARS_MAX] + "…"


def _heat(session: Session, comparison: Comparison) -> Sheet:
    """Slices: each test's figure, how far from the base, and whether that is more than noise."""
    base = next(row for row in comparison.tests if row.test.id == comparison.base)
    keys = [key for key in base.figures if in_slice(key) and names_in(key).measure in SLICED]
    rows: list[list[str | Cell]] = []
    for key in keys:
        names = names_in(key)
        images = base.intervals[key].images if key in base.intervals else 0
        cells: list[str | Cell] = [
            f"{names.dimension}={names.value}",
            session.say(f"figure.{names.measure}"),
            str(images),
        ]
        rows.append([*cells, *(_hot(row, key) for row in comparison.tests)])
    columns = headings(session, "slice", "figure", "images") + [short(row.test.id) for row in comparison.tests]
    return Sheet(columns, rows, title=session.say("title.heat"), notes=[session.say("text.heat")])


def _hot(row: ComparedTest, key: str) -> Cell:
    found, delta = row.verdicts.get(key), row.delta.get(key)
    text = share(row.figures.get(key))
    if delta is None:
        return Cell(text)
    style = {"better": GOOD, "worse": BAD}.get(found.code, "") if found is not None else ""
    mark = {"better": "+", "worse": "!"}.get(found.code, "") if found is not None else ""
    return Cell(f"{text} ({delta * 100:+.1f}){mark}", style)


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
    why = f" ({label(session, 'reason', found.reason)})" if found.reason is not None else ""
    word = Cell(label(session, "verdict", found.code) + why, style)
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
