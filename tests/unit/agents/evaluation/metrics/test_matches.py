"""Matching: crowds, difficult boxes, size ranges and ties by hand; everything against COCO's rules the slow way."""

from __future__ import annotations

import numpy as np
import pytest
from box_sets import found, truths
from coco_peer import arrays, random_set

from agents.evaluation.metrics import pairs
from agents.evaluation.metrics.boxes import AREA_RANGES, Found, Truths
from agents.evaluation.metrics.matches import COCO_IOUS, IGNORED, RIGHT, WRONG, Matches, match, subset, thresholds

PLACE = (100.0, 100.0, 50.0, 50.0)
WITHIN = (110.0, 110.0, 20.0, 20.0)


def verdicts(made: Matches, level: int = 0, size: int = 0) -> list[int]:
    """The verdicts in the order in which the boxes were given."""
    told = np.full(len(made.source), -1)
    told[made.source] = made.verdict[level, size]
    return told.tolist()


def test_a_true_box_is_found_once_by_the_best_score():
    told = truths({"box": PLACE})
    made = match(told, found(*({"box": PLACE, "score": score} for score in (0.3, 0.9, 0.5))), images=1, classes=1)
    assert verdicts(made) == [WRONG, RIGHT, WRONG]
    assert made.scores.tolist() == [0.9, 0.5, 0.3]
    assert made.partner.tolist() == [0, -1, -1]
    assert made.rank.tolist() == [0, 1, 2]


def test_a_crowd_takes_many_by_their_own_area_and_is_never_missed():
    told = truths({"box": PLACE, "crowd": True})
    made = match(told, found({"box": WITHIN}, {"box": WITHIN}, {"box": (300.0, 0.0, 9.0, 9.0)}), images=1, classes=1)
    assert verdicts(made) == [IGNORED, IGNORED, WRONG]
    assert made.truth_ignored[0].all()


def test_a_difficult_box_takes_many_by_the_common_rule():
    """As VOC has it: what answers a difficult box is neither right nor wrong; a part of it answers nothing."""
    told = truths({"box": PLACE, "ignore": True})
    made = match(told, found({"box": PLACE}, {"box": PLACE}, {"box": WITHIN}), images=1, classes=1)
    assert verdicts(made) == [IGNORED, IGNORED, WRONG]


def test_what_counts_is_preferred_to_what_overlaps_more():
    moved = (102.0, 100.0, 50.0, 50.0)
    told = truths({"box": PLACE, "crowd": True}, {"box": moved})
    made = match(told, found({"box": PLACE, "score": 0.9}, {"box": PLACE, "score": 0.8}), images=1, classes=1)
    assert verdicts(made) == [RIGHT, IGNORED]
    assert made.partner.tolist() == [1, 0]


def test_of_equal_overlaps_the_later_true_box_is_taken():
    told = truths({"box": PLACE}, {"box": PLACE})
    made = match(told, found({"box": PLACE}), images=1, classes=1)
    assert made.partner.tolist() == [1]


def test_sizes_outside_a_range_do_not_count_in_it():
    """20 x 20 is small; a wrong box counts in its own range only."""
    told = truths({"box": WITHIN})
    made = match(told, found({"box": WITHIN, "score": 0.9}, {"box": PLACE, "score": 0.1}), images=1, classes=1)
    assert [verdicts(made, size=size) for size in range(4)] == [
        [RIGHT, WRONG],
        [RIGHT, IGNORED],
        [IGNORED, WRONG],
        [IGNORED, IGNORED],
    ]


def test_classes_and_images_do_not_mix():
    told = truths({"box": PLACE, "image": 1, "label": 1})
    made = match(told, found({"box": PLACE, "image": 1}, {"box": PLACE, "label": 1}), images=2, classes=2)
    assert verdicts(made) == [WRONG, WRONG]


