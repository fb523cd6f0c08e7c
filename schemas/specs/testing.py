"""The rules of a test's form, the same for everybody who fills it in. Pure."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal

import msgspec

from schemas.specs.method_spec import Family
from schemas.values import Code, ShortText, Value

SizePolicy = Literal["true", "1920x1080"]
"""How a box's area is taken: in the image's own pixels, or as if every image were 1920 x 1080 (the old rule)."""


class TaskPair(Value, frozen=True):
    """The model's task is answered by the dataset's task `dataset_task`."""

    task: ShortText
    dataset_task: ShortText


class Dimension(Value, frozen=True):
    """Figures are wanted for each value of this attribute or task of the dataset; `as_task` evaluates it too."""

    name: ShortText
    as_task: bool = False


class TestOptions(Value, frozen=True):
    """What a test does beyond running the model. Without `tasks` they are matched by name, then by classes.

    `iou_threshold` is what a detector's box must share with a true one to count (detection only).
    """

    iou_threshold: Annotated[float, msgspec.Meta(ge=0.05, le=0.99)] = 0.5
    size_policy: SizePolicy = "true"
    tasks: Annotated[tuple[TaskPair, ...], msgspec.Meta(max_length=50)] = ()
    dimensions: Annotated[tuple[Dimension, ...], msgspec.Meta(max_length=20)] = ()


USUAL = TestOptions()


def options_problem(kind: Family, options: TestOptions) -> Code | None:
    """Why a test on a dataset of this kind cannot have these options, as far as the form alone can tell.

    Whether tasks and dimensions are those of model and dataset is found by the test itself.
    """
    if kind != "detection":
        for field in ("iou_threshold", "size_policy"):
            if getattr(options, field) != getattr(USUAL, field):
                return Code("option_for_detection_only", {"option": field, "type": kind})
    for side in ("task", "dataset_task"):
        names = Counter(getattr(pair, side) for pair in options.tasks)
        if twice := [name for name, count in names.items() if count > 1]:
            said = "model" if side == "task" else "dataset"
            return Code("task_pair_twice", {"side": said, "task": twice[0]})
    named = Counter(dimension.name for dimension in options.dimensions)
    if twice := [name for name, count in named.items() if count > 1]:
        return Code("dimension_twice", {"dimension": twice[0]})
    for dimension in options.dimensions:
        if dimension.as_task and kind != "classification":
            return Code("dimension_not_a_task", {"dimension": dimension.name, "type": kind})
        listed = {pair.dataset_task for pair in options.tasks}
        if dimension.as_task and options.tasks and dimension.name not in listed:
            return Code("dimension_task_not_listed", {"dimension": dimension.name, "known": ", ".join(sorted(listed))})
    return None


def without_task(options: TestOptions, dataset_task: str) -> TestOptions:
    """The form after a task was deleted from its list: a dimension made of it goes too."""
    return TestOptions(
        iou_threshold=options.iou_threshold,
        size_policy=options.size_policy,
        tasks=tuple(pair for pair in options.tasks if pair.dataset_task != dataset_task),
        dimensions=tuple(each for each in options.dimensions if each.name != dataset_task),
    )
