"""Gathers what annotations say of images: settles which is meant, checks the boxes, and names what cannot be used.

An annotation that leaves open what is in an image (a number that is none, an unknown class) drops the image, for a test
on it would be wrong. A box where nothing can be found (no area) is left out, and the image stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from itertools import islice
from typing import NamedTuple

from schemas.specs.mapping import BOXES, key_of
from storage.datasets.files import Files, PackageError, Parts
from storage.datasets.finding import Finder, Found, stem
from storage.datasets.pack import COORDINATE_MAX, Box, box_problem
from storage.datasets.source import Contents, SourceRecord, is_image, keys_of

BOXES_PER_IMAGE_MAX = 10_000
BOXES_MAX = 10_000_000
LABEL_CHARS_MAX = 200
TEXT_CHARS_MAX = 1000
DETAIL_CHARS_MAX = 200
ATTRIBUTES_MAX = 200
NESTED_MAX = 3


class RawBox(NamedTuple):
    """A box as an annotation has it, before anything is checked. Without a label its class is unknown: `said`."""

    label: str | None
    x: float
    y: float
    width: float
    height: float
    area: float | None = None
    crowd: bool = False
    difficult: bool = False
    attributes: Mapping[str, str] = {}
    said: str = ""


_Waiting = tuple[Found, Callable[[Parts], None], Callable[[str], None]]


class Gatherer:
    """The images of one package as its reader finds them. `relative`: its boxes are parts of width and height."""

    def __init__(self, files: Files, *, relative: bool = False) -> None:
        self.files = files
        self.finder = Finder(files)
        self._relative = relative
        self._records: dict[Parts, SourceRecord] = {}
        self._boxes = 0
        self._seen: set[Parts] = set()
        self._placed: set[Parts] = set()
        self._doubtful: set[Parts] = set()
        self._waiting: list[_Waiting] = []

    def place(self, found: Found, then: Callable[[Parts], None], otherwise: Callable[[str], None]) -> None:
        """Call `then` with the image that is meant, or `otherwise` with the code why there is none.

        At once where it is written exactly; guesses wait until all is written, see `settle`.
        """
        if found.exact and len(found.images) == 1:
            self._placed.add(found.images[0])
            then(found.images[0])
        elif found.images:
            self._waiting.append((found, then, otherwise))
        else:
            self._doubtful.update(found.alike)
            otherwise(found.code)

    def settle(self) -> None:
        """Place what waits. No guess takes an image that another annotation names, or that another guess takes too."""
        waiting, self._waiting = self._waiting, []
        takers: dict[Parts, set[Parts]] = {}
        for found, _, _ in waiting:
            if len(found.images) == 1:
                takers.setdefault(found.images[0], set()).add(found.asked)
        named = frozenset(self._placed)
        for found, then, otherwise in waiting:
            if len(found.images) == 1 and found.images[0] in named:
                otherwise("image_twice")
            elif len(found.images) > 1 or len(takers[found.images[0]]) > 1:
                self._doubtful.update(found.alike)
                otherwise("image_ambiguous")
            else:
                self._placed.add(found.images[0])
                then(found.images[0])

    def drop(self, name: str, code: str, **params: object) -> None:
        """Say that something is left out."""
        self.files.drop(name, code, {key: str(value)[:DETAIL_CHARS_MAX] for key, value in params.items()})

    def add(
        self,
        parts: Parts,
        name: str,
        *,
        values: Mapping[str, str] | None = None,
        boxes: Iterable[RawBox] = (),
        size: tuple[float, float] = (0, 0),
    ) -> None:
        """An image and what is said of it; the first that is said of one counts. `size`: zeros say nothing."""
        if parts in self._seen:
            self.drop(name, "image_twice")
            return
        self._seen.add(parts)
        checked = self._checked(name, boxes)
        if checked is not None:
            said = all(0 < each < COORDINATE_MAX for each in size)
            known = (round(size[0]), round(size[1])) if said else None
            self._records[parts] = SourceRecord(name, parts, values or {}, checked, known, self._relative)

    def without(self, parts: Parts, name: str, code: str, **params: object) -> None:
        """An image is there, but what is said of it cannot be used."""
        self._seen.add(parts)
        self.drop(name, code, **params)

    def _checked(self, name: str, raws: Iterable[RawBox]) -> tuple[Box, ...] | None:
        boxes: list[Box] = []
        for number, raw in enumerate(raws):
            if number == BOXES_PER_IMAGE_MAX:
                self.drop(name, "boxes_too_many", max=BOXES_PER_IMAGE_MAX)
                return None
            if raw.label is None:
                self.drop(name, "category_unknown", value=raw.said)
                return None
            problem = box_problem(raw.x, raw.y, raw.width, raw.height, raw.area)
            if problem is None and self._relative and not all(-1 <= each <= 2 for each in raw[1:5]):
                problem = "box_not_relative"
            if not 0 < len(raw.label) <= LABEL_CHARS_MAX:
                problem = "class_name_too_long" if raw.label else "class_name_empty"
            if problem == "box_empty":
                self.drop(name, "box_empty", number=number, label=raw.label)
            elif problem is not None:
                self.drop(name, problem, number=number, label=raw.label)
                return None
            else:
                boxes.append(_box(raw))
        self._boxes += len(boxes)
        if self._boxes > BOXES_MAX:
            raise PackageError("package_boxes_too_many", max=BOXES_MAX)
        return tuple(boxes)

    def fill(self, home: str, only: Container[str] | None = None) -> None:
        """Images of which nothing is said are without boxes, where images are annotated.

        That is in folders with annotated ones and below those named `home`; others (masks, drawings) are not listed,
        nor are those that an annotation without a clear image may mean. `only`: the images that count, by their stems;
        the others are left out.
        """
        self.settle()
        folders = {parts[:-1] for parts in self._placed}
        for parts in tuple(self.files):
            if not is_image(parts) or parts in self._seen:
                continue
            if only is not None and stem(parts) not in only:
                self.files.leave_out(parts)
            elif parts not in self._doubtful and (parts[:-1] in folders or home in map(str.lower, parts[:-1])):
                self.add(parts, "/".join(parts))

    def finish(self, tools: Mapping[str, str] | None = None, labels: Iterable[str] = ()) -> Contents:
        """All of it. `tools`: the tool that each key was made with, else it is an attribute; `labels`: the classes of
        boxes in the package's own order.
        """
        self.settle()
        for parts in self.files:
            if parts not in self._seen:
                self.drop("/".join(parts), "image_not_listed" if is_image(parts) else "file_not_used")
        records = tuple(sorted(self._records.values(), key=lambda record: (record.name, record.parts)))
        counts = Counter(dict.fromkeys(labels, 0))
        counts.update(box.label for record in records for box in record.boxes)
        keys = keys_of(records, tools or {})
        return Contents((*keys, key_of(BOXES, "box", counts)) if counts else keys, records)


def _box(raw: RawBox) -> Box:
    return Box(
        label=raw.label or "",
        x=float(raw.x),
        y=float(raw.y),
        width=float(raw.width),
        height=float(raw.height),
        area=None if raw.area in (None, raw.width * raw.height) else float(raw.area or 0),
        crowd=raw.crowd,
        difficult=raw.difficult,
        attributes=dict(raw.attributes),
    )


def texts(said: Mapping[str, object] | None) -> dict[str, str]:
    """Attributes of any type as texts, cut where they are too long; what says nothing is left out."""
    found: dict[str, str] = {}
    for name, value in (said or {}).items():
        text = as_text(value)
        if text and name and len(found) < ATTRIBUTES_MAX:
            found[name[:LABEL_CHARS_MAX]] = text
    return found


def as_text(value: object, depth: int = 0) -> str:
    """A value as text: `true`, `3`, `a, b`; empty for none, `…` for what is nested too deep to be one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        if depth == NESTED_MAX:
            return "…"
        parts = value.items() if isinstance(value, dict) else (("", each) for each in value)
        said = ((name, as_text(each, depth + 1)) for name, each in islice(parts, ATTRIBUTES_MAX))
        return ", ".join(f"{name}: {text}" if name else text for name, text in said if text)[:TEXT_CHARS_MAX]
    return str(value)[:TEXT_CHARS_MAX]
