"""Precision over recall, and the average precision and recall made of it. Pure numpy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from agents.evaluation.metrics.boxes import Floats, Indexes, Marks
from agents.evaluation.metrics.matches import IGNORED, RIGHT, Matches

RECALLS = np.linspace(0.0, 1.0, 101)
UNDEFINED = -1.0
"""What stands, as in pycocotools, for a class or size range without true boxes."""


class Curve(NamedTuple):
    """One class at one threshold: at each of RECALLS the best precision at this recall or more, and the score there.

    precision: (101,), 0 where the recall is never reached, UNDEFINED where there are no true boxes. scores: (101,),
    NaN where the recall is never reached.
    """

    precision: Floats
    scores: Floats


class ApInput(NamedTuple):
    """What a class's average precision is computed from when images have weights; found boxes by score, best first.

    image: (d,). is_true: (d,), counted: (d,): what is neither true nor counted is skipped. positives: (images,) how
    many true boxes of the class each image has.
    """

    image: Indexes
    is_true: Marks
    counted: Marks
    positives: Indexes


def objects(matches: Matches, size: int = 0) -> Indexes:
    """(classes,) how many true boxes of the size range count."""
    return np.bincount(matches.truth_label[~matches.truth_ignored[size]], minlength=matches.classes)


def bounds(matches: Matches) -> Indexes:
    """(classes + 1,) where each class begins among the found boxes."""
    return np.searchsorted(matches.label, np.arange(matches.classes + 1))


class _Rises(NamedTuple):
    """The found boxes that are right, where recall rises: their places, classes, precision and place in RECALLS."""

    places: Indexes
    label: Indexes
    precision: Floats
    recall: Indexes


def _rises(matches: Matches, level: int, size: int) -> _Rises:
    verdict = matches.verdict[level, size]
    places = np.flatnonzero(verdict == RIGHT)
    label = matches.label[places]
    starts = bounds(matches)[:-1]
    counted = np.append(0, np.cumsum(verdict != IGNORED))
    right = np.arange(1, len(places) + 1) - np.searchsorted(places, starts)[label]
    wrong = counted[places + 1] - counted[starts][label] - right
    # the spacing is pycocotools': it moves a lone right one to just under 1
    precision = right / ((wrong + right) + np.spacing(1))
    recall = right / objects(matches, size)[label]
    return _Rises(places, label, precision, np.searchsorted(RECALLS, recall, "right") - 1)


def precision(matches: Matches, level: int, size: int = 0) -> Floats:
    """(classes, 101): `Curve.precision` of every class at a threshold (its place in `ious`) and size range."""
    rises = _rises(matches, level, size)
    best = np.zeros((matches.classes, len(RECALLS)))
    np.maximum.at(best, (rises.label, rises.recall), rises.precision)
    curves: Floats = np.maximum.accumulate(best[:, ::-1], axis=1)[:, ::-1]
    curves[objects(matches, size) == 0] = UNDEFINED
    return curves


def recall(matches: Matches, level: int, size: int = 0) -> Floats:
    """(classes, len(detections_max)): the share of true boxes that the best detections find; else UNDEFINED."""
    right = np.flatnonzero(matches.verdict[level, size] == RIGHT)
    label, rank = matches.label[right], matches.rank[right]
    found = np.stack(
        [np.bincount(label[rank < count], minlength=matches.classes) for count in matches.detections_max], axis=1
    )
    there = objects(matches, size)[:, None]
    shares: Floats = np.where(there > 0, found / np.maximum(there, 1), UNDEFINED)
    return shares


def average_precision(matches: Matches, level: int | None = None, size: int = 0) -> Floats:
    """(classes,): the mean of the curve's 101 precisions, UNDEFINED without true boxes; at the test's own threshold."""
    averages: Floats = precision(matches, matches.task if level is None else level, size).mean(axis=1)
    return averages


def mean_defined(values: Floats) -> float:
    """The mean of what is defined, UNDEFINED where nothing is."""
    defined = values[values > UNDEFINED]
    return float(defined.mean()) if defined.size else UNDEFINED


def curves(matches: Matches) -> list[Curve]:
    """Each class's curve at the test's own threshold."""
    rises = _rises(matches, matches.task, 0)
    width = len(RECALLS)
    wanted = np.arange(matches.classes * width)
    place = np.searchsorted(rises.label * width + rises.recall, wanted)
    reached = np.append(rises.label, -1)[place] == wanted // width
    scores = np.where(reached, np.append(matches.scores[rises.places], np.nan)[place], np.nan).reshape(-1, width)
    starts = bounds(matches)
    some = np.flatnonzero((np.diff(starts) > 0) & (objects(matches) > 0))
    # no recall at all is reached by the first box, right or wrong
    scores[some, 0] = matches.scores[starts[some]]
    return [Curve(*each) for each in zip(precision(matches, matches.task), scores, strict=True)]


def ap_inputs(matches: Matches) -> Iterator[ApInput]:
    """For each class what its average precision at the test's own threshold is computed from."""
    verdict = matches.verdict[matches.task, 0]
    is_true, counted = verdict == RIGHT, verdict != IGNORED
    valid = ~matches.truth_ignored[0]
    image, label = matches.truth_image[valid], matches.truth_label[valid]
    starts = bounds(matches)
    for number in range(matches.classes):
        part = slice(starts[number], starts[number + 1])
        positives = np.bincount(image[label == number], minlength=matches.images)
        yield ApInput(matches.image[part], is_true[part], counted[part], positives)
