"""What the first pass keeps of every image, in columns, and what scoring makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.evaluation.matching import Labelled
from agents.evaluation.methods.decoding import Detections
from agents.evaluation.metrics.slices import by_value
from agents.evaluation.passes import Answers, Ranked, Room
from schemas.events.tests import DetectionSummary, Measure, SequenceSummary, SliceSummary, TaskSummary
from schemas.reports import DetectionReport, SliceReport, SliceTask, TaskReport
from schemas.results import ClassifiedPart, DetectedPart, ReadPart
from schemas.specs.testing import Dimension, SizePolicy
from schemas.verdict.kinds import Drawn, Ratio

Marks = NDArray[np.bool_]


class Columns(NamedTuple):
    """A detector's boxes of all images: how many each image has (images,); boxes (n, 4) left, top, right, bottom in
    pixels; scores (n,); labels (n,) by the model's classes."""

    counts: NDArray[np.int64]
    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    labels: NDArray[np.int64]


class Collected:
    """Keeps what the batches of the first pass answered; `take` is what `Passes.run` is given."""

    def __init__(self) -> None:
        self.images: list[Labelled] = []
        self._ranked: dict[int, list[Ranked]] = {}
        self._counts: dict[int, list[int]] = {}
        self._found: dict[int, list[Detections]] = {}
        self._texts: dict[int, list[str]] = {}

    def take(self, room: Room, answers: Answers) -> None:
        """Keep the answers to the images that went all the way."""
        self.keep([each.image for each in room.held], answers, room.rows)

    def keep(self, images: Sequence[Labelled], answers: Answers, rows: Sequence[int]) -> None:
        """Keep the answers in these rows; there is one for each image."""
        self.images += [images[slot] for slot in rows]
        for place, ranked in answers.ranked.items():
            own = Ranked(ranked.indexes[list(rows)].astype(np.int32), ranked.scores[list(rows)])
            self._ranked.setdefault(place, []).append(own)
        for number, found in answers.found.items():
            boxes = [found[slot] for slot in rows]
            self._counts.setdefault(number, []).extend(len(each.boxes) for each in boxes)
            # one array a batch: thousands of small ones would weigh more than what is in them
            self._found.setdefault(number, []).append(_together(boxes))
        for number, texts in answers.texts.items():
            self._texts.setdefault(number, []).extend(texts[slot] for slot in rows)

    def ranked(self, place: int) -> Ranked:
        """The answers for a match: (images, k)."""
        parts = self._ranked[place]
        return Ranked(
            np.concatenate([each.indexes for each in parts]).astype(np.int64),
            np.concatenate([each.scores for each in parts]),
        )

    def found(self, number: int) -> Columns:
        """The boxes of a network."""
        every = _together(self._found[number])
        return Columns(np.array(self._counts[number], np.int64), every.boxes, every.scores, every.classes)

    def texts(self, number: int) -> tuple[str, ...]:
        """What a network read."""
        return tuple(self._texts[number])

    @property
    def detectors(self) -> Sequence[int]:
        """The networks that found boxes."""
        return tuple(self._found)

    @property
    def readers(self) -> Sequence[int]:
        """The networks that read texts."""
        return tuple(self._texts)


def _together(parts: Sequence[Detections]) -> Detections:
    if not parts:
        return Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))
    return Detections(
        np.concatenate([each.boxes for each in parts]).astype(np.float32),
        np.concatenate([each.scores for each in parts]).astype(np.float32),
        np.concatenate([each.classes for each in parts]).astype(np.int64),
    )


class Asked(NamedTuple):
    """What a test wants to know: IoU threshold and size rule of boxes, and each dimension with the images' values."""

    iou_threshold: float
    size_policy: SizePolicy
    dimensions: tuple[tuple[Dimension, Sequence[str | None]], ...]

    def masks(self) -> dict[str, Marks]:
        """(images,) for each slice, by `DIMENSION=VALUE`, which images it has."""
        return {
            f"{dimension.name}={value}": chosen
            for dimension, values in self.dimensions
            for value, chosen in by_value(values).items()
        }


class Scored(NamedTuple):
    """A test's figures. `marks`, `ratios` and `drawn` are what intervals and verdicts are made of: see
    `schemas.verdict.replicates.sample`."""

    measure: Measure
    accuracy: float
    marks: Mapping[str, Marks]
    slices: tuple[SliceReport, ...]
    ratios: Mapping[str, Ratio] = {}
    drawn: Mapping[str, Mapping[str, Drawn]] = {}
    tasks: tuple[TaskReport, ...] = ()
    detection: DetectionReport | None = None
    sequences: tuple[SequenceSummary, ...] = ()
    classified: tuple[ClassifiedPart, ...] = ()
    detected: tuple[DetectedPart, ...] = ()
    read: tuple[ReadPart, ...] = ()


def task_summary(report: TaskReport) -> TaskSummary:
    """A task as the event has it."""
    return TaskSummary(
        report.task, report.images, report.top1, report.top5, report.macro_precision, report.macro_recall
    )


def detection_summary(scored: Scored) -> DetectionSummary | None:
    """The detector as the event has it."""
    return scored.detection.summary if scored.detection is not None else None


def slice_report(dimension: Dimension, value: str, images: int, tasks: tuple[SliceTask, ...]) -> SliceReport:
    """A slice whose figures are the means of its tasks'."""
    summary = SliceSummary(
        dimension.name,
        value[:200],
        images,
        _mean([each.accuracy for each in tasks]),
        _mean([each.precision for each in tasks]),
        _mean([each.recall for each in tasks]),
    )
    return SliceReport(summary=summary, tasks=tasks)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
