"""The rules of a test's form, the same for everybody who fills it in. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal, Protocol

import msgspec

from schemas.specs.method_spec import Family
from schemas.specs.parts import TaskSpec
from schemas.values import Code, Precision, ShortText, Value

SizePolicy = Literal["true", "1920x1080"]
"""How a box's area is taken: in the image's own pixels, or as if every image were 1920 x 1080 (the old rule)."""


class TaskPair(Value, frozen=True):
    """The model's task is answered by the dataset's task `dataset_task`."""

    task: ShortText
    dataset_task: ShortText


class Dimension(Value, frozen=True):
    """Figures are wanted for each value of this attribute or task of the dataset; only with `as_task` is it evaluated
    too, also where it is one of the tasks of a dataset of classes."""

    name: ShortText
    as_task: bool = False


AS_TASK = ":task"


def dimension_text(dimension: Dimension) -> str:
    """A dimension as people write it: its name, and `:task` behind it where it is evaluated too."""
    return dimension.name + AS_TASK * dimension.as_task


def dimension_of(text: str) -> Dimension:
    """The dimension that is written so."""
    return Dimension(text.removesuffix(AS_TASK), text.endswith(AS_TASK))


class TestOptions(Value, frozen=True):
    """What a test does beyond running the model. Without `tasks` they are matched by name, then by classes.

    `iou_threshold` is what a detector's box must share with a true one to count (detection only).
    """

    iou_threshold: Annotated[float, msgspec.Meta(ge=0.05, le=0.99)] = 0.5
    size_policy: SizePolicy = "true"
    tasks: Annotated[tuple[TaskPair, ...], msgspec.Meta(max_length=50)] = ()
    dimensions: Annotated[tuple[Dimension, ...], msgspec.Meta(max_length=20)] = ()


USUAL = TestOptions()
SWITCHES: tuple[Precision, ...] = ("fp16", "int8")


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
    off = only_looked_at(kind, options.dimensions)
    if options.tasks and all(pair.dataset_task in off for pair in options.tasks):
        return Code("tasks_are_dimensions", {"dimensions": ", ".join(sorted(off))})
    for dimension in options.dimensions:
        if dimension.as_task and kind != "classification":
            return Code("dimension_not_a_task", {"dimension": dimension.name, "type": kind})
        listed = {pair.dataset_task for pair in options.tasks}
        if dimension.as_task and options.tasks and dimension.name not in listed:
            return Code("dimension_task_not_listed", {"dimension": dimension.name, "known": ", ".join(sorted(listed))})
    return None


def only_looked_at(kind: Family, dimensions: Sequence[Dimension]) -> frozenset[str]:
    """The dimensions that are no tasks of the test, even where the dataset has them as tasks.

    Boxes and texts are one task, which no dimension is taken for.
    """
    return frozenset(each.name for each in dimensions if not each.as_task and kind == "classification")


def without_task(options: TestOptions, dataset_task: str) -> TestOptions:
    """The form after a task was deleted from its list: a dimension made of it goes too."""
    return TestOptions(
        iou_threshold=options.iou_threshold,
        size_policy=options.size_policy,
        tasks=tuple(pair for pair in options.tasks if pair.dataset_task != dataset_task),
        dimensions=tuple(each for each in options.dimensions if each.name != dataset_task),
    )


class Task(Protocol):
    """A task and its classes, of a model or of a dataset."""

    @property
    def name(self) -> str: ...
    @property
    def classes(self) -> tuple[str, ...]: ...


class PrecisionSwitch(Value, frozen=True):
    """A switch of the form. It is off until somebody turns it on; with both off fp32 runs. `reason`: why disabled."""

    precision: Precision
    enabled: bool
    reason: Code | None = None


def precision_switches(quantized: Sequence[Precision]) -> tuple[PrecisionSwitch, ...]:
    """The switches fp16 and int8 of a model that was quantized to these, the latest last: only the latest can be on."""
    latest = quantized[-1] if quantized else None
    return tuple(PrecisionSwitch(each, each == latest, _switched_off(each, latest)) for each in SWITCHES)


def _switched_off(precision: Precision, latest: Precision | None) -> Code | None:
    if latest is None:
        return Code("model_not_quantized", {"precision": precision})
    if latest != precision:
        return Code("quantized_otherwise", {"precision": precision, "latest": latest})
    return None


def head_tasks(found: Sequence[tuple[str, TaskSpec]]) -> list[TaskSpec]:
    """The tasks of a model's networks, (network, task) each; tasks of one name are told apart by their network's."""
    names = Counter(task.name for _, task in found)
    return [
        TaskSpec(f"{network}/{task.name}"[:200], task.classes) if names[task.name] > 1 else task
        for network, task in found
    ]


def proposed_tasks(model: Sequence[Task], dataset: Sequence[Task]) -> tuple[TaskPair, ...]:
    """Which task of the dataset answers which of the model: by name, the rest by the most classes in common.

    A task without a partner is not in it; it may stay alone.
    """
    names = {each.name for each in model}
    free = list(dataset)
    found = []
    for task in model:
        others = [each for each in free if each.name == task.name or each.name not in names]
        partner = _partner(task, others)
        if partner is not None and set(task.classes) & set(partner.classes):
            free.remove(partner)
            found.append(TaskPair(task.name, partner.name))
    return tuple(found)


def _partner(task: Task, free: Sequence[Task]) -> Task | None:
    if named := [each for each in free if each.name == task.name]:
        return named[0]
    known = set(task.classes)
    best = max(free, key=lambda each: len(known & set(each.classes)), default=None)
    return best if best is not None and known & set(best.classes) else None
