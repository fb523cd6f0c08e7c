"""What people look at before they test on a dataset: how often which class, boxes of what sizes, which images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

DIMENSIONS_MAX = 64
DIMENSION_VALUES_MAX = 100
IMAGE_SIZES_MAX = 50
OTHER = "other"
SMALL_PIXELS, MEDIUM_PIXELS = 32**2, 96**2

_BOXES_FROM = (0, 1, 2, 3, 6, 11, 21, 51, 101)


class Histograms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Counts, each by name.

    `classes`: task -> class -> images, or boxes in a detection dataset; none for texts. `boxes_per_image`: "0", "1",
    "2", "3-5", ..., "101-" -> images. `areas`: small, medium, large by true pixels (32 and 96 squared) -> boxes.
    `sizes`: "640x480" -> images, the `IMAGE_SIZES_MAX` most frequent and `other`.
    """

    classes: dict[str, dict[str, int]] = {}
    boxes_per_image: dict[str, int] = {}
    areas: dict[str, int] = {}
    sizes: dict[str, int] = {}


class Marked(NamedTuple):
    """A box as far as it is counted: its class, and its area in pixels."""

    label: str
    area: float


class Figures:
    """Counts images as they come."""

    def __init__(self) -> None:
        self._labels: dict[str, Counter[str]] = {}
        self._marked: Counter[str] = Counter()
        self._boxes: Counter[int] = Counter()
        self._areas: Counter[str] = Counter()
        self._sizes: Counter[tuple[int, int]] = Counter()
        self._dimensions: dict[str, Counter[str]] = {}
        self._left_out: set[str] = set()

    def add(
        self,
        size: tuple[int, int],
        labels: Mapping[str, str],
        attributes: Mapping[str, str],
        boxes: Iterable[Marked],
    ) -> None:
        """One more image of this width and height."""
        self._sizes[size] += 1
        for task, label in labels.items():
            self._labels.setdefault(task, Counter())[label] += 1
        count = 0
        for box in boxes:
            count += 1
            self._marked[box.label] += 1
            self._areas[_area_name(box.area)] += 1
        self._boxes[max(start for start in _BOXES_FROM if start <= count)] += 1
        for name, value in attributes.items():
            self._add_attribute(name, value)

    def _add_attribute(self, name: str, value: str) -> None:
        if name in self._left_out:
            return
        values = self._dimensions.setdefault(name, Counter())
        values[value] += 1
        if len(values) > DIMENSION_VALUES_MAX or len(self._dimensions) > DIMENSIONS_MAX:
            # the last name is the one too many; those with free text or ids leave room for it
            del self._dimensions[name]
            self._left_out.add(name)

    def dimensions(self) -> dict[str, dict[str, int]]:
        """Attribute -> value -> images; without attributes that have too many values to be compared by."""
        return {name: _ordered(values) for name, values in sorted(self._dimensions.items())}

    def left_out(self) -> tuple[str, ...]:
        """The names of attributes that are in no dimension for that reason, the first `DIMENSIONS_MAX`."""
        return tuple(sorted(self._left_out)[:DIMENSIONS_MAX])

    def histograms(self, kind: str, tasks: Iterable[tuple[str, Iterable[str]]]) -> Histograms:
        """Everything else, for a dataset of this kind with these tasks and their classes."""
        classes: dict[str, dict[str, int]] = {}
        if kind != "sequence":
            for task, names in tasks:
                counts = self._marked if kind == "detection" else self._labels.get(task, Counter())
                classes[task] = {name: counts[name] for name in names}
        usual = self._sizes.most_common(IMAGE_SIZES_MAX)
        usual.sort(key=lambda each: (-each[1], each))
        sizes = {f"{width}x{height}": count for (width, height), count in usual}
        if (rest := self._sizes.total() - sum(sizes.values())) > 0:
            sizes[OTHER] = rest
        if kind != "detection":
            return Histograms(classes=classes, sizes=sizes)
        return Histograms(
            classes=classes,
            boxes_per_image={_boxes_name(start): self._boxes[start] for start in _BOXES_FROM if self._boxes[start]},
            areas={name: self._areas[name] for name in ("small", "medium", "large")},
            sizes=sizes,
        )


def _area_name(area: float) -> str:
    return "small" if area < SMALL_PIXELS else "medium" if area < MEDIUM_PIXELS else "large"


def _boxes_name(start: int) -> str:
    place = _BOXES_FROM.index(start)
    if place == len(_BOXES_FROM) - 1:
        return f"{start}-"
    stop = _BOXES_FROM[place + 1] - 1
    return str(start) if stop == start else f"{start}-{stop}"


def _ordered(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))
