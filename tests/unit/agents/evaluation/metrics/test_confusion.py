"""The confusion matrix with its background: by hand, and its sums."""

from __future__ import annotations

import numpy as np
import pytest
from box_sets import found, truths
from coco_peer import arrays, random_set

from agents.evaluation.metrics.confusion import confusion
from agents.evaluation.metrics.matches import match
from agents.evaluation.metrics.operating import class_counts

ONE, NEAR, TWO, NOWHERE = (
    (0.0, 0.0, 40.0, 40.0),
    (4.0, 0.0, 40.0, 40.0),
    (100.0, 0.0, 40.0, 40.0),
    (0.0, 300.0, 9.0, 9.0),
)
BACKGROUND = 3


def cells(there, here, threshold: float = 0.5):
    made = match(there, here, images=2, classes=BACKGROUND)
    return confusion(made, there, here, threshold)


def test_right_mistaken_missed_and_invented():
    there = truths({"box": ONE}, {"box": TWO, "label": 1}, {"box": ONE, "image": 1, "label": 2})
    here = found(
        {"box": NEAR, "score": 0.9},
        {"box": TWO, "label": 2, "score": 0.8},
        {"box": NOWHERE, "score": 0.7},
        {"box": ONE, "image": 1, "label": 2, "score": 0.4},
    )
    assert cells(there, here) == ((0, 0, 1), (1, 2, 1), (2, BACKGROUND, 1), (BACKGROUND, 0, 1))


def test_the_right_class_comes_first_though_another_overlaps_more():
    there = truths({"box": ONE})
    here = found({"box": ONE, "label": 1, "score": 0.9}, {"box": NEAR, "score": 0.6})
    assert cells(there, here) == ((0, 0, 1), (BACKGROUND, 1, 1))


def test_of_two_mistakes_the_better_score_gets_the_box():
    there = truths({"box": ONE})
    here = found({"box": ONE, "label": 2, "score": 0.6}, {"box": NEAR, "label": 1, "score": 0.9})
    assert cells(there, here) == ((0, 1, 1), (BACKGROUND, 2, 1))


def test_what_does_not_count_is_in_no_cell():
    there = truths({"box": ONE, "ignore": True}, {"box": TWO, "crowd": True})
    assert cells(there, found({"box": ONE}, {"box": TWO})) == ()


@pytest.mark.parametrize("seed", range(20))
def test_rows_are_the_true_boxes_columns_the_found_ones_and_the_diagonal_is_right(seed: int):
    there, here = arrays(random_set(seed))
    made = match(there, here, images=8, classes=4)
    threshold = 0.3
    matrix = np.zeros((5, 5), np.int64)
    for true, said, boxes in confusion(made, there, here, threshold):
        matrix[true, said] = boxes
    counts = class_counts(made, threshold)
    assert matrix.sum(axis=1)[:4].tolist() == counts.objects.tolist()
    assert matrix.sum(axis=0)[:4].tolist() == counts.found.tolist()
    assert matrix.diagonal()[:4].tolist() == counts.right.tolist()
    assert matrix[4, 4] == 0
