"""Curves by hand, and what a weighted average precision is computed from."""

from __future__ import annotations

import numpy as np
import pytest
from box_sets import found, truths
from coco_peer import arrays, random_set

from agents.evaluation.metrics.curves import (
    RECALLS,
    UNDEFINED,
    ApInput,
    ap_inputs,
    average_precision,
    curves,
    mean_defined,
    objects,
    precision,
    recall,
)
from agents.evaluation.metrics.matches import match

APART = [(100.0 * place, 0.0, 40.0, 40.0) for place in range(4)]
NOWHERE = (0.0, 300.0, 40.0, 40.0)


def three_of_four():
    """Four true boxes; found in the order right, wrong, right, wrong, right."""
    there = truths(*({"box": box, "image": place % 2} for place, box in enumerate(APART)))
    boxes = [APART[0], NOWHERE, APART[1], NOWHERE, APART[2]]
    images = [0, 0, 1, 1, 0]
    scores = [0.9, 0.8, 0.7, 0.6, 0.5]
    rows = [{"box": b, "image": i, "score": s} for b, i, s in zip(boxes, images, scores, strict=True)]
    return match(there, found(*rows), images=2, classes=2)


def test_a_curve_by_hand():
    curve, nothing = curves(three_of_four())
    # best precision at this recall or more: 1/1 to .25, 2/3 to .5, 3/5 to .75
    wanted = np.select([RECALLS <= 0.25, RECALLS <= 0.5, RECALLS <= 0.75], [1, 2 / 3, 3 / 5], 0)
    assert curve.precision == pytest.approx(wanted)
    scores = np.select([RECALLS <= 0.25, RECALLS <= 0.5, RECALLS <= 0.75], [0.9, 0.7, 0.5], np.nan)
    assert np.array_equal(curve.scores, scores, equal_nan=True)
    assert set(nothing.precision) == {UNDEFINED}
    assert np.isnan(nothing.scores).all()


def test_average_precision_is_the_curve_s_mean():
    made = three_of_four()
    averages = average_precision(made)
    assert averages[0] == pytest.approx((26 * 1 + 25 * 2 / 3 + 25 * 3 / 5) / 101)
    assert averages[1] == UNDEFINED
    assert mean_defined(averages) == averages[0]
    assert mean_defined(averages[1:]) == UNDEFINED


def test_recall_by_detections_looked_at():
    """In each image the best one is right, so recall is 2/4 with one and 3/4 with ten."""
    assert recall(three_of_four(), 0)[0].tolist() == [0.5, 0.75, 0.75]
    assert recall(three_of_four(), 0)[1].tolist() == [UNDEFINED] * 3


def test_without_any_detection_recall_is_zero_and_the_curve_too():
    made = match(truths({}), found(), images=1, classes=1)
    assert recall(made, 0).tolist() == [[0, 0, 0]]
    assert precision(made, 0).tolist() == [[0.0] * 101]
    assert np.isnan(curves(made)[0].scores).all()


def from_inputs(told: ApInput) -> float:
    """Average precision of one class, every image weighing one, step by step."""
    there = told.positives.sum()
    if not there:
        return UNDEFINED
    right = wrong = 0
    steps = []
    for is_true, counted in zip(told.is_true, told.counted, strict=True):
        right, wrong = right + (is_true and counted), wrong + (counted and not is_true)
        steps.append((right / there, right / max(right + wrong, 1)))
    return float(np.mean([max((p for r, p in steps if r >= wanted), default=0) for wanted in RECALLS]))


@pytest.mark.parametrize("seed", range(12))
def test_weighted_average_precision_gets_everything_that_it_needs(seed: int):
    made = match(*arrays(random_set(seed)), images=8, classes=4, iou=0.4)
    inputs = list(ap_inputs(made))
    assert [from_inputs(each) for each in inputs] == pytest.approx(average_precision(made))
    assert [int(each.positives.sum()) for each in inputs] == objects(made).tolist()
    for each in inputs:
        assert len(each.image) == len(each.is_true) == len(each.counted)
        assert each.positives.shape == (8,)
        assert not (each.is_true & ~each.counted).any()
        assert (np.bincount(each.image[each.is_true], minlength=8) <= each.positives).all()
