"""Operating points, counts per class and image, and what became of each box: by hand and by their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from box_sets import found, truths
from coco_peer import arrays, random_set

from agents.evaluation.metrics.curves import UNDEFINED
from agents.evaluation.metrics.matches import IGNORED, RIGHT, WRONG, Matches, match
from agents.evaluation.metrics.operating import (
    LEFT_OUT,
    Operating,
    best,
    best_by_class,
    class_counts,
    image_counts,
    outcome,
)

ONE, TWO, NOWHERE = (0.0, 0.0, 40.0, 40.0), (100.0, 0.0, 40.0, 40.0), (0.0, 300.0, 40.0, 40.0)


def case() -> Matches:
    """Class 0: two true boxes, found right at .9 and .5, wrong at .7 and .3; class 1: only a wrong one at .8."""
    there = truths({"box": ONE}, {"box": TWO, "image": 1})
    here = found(
        {"box": ONE, "score": 0.9},
        {"box": NOWHERE, "score": 0.7},
        {"box": TWO, "image": 1, "score": 0.5},
        {"box": NOWHERE, "image": 1, "score": 0.3},
        {"box": ONE, "label": 1, "score": 0.8},
    )
    return match(there, here, images=3, classes=2)


def test_the_best_threshold_of_a_class():
    """At .9: 2·1/(1+2); at .5: 2·2/(3+2), which is more."""
    first, second = best_by_class(case())
    assert first == Operating(0.5, 2 / 3, 1.0, 0.8)
    assert second == Operating(0.8, 0.0, UNDEFINED, UNDEFINED)


def test_the_best_threshold_of_all_classes_together():
    """At .9 and at .5 it is 2/3: the higher one is taken, which asks for less."""
    assert best(case()) == Operating(0.9, 1.0, 0.5, 2 / 3)


def test_a_threshold_cannot_part_equal_scores():
    there = truths({"box": ONE})
    here = found({"box": ONE, "score": 0.5}, *({"box": NOWHERE, "score": 0.5} for _ in range(3)))
    assert best(match(there, here, images=1, classes=1)) == Operating(0.5, 0.25, 1.0, 0.4)


def test_where_nothing_is_right_or_nothing_found():
    there, wrong = truths({"box": ONE}), found({"box": NOWHERE, "score": 0.4})
    assert best(match(there, wrong, images=1, classes=1)) == Operating(0.4, 0.0, 0.0, 0.0)
    assert best(match(there, found(), images=1, classes=1)) == Operating(0.0, UNDEFINED, 0.0, 0.0)
    assert best(match(truths(), found(), images=1, classes=1)) == Operating(0.0, UNDEFINED, UNDEFINED, UNDEFINED)


def test_counts_of_classes_and_images():
    by_class, by_image = class_counts(case(), 0.5), image_counts(case(), 0.5)
    assert [each.tolist() for each in by_class] == [[2, 0], [3, 1], [2, 0]]
    assert [each.tolist() for each in by_image] == [[1, 1, 0], [3, 1, 0], [1, 1, 0]]
    assert by_class.precision().tolist() == [2 / 3, 0]
    assert by_class.recall().tolist() == [1, UNDEFINED]
    assert by_class.f1().tolist() == [0.8, UNDEFINED]
    assert by_image.precision()[2] == by_image.recall()[2] == UNDEFINED
    assert by_class.total() == by_image.total() == (2, 4, 2)


def test_what_became_of_each_box():
    done = outcome(case(), 0.5, 5)
    assert done.found.tolist() == [RIGHT, WRONG, RIGHT, LEFT_OUT, WRONG]
    assert done.partner.tolist() == [0, -1, 1, -1, -1]
    assert done.truths.tolist() == [RIGHT, RIGHT]
    assert outcome(case(), 0.6, 5).truths.tolist() == [RIGHT, WRONG]


def test_a_box_past_the_limit_is_left_out():
    here = found({"box": ONE, "score": 0.9}, {"box": ONE, "score": 0.8})
    made = match(truths({"box": ONE, "crowd": True}), here, images=1, classes=1, detections_max=(1,))
    done = outcome(made, 0.0, 2)
    assert done.found.tolist() == [IGNORED, LEFT_OUT]
    assert done.truths.tolist() == [IGNORED]


@pytest.mark.parametrize("seed", range(20))
def test_figures_at_a_threshold_are_those_of_matching_what_is_above_it(seed: int):
    there, here = arrays(random_set(seed))
    made = match(there, here, images=8, classes=4)
    at = best(made)
    above = type(here)(*(column[here.scores >= at.threshold] for column in here))
    again = match(there, above, images=8, classes=4)
    for counts in (class_counts, image_counts):
        for one, other in zip(counts(made, at.threshold), counts(again, -np.inf), strict=True):
            assert one.tolist() == other.tolist()
    done = outcome(made, at.threshold, len(here.image))
    total = class_counts(made, at.threshold).total()
    assert total == ((done.found == RIGHT).sum(), (done.found <= RIGHT).sum(), (done.truths <= RIGHT).sum())
    assert (at.precision, at.recall, at.f1) == (total.precision(), total.recall(), total.f1())


@pytest.mark.parametrize("seed", range(20))
def test_no_other_threshold_is_better(seed: int):
    made = match(*arrays(random_set(seed)), images=8, classes=4)
    whole, classes = best(made), best_by_class(made)
    for threshold in np.unique(made.scores):
        counts = class_counts(made, threshold)
        assert counts.total().f1()[0] <= whole.f1
        assert all(f1 <= each.f1 for f1, each in zip(counts.f1(), classes, strict=True))
