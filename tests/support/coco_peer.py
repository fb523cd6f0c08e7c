"""Detection sets as COCO's files have them, judged by pycocotools, and as the arrays that our metrics take."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from agents.evaluation.metrics.boxes import Found, Truths


class CocoSet(NamedTuple):
    """`truth` is an annotation file's content, `found` a result file's."""

    truth: dict[str, Any]
    found: list[dict[str, Any]]

    @property
    def images(self) -> list[int]:
        return sorted(each["id"] for each in self.truth["images"])

    @property
    def classes(self) -> list[int]:
        return sorted(each["id"] for each in self.truth["categories"])


def arrays(told: CocoSet) -> tuple[Truths, Found]:
    """The set as flat arrays, areas of found boxes as pycocotools takes them."""
    there, here = told.truth["annotations"], told.found
    boxes = np.array([each["bbox"] for each in there], np.float64).reshape(-1, 4)
    truths = Truths(
        *_indexes(told, there),
        boxes,
        np.array([each["area"] for each in there], np.float64),
        np.array([each["iscrowd"] for each in there], np.bool_),
        np.zeros(len(there), np.bool_),
    )
    boxes = np.array([each["bbox"] for each in here], np.float64).reshape(-1, 4)
    scores = np.array([each["score"] for each in here], np.float64)
    return truths, Found(*_indexes(told, here), boxes, scores, boxes[:, 2] * boxes[:, 3])


def _indexes(told: CocoSet, rows: Sequence[dict[str, Any]]) -> tuple[np.ndarray, np.ndarray]:
    image, label = ([row[name] for row in rows] for name in ("image_id", "category_id"))
    return (
        np.searchsorted(told.images, np.array(image, np.int64)),
        np.searchsorted(told.classes, np.array(label, np.int64)),
    )


def judged(told: CocoSet, images: Sequence[int] | None = None) -> COCOeval:
    """pycocotools' evaluation, on all images or on these ids."""
    peer = prepared(told)
    peer.params.imgIds = told.images if images is None else images
    evaluate(peer)
    return peer


def prepared(told: CocoSet) -> COCOeval:
    """pycocotools with the set loaded and nothing computed."""
    truth, found = COCO(), COCO()
    truth.dataset = told.truth
    found.dataset = {
        **{name: told.truth[name] for name in ("images", "categories")},
        "annotations": [
            {**each, "id": number, "area": each["bbox"][2] * each["bbox"][3], "iscrowd": 0}
            for number, each in enumerate(told.found, 1)
        ],
    }
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        found.createIndex()
    return COCOeval(truth, found, "bbox")


def evaluate(peer: COCOeval) -> None:
    """Compute everything; what it prints is dropped."""
    with contextlib.redirect_stdout(io.StringIO()):
        peer.evaluate()
        peer.accumulate()
        peer.summarize()


def random_set(seed: int) -> CocoSet:
    """A small set full of what goes wrong: equal scores, equal overlaps, crowds, empty images, boxes without area,
    areas on the edges of COCO's ranges, classes and images with only one side, more boxes than are looked at."""
    rng = np.random.default_rng(seed)
    images, classes = (rng.permutation(np.arange(1, 60))[: rng.integers(1, most)].tolist() for most in (9, 5))
    step = rng.choice([1.0, 4.0, 0.37])
    extent = float(rng.choice([24.0, 90.0, 300.0]))
    truth = [
        {
            "id": number,
            **_place(rng, images, classes),
            "bbox": (box := _box(rng, extent, step)),
            "area": float(_one(rng, [box[2] * box[3], box[2] * box[3] / 2, 32.0**2, 96.0**2])),
            "iscrowd": int(rng.random() < _one(rng, [0, 0.3])),
        }
        for number in range(1, 1 + int(rng.choice([0, 1, 6, 25, 60])))
    ]
    count = int(rng.choice([0, 1, 10, 60, 250]))
    found = [_found(rng, truth, images, classes, extent, step) for _ in range(count)]
    return CocoSet(
        {
            "images": [{"id": each} for each in images],
            "categories": [{"id": each} for each in classes],
            "annotations": truth,
        },
        found,
    )


def _place(rng: np.random.Generator, images: list[int], classes: list[int]) -> dict[str, int]:
    return {"image_id": _one(rng, images), "category_id": _one(rng, classes)}


def _box(rng: np.random.Generator, extent: float, step: float) -> list[float]:
    x, y, width, height = rng.integers(0, max(2, int(extent / step)), 4) * step
    return [float(each) for each in (x, y, _one(rng, [width, 32.0]), _one(rng, [height, 32.0]))]


def _one(rng: np.random.Generator, items: Sequence[Any]) -> Any:
    """One of the items; quicker than the generator's own choice."""
    return items[int(rng.integers(len(items)))]


def _found(
    rng: np.random.Generator, truth: list[Any], images: list[int], classes: list[int], extent: float, step: float
) -> dict[str, Any]:
    score = float(np.round(rng.random(), int(rng.integers(0, 4))))
    if truth and rng.random() < 0.7:
        near = truth[rng.integers(len(truth))]
        moved = [float(each) for each in np.array(near["bbox"]) + rng.integers(-2, 3, 4) * step * (rng.random() < 0.7)]
        box = [*moved[:2], max(moved[2], 0.0), max(moved[3], 0.0)]
        return {"image_id": near["image_id"], "category_id": near["category_id"], "bbox": box, "score": score}
    return {**_place(rng, images, classes), "bbox": _box(rng, extent, step), "score": score}
