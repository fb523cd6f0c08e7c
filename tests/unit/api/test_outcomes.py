"""Which images fit which filter, and of which images two tests differ: against what is counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from made_results import Actual, Found, boxed, classified, dimension, read, results, sha

from api.outcomes import Seen, Unnamed, Wanted, chosen, difference, iou
from schemas.results import BELOW, IGNORED, MATCHED, MISSED, NOT_COUNTED, RIGHT, WRONG

NAMES = ("Day/0.png", "day/1.png", "night/2.png", "night/3.png")
CLASSES = ("cat", "dog", "cow")
CAT, DOG, COW = range(3)
LIGHT = dimension("light", ("day", "night"), [0, 0, 1, 1])
ANSWERS = Seen(
    results(NAMES, classified=(classified([CAT, CAT, DOG, COW], [CAT, DOG, DOG, CAT], CLASSES),), dimensions=(LIGHT,))
)
BOXES = Seen(
    results(
        NAMES,
        detected=(
            boxed(
                [
                    [Found(CAT, 5, 0.9, RIGHT), Found(DOG, 40, 0.3, BELOW)],
                    [Found(DOG, 6, 0.9, WRONG), Found(DOG, 5, 0.8, WRONG), Found(COW, 30, 0.7, WRONG)],
                    [Found(CAT, 5, 0.9, IGNORED)],
                    [],
                ],
                [
                    [Actual(CAT, 5, MATCHED)],
                    [Actual(CAT, 5, MISSED), Actual(COW, 20, MISSED)],
                    [Actual(CAT, 5, NOT_COUNTED)],
                    [Actual(DOG, 5, MISSED)],
                ],
                CLASSES,
            ),
        ),
        dimensions=(LIGHT,),
    )
)


def numbers(seen: Seen, **wanted: str) -> list[int]:
    found = chosen(seen, Wanted(**wanted))
    assert not isinstance(found, Unnamed), found
    return found.tolist()


@pytest.mark.parametrize(
    ("wanted", "images"),
    [
        ({}, [0, 1, 2, 3]),
        ({"outcome": "right"}, [0, 2]),
        ({"outcome": "wrong"}, [1, 3]),
        ({"true": "cat"}, [0, 1]),
        ({"found": "cat"}, [0, 3]),
        ({"true": "cat", "found": "dog"}, [1]),
        ({"true": "dog", "found": "cow"}, []),
        ({"dimension": "light", "value": "night"}, [2, 3]),
        ({"outcome": "wrong", "dimension": "light", "value": "night"}, [3]),
        ({"search": "DAY/"}, [0, 1]),
        ({"task": "class", "outcome": "wrong", "search": "3"}, [3]),
    ],
)
def test_images_with_answers(wanted, images):
    assert numbers(ANSWERS, **wanted) == images


@pytest.mark.parametrize(
    ("wanted", "images"),
    [
        ({"outcome": "right"}, [0, 2]),
        ({"outcome": "wrong"}, [1, 3]),
        ({"outcome": "tp"}, [0]),
        ({"outcome": "fp"}, [1]),
        ({"outcome": "fn"}, [1, 3]),
        ({"outcome": "fn", "true": "dog"}, [3]),
        ({"outcome": "fp", "true": "cow"}, [1]),
        ({"outcome": "fp", "true": "cat"}, []),
        ({"true": "cat"}, [0, 1, 2]),
        ({"found": "dog"}, [1]),
        ({"true": "cat", "found": "cat"}, [0]),
        ({"true": "cat", "found": "dog"}, [1]),
        ({"true": "cow", "found": "dog"}, []),
        ({"outcome": "fn", "dimension": "light", "value": "night"}, [3]),
    ],
)
def test_images_with_boxes(wanted, images):
    assert numbers(BOXES, **wanted) == images


def test_a_missed_box_is_mistaken_once_and_by_the_best_score():
    image, true, said = BOXES.mistaken(BOXES.results.detected[0])
    assert list(zip(image.tolist(), true.tolist(), said.tolist(), strict=True)) == [(1, CAT, DOG)]


@pytest.mark.parametrize(
    ("seen", "wanted", "name", "known"),
    [
        (ANSWERS, {"true": "horse"}, "class", CLASSES),
        (ANSWERS, {"task": "colour"}, "task", ("class",)),
        (ANSWERS, {"outcome": "fn"}, "outcome", ("right", "wrong")),
        (ANSWERS, {"dimension": "light", "value": "dusk"}, "slice", ("light=day", "light=night")),
        (ANSWERS, {"dimension": "rain", "value": "no"}, "slice", ("light=VALUE",)),
        (BOXES, {"outcome": "fn", "true": "horse"}, "class", CLASSES),
        (BOXES, {"found": "horse"}, "class", CLASSES),
    ],
)
def test_a_filter_that_names_nothing_says_what_there_is(seen, wanted, name, known):
    found = chosen(seen, Wanted(**wanted))
    assert isinstance(found, Unnamed)
    assert (found.name, tuple(found.known)) == (name, known)


def test_images_that_nobody_labelled_are_neither_right_nor_wrong():
    seen = Seen(results(NAMES, classified=(classified([], [CAT, DOG, DOG, CAT], CLASSES),)))
    assert seen.right is None
    assert numbers(seen, outcome="right") == numbers(seen, outcome="wrong") == []
    assert numbers(seen, found="cat") == [0, 3]


def test_an_image_is_right_if_every_task_is():
    parts = [classified([CAT] * 4, [CAT, CAT, DOG, DOG], CLASSES, task) for task in ("a", "b")]
    both = Seen(results(NAMES, classified=tuple(parts), read=(read(["x", "y", "x", "x"], ["x"] * 4),)))
    assert numbers(both, outcome="right") == [0]
    assert numbers(both, outcome="right", task="a") == [0, 1]
    assert numbers(both, outcome="wrong", task="plate") == [1]


def test_flips_are_found_by_the_file_whatever_its_name_and_place():
    other = Seen(
        results(
            ("renamed.png", "new.png", NAMES[1], NAMES[0]),
            digests=[sha(NAMES[3]), sha("new"), sha(NAMES[1]), sha(NAMES[0])],
            classified=(classified([COW, CAT, CAT, CAT], [COW, CAT, DOG, COW], CLASSES),),
        )
    )
    found = difference(ANSWERS, other, "class")
    assert found.images == 3
    flips = zip(found.base.tolist(), found.test.tolist(), found.change.tolist(), strict=True)
    assert sorted(flips) == [(0, 3, -1.0), (3, 0, 1.0)]
    assert len(difference(ANSWERS, ANSWERS, "class").base) == 0


def test_of_boxes_the_largest_difference_of_f1_comes_first():
    better = boxed(
        [[Found(CAT, 5, 0.9, WRONG)], [Found(CAT, 5, 0.9, RIGHT)], [], [Found(DOG, 5, 0.9, RIGHT)]],
        [
            [Actual(CAT, 5, MISSED)],
            [Actual(CAT, 5, MATCHED), Actual(COW, 20, MISSED)],
            [Actual(CAT, 5, NOT_COUNTED)],
            [Actual(DOG, 5, MATCHED)],
        ],
        CLASSES,
    )
    found = difference(BOXES, Seen(results(NAMES, detected=(better,))), "object")
    assert found.test.tolist() == [0, 3, 1], "equal differences in the order of the dataset"
    assert found.change == pytest.approx([-1, 1, 2 / 3])


def test_overlaps_are_those_of_the_definition():
    others = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 0, 30, 10], [0, 0, 0, 0]], np.float32)
    assert iou(np.array([0, 0, 10, 10], np.float32), others) == pytest.approx([1, 1 / 3, 0, 0])
    assert iou(np.zeros(4, np.float32), others).tolist() == [0, 0, 0, 0]
