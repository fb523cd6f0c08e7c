"""Which found boxes overlap which true ones enough to be matched: in bounded memory, without trying all. Pure numpy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.evaluation.metrics.boxes import Floats, Indexes, Marks

PAIRS_MAX = 1 << 21
"""How many pairs are looked at together; one group with more than that is looked at alone."""
NEARLY_ONE = 1 - 1e-10
"""What a threshold of 1 asks for, as pycocotools has it: rounding shall not part equal boxes."""
_SLACK = 1e-6


class Side(NamedTuple):
    """Boxes and the group of each (an image and class, or an image); only boxes of one group are compared.

    group: (n,), boxes: (n, 4) x, y, width, height.
    """

    group: Indexes
    boxes: Floats


class Pairs(NamedTuple):
    """Found box `found[i]` and true box `truth[i]` overlap by `iou[i]`; all pairs of a group come together."""

    found: Indexes
    truth: Indexes
    iou: Floats


class _Windows(NamedTuple):
    """True boxes, put in order by `order`; found box i is to be compared with those at starts[i] .. stops[i] of it."""

    order: Indexes
    starts: Indexes
    stops: Indexes


class _Edges(NamedTuple):
    """Boxes by columns: where they start and end on both axes, and their sizes in square pixels."""

    starts: Floats
    ends: Floats
    size: Floats


def pairs(found: Side, truths: Side, crowd: Marks, iou_min: float) -> Iterator[Pairs]:
    """The pairs with an overlap of `iou_min` or more, in portions of whole groups.

    The overlap is intersection over union, with a crowd intersection over the found box; in pycocotools' arithmetic, so
    that it is the same to the last bit.

    Args:
        found: ascending groups.
        truths: in any order.
        crowd: (truths,)
        iou_min: over 0; 1 asks for `NEARLY_ONE`.
    """
    iou_min = min(iou_min, NEARLY_ONE)
    single, many = np.flatnonzero(~crowd), np.flatnonzero(crowd)
    near = _near(found, Side(truths.group[single], truths.boxes[single]), iou_min)
    lots = _same_group(found, truths.group[many], np.arange(len(many)))
    counts = np.maximum(near.stops - near.starts, 0) + lots.stops - lots.starts
    edges = _edges(found.boxes), _edges(truths.boxes)
    for begin, end in _portions(found.group, counts):
        which = np.arange(begin, end)
        first, one = _expanded(which, near, single)
        second, other = _expanded(which, lots, many)
        both = np.concatenate([first, second]), np.concatenate([one, other])
        yield _overlapping(*edges, crowd, *both, iou_min)


def _edges(boxes: Floats) -> _Edges:
    with np.errstate(over="ignore"):
        starts = np.ascontiguousarray(boxes[:, :2].T)
        return _Edges(starts, starts + boxes[:, 2:].T, boxes[:, 2] * boxes[:, 3])


def _same_group(found: Side, groups: Indexes, order: Indexes) -> _Windows:
    """All true boxes of the found box's group; `order` breaks no group apart that a stable sort by group makes."""
    order = order[np.argsort(groups[order], kind="stable")]
    ascending = groups[order]
    return _Windows(order, np.searchsorted(ascending, found.group), np.searchsorted(ascending, found.group, "right"))


def _near(found: Side, truths: Side, iou_min: float) -> _Windows:
    """Those of the group's true boxes whose left edge lies where an overlap of `iou_min` needs it to lie.

    The intersection is as wide as both boxes times `iou_min` at least. So a true box begins at most 1 - iou_min of the
    found one's width to the right of it; it is at most 1 / iou_min times as wide, which bounds the way to the left.
    """
    all_there = _same_group(found, truths.group, np.argsort(truths.boxes[:, 0], kind="stable"))
    left, width = found.boxes[:, 0], found.boxes[:, 2]
    slack = _SLACK * (np.abs(left) + np.abs(width))
    edges = truths.boxes[all_there.order, 0]
    first = left - width * ((1 - iou_min) / iou_min) - slack
    last = left + width * (1 - iou_min) + slack
    starts = _bisected(edges, all_there.starts, all_there.stops, first)
    return _Windows(all_there.order, starts, _bisected(edges, starts, all_there.stops, last))


def _bisected(values: Floats, starts: Indexes, stops: Indexes, wanted: Floats) -> Indexes:
    """For each i the first place in starts[i] .. stops[i] whose value is not under wanted[i]; values ascend there."""
    low, high = starts.copy(), stops.copy()
    for _ in range(int(np.max(stops - starts, initial=0)).bit_length()):
        middle = (low + high) // 2
        open_still = np.flatnonzero(low < high)
        under = values[middle[open_still]] < wanted[open_still]
        low[open_still[under]] = middle[open_still[under]] + 1
        high[open_still[~under]] = middle[open_still[~under]]
    return low


def _portions(groups: Indexes, counts: Indexes) -> Iterator[tuple[int, int]]:
    """Ranges of found boxes that make whole groups and at most PAIRS_MAX pairs, where a group alone has not more."""
    ends = np.flatnonzero(np.diff(groups, append=-1)) + 1
    sums = np.cumsum(counts)[ends - 1] if len(ends) else ends
    begin = done = position = 0
    while position < len(ends):
        position = max(position + 1, int(np.searchsorted(sums, done + PAIRS_MAX, "right")))
        end, reached = int(ends[position - 1]), int(sums[position - 1])
        if reached > done:
            yield begin, end
        begin, done = end, reached


def _expanded(which: Indexes, windows: _Windows, names: NDArray[np.int64]) -> tuple[Indexes, Indexes]:
    """Each of these found boxes with each true box in its window, as two columns."""
    starts = windows.starts[which]
    counts = np.maximum(windows.stops[which] - starts, 0)
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    places = np.arange(total) + np.repeat(starts - ends + counts, counts)
    return np.repeat(which, counts), names[windows.order[places]]


def _overlapping(found: _Edges, truths: _Edges, crowd: Marks, here: Indexes, there: Indexes, iou_min: float) -> Pairs:
    """Those of the pairs that overlap enough. What is too large for a float overlaps nothing."""
    with np.errstate(over="ignore", invalid="ignore"):
        width = _common(found, truths, 0, here, there)
        here, there, width = here[width > 0], there[width > 0], width[width > 0]
        height = _common(found, truths, 1, here, there)
        here, there, width, height = here[height > 0], there[height > 0], width[height > 0], height[height > 0]
        inside = width * height
        own = found.size[here]
        iou = inside / np.where(crowd[there], own, own + truths.size[there] - inside)
    enough = iou >= iou_min
    return Pairs(here[enough], there[enough], iou[enough])


def _common(found: _Edges, truths: _Edges, axis: int, here: Indexes, there: Indexes) -> Floats:
    """How much of the axis both boxes of each pair cover; under 0 where they lie apart."""
    ends = np.minimum(found.ends[axis][here], truths.ends[axis][there])
    common: Floats = ends - np.maximum(found.starts[axis][here], truths.starts[axis][there])
    return common
