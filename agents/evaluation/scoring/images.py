"""Classification: the answers of every head against the images' classes, in total and by slice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.evaluation.matching import Match
from agents.evaluation.metrics.boxes import Indexes
from agents.evaluation.metrics.classification import TOP_MAX, TaskScores, marks, score
from agents.evaluation.metrics.slices import by_value
from agents.evaluation.passes import Model, Ranked
from agents.evaluation.scoring.collected import Asked, Collected, Marks, Scored, slice_report
from schemas.reports import SLICE_CLASSES_MAX, SliceReport, SliceTask, TaskReport
from schemas.results import ClassifiedPart, packed


def score_images(model: Model, collected: Collected, asked: Asked) -> Scored:
    """The figures of a test on images with classes."""
    labels = np.array([image.labels for image in collected.images], np.int64)
    ranked = [collected.ranked(place) for place in range(len(model.matches))]
    columns = [labels[:, place] for place in range(len(model.matches))]
    reports = tuple(
        _report(match, score(own, each.indexes, match.classes), softmax_added=not _distribution(model, match))
        for match, own, each in zip(model.matches, columns, ranked, strict=True)
    )
    right: dict[str, Marks] = {
        f"{measure}/{match.task}": each
        for match, own, answers in zip(model.matches, columns, ranked, strict=True)
        for measure, each in marks(own, answers.indexes, len(match.classes)).items()
    }
    return Scored(
        measure="top1",
        accuracy=float(np.mean([report.top1 for report in reports])),
        marks=right,
        slices=_slices(model.matches, columns, ranked, asked),
        tasks=reports,
        classified=tuple(classified(*each) for each in zip(model.matches, ranked, columns, strict=True)),
    )


def classified(match: Match, ranked: Ranked, labels: Indexes | None = None) -> ClassifiedPart:
    """A task image by image; without `labels` nobody said them."""
    return ClassifiedPart(
        task=match.task,
        classes=match.classes,
        k=min(TOP_MAX, len(match.classes)),
        labels=b"" if labels is None else packed(labels, "<i4"),
        top=packed(ranked.indexes, "<i4"),
        scores=packed(ranked.scores, "<f4"),
    )


def _distribution(model: Model, match: Match) -> bool:
    network, task = model.heads[match.output]
    return model.networks[network].distributions[task]


def _report(match: Match, scores: TaskScores, *, softmax_added: bool) -> TaskReport:
    return TaskReport(
        task=match.task,
        dataset_task=match.dataset_task,
        images=scores.images,
        top1=scores.top1,
        top5=scores.top5,
        macro_precision=scores.macro_precision,
        macro_recall=scores.macro_recall,
        macro_f1=scores.macro_f1,
        softmax_added=softmax_added,
        classes=scores.classes,
        confusion=scores.confusion,
    )


def _slices(
    matches: Sequence[Match], labels: Sequence[Indexes], ranked: Sequence[Ranked], asked: Asked
) -> tuple[SliceReport, ...]:
    found = []
    for dimension, values in asked.dimensions:
        for value, chosen in by_value(values).items():
            tasks = tuple(
                _slice_task(match, score(own[chosen], each.indexes[chosen], match.classes))
                for match, own, each in zip(matches, labels, ranked, strict=True)
            )
            found.append(slice_report(dimension, value, int(chosen.sum()), tasks))
    return tuple(found)


def _slice_task(match: Match, scores: TaskScores) -> SliceTask:
    few = len(match.classes) <= SLICE_CLASSES_MAX
    return SliceTask(
        task=match.task,
        accuracy=scores.top1,
        precision=scores.macro_precision,
        recall=scores.macro_recall,
        classes=scores.classes if few else (),
    )
