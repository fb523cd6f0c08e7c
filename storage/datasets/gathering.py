"""Gathers what annotations say of images: finds the files, checks the boxes, and names what cannot be used.

An annotation that leaves open what is in an image (a number that is none, an unknown class) drops the image, for a test
on it would be wrong. A box where nothing can be found (no area) is left out, and the image stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from schemas.specs.mapping import BOXES, key_of
from storage.datasets.files import Files, PackageError, Parts, name_parts
from storage.datasets.pack import COORDINATE_MAX, Box, box_problem
from storage.datasets.source import Contents, SourceRecord, is_image, keys_of

BOXES_PER_IMAGE_MAX = 10_000
BOXES_MAX = 10_000_000
LABEL_CHARS_MAX = 200
TEXT_CHARS_MAX = 1000
DETAIL_CHARS_MAX = 200
ATTRIBUTES_MAX = 200
NESTED_MAX = 3
ROOMS = frozenset({"images", "jpegimages", "labels", "annotations"})
"""Folders of all images, and of all annotations, as YOLO and VOC call them."""


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


class Gatherer:
    """The images of one package as its reader finds them. `relative`: its boxes are parts of width and height."""

    def __init__(self, files: Files, *, relative: bool = False) -> None:
        self.files = files
        self._relative = relative
        self._records: dict[Parts, SourceRecord] = {}
        self._boxes = 0
        self._seen: set[Parts] = set()
        self._by_name: dict[str, list[Parts]] = {}
        self._by_stem: dict[str, list[Parts]] = {}
        for parts in files:
            if is_image(parts):
                self._by_name.setdefault(parts[-1], []).append(parts)
                self._by_stem.setdefault(stem(parts), []).append(parts)

    def there(self, name: str, near: Parts = ()) -> Parts | str | None:
        """The image where the name says, from `near` or from the root; None: it may be elsewhere (see `elsewhere`).

        The code `name_not_allowed` where it says nothing that may be.
        """
        wanted = name_parts(name.removeprefix("./"))
        if wanted is None:
            return "name_not_allowed"
        exact = ((*folder, *wanted) for folder in (near, ()))
        return next((parts for parts in exact if parts in self.files and is_image(parts)), None)

    def elsewhere(self, names: Sequence[tuple[str, Parts]]) -> list[Parts | str]:
        """The images of names (with the folder of the table) that are not where they say, or the codes why not.

        Once all that are there are known: an image that somebody else names is nobody's. One below the folders that
        are written, or without folders that would contradict them, is meant where there is but one.
        """
        found = []
        for name, near in names:
            wanted = name_parts(name.removeprefix("./")) or ("",)
            free = [parts for parts in self._by_name.get(wanted[-1], []) if parts not in self._seen]
            closer = [parts for parts in free if parts[-len(wanted) :] == wanted]
            found.append(self._closest(closer or [parts for parts in free if parts[:-1] in ((), near)], near))
        return self._once(found)

    def partners(self, tables: Sequence[Parts], names: Sequence[str] | None = None) -> list[Parts | str]:
        """The image that each table (`labels/a/1.txt`, `Annotations/1.xml`) annotates, or the code why there is none.

        `names`: those of the images, else they are called as the tables. An image lies in the partner of the table's
        folder, or beside it; else somewhere that does not contradict the table's folders and is no other table's.
        """
        wanted = [stem(each) for each in tables] if names is None else names
        known = self._by_stem if names is None else self._by_name
        found: list[Parts | str | None] = []
        for table, name in zip(tables, wanted, strict=True):
            free = [parts for parts in known.get(name, []) if parts not in self._seen]
            own = [parts for parts in free if room_of(parts).answers(room_of(table))]
            found.append(self._closest(own, table[:-1]) if own else None)
        taken = {each for each in found if isinstance(each, tuple)}
        for place, (table, name) in enumerate(zip(tables, wanted, strict=True)):
            if found[place] is None:
                free = [parts for parts in known.get(name, []) if parts not in self._seen | taken]
                fits = [parts for parts in free if not room_of(parts).contradicts(room_of(table))]
                found[place] = self._closest(fits, table[:-1])
        return self._once([each for each in found if each is not None])

    def _closest(self, found: list[Parts], near: Parts) -> Parts | str:
        """The one whose folders have most in common with `near`, from the end first; or the code why there is none."""
        if not found:
            return "image_missing"
        ranked = sorted(
            ((_common(parts[-2::-1], near[::-1]), _common(parts, near), parts) for parts in found), reverse=True
        )
        if len(ranked) > 1 and ranked[0][:2] == ranked[1][:2]:
            self._doubtful([parts for *closeness, parts in ranked if (*closeness,) == ranked[0][:2]])
            return "image_ambiguous"
        return ranked[0][2]

    def _once(self, found: Sequence[Parts | str]) -> list[Parts | str]:
        """The same, but what several annotations may mean is none's."""
        several = {parts for parts, count in Counter(found).items() if count > 1 and isinstance(parts, tuple)}
        self._doubtful(several)
        return ["image_ambiguous" if parts in several else parts for parts in found]

    def _doubtful(self, images: Iterable[Parts]) -> None:
        """Images that may be meant by an annotation that cannot be placed are none without boxes."""
        for parts in images:
            if parts not in self._seen:
                self.without(parts, "/".join(parts), "image_ambiguous")

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

    def empty(self) -> None:
        """Every image of which nothing is said is one without boxes, where others are annotated: in the same `images`
        or `JPEGImages`, or in the same folder. Masks and the like lie elsewhere, and are not listed.
        """
        left = [parts for parts in self.files if is_image(parts) and parts not in self._seen]
        rooms = {room_of(parts).home for parts in self._seen} or {room_of(parts).home for parts in left}
        for parts in left:
            if room_of(parts).home in rooms and (self._seen or room_of(parts).named):
                self.add(parts, "/".join(parts))

    def finish(self, tools: Mapping[str, str] | None = None, labels: Iterable[str] = ()) -> Contents:
        """All of it. `tools`: the tool that each key was made with, else it is an attribute; `labels`: the classes of
        boxes in the package's own order.
        """
        for parts in self.files:
            if parts not in self._seen:
                self.drop("/".join(parts), "image_not_listed" if is_image(parts) else "file_not_used")
        records = tuple(sorted(self._records.values(), key=lambda record: (record.name, record.parts)))
        counts = Counter(dict.fromkeys(labels, 0))
        counts.update(box.label for record in records for box in record.boxes)
        keys = keys_of(records, tools or {})
        return Contents((*keys, key_of(BOXES, "box", counts)) if counts else keys, records)


