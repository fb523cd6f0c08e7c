"""Which task of a dataset answers which task of a model, and which images can be scored. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from agents.sandbox.inside import Refused, listed
from schemas.reports import SkippedImage
from schemas.specs.mapping import Kind
from schemas.specs.parts import TaskSpec
from schemas.specs.testing import Dimension, TaskPair, TestOptions, only_looked_at, proposed_tasks
from schemas.verdict.replicates import SLICES_MAX
from storage.datasets.pack import ImageRecord, PackInfo, PackTask

SLICE_VALUES_MAX = 200
"""Values of a dimension: more are no dimension but names."""
SLICE_CHARS_MAX = 200
"""Characters of a value: more are no value but a note."""


class Match(NamedTuple):
    """Output `output` of the model answers the dataset's task `dataset_task`; `classes` are in the model's order."""

    output: int
    task: str
    dataset_task: str
    classes: tuple[str, ...]


class Labelled(NamedTuple):
    """An image to score and, in a dataset of classes, its true class index for each match.

    Records are decoded when they are looked at: a test keeps their places, and little of them beside its figures.
    """

    records: Sequence[ImageRecord]
    place: int
    labels: tuple[int, ...] = ()

    @property
    def record(self) -> ImageRecord:
        """What is said of it."""
        return self.records[self.place]


def answerable(info: PackInfo, dimensions: Sequence[Dimension]) -> tuple[PackTask, ...]:
    """The tasks that a model can be asked: the dataset's own but those that are only looked at, and the dimensions that
    are to be evaluated too.

    Raises:
        Refused: `dimension_unknown`; `dimension_not_a_task`: only images that have classes can be asked for another;
            `tasks_are_dimensions`: none is left.
    """
    off = only_looked_at(info.type, dimensions)
    tasks = {task.name: task for task in info.tasks if task.name not in off}
    known = [*(task.name for task in info.tasks), *info.dimensions]
    for each in dimensions:
        if each.name not in known:
            raise Refused("dimension_unknown", dimension=each.name, known=listed(known))
        if each.as_task and each.name not in tasks:
            if info.type != "classification":
                raise Refused("dimension_not_a_task", dimension=each.name, type=info.type)
            tasks[each.name] = PackTask(each.name, tuple(info.dimensions[each.name]))
    if not tasks:
        raise Refused("tasks_are_dimensions", dimensions=listed(sorted(off)))
    return tuple(tasks.values())


def asked_pairs(info: PackInfo, options: TestOptions) -> tuple[TaskPair, ...]:
    """The pairs that were listed, without those of tasks that are only looked at; nothing where none were listed.

    Raises:
        Refused: `tasks_are_dimensions`.
    """
    off = only_looked_at(info.type, options.dimensions)
    pairs = tuple(pair for pair in options.tasks if pair.dataset_task not in off)
    if options.tasks and not pairs:
        raise Refused("tasks_are_dimensions", dimensions=listed(sorted(off)))
    return pairs


def match_tasks(
    model: Sequence[TaskSpec], dataset: Sequence[PackTask], pairs: Sequence[TaskPair] = ()
) -> tuple[Match, ...]:
    """The pairs that were asked for; without any, tasks by their names, what is left by the classes they have in
    common; a model's task may stay alone.

    Raises:
        Refused: `classes_do_not_match`: nothing in common; `task_pair_unknown`, `task_pair_twice`.
    """
    if pairs:
        return _asked(model, dataset, pairs)
    places = {task.name: (number, task.classes) for number, task in enumerate(model)}
    proposed = proposed_tasks(model, dataset)
    found = [Match(places[pair.task][0], pair.task, pair.dataset_task, places[pair.task][1]) for pair in proposed]
    if not found:
        raise _nothing_common(model, dataset)
    return tuple(found)


def _asked(model: Sequence[TaskSpec], dataset: Sequence[PackTask], pairs: Sequence[TaskPair]) -> tuple[Match, ...]:
    outputs = {task.name: number for number, task in enumerate(model)}
    theirs = {task.name: task for task in dataset}
    for side, known, given in (
        ("model", outputs, [pair.task for pair in pairs]),
        ("dataset", theirs, [pair.dataset_task for pair in pairs]),
    ):
        if unknown := [name for name in given if name not in known]:
            raise Refused("task_pair_unknown", side=side, task=unknown[0], known=listed(list(known)))
        if twice := [name for name in given if given.count(name) > 1]:
            raise Refused("task_pair_twice", side=side, task=twice[0])
    found = [
        Match(outputs[each.task], each.task, each.dataset_task, model[outputs[each.task]].classes) for each in pairs
    ]
    for match in found:
        if not set(match.classes) & set(theirs[match.dataset_task].classes):
            raise _nothing_common([model[match.output]], [theirs[match.dataset_task]])
    return tuple(found)


def _nothing_common(model: Sequence[TaskSpec], dataset: Sequence[PackTask]) -> Refused:
    return Refused(
        "classes_do_not_match",
        dataset=listed([name for task in dataset for name in task.classes]),
        model=listed([name for task in model for name in task.classes]),
    )


def check_heads(matches: Sequence[Match], dimensions: Sequence[Dimension]) -> None:
    """Every dimension that is to be a task has a head that answers it.

    Raises:
        Refused: `dimension_without_head`.
    """
    answered = {match.dataset_task for match in matches}
    for each in dimensions:
        if each.as_task and each.name not in answered:
            raise Refused("dimension_without_head", dimension=each.name)


def select(
    kind: Kind, records: Sequence[ImageRecord], matches: Sequence[Match]
) -> tuple[list[Labelled], list[SkippedImage]]:
    """The images whose labels the model knows, and the others with the code why not.

    Labels are matched by the class's name: their order in dataset and model may differ.
    """
    indexes = [{name: index for index, name in enumerate(match.classes)} for match in matches]
    chosen: list[Labelled] = []
    skipped: list[SkippedImage] = []
    same: dict[tuple[int, ...], tuple[int, ...]] = {}
    for place, record in enumerate(records):
        labels = _labels(kind, record, matches, indexes)
        if isinstance(labels, str):
            skipped.append(SkippedImage(name=record.name, code=labels))
        else:
            chosen.append(Labelled(records, place, same.setdefault(labels, labels)))
    return chosen, skipped


def _labels(
    kind: Kind, record: ImageRecord, matches: Sequence[Match], indexes: Sequence[Mapping[str, int]]
) -> tuple[int, ...] | str:
    """The true classes for each match (none where they are no classes of images), or the code why they are unknown."""
    if kind == "detection":
        known: Collection[str] = indexes[0]
        return () if all(box.label in known for box in record.boxes) else "label_unknown_to_model"
    names = [said_of(record, match.dataset_task) for match in matches]
    if None in names:
        return "label_missing"
    if kind == "sequence":
        return ()
    labels = [index.get(name or "") for index, name in zip(indexes, names, strict=True)]
    found = tuple(label for label in labels if label is not None)
    return found if len(found) == len(labels) else "label_unknown_to_model"


def said_of(record: ImageRecord, name: str) -> str | None:
    """What is said of the image under this name: by a task's label, else by an attribute."""
    found = record.labels.get(name)
    return record.attributes.get(name) if found is None else found


