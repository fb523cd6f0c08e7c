"""Which task of a dataset answers which task of a model, and which images can be scored. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agents.sandbox.inside import Refused, listed
from schemas.reports import SkippedImage
from schemas.specs.parts import TaskSpec
from storage.datasets.pack import ImageRecord, PackTask


class Match(NamedTuple):
    """Output `output` of the model answers the dataset's task `dataset_task`; `classes` are in the model's order."""

    output: int
    task: str
    dataset_task: str
    classes: tuple[str, ...]


class Labelled(NamedTuple):
    """An image to score and its true class index for each match."""

    record: ImageRecord
    labels: tuple[int, ...]


def _partner(task: TaskSpec, free: Sequence[PackTask]) -> PackTask | None:
    if named := [each for each in free if each.name == task.name]:
        return named[0]
    known = set(task.classes)
    best = max(free, key=lambda each: len(known & set(each.classes)), default=None)
    return best if best is not None and known & set(best.classes) else None


def match_tasks(model: Sequence[TaskSpec], dataset: Sequence[PackTask]) -> tuple[Match, ...]:
    """Tasks by their names, what is left by the classes they have in common; a model's task may stay alone.

    Raises:
        Refused: `classes_do_not_match`: nothing in common.
    """
    names = {each.name for each in model}
    free = list(dataset)
    found = []
    for output, task in enumerate(model):
        others = [each for each in free if each.name == task.name or each.name not in names]
        partner = _partner(task, others)
        if partner is not None and set(task.classes) & set(partner.classes):
            free.remove(partner)
            found.append(Match(output, task.name, partner.name, task.classes))
    if not found:
        raise Refused(
            "classes_do_not_match",
            dataset=listed([name for task in dataset for name in task.classes]),
            model=listed([name for task in model for name in task.classes]),
        )
    return tuple(found)


def select(records: Iterable[ImageRecord], matches: Sequence[Match]) -> tuple[list[Labelled], list[SkippedImage]]:
    """The images whose labels the model knows, and the others with the code why not.

    Labels are matched by the class's name: their order in dataset and model may differ.
    """
    indexes = [{name: index for index, name in enumerate(match.classes)} for match in matches]
    chosen: list[Labelled] = []
    skipped: list[SkippedImage] = []
    for record in records:
        names = [record.labels.get(match.dataset_task) for match in matches]
        labels = [index.get(name) if name is not None else None for index, name in zip(indexes, names, strict=True)]
        known = tuple(label for label in labels if label is not None)
        if len(known) == len(labels):
            chosen.append(Labelled(record, known))
        else:
            code = "label_missing" if None in names else "label_unknown_to_model"
            skipped.append(SkippedImage(name=record.name, code=code))
    return chosen, skipped
