"""Boxes: the two size policies, and detections that belong to nothing."""

from __future__ import annotations

import numpy as np
import pytest
from box_sets import found, truths

from agents.evaluation.metrics.boxes import areas
from agents.evaluation.metrics.matches import match
from agents.sandbox.inside import Refused

BOX = (10.0, 10.0, 40.0, 20.0)


def test_true_size_is_the_image_s_own_pixels():
    boxes, sizes = np.array([BOX, BOX]), np.array([[640.0, 480.0], [3840.0, 2160.0]])
    assert areas(boxes, "true", sizes).tolist() == [800, 800]


def test_the_old_rule_takes_every_image_for_1920_x_1080():
    boxes, sizes = np.array([BOX] * 3), np.array([[1920.0, 1080.0], [3840.0, 2160.0], [960.0, 1080.0]])
    assert areas(boxes, "1920x1080", sizes).tolist() == [800, 200, 1600]


def test_an_annotation_s_own_area_counts_where_there_is_one():
    boxes, sizes = np.array([BOX, BOX]), np.array([[3840.0, 2160.0]] * 2)
    own = np.array([500.0, np.nan])
    assert areas(boxes, "true", sizes, own).tolist() == [500, 800]
    assert areas(boxes, "1920x1080", sizes, own).tolist() == [125, 200]


@pytest.mark.parametrize(
    ("wrong", "code", "params"),
    [
        ({"image": 3}, "detections_of_unknown_image", {"unknown": "3", "images": "3"}),
        ({"image": -1}, "detections_of_unknown_image", {"unknown": "-1", "images": "3"}),
        ({"label": 2}, "detections_of_unknown_class", {"unknown": "2", "classes": "2"}),
        ({"score": np.nan}, "detections_not_finite", {"broken": "1", "detections": "2"}),
        ({"box": (0, 0, np.inf, 1)}, "detections_not_finite", {"broken": "1", "detections": "2"}),
    ],
)
def test_detections_that_belong_to_nothing_are_refused(wrong, code, params):
    one = {"image": 0, "label": 0, "box": BOX, "score": 0.5}
    with pytest.raises(Refused) as refused:
        match(truths(), found(one, {**one, **wrong}), images=3, classes=2)
    assert (refused.value.code, refused.value.params) == (code, params)


@pytest.mark.parametrize("wrong", [{"image": 3}, {"label": 2}, {"box": (0, 0, np.nan, 1)}])
def test_true_boxes_that_belong_to_nothing_are_a_fault(wrong):
    with pytest.raises(ValueError, match="true boxes of unknown images"):
        match(truths({"image": 0, "label": 0, "box": BOX, **wrong}), found(), images=3, classes=2)


def test_a_box_too_large_for_a_float_overlaps_nothing():
    huge = {"box": (0.0, 0.0, 1e200, 1e200)}
    made = match(truths(huge), found(huge), images=1, classes=1)
    assert made.partner.tolist() == [-1]
