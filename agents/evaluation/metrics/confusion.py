"""Which class is taken for which, with a background for what is missed and what is not there. Pure numpy."""

from __future__ import annotations

import numpy as np

from agents.evaluation.metrics.boxes import Found, Indexes, Marks, Truths
from agents.evaluation.metrics.choosing import chosen
from agents.evaluation.metrics.matches import RIGHT, WRONG, Matches
from agents.evaluation.metrics.operating import outcome
from agents.evaluation.metrics.pairs import Side, pairs

Cells = tuple[tuple[int, int, int], ...]
"""(true class, found class, boxes), by index, ascending, without empty cells; the index after the last class is the
background: nothing there, or nothing found."""


def confusion(matches: Matches, truths: Truths, found: Found, threshold: float) -> Cells:
    """The confusion matrix at the test's IoU threshold and this score; `matches` of all images.

    The diagonal is what is right. What is wrong and what is missed are then matched without regard to class, by the
    same rules; what is left is the background's. So a row adds up to the class's true boxes, a column to its found
    ones, both without what does not count, and precision and recall are those at the operating point.
    """
    done = outcome(matches, threshold, len(found.image))
    right, wrong = np.flatnonzero(done.found == RIGHT), np.flatnonzero(done.found == WRONG)
    missed = np.flatnonzero(done.truths == WRONG)
    taking, taken = _mistaken(truths, found, wrong, missed, float(matches.ious[matches.task]))
    nothing = np.setdiff1d(missed, taken)
    invented = np.setdiff1d(wrong, taking)
    background = matches.classes
    true = np.concatenate([found.label[right], truths.label[taken], truths.label[nothing], invented * 0 + background])
    said = np.concatenate([found.label[right], found.label[taking], nothing * 0 + background, found.label[invented]])
    cells, amounts = np.unique(true * (background + 1) + said, return_counts=True)
    return tuple(
        (cell // (background + 1), cell % (background + 1), amount)
        for cell, amount in zip(cells.tolist(), amounts.tolist(), strict=True)
    )


def _mistaken(truths: Truths, found: Found, wrong: Indexes, missed: Indexes, iou: float) -> tuple[Indexes, Indexes]:
    """Places of the wrong boxes that took a missed one of another class, and of those."""
    wrong = wrong[np.lexsort((-found.scores[wrong], found.image[wrong]))]
    here, there = Side(found.image[wrong], found.boxes[wrong]), Side(truths.image[missed], truths.boxes[missed])
    once: Marks = np.zeros(len(missed), np.bool_)
    taking, taken = [wrong[:0]], [missed[:0]]
    for near in pairs(here, there, once, iou):
        order = np.lexsort((-near.truth, -near.iou, near.found))
        pair = order[chosen(near.found[order], near.truth[order], once)]
        taking.append(wrong[near.found[pair]])
        taken.append(missed[near.truth[pair]])
    return np.concatenate(taking), np.concatenate(taken)
