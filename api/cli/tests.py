"""`mo tests`: what models were worth on datasets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import outcomes, test_form
from api.cli.jobs import State
from api.cli.options import SHOWN, Limit, Mine, Named, Timeout, Wait
from api.cli.output import Sheet, emit, facts, headings, label, ms, share, short, when
from api.cli.progress import awaited
from api.cli.quick import sheet_of_checks
from api.cli.session import Session, session_of
from api.cli.test_options import (
    BATCH_SIZE_MAX,
    LOOPS_MAX,
    Dimensions,
    Iou,
    PrecisionName,
    SizePolicy,
    Steps,
    TaskPairs,
    WithoutTasks,
    changed_options,
    steps_of,
)

if TYPE_CHECKING:
    from api.resources_tests import Test
    from api.wishes import CloneWish
    from schemas.events.tests import DetectionSummary

app = typer.Typer(help="help.tests", no_args_is_help=True)
outcomes.add_commands(app)

STAGES = ("preprocess", "inference", "postprocess")
COCO = (
    "ap_50_95", "ap_50", "ap_75", "ap_small", "ap_medium", "ap_large",
    "ar_1", "ar_10", "ar_100", "ar_small", "ar_medium", "ar_large",
)  # fmt: skip
"""COCO's twelve numbers in their order."""
TYPES = {"top1": "classification", "ap": "detection", "exact": "sequence"}
"""A measure belongs to one type of dataset."""


@app.command("list", help="help.tests.list")
def show_all(
    context: typer.Context,
    state: State = None,
    model: Annotated[str, typer.Option("--model", help="option.of_model")] = "",
    dataset: Annotated[str, typer.Option("--dataset", help="option.of_dataset")] = "",
    mine: Mine = False,
    limit: Limit = SHOWN,
) -> None:
    """List tests."""
    session = session_of(context)
    client = session.client
    page = client.tests.list(
        state=state,
        model_id=client.models.find_tron(model).id if model else None,
        dataset_id=client.datasets.find(dataset).id if dataset else None,
        limit=limit,
        mine=mine,
    )
    emit(session, page, sheet_of_tests(session, page.items))


def sheet_of_tests(session: Session, tests: Sequence[Test]) -> Sheet:
    """Tests with what they were worth."""
    columns = headings(
        session, "id", "dataset", "type", "model", "state", "accuracy", "measure", "total_ms", *STAGES, "created"
    )
    rows = [
        (
            short(test.id),
            test.dataset,
            label(session, "type", TYPES[test.measure]) if test.measure else "-",
            f"{test.model}@{test.version}",
            label(session, "state", test.job.state),
            share(test.accuracy),
            label(session, "measure", test.measure) if test.measure else "-",
            ms(test.total_ms),
            *(ms(timing.mean_ms) if (timing := getattr(test, stage)) else "-" for stage in STAGES),
            when(test.job.requested_at),
        )
        for test in tests
    ]
    return Sheet(columns, rows)


app.command("form", help="help.tests.form")(test_form.form)


@app.command("quick", help="help.tests.quick")
def quick(context: typer.Context, mine: Mine = False, limit: Limit = SHOWN) -> None:
    """List quick checks."""
    session = session_of(context)
    page = session.client.tests.quick_checks(limit=limit, mine=mine)
    emit(session, page, sheet_of_checks(session, page.items))


@app.command("clone", help="help.tests.clone")
def clone(
    context: typer.Context,
    test: Named,
    model: Annotated[str, typer.Option("--model", help="option.other_model")] = "",
    dataset: Annotated[str, typer.Option("--dataset", help="option.other_dataset")] = "",
    batch_size: Annotated[
        int | None, typer.Option("--batch-size", min=1, max=BATCH_SIZE_MAX, help="option.batch_size")
    ] = None,
    loops: Annotated[int | None, typer.Option("--loops", min=1, max=LOOPS_MAX, help="option.loops")] = None,
    precision: Annotated[PrecisionName | None, typer.Option("--precision", help="option.precision")] = None,
    backend: Annotated[str | None, typer.Option("--backend", help="option.backend")] = None,
    steps: Steps = "",
    iou: Iou = None,
    size_policy: SizePolicy = None,
    task: TaskPairs = None,
    without_task: WithoutTasks = None,
    dimension: Dimensions = None,
    wait: Wait = True,
    timeout: Timeout = None,
) -> None:
    """Run a test once more, with changes."""
    from api.wishes import CloneWish

    session = session_of(context)
    client = session.client
    found = client.tests.find(test)
    said = iou is not None or size_policy is not None or bool(task or dimension)
    changes = CloneWish(
        model_id=client.models.find_tron(model).id if model else None,
        dataset_id=client.datasets.find(dataset).id if dataset else None,
        batch_size=batch_size,
        loops=loops,
        precision=precision,
        backend=backend,
        steps=steps_of(steps),
        options=changed_options(found.options, iou, size_policy, task or [], dimension or []) if said else None,
        without_tasks=without_task,
    )
    _again(session, found, changes, wait=wait, timeout_s=timeout)


@app.command("rerun", help="help.tests.rerun")
def rerun(context: typer.Context, test: Named, wait: Wait = True, timeout: Timeout = None) -> None:
    """Run a test once more as it was."""
    from api.wishes import CloneWish

    session = session_of(context)
    _again(session, session.client.tests.find(test), CloneWish(), wait=wait, timeout_s=timeout)


