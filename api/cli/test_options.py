"""The options that say how a test runs, and what their texts mean."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast, get_args

import typer

from api.cli.session import UsageError

if TYPE_CHECKING:
    from schemas.specs.preprocessing import Step
    from schemas.specs.testing import TestOptions

BATCH_SIZE_MAX = 4096
LOOPS_MAX = 1000

PrecisionName = Literal["fp32", "fp16", "int8", "bf16"]
SizePolicyName = Literal["true", "1920x1080"]
Steps = Annotated[str, typer.Option("--steps", metavar="FILE|JSON", help="option.steps")]
Iou = Annotated[float | None, typer.Option("--iou", min=0.05, max=0.99, help="option.iou")]
SizePolicy = Annotated[SizePolicyName | None, typer.Option("--size-policy", help="option.size_policy")]
TaskPairs = Annotated[list[str] | None, typer.Option("--task", metavar="MODEL=DATASET", help="option.task")]
WithoutTasks = Annotated[list[str] | None, typer.Option("--without-task", metavar="NAME", help="option.without_task")]
Dimensions = Annotated[list[str] | None, typer.Option("--dimension", metavar="NAME[:task]", help="option.dimension")]


def precisions_of(texts: list[str]) -> list[PrecisionName]:
    """Precisions out of their names.

    Raises:
        UsageError: there is no such precision.
    """
    known = get_args(PrecisionName)
    if wrong := [text for text in texts if text not in known]:
        raise UsageError("usage.precision", text=wrong[0], known=", ".join(known))
    return cast(list[PrecisionName], texts)


def changed_options(
    usual: TestOptions, iou: float | None, size_policy: SizePolicyName | None, tasks: list[str], dimensions: list[str]
) -> TestOptions:
    """The usual options with what the command line says; raises as `options_of`."""
    import msgspec

    said = options_of(iou, size_policy, tasks, dimensions)
    given = {"iou_threshold": iou, "size_policy": size_policy, "tasks": tasks, "dimensions": dimensions}
    changes = {name: getattr(said, name) for name, value in given.items() if value}
    return msgspec.structs.replace(usual, **changes)


def options_of(
    iou: float | None, size_policy: SizePolicyName | None, tasks: list[str], dimensions: list[str]
) -> TestOptions:
    """What is made of the answers, as the command line says it.

    Raises:
        UsageError: a pair of tasks without `=`.
    """
    from schemas.specs.testing import TaskPair, TestOptions, dimension_of

    pairs = [text.partition("=") for text in tasks]
    if wrong := [text for text, (one, mark, other) in zip(tasks, pairs, strict=True) if not (one and mark and other)]:
        raise UsageError("usage.task", text=wrong[0])
    usual = TestOptions()
    return TestOptions(
        iou_threshold=usual.iou_threshold if iou is None else iou,
        size_policy=size_policy or usual.size_policy,
        tasks=tuple(TaskPair(one, other) for one, _, other in pairs),
        dimensions=tuple(map(dimension_of, dimensions)),
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
