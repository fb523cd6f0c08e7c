"""Weighted AP against pycocotools: an image of weight w is w images; and mean AP is over classes that have objects."""

from __future__ import annotations

import contextlib
import hashlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from schemas.verdict import average_precision
from schemas.verdict.average_precision import Ranked, ap_drawn
from schemas.verdict.kinds import Marks
from schemas.verdict.weights import REPLICATES, raw, weights

SIDE = 10.0


def detector(seed: int, images: int, classes: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """For each class: image, score and truth of each box, best first, and each image's objects."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(classes):
        positives = rng.poisson(0.8, images) * (rng.random() < 0.9)
        objects = np.repeat(np.arange(images), positives)
        found = objects[rng.random(len(objects)) < 0.7]
        wrong = rng.integers(0, images, rng.integers(0, 2 * images))
        image = np.concatenate((found, wrong))
        right = np.arange(len(image)) < len(found)
        score = rng.permutation(len(image)) + right * rng.random(len(image)) * len(image)
        order = np.argsort(-score, kind="stable")
        made.append((image[order], score[order], right[order], positives))
    return made


def ranked(made: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]) -> list[Ranked]:
    return [Ranked(image, right, positives) for image, _score, right, positives in made]


def by_pycocotools(made: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]], drawn: list[int]) -> float:
    """AP at IoU 0.5 where each image is there as often as it weighs; -1 where it is undefined."""
    copies = [(image, copy) for image, weight in enumerate(drawn) for copy in range(weight)]
    number = {each: place + 1 for place, each in enumerate(copies)}
    truths, found = [], []
    for label, (image, score, right, positives) in enumerate(made):
        taken = np.zeros(len(drawn), np.int64)
        for place, value, is_right in zip(image.tolist(), score.tolist(), right.tolist(), strict=True):
            # each object has a spot of its own, and what is wrong lies far from all of them
            spot = [taken[place] * 2 * SIDE, 0.0, SIDE, SIDE] if is_right else [0.0, 5000.0, SIDE, SIDE]
            taken[place] += is_right
            for copy in range(drawn[place]):
                about = {"image_id": number[place, copy], "category_id": label + 1, "bbox": spot}
                found.append({**about, "score": value})
        for (place, _copy), own in number.items():
            for object_ in range(positives[place]):
                box = [object_ * 2 * SIDE, 0.0, SIDE, SIDE]
                truths.append({"image_id": own, "category_id": label + 1, "bbox": box, "area": SIDE**2, "iscrowd": 0})
    return summary(truths, found, len(copies), len(made))


def summary(truths: list[dict], found: list[dict], images: int, classes: int) -> float:
    if not truths:
        return -1.0
    for place, each in enumerate(truths):
        each["id"] = place + 1
    coco = COCO()
    coco.dataset = {
        "images": [{"id": each + 1} for each in range(images)],
        "annotations": truths,
        "categories": [{"id": each + 1} for each in range(classes)],
    }
    with contextlib.redirect_stdout(io.StringIO()):
        coco.createIndex()
        if not found:
            return 0.0
        evaluated = COCOeval(coco, coco.loadRes(found), "bbox")
        evaluated.params.iouThrs = np.array([0.5])
        evaluated.params.maxDets = [1, 10, 10_000]
        evaluated.evaluate()
        evaluated.accumulate()
    precision = evaluated.eval["precision"][0, :, :, 0, 2]
    return float(precision[precision > -1].mean())


def names(images: int) -> list[str]:
    return [f"sha256:{hashlib.sha256(str(each).encode()).hexdigest()}" for each in range(images)]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 30), st.integers(1, 25), st.integers(1, 4))
def test_the_value_is_plain_ap(seed: int, images: int, classes: int):
    made = detector(seed, images, classes)
    value = ap_drawn(ranked(made), names(images))[""].value
    expected = by_pycocotools(made, [1] * images)
    assert value == pytest.approx(expected, abs=1e-12) if expected >= 0 else np.isnan(value)


@pytest.mark.parametrize("seed", range(6))
def test_replicates_are_ap_of_images_that_are_there_as_often_as_they_weigh(seed: int):
    images = 20
    made = detector(seed, images, 3)
    found = ap_drawn(ranked(made), names(images))[""].replicates
    drawn = weights(raw(names(images)))
    assert len(found) == REPLICATES
    for replicate in range(8):
        expected = by_pycocotools(made, drawn[:, replicate].tolist())
        assert found[replicate] == pytest.approx(expected, abs=1e-6) if expected >= 0 else np.isnan(found[replicate])


def of_slice(made: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]], there: Marks) -> list[Ranked]:
    """The slice's images alone, as a test of its own."""
    place = np.cumsum(there) - 1
    return [
        Ranked(place[image[there[image]]], right[there[image]], positives[there])
        for image, _score, right, positives in made
    ]


def test_a_slice_is_a_test_of_its_images():
    images = 60
    made = detector(3, images, 4)
    even = np.arange(images) % 2 == 0
    found = ap_drawn(ranked(made), names(images), {"light=day": even, "light=never": np.zeros(images, np.bool_)})
    alone = ap_drawn(of_slice(made, even), names(images)[::2])[""]
    assert found["light=day"].value == alone.value
    assert np.array_equal(found["light=day"].replicates, alone.replicates)
    assert np.isnan(found["light=never"].value)
    assert np.isnan(found["light=never"].replicates).all()


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch):
    made = ranked(detector(4, 50, 3))
    whole = ap_drawn(made, names(50))[""]
    monkeypatch.setattr(average_precision, "PART_FOUND", 30)
    monkeypatch.setattr(average_precision, "BLOCK_WEIGHTS", 50 * 33)
    assert np.array_equal(whole.replicates, ap_drawn(made, names(50))[""].replicates)


def test_more_right_boxes_than_objects_are_refused():
    with pytest.raises(ValueError, match="more right boxes"):
        ap_drawn([Ranked(np.array([0, 0]), np.array([True, True]), np.array([1]))], names(1))