def _again(session: Session, test: Test, changes: CloneWish, *, wait: bool, timeout_s: float | None) -> None:
    job = session.client.tests.clone(test.id, changes)
    ended = awaited(session, job, wait=wait, timeout_s=timeout_s)
    if ended is not None:
        made = session.client.tests.get(ended.id)
        emit(session, made, *sheets_of_test(session, made))


@app.command("show", help="help.tests.show")
def show(context: typer.Context, test: Named) -> None:
    """Show one test."""
    session = session_of(context)
    found = session.client.tests.find(test)
    emit(session, found, *sheets_of_test(session, found))


def sheets_of_test(session: Session, test: Test) -> list[Sheet]:
    """One test: what was asked, what ran, how good, how quick."""
    sheets = [_about(session, test)]
    if test.used is not None:
        scores = [_scores(session, test)] if test.tasks else []
        scores += [_detection(session, test.detection)] if test.detection else []
        scores += [_texts(session, test)] if test.sequences else []
        sheets += [*scores, *([_slices(session, test)] if test.slices else []), _timings(session, test)]
    return sheets


def _about(session: Session, test: Test) -> Sheet:
    rows = [
        ("id", str(test.id)),
        ("model", f"{test.model}@{test.version}"),
        ("dataset", f"{test.dataset} ({short(test.pack.removeprefix('sha256:'))})"),
        ("state", label(session, "state", test.job.state)),
        ("batch_size", str(test.batch_size)),
        ("loops", str(test.loops)),
        ("precision", test.precision),
        *_options(test),
    ]
    if test.job.message:
        rows.append(("reason", test.job.message))
    if test.used is not None:
        used = test.used
        rows.append(("images", f"{test.images} ({session.say('text.skipped', count=test.skipped or 0)})"))
        measure = label(session, "measure", test.measure) if test.measure else ""
        rows.append(("accuracy", f"{share(test.accuracy)} ({measure})"))
        rows.append(("used", f"{used.backend} {used.version} · {used.precision} · {used.device}"))
        rows += [("fallback", label(session, "note", code.code)) for code in used.fallbacks]
        if test.trials:
            rows.append(("trials", _trials(test)))
        if test.images_per_second is not None:
            rows.append(("images_per_second", f"{test.images_per_second:.1f}"))
    return facts(session, session.say("title.test", name=f"{test.model}@{test.version} · {test.dataset}"), rows)


def _options(test: Test) -> list[tuple[str, str]]:
    """What was asked for beyond the usual."""
    from schemas.specs.testing import dimension_text

    asked, rows = test.options, []
    if test.measure == "ap":
        rows += [("iou_threshold", f"{asked.iou_threshold:g}"), ("size_policy", asked.size_policy)]
    if asked.tasks:
        rows.append(("tasks", ", ".join(f"{pair.task} = {pair.dataset_task}" for pair in asked.tasks)))
    if asked.dimensions:
        rows.append(("dimensions", ", ".join(map(dimension_text, asked.dimensions))))
    return rows


def _trials(test: Test) -> str:
    """What `auto` tried: milliseconds an image, or why not."""
    return ", ".join(
        f"{each.backend} {each.precision} {ms(each.infer_ms) if each.infer_ms is not None else '-'}"
        for each in test.trials
    )


def _known(value: float) -> str:
    """COCO's arithmetic says -1 where a figure is undefined."""
    return "-" if value < 0 else share(value)


def _detection(session: Session, found: DetectionSummary) -> Sheet:
    names = ("ap", *COCO, "precision", "recall", "f1")
    values = (found.ap, *found.coco, found.precision, found.recall, found.f1)
    rows = [(session.say(f"figure.{name}"), _known(value)) for name, value in zip(names, values, strict=True)]
    note = session.say("text.operating", threshold=f"{found.threshold:.3f}", found=found.found, objects=found.objects)
    return Sheet(headings(session, "figure", "value"), rows, title=session.say("title.scores"), notes=[note])


def _texts(session: Session, test: Test) -> Sheet:
    rows = [
        (each.task, str(each.images), share(each.exact), _known(each.character_error_rate)) for each in test.sequences
    ]
    return Sheet(headings(session, "task", "images", "exact", "cer"), rows, title=session.say("title.scores"))


def _slices(session: Session, test: Test) -> Sheet:
    rows = [
        (
            each.dimension,
            each.value,
            str(each.images),
            *(share(one) for one in (each.accuracy, each.precision, each.recall)),
        )
        for each in test.slices
    ]
    columns = headings(session, "dimension", "value", "images", "accuracy", "precision_of", "recall")
    return Sheet(columns, rows, title=session.say("title.slices"))


def _scores(session: Session, test: Test) -> Sheet:
    return Sheet(
        headings(session, "task", "images", "top1", "top5", "macro_precision", "macro_recall"),
        [
            (
                task.task,
                str(task.images),
                share(task.top1),
                share(task.top5),
                share(task.macro_precision),
                share(task.macro_recall),
            )
            for task in test.tasks
        ],
        title=session.say("title.scores"),
    )


def _timings(session: Session, test: Test) -> Sheet:
    rows = []
    for stage in STAGES:
        if (timing := getattr(test, stage)) is not None:
            figures = (timing.mean_ms, timing.p50_ms, timing.p95_ms, timing.p99_ms)
            rows.append((session.say(f"column.{stage}"), *map(ms, figures)))
    return Sheet(headings(session, "stage", "mean", "p50", "p95", "p99"), rows, title=session.say("title.timings"))
