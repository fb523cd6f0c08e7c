"""`mo tests result|images|render|flips`: what is behind a test's figures, class by class and image by image."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.compare import test_of
from api.cli.options import SHOWN, Limit, Named, Search
from api.cli.output import BAD, GOOD, Cell, Sheet, emit, headings, label, share
from api.cli.session import UsageError, session_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from api.cli.session import Session
    from api.resources_images import ImageOutcome
    from schemas.reports import DetectionReport, EvaluationReport, TaskReport

CONFUSED_MAX = 10
"""Cells of the confusion matrix that are shown: the fullest ones beside the diagonal."""
BOXES_MAX = 4
MORE = "text.more_images"
NAME = re.compile(r"[^\w.-]+")
NAME_CHARS_MAX = 80

Outcome = Annotated[str, typer.Option("--outcome", metavar="right|wrong|tp|fp|fn", help="option.outcome")]
Task = Annotated[str, typer.Option("--task", help="option.of_task")]
Class = Annotated[str, typer.Option("--class", help="option.true_class")]
FoundClass = Annotated[str, typer.Option("--found", help="option.found_class")]
Slice = Annotated[str, typer.Option("--slice", metavar="DIMENSION=VALUE", help="option.slice")]
After = Annotated[str, typer.Option("--after", help="option.after")]


def add_commands(app: typer.Typer) -> None:
    """Put the commands into `mo tests`."""
    app.command("result", help="help.tests.result")(result)
    app.command("images", help="help.tests.images")(images)
    app.command("render", help="help.tests.render")(render)
    app.command("flips", help="help.tests.flips")(flips)


def result(context: typer.Context, test: Named) -> None:
    """Show a test class by class."""
    session = session_of(context)
    report = session.client.tests.result(test_of(session, test))
    emit(session, report, *_sheets(session, report))


def images(
    context: typer.Context,
    test: Named,
    outcome: Outcome = "",
    task: Task = "",
    class_: Class = "",
    found: FoundClass = "",
    slice_: Slice = "",
    search: Search = "",
    after: After = "",
    limit: Limit = SHOWN,
) -> None:
    """List a test's images with what it made of each."""
    session = session_of(context)
    page = session.client.tests.images(
        _seen(session, test),
        outcome=outcome,
        task=task,
        class_=class_,
        found=found,
        slice_=slice_,
        search=search,
        limit=limit,
        cursor=after or None,
    )
    rows = [(str(each.number), each.name, _right(session, each), _said(each), _slices(each)) for each in page.items]
    columns = headings(session, "number", "name", "image_right", "said", "slice")
    emit(session, page, Sheet(columns, rows), more=MORE)


def render(
    context: typer.Context,
    test: Named,
    to: Annotated[Path, typer.Option("--to", help="option.to_folder")],
    outcome: Outcome = "",
    task: Task = "",
    class_: Class = "",
    found: FoundClass = "",
    slice_: Slice = "",
    search: Search = "",
    after: After = "",
    limit: Limit = SHOWN,
) -> None:
    """Write images of a test as SVG, with what was found, missed and said over them."""
    session = session_of(context)
    if to.exists() and not to.is_dir():
        raise UsageError("usage.not_a_folder", path=str(to))
    id_ = _seen(session, test)
    page = session.client.tests.images(
        id_,
        outcome=outcome,
        task=task,
        class_=class_,
        found=found,
        slice_=slice_,
        search=search,
        limit=limit,
        cursor=after or None,
    )
    to.mkdir(parents=True, exist_ok=True)
    written = []
    for each in page.items:
        target = to / f"{each.number:06}-{_file_name(each.name)}.svg"
        target.write_bytes(session.client.tests.picture(id_, each.number))
        written.append({"number": each.number, "name": each.name, "path": str(target)})
    rows = [(str(each["number"]), str(each["name"]), str(each["path"])) for each in written]
    emit(session, written, Sheet(headings(session, "number", "name", "path"), rows))
    if page.next is not None:
        session.mention(MORE, after=page.next)


