"""What the first pass keeps of every image, in columns, and what scoring makes of it."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.evaluation.matching import Labelled
from agents.evaluation.methods.decoding import Detections
from agents.evaluation.metrics.boxes import Indexes
from agents.evaluation.metrics.slices import by_value
from agents.evaluation.passes import Answers, Ranked, Room
from agents.evaluation.probabilities import Floats
from agents.evaluation.scoring.annotated import Annotated, Annotations
from schemas.events.tests import DetectionSummary, Measure, SequenceSummary, SliceSummary, TaskSummary
from schemas.reports import DetectionReport, SliceReport, SliceTask, TaskReport
from schemas.results import ClassifiedPart, DetectedPart, ReadPart
from schemas.specs.testing import Dimension, SizePolicy
from schemas.verdict.keys import slice_name
from schemas.verdict.kinds import Drawn, Ratio

Marks = NDArray[np.bool_]


class Columns(NamedTuple):
    """A detector's boxes of all images: how many each image has (images,); boxes (n, 4) left, top, right, bottom in
    pixels; scores (n,); labels (n,) by the model's classes."""

    counts: NDArray[np.int64]
    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    labels: NDArray[np.int64]


class _Column:
    """Numbers one behind the other: thousands of small arrays would weigh more than what is in them."""

    def __init__(self, dtype: type[np.generic]) -> None:
        self._dtype, self._data = dtype, bytearray()

    def add(self, values: NDArray[Any]) -> None:
        self._data += values.astype(self._dtype, copy=False).tobytes()

    def together(self) -> NDArray[Any]:
        return np.frombuffer(bytes(self._data), self._dtype)


class _Ranks:
    """The best classes of every image for one match."""

    def __init__(self, count: int) -> None:
        self._count, self._indexes, self._scores = count, _Column(np.int32), _Column(np.float32)

    def add(self, indexes: Indexes, scores: Floats) -> None:
        self._indexes.add(indexes)
        self._scores.add(scores)

    def together(self) -> Ranked:
        indexes, scores = (each.together().reshape(-1, self._count) for each in (self._indexes, self._scores))
        return Ranked(indexes.astype(np.int64), scores)


class _Boxes:
    """What one network found in every image."""

    def __init__(self) -> None:
        self._counts = array("q")
        self._boxes, self._scores, self._labels = _Column(np.float32), _Column(np.float32), _Column(np.int32)

    def add(self, found: Detections) -> None:
        self._counts.append(len(found.boxes))
        self._boxes.add(found.boxes)
        self._scores.add(found.scores)
        self._labels.add(found.classes)

    def together(self) -> Columns:
        return Columns(
            np.array(self._counts, np.int64),
            self._boxes.together().reshape(-1, 4),
            self._scores.together(),
            self._labels.together().astype(np.int64),
        )


class Collected:
    """Keeps what the batches of the first pass answered; `take` is what `Passes.run` is given."""

    def __init__(self) -> None:
        self.images: list[Labelled] = []
        self._said = Annotations()
        self._ranked: dict[int, _Ranks] = {}
        self._found: dict[int, _Boxes] = {}
        self._texts: dict[int, list[str]] = {}

    def take(self, room: Room, answers: Answers) -> None:
        """Keep the answers to the images that went all the way."""
        self.keep([each.image for each in room.held], answers, room.rows)

    def keep(self, images: Sequence[Labelled], answers: Answers, rows: Sequence[int]) -> None:
        """Keep the answers in these rows; there is one for each image."""
        for slot in rows:
            self.images.append(images[slot])
            self._said.add(images[slot].record)
        for place, ranked in answers.ranked.items():
            if place not in self._ranked:
                self._ranked[place] = _Ranks(ranked.indexes.shape[1])
            self._ranked[place].add(ranked.indexes[list(rows)], ranked.scores[list(rows)])
        for number, found in answers.found.items():
            kept = self._found.setdefault(number, _Boxes())
            for slot in rows:
                kept.add(found[slot])
        for number, texts in answers.texts.items():
            self._texts.setdefault(number, []).extend(texts[slot] for slot in rows)

    def said(self) -> Annotated:
        """What people said of the images."""
        return self._said.together()

    def ranked(self, place: int) -> Ranked:
        """The answers for a match: (images, k)."""
        return self._ranked[place].together()

    def found(self, number: int) -> Columns:
        """The boxes of a network."""
        return self._found[number].together()

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


class Asked(NamedTuple):
    """What a test wants to know: IoU threshold and size rule of boxes, and each dimension with the images' values."""

    iou_threshold: float
    size_policy: SizePolicy
    dimensions: tuple[tuple[Dimension, Sequence[str | None]], ...]

    def masks(self) -> dict[str, Marks]:
        """(images,) for each slice, by `slice_name`, which images it has."""
        return {
            slice_name(dimension.name, value): chosen
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
