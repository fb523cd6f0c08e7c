"""A detector in use: which score to ask for, and what is right, wrong and missed then. Pure numpy."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.evaluation.metrics.boxes import Floats, Indexes
from agents.evaluation.metrics.curves import UNDEFINED, bounds, objects
from agents.evaluation.metrics.matches import IGNORED, RIGHT, WRONG, Matches

LEFT_OUT = np.uint8(3)
"""A found box below the threshold, or past the last of `detections_max`."""


class Counts(NamedTuple):
    """Of each class, or of each image: found boxes that are right, found boxes that count, and true boxes that count.

    Wrong ones are found - right, missed ones objects - right.
    """

    right: Indexes
    found: Indexes
    objects: Indexes

    def total(self) -> Counts:
        """Everything together: arrays of one."""
        return Counts(*(np.atleast_1d(each.sum()) for each in self))

    def precision(self) -> Floats:
        return _share(self.right, self.found)

    def recall(self) -> Floats:
        return _share(self.right, self.objects)

    def f1(self) -> Floats:
        """Defined where there are true boxes: 0 where none of them is found."""
        return np.where(self.objects > 0, _share(2 * self.right, self.found + self.objects), UNDEFINED)


class Operating(NamedTuple):
    """The threshold with the best F1, the highest of those, and what is there. Found boxes with this score are in.

    Where nothing found is right, the threshold is the highest score; 0 where nothing is found.
    """

    threshold: float
    precision: float
    recall: float
    f1: float


class Outcome(NamedTuple):
    """What became of every box at a threshold.

    found: as given, WRONG, RIGHT, IGNORED or LEFT_OUT. partner: for each found box the place of the true box that it
    took, -1 for none. truths: as given, WRONG (missed), RIGHT or IGNORED.
    """

    found: NDArray[np.uint8]
    partner: Indexes
    truths: NDArray[np.uint8]


def _share(part: Indexes, whole: Indexes) -> Floats:
    shares: Floats = np.where(whole > 0, part / np.maximum(whole, 1), UNDEFINED)
    return shares


def _verdict(matches: Matches, size: int = 0) -> NDArray[np.uint8]:
    verdict: NDArray[np.uint8] = matches.verdict[matches.task, size]
    return verdict


def class_counts(matches: Matches, threshold: float, size: int = 0) -> Counts:
    """The counts of each class at the test's IoU threshold and this score."""
    verdict, asked = _verdict(matches, size), matches.scores >= threshold
    right, counted = (matches.label[asked & kept] for kept in (verdict == RIGHT, verdict != IGNORED))
    count = matches.classes
    return Counts(np.bincount(right, minlength=count), np.bincount(counted, minlength=count), objects(matches, size))


def image_counts(matches: Matches, threshold: float) -> Counts:
    """The counts of each image, over all classes."""
    verdict, asked = _verdict(matches), matches.scores >= threshold
    true = matches.truth_image[~matches.truth_ignored[0]]
    chosen = (matches.image[asked & (verdict == RIGHT)], matches.image[asked & (verdict != IGNORED)], true)
    return Counts(*(np.bincount(each, minlength=matches.images) for each in chosen))


def best(matches: Matches) -> Operating:
    """The best threshold for all classes together: F1 of everything found and everything there."""
    order = np.argsort(-matches.scores, kind="stable")
    return _best(matches.scores[order], _verdict(matches)[order], int(objects(matches).sum()))


def best_by_class(matches: Matches) -> list[Operating]:
    """Each class's own best threshold; its recall and F1 are UNDEFINED without true boxes."""
    verdict, starts, there = _verdict(matches), bounds(matches), objects(matches)
    parts = (slice(*ends) for ends in pairwise(starts.tolist()))
    return [_best(matches.scores[part], verdict[part], int(count)) for part, count in zip(parts, there, strict=True)]


def _best(scores: Floats, verdict: NDArray[np.uint8], there: int) -> Operating:
    """The best end of a run of equal scores, which a threshold cannot part.

    Args:
        scores: (n,) descending.
        verdict: (n,)
        there: how many true boxes count.
    """
    ends = np.flatnonzero(np.diff(scores, append=-np.inf))
    if not len(ends):
        return Operating(0.0, UNDEFINED, 0.0 if there else UNDEFINED, 0.0 if there else UNDEFINED)
    right, found = np.cumsum(verdict == RIGHT)[ends], np.cumsum(verdict != IGNORED)[ends]
    counts = Counts(right, found, np.full(len(ends), there))
    place = int(np.argmax(counts.f1()))
    return Operating(
        float(scores[ends[place]]),
        *(float(each[place]) for each in (counts.precision(), counts.recall(), counts.f1())),
    )


def outcome(matches: Matches, threshold: float, found: int) -> Outcome:
    """What became of every box: for matches of all images.

    Args:
        found: how many boxes were found in all.
    """
    asked = matches.scores >= threshold
    source, verdict, taken = matches.source[asked], _verdict(matches)[asked], matches.partner[asked]
    verdicts, partner = np.full(found, LEFT_OUT), np.full(found, -1)
    verdicts[source], partner[source] = verdict, taken
    truths = np.where(matches.truth_ignored[0], IGNORED, WRONG)
    truths[taken[verdict == RIGHT]] = RIGHT
    return Outcome(verdicts, partner, truths)