def flips(
    context: typer.Context,
    base: Annotated[str, typer.Argument(help="argument.base")],
    test: Annotated[str, typer.Argument(help="argument.other_test")],
    task: Task = "",
    change: Annotated[str, typer.Option("--change", metavar="lost|won", help="option.change")] = "",
    after: After = "",
    limit: Limit = SHOWN,
) -> None:
    """List the images of which two tests differ."""
    from api.resources import Page

    session = session_of(context)
    found = session.client.tests.flips(
        test_of(session, base), test_of(session, test), task=task, change=change, limit=limit, cursor=after or None
    )
    rows = [
        (
            str(each.test.number),
            each.test.name,
            Cell(label(session, "change", each.change), GOOD if each.change == "won" else BAD),
            f"{each.difference:+.2f}",
            _said(each.base),
            _said(each.test),
        )
        for each in found.items
    ]
    counts = session.say("text.flips", task=found.task, images=found.images, lost=found.lost, won=found.won)
    columns = headings(session, "number", "name", "change", "difference", "base_said", "test_said")
    whole = session.options.output == "json"
    shown = found if whole else Page(items=found.items, next=found.next)
    emit(session, shown, Sheet(columns, rows, notes=[counts]), more=MORE)


def _seen(session: Session, text: str) -> UUID:
    """The test, or the quick check, that is named."""
    return test_of(session, text) if "@" in text else session.client.tests.find_seen(text)


def _file_name(name: str) -> str:
    """A file's name that leads nowhere else, whatever the image is called."""
    return NAME.sub("_", name).strip("._")[-NAME_CHARS_MAX:] or "image"


def _right(session: Session, each: ImageOutcome) -> Cell:
    if each.right is None:
        return Cell("-")
    return Cell(label(session, "outcome", "right" if each.right else "wrong"), GOOD if each.right else BAD)


def _said(each: ImageOutcome) -> str:
    """Answers (in brackets what is true, where that is another), texts, and how many boxes became what."""
    parts = []
    for answer in each.answers:
        best = f"{answer.top[0].name} {answer.top[0].score:.2f}" if answer.top else "-"
        parts.append(f"{answer.task}={best}" + (f" ({answer.truth})" if answer.right is False else ""))
    parts += [f"{text.task}={text.text}" + (f" ({text.truth})" if text.right is False else "") for text in each.texts]
    parts += [f"TP {count.right} · FP {count.wrong} · FN {count.missed}" for count in each.counts]
    missed = [f"-{box.name}" for box in each.truths if box.outcome == "missed"]
    wrong = [f"+{box.name} {box.score:.2f}" for box in each.boxes if box.outcome == "wrong"]
    named = (missed + wrong)[:BOXES_MAX]
    return ", ".join(parts + named) + (", …" if len(missed + wrong) > BOXES_MAX else "")


def _slices(each: ImageOutcome) -> str:
    return ", ".join(f"{name}={value}" for name, value in each.slices.items()) or "-"


def _sheets(session: Session, report: EvaluationReport) -> Iterator[Sheet]:
    for task in report.tasks:
        yield _classes(session, task)
        yield _confused(session, task)
    if report.detection is not None:
        yield _objects(session, report.detection)
        yield _confused(session, report.detection)
    if report.skipped_reasons:
        rows = [(label(session, "drop", code), str(count)) for code, count in report.skipped_reasons.items()]
        yield Sheet(headings(session, "reason", "count"), rows, title=session.say("title.skipped"))


def _classes(session: Session, task: TaskReport) -> Sheet:
    rows = [
        (each.name, str(each.support), str(each.predicted), *map(share, (each.precision, each.recall, each.f1)))
        for each in task.classes
    ]
    columns = headings(session, "class_name", "support", "predicted", "class_precision", "class_recall", "f1")
    return Sheet(columns, rows, title=session.say("title.classes_of_task", task=task.task))


def _objects(session: Session, found: DetectionReport) -> Sheet:
    rows = [
        (
            each.name,
            str(each.objects[0]),
            str(each.found),
            share(each.ap[0]),
            *map(share, (each.precision, each.recall, each.f1)),
            f"{each.best_threshold:.3f}",
            share(each.best_f1),
        )
        for each in found.classes
    ]
    columns = headings(
        session, "class_name", "objects", "predicted", "ap", "class_precision", "class_recall", "f1", "best_threshold",
        "best_f1",
    )  # fmt: skip
    return Sheet(columns, rows, title=session.say("title.classes_of_task", task=found.task))


def _confused(session: Session, task: TaskReport | DetectionReport) -> Sheet:
    """What is taken for what most often; a class that is missed or invented is confused with the background."""
    names = [each.name for each in task.classes] + [session.say("text.background")]
    beside = sorted((cell for cell in task.confusion if cell[0] != cell[1]), key=lambda cell: -cell[2])
    rows = [(names[true], names[said], str(count)) for true, said, count in beside[:CONFUSED_MAX]]
    columns = headings(session, "true_class", "found_class", "count")
    note = session.say("text.confused", shown=len(rows), total=len(beside))
    return Sheet(columns, rows, title=session.say("title.confused", task=task.task), notes=[note])