class Room(NamedTuple):
    """Where an image or its annotation lies: what is before and below the folder of all images or all annotations."""

    before: Parts
    below: Parts
    named: bool
    """Whether there is such a folder; else `before` is the whole."""

    @property
    def home(self) -> tuple[Parts, bool]:
        """The same for all that lie together."""
        return self.before, self.named

    def answers(self, other: Room) -> bool:
        """Whether the two are partners: `images/a` and `labels/a`, or one folder."""
        return (self.before, self.below) == (other.before, other.below)

    def contradicts(self, other: Room) -> bool:
        """Whether the folders that tell images apart are others in the two."""
        one, two = (each.below if each.named else each.before for each in (self, other))
        shared = min(len(one), len(two))
        return shared > 0 and one[-shared:] != two[-shared:]


def room_of(parts: Parts) -> Room:
    """Where the file lies."""
    folders = parts[:-1]
    marks = [place for place, name in enumerate(folders) if name.casefold() in ROOMS]
    return Room(folders[: marks[-1]], folders[marks[-1] + 1 :], True) if marks else Room(folders, (), False)


def stem(parts: Parts) -> str:
    """The file's name without its ending."""
    return parts[-1].rpartition(".")[0]


def _common(some: Parts, others: Parts) -> int:
    """How many parts are the same from the start."""
    return next(
        (place for place, (one, other) in enumerate(zip(some, others, strict=False)) if one != other),
        min(len(some), len(others)),
    )


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