def test_only_the_best_are_looked_at():
    rows = [{"box": PLACE, "score": score} for score in (0.1, 0.3, 0.2)]
    made = match(truths({"box": PLACE}), found(*rows), images=1, classes=1, detections_max=(1, 2))
    assert made.source.tolist() == [1, 2]


@pytest.mark.parametrize(("iou", "levels", "task"), [(0.5, 10, 0), (0.6, 10, 2), (0.75, 10, 5), (0.3, 11, 10)])
def test_the_test_s_own_threshold_is_among_them(iou: float, levels: int, task: int):
    ious, place = thresholds(iou)
    assert (len(ious), place) == (levels, task)
    assert np.isclose(ious[place], iou)
    assert ious[:10].tolist() == COCO_IOUS.tolist()


def overlap(one: np.ndarray, true: np.ndarray, crowd: bool) -> float:
    width, height = (
        min(one[axis] + one[axis + 2], true[axis] + true[axis + 2]) - max(one[axis], true[axis]) for axis in (0, 1)
    )
    if width <= 0 or height <= 0:
        return 0.0
    own = one[2] * one[3]
    return float(width * height / (own if crowd else own + true[2] * true[3] - width * height))


def slowly(told: Truths, here: Found, iou: float, size: int) -> np.ndarray:
    """COCO's rules with VOC's difficult boxes, written out: the verdict on each found box in the order given."""
    low, high = AREA_RANGES[size]
    outside = (here.area < low) | (here.area > high)
    verdict = np.where(outside, IGNORED, WRONG)
    taken = np.zeros(len(told.image), np.bool_)
    counts = ~(told.crowd | told.ignore | (told.area < low) | (told.area > high))
    for each in np.argsort(-here.scores, kind="stable"):
        rivals = np.flatnonzero((told.image == here.image[each]) & (told.label == here.label[each]) & ~taken)
        wishes = [
            (counts[true], overlap(here.boxes[each], told.boxes[true], told.crowd[true]), true) for true in rivals
        ]
        if wishes := [wish for wish in wishes if wish[1] >= min(iou, 1 - 1e-10)]:
            _, _, true = max(wishes)
            verdict[each] = RIGHT if counts[true] else IGNORED
            taken[true] = not (told.crowd[true] or told.ignore[true])
    return verdict


@pytest.mark.parametrize("iou", [0.05, 0.3, 0.5, 1.0])
def test_everything_is_as_the_rules_say_slowly(iou: float):
    for seed in range(40):
        told, here = arrays(random_set(seed))
        told = told._replace(ignore=np.random.default_rng(seed).random(len(told.image)) < 0.3)
        made = match(told, here, images=8, classes=4, iou=iou, detections_max=(1000,))
        for level in {0, made.task}:
            for size in range(4):
                wanted = slowly(told, here, made.ious[level], size)
                assert verdicts(made, level, size) == wanted.tolist(), (seed, level, size)


def test_small_portions_change_nothing(monkeypatch: pytest.MonkeyPatch):
    sets = [arrays(random_set(seed)) for seed in range(30)]
    whole = [match(*each, images=8, classes=4) for each in sets]
    monkeypatch.setattr(pairs, "PAIRS_MAX", 7)
    for each, before in zip(sets, whole, strict=True):
        again = match(*each, images=8, classes=4)
        assert np.array_equal(again.verdict, before.verdict)
        assert np.array_equal(again.partner, before.partner)


@pytest.mark.parametrize("seed", range(5, 15))
def test_a_subset_is_the_matches_of_its_images(seed: int):
    told, here = arrays(random_set(seed))
    chosen = np.arange(8) % 2 == 0
    part = subset(match(told, here, images=8, classes=4), chosen)
    alone = match(
        Truths(*(column[chosen[told.image]] for column in told)),
        Found(*(column[chosen[here.image]] for column in here)),
        images=8,
        classes=4,
    )
    for name in ("image", "label", "scores", "rank", "verdict", "truth_image", "truth_label", "truth_ignored"):
        assert np.array_equal(getattr(part, name), getattr(alone, name)), name