def check_slices(images: Sequence[Labelled], dimensions: Sequence[Dimension]) -> None:
    """The dimensions make slices that can be kept, so that a test is refused before its images are run.

    Raises:
        Refused: `dimension_too_many_values`, `dimension_value_too_long`, `slices_too_many`.
    """
    slices = 0
    for each in dimensions:
        values = set(values_of(images, each)) - {None}
        longest = max(values, key=lambda value: len(value or ""), default=None) or ""
        if len(longest) > SLICE_CHARS_MAX:
            raise Refused("dimension_value_too_long", dimension=each.name, value=longest[:20], max=SLICE_CHARS_MAX)
        slices += len(values)
    if slices > SLICES_MAX:
        raise Refused("slices_too_many", count=slices, max=SLICES_MAX)


def values_of(images: Sequence[Labelled], dimension: Dimension) -> list[str | None]:
    """What each image has in the dimension.

    Raises:
        Refused: `dimension_too_many_values`.
    """
    said = (said_of(image.record, dimension.name) or None for image in images)
    same: dict[str | None, str | None] = {}
    # one text for all images that have it, not one each
    values = [same.setdefault(value, value) for value in said]
    if (count := len(same)) > SLICE_VALUES_MAX + 1:
        raise Refused("dimension_too_many_values", dimension=dimension.name, count=count, max=SLICE_VALUES_MAX)
    return values
