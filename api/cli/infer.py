"""`mo infer`: tests of models on datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from api.cli import exits
from api.cli.options import Timeout, Wait
from api.cli.output import Sheet, emit, headings, short
from api.cli.progress import awaited, follow, job_sheet, verdict
from api.cli.quick import quick_check
from api.cli.session import Session, UsageError, session_of
from api.cli.test_options import (
    BATCH_SIZE_MAX,
    LOOPS_MAX,
    Dimensions,
    Iou,
    SizePolicy,
    Steps,
    TaskPairs,
    WithoutTasks,
    options_of,
    precisions_of,
    steps_of,
)
from api.cli.tests import sheet_of_tests, sheets_of_test

if TYPE_CHECKING:
    from api.resources import Job
    from api.test_forms import TestBatch

QUICK = ("batch_size", "backend", "steps")
"""What can be said of a quick check, besides its precision."""


def infer(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="argument.tron")],
    others: Annotated[list[str], typer.Argument(help="argument.models_and_dataset")],
    more: Annotated[list[str] | None, typer.Option("--dataset", help="option.more_datasets")] = None,
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, max=BATCH_SIZE_MAX, help="option.batch_size")] = 1,
    loops: Annotated[int, typer.Option("--loops", min=1, max=LOOPS_MAX, help="option.loops")] = 1,
    precision: Annotated[list[str] | None, typer.Option("--precision", help="option.precision")] = None,
    backend: Annotated[str, typer.Option("--backend", help="option.backend")] = "auto",
    steps: Steps = "",
    dataset_version: Annotated[UUID | None, typer.Option("--dataset-version", help="option.dataset_version")] = None,
    iou: Iou = None,
    size_policy: SizePolicy = None,
    task: TaskPairs = None,
    without_task: WithoutTasks = None,
    dimension: Dimensions = None,
    quick: Annotated[bool, typer.Option("--quick", help="option.quick")] = False,
    wait: Wait = True,
    timeout: Timeout = None,
) -> None:
    """Run a test, or several; or a quick check."""
    how: dict[str, Any] = {
        "batch_size": batch_size,
        "loops": loops,
        "backend": backend,
        "steps": steps_of(steps),
        "options": options_of(iou, size_policy, task or [], dimension or []),
        "without_tasks": without_task or [],
    }
    session = session_of(context)
    precisions = precisions_of(precision or ["fp32"])
    if quick:
        of_datasets = (more, dataset_version, iou, size_policy, task, without_task, dimension)
        if any(of_datasets) or loops > 1 or len(precisions) > 1:
            raise UsageError("usage.quick")
        kept = {name: how[name] for name in QUICK} | {"precision": precisions[0]}
        quick_check(session, model, others, kept, wait=wait, timeout_s=timeout)
        return
    *names, dataset = (model, *others)
    models = [session.client.models.find_tron(name).id for name in names]
    datasets = [session.client.datasets.find(name).id for name in (dataset, *(more or []))]
    if len(models) * len(datasets) * len(precisions) == 1:
        how |= {"precision": precisions[0], "version_job_id": dataset_version}
        _one(session, session.client.infer(models[0], datasets[0], **how), wait=wait, timeout_s=timeout)
        return
    if dataset_version is not None:
        raise UsageError("usage.version_of_several")
    _follow(session, session.client.tests.infer_all(models, datasets, precisions=precisions, **how), wait, timeout)


def _one(session: Session, job: Job, *, wait: bool, timeout_s: float | None) -> None:
    ended = awaited(session, job, wait=wait, timeout_s=timeout_s)
    if ended is None:
        return
    test = session.client.tests.get(ended.id)
    emit(session, test, *sheets_of_test(session, test))


def _follow(session: Session, batch: TestBatch, wait: bool, timeout_s: float | None) -> None:
    """Wait for the tests of a batch, and show them; or show why there are none.

    Raises:
        typer.Exit: they were refused, or one did not complete.
    """
    if batch.refused:
        emit(session, batch.refused, _refusals(session, batch))
        raise typer.Exit(exits.USAGE)
    if not wait:
        emit(session, batch.jobs, *(job_sheet(session, job) for job in batch.jobs))
        return
    codes = [verdict(session, follow(session, job.id, timeout_s)) for job in batch.jobs]
    tests = [session.client.tests.get(job.id) for job in batch.jobs]
    emit(session, tests, sheet_of_tests(session, tests))
    if code := max(codes):
        raise typer.Exit(code)


def _refusals(session: Session, batch: TestBatch) -> Sheet:
    rows = [(short(each.model_id), short(each.dataset_id), each.precision, each.message) for each in batch.refused]
    columns = headings(session, "model", "dataset", "precision", "reason")
    return Sheet(columns, rows, title=session.say("title.batch_refused"))
