"""What a test made of each image: judged once for all of them, chosen by filters, two tests side by side. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.results import (
    BELOW,
    MISSED,
    RIGHT,
    WRONG,
    Boxes,
    Detected,
    DetectedPart,
    Results,
    columns,
    composed,
    detected,
    places,
)
from schemas.verdict.weights import DIGEST_BYTES

Marks = NDArray[np.bool_]
Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]

OUTCOMES = ("right", "wrong", "tp", "fp", "fn")
"""right, wrong: the whole image; tp, fp, fn: there is a box that was found rightly, found wrongly, missed."""
PAIRS_MAX = 1 << 20
"""Pairs of boxes that are looked at together."""
NAME_BYTES = 120
"""About what a name takes in memory beside its characters in the object."""


class Judged(NamedTuple):
    """One task with truths. `right` (images,); `worth` (images,): 1 or 0, of boxes F1; `counts` (images, 3) boxes found
    rightly, found wrongly, missed, for detectors only."""

    right: Marks
    worth: Floats
    counts: Numbers | None = None


class Unnamed(NamedTuple):
    """A filter that names nothing there is: which one, and what there is."""

    name: str
    known: Sequence[str]


class Wanted(NamedTuple):
    """Which images: "" asks for nothing. `true` and `found` are classes, both together a cell of the confusion matrix;
    `slice` is DIMENSION=VALUE, `search` a part of the name."""

    outcome: str = ""
    task: str = ""
    true: str = ""
    found: str = ""
    slice: str = ""
    search: str = ""


class Seen:
    """A test's results with what is asked of them again and again."""

    def __init__(self, results: Results) -> None:
        self.results = results
        self.found: Mapping[str, Detected] = {part.task: detected(part) for part in results.detected}
        self.tasks: Mapping[str, Judged] = _judged(results, self.found)
        self._cells: dict[str, tuple[Numbers, Numbers, Numbers]] = {}

    @property
    def size_bytes(self) -> int:
        """About what it takes in memory beyond the object's bytes."""
        return self.results.images * NAME_BYTES

    @property
    def right(self) -> Marks | None:
        """(images,) which images are right in every task; None where nobody said what is true."""
        every = [each.right for each in self.tasks.values()]
        return np.logical_and.reduce(every) if every else None

    def mistaken(self, part: DetectedPart) -> tuple[Numbers, Numbers, Numbers]:
        """(n,) image, true class and found class of wrong boxes that lie on a missed box of another class."""
        if part.task not in self._cells:
            self._cells[part.task] = _mistaken(self.found[part.task], part.iou_threshold)
        return self._cells[part.task]


def chosen(seen: Seen, wanted: Wanted) -> Numbers | Unnamed:
    """The numbers of the images that fit, ascending."""
    results = seen.results
    fits: Marks = np.ones(results.images, np.bool_)
    for chosen_part in (_by_outcome, _by_class, _by_slice):
        found = chosen_part(seen, wanted)
        if isinstance(found, Unnamed):
            return found
        fits = fits & found
    numbers = np.flatnonzero(fits)
    if wanted.search:
        part = wanted.search.casefold()
        numbers = np.array([each for each in numbers.tolist() if part in results.names[each].casefold()], np.int64)
    return numbers


class Difference(NamedTuple):
    """Images of which two tests differ, the largest difference first: their numbers in base and test, and worth of the
    test minus that of the base. `images`: how many both have."""

    images: int
    base: Numbers
    test: Numbers
    change: Floats


def difference(base: Seen, test: Seen, task: str) -> Difference:
    """The images that both have (the same file) and of which `task`, which both have, says otherwise."""
    pairs = _pairs_of_files(base.results, test.results)
    before, after = np.array(pairs, np.int64).reshape(-1, 2).T
    change = test.tasks[task].worth[after] - base.tasks[task].worth[before]
    changed = np.flatnonzero(change)
    order = changed[np.lexsort((after[changed], -np.abs(change[changed])))]
    return Difference(len(pairs), before[order], after[order], change[order])


def _pairs_of_files(base: Results, test: Results) -> list[tuple[int, int]]:
    """The numbers (base, test) of images that are the same file: of equal ones those of one name, the rest in order."""
    theirs, ours = _files(base), _files(test)
    pairs = []
    for digest in theirs.keys() & ours.keys():
        left, right = theirs[digest], ours[digest]
        if len(left) > 1 or len(right) > 1:
            names = defaultdict(list)
            for number in left:
                names[base.names[number]].append(number)
            same = [(names[test.names[number]].pop(0), number) for number in right if names[test.names[number]]]
            pairs += same
            left = [number for number in left if number not in {one for one, _ in same}]
            right = [number for number in right if number not in {other for _, other in same}]
        pairs += zip(left, right, strict=False)
    return sorted(pairs, key=itemgetter(1))


def _files(results: Results) -> dict[bytes, list[int]]:
    """The numbers of each file's images."""
    found: defaultdict[bytes, list[int]] = defaultdict(list)
    for number in range(results.images):
        found[results.digests[number * DIGEST_BYTES : (number + 1) * DIGEST_BYTES]].append(number)
    return found


