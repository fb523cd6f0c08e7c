"""Which images fit which filter, and of which images two tests differ: against what is counted by hand."""

from __future__ import annotations

from collections import Counter

import msgspec
import numpy as np
import pytest
from coco_peer import arrays
from made_detections import as_coco, coco_like
from made_results import Actual, Found, boxed, classified, dimension, read, results, sha

from agents.evaluation.metrics.confusion import confusion
from agents.evaluation.metrics.matches import match
from agents.evaluation.metrics.operating import outcome
from api import outcomes
from api.outcomes import Seen, Unnamed, Wanted, chosen, difference, overlaps
from api.present_images import image_outcome
from schemas.results import BELOW, IGNORED, MATCHED, MISSED, NOT_COUNTED, RIGHT, WRONG, DetectedPart, packed

NAMES = ("Day/0.png", "day/1.png", "night/2.png", "night/3.png")
CLASSES = ("cat", "dog", "cow")
CAT, DOG, COW = range(3)
IMAGES = 150
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
        ({"slice": "light=night"}, [2, 3]),
        ({"outcome": "wrong", "slice": "light=night"}, [3]),
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
        ({"outcome": "fn", "slice": "light=night"}, [3]),
    ],
)
def test_images_with_boxes(wanted, images):
    assert numbers(BOXES, **wanted) == images


def test_a_missed_box_is_mistaken_once_and_by_the_best_score():
    image, true, said = BOXES.mistaken(BOXES.results.detected[0])
    assert list(zip(image.tolist(), true.tolist(), said.tolist(), strict=True)) == [(1, CAT, DOG)]


@pytest.mark.parametrize(
    ("wanted", "images"),
    [
        ({"outcome": "fp", "true": "cat", "found": "dog"}, [1]),
        ({"outcome": "fn", "true": "cat", "found": "dog"}, [1]),
        ({"outcome": "fp", "true": "cow", "found": "dog"}, []),
        ({"outcome": "tp", "true": "cat", "found": "dog"}, []),
        ({"outcome": "tp", "true": "cat", "found": "cat"}, [0]),
        ({"outcome": "fp", "true": "dog", "found": "dog"}, []),
    ],
)
def test_an_outcome_and_both_classes_are_all_kept_to(wanted, images):
    assert numbers(BOXES, **wanted) == images


def test_what_nobody_labelled_is_chosen_by_what_was_found_and_never_by_what_is_true():
    boxes = boxed([[Found(CAT, 5, 0.9, RIGHT)], [Found(DOG, 5, 0.8, RIGHT)]], [[], []], CLASSES)
    alone = msgspec.structs.replace(boxes, outcomes=b"", partners=b"", truth_counts=b"", truth_boxes=b"",
                                    truth_labels=b"", truth_outcomes=b"")  # fmt: skip
    found = Seen(results(NAMES[:2], detected=(alone,)))
    assert (numbers(found, found="cat"), numbers(found, true="cat")) == ([0], [])
    answers = Seen(results(NAMES[:2], classified=(classified([], [CAT, DOG], CLASSES),)))
    assert (numbers(answers, found="cat"), numbers(answers, true="cat")) == ([0], [])


def test_a_slice_is_found_whatever_is_in_its_names():
    odd = dimension("a=b", ("c=d", "x"), [0, 1, 1, 0])
    seen = Seen(results(NAMES, classified=ANSWERS.results.classified, dimensions=(LIGHT, odd)))
    assert numbers(seen, slice="a=b=c=d") == [0, 3]


@pytest.mark.parametrize(
    ("seen", "wanted", "name", "known"),
    [
        (ANSWERS, {"true": "horse"}, "class", CLASSES),
        (ANSWERS, {"task": "colour"}, "task", ("class",)),
        (ANSWERS, {"outcome": "fn"}, "outcome", ("right", "wrong")),
        (ANSWERS, {"slice": "light=dusk"}, "slice", ("light=day", "light=night")),
        (ANSWERS, {"slice": "light"}, "slice", ("light=day", "light=night")),
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
    assert overlaps(np.tile(np.array([0, 0, 10, 10], np.float32), (4, 1)), others) == pytest.approx([1, 1 / 3, 0, 0])
    assert overlaps(np.zeros((4, 4), np.float32), others).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("pairs_max", [1, 7, 1 << 20])
def test_cells_are_those_of_the_metrics_whatever_fits_at_a_time(monkeypatch, pairs_max):
    monkeypatch.setattr(outcomes, "PAIRS_MAX", pairs_max)
    made = coco_like(IMAGES, 1500, 3, 40)
    truths, found = arrays(as_coco(made, IMAGES, 3))
    matches = match(truths, found, images=IMAGES, classes=3)
    done = outcome(matches, 0.3, len(found.image))
    order, true_order = np.argsort(found.image, kind="stable"), np.argsort(truths.image, kind="stable")
    corners = [np.concatenate([each[:, :2], each[:, :2] + each[:, 2:]], axis=1) for each in (found.boxes, truths.boxes)]
    part = DetectedPart(
        task="boxes",
        classes=("a", "b", "c"),
        iou_threshold=0.5,
        size_policy="true",
        threshold=0.3,
        counts=packed(np.bincount(found.image, minlength=IMAGES), "<i4"),
        boxes=packed(corners[0][order], "<f4"),
        scores=packed(found.scores[order], "<f4"),
        labels=packed(found.label[order], "<i4"),
        outcomes=packed(done.found[order], "u1"),
        truth_counts=packed(np.bincount(truths.image, minlength=IMAGES), "<i4"),
        truth_boxes=packed(corners[1][true_order], "<f4"),
        truth_labels=packed(truths.label[true_order], "<i4"),
        truth_outcomes=packed(done.truths[true_order], "u1"),
    )
    seen = Seen(results([f"{each}" for each in range(IMAGES)], detected=(part,)))
    _, true, said = seen.mistaken(part)
    cells = Counter(zip(true.tolist(), said.tolist(), strict=True))
    expected = {cell[:2]: cell[2] for cell in confusion(matches, truths, found, 0.3) if 3 not in cell[:2]}
    assert len(cells) == 6, "every confusion comes up"
    assert cells == {cell: boxes for cell, boxes in expected.items() if cell[0] != cell[1]}


def test_texts_are_right_as_they_were_scored():
    seen = Seen(results(NAMES[:2], read=(read(["\u00e9t\u00e9", "a"], ["e\u0301te\u0301", "b"]),)))
    assert numbers(seen, outcome="right") == [0]
    assert [image_outcome(seen, number).texts[0].right for number in range(2)] == [True, False]


def test_equal_files_are_paired_by_their_names():
    one, two = sha("one"), sha("two")

    def seen(names, digests, labels, said):
        return Seen(results(names, digests=digests, classified=(classified(labels, said, CLASSES),)))

    base = seen(["cat/1", "dog/1"], [one, one], [CAT, DOG], [CAT, CAT])
    test = seen(["cat/1", "dog/1"], [one, one], [CAT, DOG], [CAT, DOG])
    found = difference(base, test, "class")
    assert (found.images, found.base.tolist(), found.test.tolist(), found.change.tolist()) == (2, [1], [1], [1.0])
    without_first = seen(["dog/1", "x"], [one, two], [DOG, CAT], [DOG, CAT])
    found = difference(base, without_first, "class")
    assert (found.images, found.base.tolist(), found.test.tolist()) == (1, [1], [0])
    renamed = seen(["other", "cat/1"], [one, one], [DOG, CAT], [DOG, CAT])
    assert difference(base, renamed, "class").images == 2
