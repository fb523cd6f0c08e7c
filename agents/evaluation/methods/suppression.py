"""Greedy non-maximum suppression, class by class, in blocks: the one that every detecting method uses."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from agents.evaluation.methods.base import Candidates, Head, Indexes

BLOCK = 256
"""Boxes whose overlaps are computed at once: large enough for numpy, small enough to stop early."""
PAIRS_MAX = 1 << 18
"""Pairs of one class that are looked at all together; with more, blocks are quicker, since they stop early."""


def overlaps(ones: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """IoU (m, n) of boxes (m, 4) and (n, 4); 0 where both are empty."""
    low = np.maximum(ones[:, None, :2], others[None, :, :2])
    high = np.minimum(ones[:, None, 2:], others[None, :, 2:])
    sides = np.clip(high - low, 0, None)
    inter = sides[..., 0] * sides[..., 1]
    union = _areas(ones)[:, None] + _areas(others)[None, :] - inter
    shares: NDArray[np.float64] = np.divide(inter, union, out=np.zeros_like(inter), where=union > 0)
    return shares


def _areas(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    sides = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
    areas: NDArray[np.float64] = sides[:, 0] * sides[:, 1]
    return areas


def keep(found: Candidates, iou_threshold: float, count_max: int, *, by_class: bool) -> Indexes:
    """Indexes of the boxes that stay, best first, at most `count_max`; of equal scores the earlier one is better.

    A box goes where a better one that stays overlaps it by more than the threshold, of its own class if `by_class`.
    """
    order = np.argsort(-found.scores, kind="stable")
    boxes = found.boxes.astype(np.float64)
    classes = found.classes if by_class else np.zeros_like(found.classes)
    _, sizes = np.unique(classes, return_counts=True)
    if int((sizes * (sizes - 1) // 2).sum()) <= PAIRS_MAX:
        return order[_alive_by_pairs(boxes[order], classes[order], iou_threshold)][:count_max]
    return _keep_by_blocks(boxes, classes, order, iou_threshold, count_max)


def _alive_by_pairs(boxes: NDArray[np.float64], classes: Indexes, iou_threshold: float) -> NDArray[np.bool_]:
    """Which of these boxes, best first, stay: only those of one class are held against each other."""
    order = np.argsort(classes, kind="stable")
    own = classes[order]
    after = np.searchsorted(own, own, side="right") - np.arange(len(own)) - 1
    better = np.repeat(np.arange(len(own)), after)
    worse = better + 1 + np.arange(len(better)) - np.repeat(np.cumsum(after) - after, after)
    left, top, right, bottom = np.ascontiguousarray(boxes[order].T)
    wide = np.minimum(right[better], right[worse]) - np.maximum(left[better], left[worse])
    near = np.flatnonzero(wide > 0)
    better, worse, wide = better[near], worse[near], wide[near]
    high = np.minimum(bottom[better], bottom[worse]) - np.maximum(top[better], top[worse])
    near = np.flatnonzero(high > 0)
    better, worse, inter = better[near], worse[near], wide[near] * high[near]
    areas = np.clip(right - left, 0, None) * np.clip(bottom - top, 0, None)
    covers = inter / (areas[better] + areas[worse] - inter) > iou_threshold
    better, worse = better[covers], worse[covers]
    alive = np.ones(len(own), np.bool_)
    for start, stop in pairwise([*np.flatnonzero(np.diff(better, prepend=-1)).tolist(), len(better)]):
        if alive[better[start]]:
            alive[worse[start:stop]] = False
    found = np.empty_like(alive)
    found[order] = alive
    return found


def _keep_by_blocks(
    boxes: NDArray[np.float64], classes: Indexes, order: Indexes, iou_threshold: float, count_max: int
) -> Indexes:
    kept = np.zeros(0, np.int64)
    for start in range(0, len(order), BLOCK):
        block = order[start : start + BLOCK]
        covered = overlaps(boxes[kept], boxes[block]) > iou_threshold
        covered &= classes[kept][:, None] == classes[block][None, :]
        block = block[~covered.any(axis=0)]
        kept = np.concatenate([kept, block[_alive(boxes[block], classes[block], iou_threshold)]])
        if len(kept) >= count_max:
            break
    return kept[:count_max]


def _alive(boxes: NDArray[np.float64], classes: Indexes, iou_threshold: float) -> NDArray[np.bool_]:
    """Which of these boxes, best first, stay among themselves."""
    covers = (overlaps(boxes, boxes) > iou_threshold) & (classes[:, None] == classes[None, :])
    covers = np.triu(covers, 1)
    alive = np.ones(len(boxes), np.bool_)
    for place in np.flatnonzero(covers.any(axis=1)):
        if alive[place]:
            alive &= ~covers[place]
    return alive


def best(found: Candidates, head: Head) -> Candidates:
    """The candidates that are left, best first, by the arguments `nms`, `iou_threshold` and `max_detections`."""
    count_max = int(head.number("max_detections"))
    how = head.args.get("nms", "none")
    if how == "none":
        chosen = np.argsort(-found.scores, kind="stable")[:count_max]
    else:
        chosen = keep(found, head.number("iou_threshold"), count_max, by_class=how == "class")
    return Candidates(found.boxes[chosen], found.scores[chosen], found.classes[chosen])