def _judged(results: Results, boxes: Mapping[str, Detected]) -> dict[str, Judged]:
    judged = {}
    for part in results.classified:
        labels, top, _ = columns(part)
        if labels is not None:
            judged[part.task] = _marked(top[:, 0] == labels)
    for task, found in boxes.items():
        if found.truths is not None and found.outcomes is not None:
            judged[task] = _boxed(found, results.images)
    for read in results.read:
        if read.truths:
            pairs = zip(read.texts, read.truths, strict=True)
            judged[read.task] = _marked(
                np.array([composed(text) == composed(truth) for text, truth in pairs], np.bool_)
            )
    return judged


def _marked(right: Marks) -> Judged:
    return Judged(right, right.astype(np.float64))


def _boxed(found: Detected, images: int) -> Judged:
    assert found.outcomes is not None
    assert found.truths is not None
    assert found.truth_outcomes is not None
    here, there = images_of(found.found), images_of(found.truths)
    counts = np.stack(
        [
            np.bincount(here[found.outcomes == RIGHT], minlength=images),
            np.bincount(here[found.outcomes == WRONG], minlength=images),
            np.bincount(there[found.truth_outcomes == MISSED], minlength=images),
        ],
        axis=1,
    )
    twice, either = 2 * counts[:, 0], 2 * counts[:, 0] + counts[:, 1] + counts[:, 2]
    worth = np.where(either > 0, twice / np.maximum(either, 1), 1.0)
    return Judged(either == twice, worth, counts)


def images_of(boxes: Boxes) -> Numbers:
    """(boxes,) the image of each box."""
    return np.repeat(np.arange(len(boxes.offsets) - 1), np.diff(boxes.offsets))


def _everything(seen: Seen) -> Marks:
    return np.ones(seen.results.images, np.bool_)


def _by_outcome(seen: Seen, wanted: Wanted) -> Marks | Unnamed:
    if wanted.task and wanted.task not in _tasks(seen):
        return Unnamed("task", _tasks(seen))
    if not wanted.outcome:
        return _everything(seen)
    if wanted.outcome in ("right", "wrong"):
        right = seen.tasks[wanted.task].right if wanted.task in seen.tasks else None if wanted.task else seen.right
        if right is None:
            return np.zeros(seen.results.images, np.bool_)
        return right if wanted.outcome == "right" else ~right
    part = next((each for each in _boxed_parts(seen, wanted)), None)
    if part is None:
        return Unnamed("outcome", OUTCOMES[:2])
    if not _named(part.classes, wanted):
        return Unnamed("class", part.classes)
    if wanted.true and wanted.found and wanted.outcome != "tp":
        return _in_cell(seen, part, wanted)
    if wanted.true and wanted.found and wanted.true != wanted.found:
        # what was found rightly is of its own class
        return np.zeros(seen.results.images, np.bool_)
    name = wanted.found or wanted.true
    return _with_box(seen, part, wanted.outcome, part.classes.index(name) if name else None)


def _tasks(seen: Seen) -> list[str]:
    results = seen.results
    tasks = [each.task for each in results.classified] + [each.task for each in results.detected]
    return tasks + [each.task for each in results.read]


def _boxed_parts(seen: Seen, wanted: Wanted) -> Iterator[DetectedPart]:
    """The detectors that may be meant, of which somebody said what is true."""
    for part in seen.results.detected:
        if part.task in seen.tasks and wanted.task in ("", part.task):
            yield part


def _with_box(seen: Seen, part: DetectedPart, outcome: str, label: int | None) -> Marks:
    """(images,) which have a box of this outcome, of this class if one is given."""
    own = seen.found[part.task]
    side, outcomes, wanted = own.found, own.outcomes, RIGHT if outcome == "tp" else WRONG
    if outcome == "fn":
        assert own.truths is not None
        side, outcomes, wanted = own.truths, own.truth_outcomes, MISSED
    assert outcomes is not None
    marks: Marks = np.asarray(outcomes == wanted)
    return _images_with(seen, side, marks if label is None else marks & (side.labels == label))


def _images_with(seen: Seen, side: Boxes, marks: Marks) -> Marks:
    there = np.zeros(seen.results.images, np.bool_)
    there[images_of(side)[marks]] = True
    return there


def _by_class(seen: Seen, wanted: Wanted) -> Marks | Unnamed:
    """With the true class, with the found one, or both: in that cell of the confusion matrix."""
    if not (wanted.true or wanted.found) or wanted.outcome in ("tp", "fp", "fn"):
        return _everything(seen)
    known: list[str] = []
    untold = np.zeros(seen.results.images, np.bool_)
    for part in seen.results.classified:
        if wanted.task in ("", part.task):
            known += part.classes
            if _named(part.classes, wanted):
                labels, top, _ = columns(part)
                if labels is None:
                    return untold if wanted.true else _is(top[:, 0], part.classes, wanted.found)
                return _is(top[:, 0], part.classes, wanted.found) & _is(labels, part.classes, wanted.true)
    for boxed in seen.results.detected:
        if wanted.task in ("", boxed.task):
            known += boxed.classes
            if _named(boxed.classes, wanted):
                told = boxed.task in seen.tasks
                return _boxes_of_class(seen, boxed, wanted) if told or not wanted.true else untold
    return Unnamed("class", known)


