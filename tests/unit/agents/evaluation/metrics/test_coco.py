"""The twelve numbers and the tables behind them against pycocotools: a real case, and random sets full of traps."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from cases import CASES
from coco_peer import CocoSet, arrays, judged, random_set

from agents.evaluation.metrics.coco import accumulate, coco_numbers
from agents.evaluation.metrics.curves import curves
from agents.evaluation.metrics.matches import Matches, match, subset

ORACLE = CASES / "oracle_coco_val2014_100"
FEW, MANY = 150, 2000
CLOSE = 1e-9


def matched(told: CocoSet, iou: float = 0.5) -> Matches:
    return match(*arrays(told), images=len(told.images), classes=len(told.classes), iou=iou)


@pytest.mark.skipif(not ORACLE.exists(), reason="the folder of real cases is not here (MO_CASES)")
def test_the_oracle_of_a_hundred_coco_images():
    truth, found, expected = (json.loads((ORACLE / f"{name}.json").read_text()) for name in ("gt", "dt", "expected"))
    numbers = coco_numbers(matched(CocoSet(truth, found)))
    assert numbers == pytest.approx(expected["expected"], abs=1e-6, rel=0)
    print([f"{each:.6f}" for each in numbers])


def differs(told: CocoSet, images: list[int] | None = None) -> float:
    """The largest difference of any number in any table."""
    made = matched(told)
    if images is not None:
        made = subset(made, np.isin(told.images, images))
    peer = judged(told, images)
    precision, recall = accumulate(made)
    scores = np.array([each.scores for each in curves(made)]).reshape(-1, 101).T
    pairs = (
        (precision, peer.eval["precision"][..., -1]),
        (recall, peer.eval["recall"]),
        (np.array(coco_numbers(made)), peer.stats),
        (np.where(np.isnan(scores), 0, scores), np.maximum(peer.eval["scores"][0, :, :, 0, -1], 0)),
    )
    return max(float(np.abs(ours - theirs).max(initial=0)) for ours, theirs in pairs)


def slice_of(told: CocoSet, seed: int) -> list[int] | None:
    """For every third set some of the images; else all."""
    images = told.images[:: 1 + seed % 2] if seed % 3 == 0 else None
    return images or None


@pytest.mark.parametrize("seeds", [range(FEW), pytest.param(range(FEW, MANY), marks=pytest.mark.bars)])
def test_random_sets_have_pycocotools_numbers(seeds: range):
    different = [seed for seed in seeds if differs(told := random_set(seed), slice_of(told, seed)) > CLOSE]
    assert different == []


def test_the_random_sets_hold_the_traps():
    sets = [random_set(seed) for seed in range(FEW)]
    truths = [each for told in sets for each in told.truth["annotations"]]
    scores = [[each["score"] for each in told.found] for told in sets]
    assert any(each["iscrowd"] for each in truths)
    assert {32.0**2, 96.0**2} <= {each["area"] for each in truths}
    assert any(0 in each["bbox"][2:] for each in truths)
    assert any(len(set(each)) < len(each) for each in scores)
    assert any(not told.found for told in sets)
    assert any(not told.truth["annotations"] for told in sets)
    ranks = [np.bincount(matched(told).rank, minlength=100) for told in sets]
    assert any(each[99] for each in ranks)


def test_empty_ranges_are_undefined():
    """Large boxes only: small and medium have nothing to find."""
    box = [10.0, 10.0, 200.0, 200.0]
    told = CocoSet(
        {
            "images": [{"id": 1}],
            "categories": [{"id": 1}],
            "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": box, "area": 4e4, "iscrowd": 0}],
        },
        [{"image_id": 1, "category_id": 1, "bbox": box, "score": 0.5}],
    )
    numbers = coco_numbers(matched(told))
    assert (numbers.ap_small, numbers.ap_medium, numbers.ar_small, numbers.ar_medium) == (-1, -1, -1, -1)
    assert math.isclose(numbers.ap, 1, abs_tol=CLOSE)
    assert numbers.ar_1 == numbers.ar_large == 1
