"""`mo infer`: a test of a model on a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

import typer

from api.cli.options import Timeout, Wait
from api.cli.output import emit
from api.cli.progress import awaited
from api.cli.session import UsageError, session_of
from api.cli.tests import sheets_of_test

if TYPE_CHECKING:
    from schemas.specs.preprocessing import Step
    from schemas.specs.testing import TestOptions

BATCH_SIZE_MAX = 4096
LOOPS_MAX = 1000
AS_TASK = ":task"
"""Behind a dimension's name: it is evaluated as a task too."""


def infer(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="argument.tron")],
    dataset: Annotated[str, typer.Argument(help="argument.dataset")],
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, max=BATCH_SIZE_MAX, help="option.batch_size")] = 1,
    loops: Annotated[int, typer.Option("--loops", min=1, max=LOOPS_MAX, help="option.loops")] = 1,
    precision: Annotated[
        Literal["fp32", "fp16", "int8", "bf16"], typer.Option("--precision", help="option.precision")
    ] = "fp32",
    backend: Annotated[str, typer.Option("--backend", help="option.backend")] = "auto",
    steps: Annotated[str, typer.Option("--steps", metavar="FILE|JSON", help="option.steps")] = "",
    dataset_version: Annotated[UUID | None, typer.Option("--dataset-version", help="option.dataset_version")] = None,
    iou: Annotated[float | None, typer.Option("--iou", min=0.05, max=0.99, help="option.iou")] = None,
    size_policy: Annotated[
        Literal["true", "1920x1080"] | None, typer.Option("--size-policy", help="option.size_policy")
    ] = None,
    task: Annotated[list[str] | None, typer.Option("--task", metavar="MODEL=DATASET", help="option.task")] = None,
    dimension: Annotated[
        list[str] | None, typer.Option("--dimension", metavar="NAME[:task]", help="option.dimension")
    ] = None,
    wait: Wait = True,
    timeout: Timeout = None,
) -> None:
    """Run a test."""
    session = session_of(context)
    client = session.client
    chain = steps_of(steps)
    job = client.infer(
        client.models.find_tron(model).id,
        client.datasets.find(dataset).id,
        batch_size=batch_size,
        loops=loops,
        precision=precision,
        backend=backend,
        steps=chain,
        options=options_of(iou, size_policy, task or [], dimension or []),
        version_job_id=dataset_version,
    )
    ended = awaited(session, job, wait=wait, timeout_s=timeout)
    if ended is None:
        return
    test = client.tests.get(ended.id)
    emit(session, test, *sheets_of_test(session, test))


def options_of(
    iou: float | None, size_policy: Literal["true", "1920x1080"] | None, tasks: list[str], dimensions: list[str]
) -> TestOptions:
    """What is made of the answers, as the command line says it.

    Raises:
        UsageError: a pair of tasks without `=`.
    """
    from schemas.specs.testing import Dimension, TaskPair, TestOptions

    pairs = [text.partition("=") for text in tasks]
    if wrong := [text for text, (one, mark, other) in zip(tasks, pairs, strict=True) if not (one and mark and other)]:
        raise UsageError("usage.task", text=wrong[0])
    usual = TestOptions()
    return TestOptions(
        iou_threshold=usual.iou_threshold if iou is None else iou,
        size_policy=size_policy or usual.size_policy,
        tasks=tuple(TaskPair(one, other) for one, _, other in pairs),
        dimensions=tuple(Dimension(text.removesuffix(AS_TASK), text.endswith(AS_TASK)) for text in dimensions),
    )


def steps_of(text: str) -> list[Step] | None:
    """A chain of steps out of a JSON list or the name of a file with one; None (the default chain) out of nothing.

    Raises:
        UsageError: neither, or a step that does not exist.
    """
    if not text:
        return None
    import msgspec

    from schemas.specs.preprocessing import Step

    try:
        source = text.encode() if text.lstrip().startswith("[") else Path(text).read_bytes()
        return msgspec.json.decode(source, type=list[Step])
    except (OSError, msgspec.MsgspecError) as error:
        raise UsageError("usage.steps", error=str(error)) from None