def _named(classes: Sequence[str], wanted: Wanted) -> bool:
    return all(name in classes for name in (wanted.true, wanted.found) if name)


def _is(labels: NDArray[np.int32], classes: Sequence[str], name: str) -> Marks:
    return np.ones(len(labels), np.bool_) if not name else labels == classes.index(name)


def _boxes_of_class(seen: Seen, part: DetectedPart, wanted: Wanted) -> Marks:
    own = seen.found[part.task]
    if wanted.true and wanted.found:
        same = wanted.true == wanted.found
        return _with_box(seen, part, "tp", part.classes.index(wanted.true)) if same else _in_cell(seen, part, wanted)
    if wanted.true:
        assert own.truths is not None
        return _images_with(seen, own.truths, own.truths.labels == part.classes.index(wanted.true))
    of_class: Marks = own.found.labels == part.classes.index(wanted.found)
    return _images_with(seen, own.found, of_class if own.outcomes is None else of_class & (own.outcomes != BELOW))


def _in_cell(seen: Seen, part: DetectedPart, wanted: Wanted) -> Marks:
    """With a wrong box of the class that was found on a missed one of the true class."""
    image, true, said = seen.mistaken(part)
    hit = (true == part.classes.index(wanted.true)) & (said == part.classes.index(wanted.found))
    there = np.zeros(seen.results.images, np.bool_)
    there[image[hit]] = True
    return there


def _by_slice(seen: Seen, wanted: Wanted) -> Marks | Unnamed:
    if not wanted.slice:
        return _everything(seen)
    # names and values may have "=" in them
    known = {
        f"{part.name}={value}": (part, place)
        for part in seen.results.dimensions
        for place, value in enumerate(part.values)
    }
    if wanted.slice not in known:
        return Unnamed("slice", list(known))
    part, place = known[wanted.slice]
    return np.asarray(places(part) == place)


def _mistaken(own: Detected, iou_min: float) -> tuple[Numbers, Numbers, Numbers]:
    """By the rule of the confusion matrix: what is wrong takes, best score first, the missed box that it overlaps most.

    Boxes are kept in 32 bits, so that an overlap of exactly the threshold may fall on the other side.
    """
    assert own.truths is not None
    wrong, missed = np.flatnonzero(own.outcomes == WRONG), np.flatnonzero(own.truth_outcomes == MISSED)
    here, there = images_of(own.found)[wrong], images_of(own.truths)[missed]
    order = np.lexsort((-own.scores[wrong], here))
    wrong, here = wrong[order], here[order]
    starts, stops = np.searchsorted(there, here), np.searchsorted(there, here, "right")
    takes: dict[int, int] = {}
    free = np.ones(len(missed), np.bool_)
    for rows, columns_ in _pairs(starts, stops):
        overlap = overlaps(own.found.boxes[wrong[rows]], own.truths.boxes[missed[columns_]])
        near = np.flatnonzero(overlap >= iou_min)
        near = near[np.lexsort((-columns_[near], -overlap[near], rows[near]))]
        for row, column in zip(rows[near].tolist(), columns_[near].tolist(), strict=True):
            if row not in takes and free[column]:
                takes[row], free[column] = column, False
    taking, taken = np.array(list(takes.items()), np.int64).reshape(-1, 2).T
    return (
        here[taking],
        own.truths.labels[missed[taken]].astype(np.int64),
        own.found.labels[wrong[taking]].astype(np.int64),
    )


def _pairs(starts: Numbers, stops: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
    """Every row with each column from its start to its stop, in portions of whole rows."""
    ends = np.cumsum(stops - starts)
    begin = 0
    while begin < len(starts):
        done = int(ends[begin - 1]) if begin else 0
        end = max(begin + 1, int(np.searchsorted(ends, done + PAIRS_MAX, "right")))
        counts = stops[begin:end] - starts[begin:end]
        first = np.repeat(starts[begin:end] - (ends[begin:end] - counts - done), counts)
        yield np.repeat(np.arange(begin, end), counts), first + np.arange(len(first))
        begin = end


def overlaps(boxes: NDArray[np.float32], others: NDArray[np.float32]) -> Floats:
    """(n,) intersection over union, pair by pair, of boxes (n, 4): left, top, right, bottom."""
    one, other = boxes.astype(np.float64), others.astype(np.float64)
    sides = np.minimum(one[:, 2:], other[:, 2:]) - np.maximum(one[:, :2], other[:, :2])
    inside = np.where((sides > 0).all(axis=1), sides.prod(axis=1), 0.0)
    whole = (one[:, 2:] - one[:, :2]).prod(axis=1) + (other[:, 2:] - other[:, :2]).prod(axis=1) - inside
    return np.where(whole > 0, inside / np.where(whole > 0, whole, 1.0), 0.0)
