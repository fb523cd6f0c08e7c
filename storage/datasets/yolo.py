"""Reads YOLO: one `.txt` an image with `class cx cy width height` a line, as parts of width and height.

Labels lie in `labels/` with the images in `images/` beside it, or beside the image. Names come from `names` in
`data.yaml` (any `*.yaml`), or the lines of `classes.txt`, `obj.names` or any `*.names`. A line with three or more
points after the class (segmentation, oriented boxes) counts as the upright box around them, unless `kpt_shape` in the
YAML says that these are keypoints after a box. An image with an empty `.txt` is one without boxes, and so is one
without any below `images` or beside one that has one; other images (masks) are not listed. Splits (`images/train`,
`train/images`, ...): one of them must be chosen.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

import yaml

from storage.datasets.files import Files, PackageError, Parts
from storage.datasets.finding import Layout, stem
from storage.datasets.gathering import BOXES_PER_IMAGE_MAX, DETAIL_CHARS_MAX, Gatherer, RawBox
from storage.datasets.source import Contents, choose_split, is_image, refuse_splits

NAMES_BYTES_MAX = 1 << 20
TABLE_BYTES_MAX = 16 << 20
POINTS_MAX = 10_000
SAMPLE_MAX = 100
POSE_FIELDS = 5
"""Class and box; what follows are keypoints."""
_ROW = re.compile(rb"\s*\d+(\s+[-+.\deE]+){4,}\s")
_LAYOUT = Layout("labels", ("images",))
_NAME_LISTS = ("classes.txt", "obj.names", "names.txt")


def yolo_names(files: Files) -> list[Parts]:
    """The files that may name the classes, the most telling first."""
    found = [parts for parts in files if parts[-1].lower().endswith((".yaml", ".yml", ".names"))]
    found += [parts for parts in files if parts[-1].lower() in _NAME_LISTS and parts not in found]
    return [parts for parts in found if files.size_bytes(parts) <= NAMES_BYTES_MAX]


def is_yolo(files: Files) -> bool:
    """Whether there are labels and names for them, or at least labels that look so."""
    tables = yolo_tables(files)
    return bool(tables) and (bool(yolo_names(files)) or any(_numbers(files, parts) for parts in tables[:SAMPLE_MAX]))


def _numbers(files: Files, parts: Parts) -> bool:
    data = files.read(parts) if files.size_bytes(parts) <= TABLE_BYTES_MAX else None
    return _ROW.match(data or b"") is not None


def yolo_tables(files: Files) -> list[Parts]:
    """The texts that may be labels: those of an image's name."""
    stems = {stem(parts) for parts in files if is_image(parts)}
    return [parts for parts in files if parts[-1].lower().endswith(".txt") and stem(parts) in stems]


def read_yolo(files: Files, split: str = "") -> Contents:
    """The images, those without labels too.

    Raises:
        PackageError: `package_names_missing`, `annotations_missing`, `package_splits`, `package_split_missing`,
            `package_boxes_too_many`.
    """
    names = _names(files)
    if not yolo_tables(files):
        raise PackageError("annotations_missing", format="yolo", wanted="labels/*.txt")
    choose_split(files, split)
    refuse_splits(files)
    gatherer = Gatherer(files, relative=True)
    for table in yolo_tables(files):
        _add(gatherer, table, names)
        files.leave_out(table)
    for parts in tuple(files):
        if parts[-1].lower().endswith(".txt") and "labels" in parts[:-1]:
            files.leave_out(parts, "annotation_without_image")
    gatherer.fill(home="images")
    return gatherer.finish(labels=names.of.values())


class _Names(NamedTuple):
    """The classes by number. `pose`: keypoints follow each box."""

    of: dict[int, str]
    pose: bool = False


def _names(files: Files) -> _Names:
    """The classes; the files that name them are left out of what is to be read."""
    for parts in yolo_names(files):
        text = (files.read(parts) or b"").decode("utf-8-sig", "replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        yaml_like = parts[-1].lower().endswith((".yaml", ".yml"))
        names, pose = _yaml_names(text) if yaml_like else _Names(dict(enumerate(lines)))
        if names and len(set(names.values())) < len(names):
            raise PackageError("package_id_twice", table="/".join(parts)[:DETAIL_CHARS_MAX], id=_twice(names))
        if names:
            files.leave_out(parts)
            return _Names(names, pose)
    raise PackageError("package_names_missing")


def _yaml_names(text: str) -> _Names:
    try:
        document: Any = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError):
        return _Names({})
    names = document.get("names") if isinstance(document, dict) else None
    if isinstance(names, list):
        names = dict(enumerate(names))
    if not isinstance(names, dict):
        return _Names({})
    named = {each: str(name) for each, name in names.items() if isinstance(each, int) and isinstance(name, str | int)}
    return _Names(named, "kpt_shape" in document)


def _twice(names: dict[int, str]) -> str:
    seen = list(names.values())
    return next(name for name in seen if seen.count(name) > 1)[:DETAIL_CHARS_MAX]


def _add(gatherer: Gatherer, table: Parts, names: _Names) -> None:
    where = "/".join(table)
    data = gatherer.files.read(table) if gatherer.files.size_bytes(table) <= TABLE_BYTES_MAX else None
    lines = None if data is None else [line.split() for line in data.split(b"\n") if line.strip()]

    def said(parts: Parts) -> None:
        if lines is None or len(lines) > BOXES_PER_IMAGE_MAX:
            gatherer.without(parts, where, "annotation_too_large", max=BOXES_PER_IMAGE_MAX)
            return
        boxes = []
        for number, line in enumerate(lines, start=1):
            if (raw := _raw(line[:POSE_FIELDS] if names.pose else line, names.of)) is None:
                gatherer.without(parts, "/".join(parts), "line_malformed", detail=f"{where}:{number}")
                return
            boxes.append(raw)
        gatherer.add(parts, "/".join(parts), boxes=boxes)

    gatherer.place(gatherer.finder.of_table(table, _LAYOUT), said, lambda code: gatherer.drop(where, code))


def _raw(line: list[bytes], names: dict[int, str]) -> RawBox | None:
    """The box of a line; None if it has neither four numbers nor points after the class."""
    points = len(line) >= 7 and len(line) % 2 == 1 and len(line) <= 2 * POINTS_MAX
    if len(line) != 5 and not points:
        return None
    try:
        number = int(line[0])
        numbers = [float(part) for part in line[1:]]
    except ValueError:
        return None
    label = names.get(number)
    said = str(number)
    if points and all(map(math.isfinite, numbers)):
        xs, ys = numbers[::2], numbers[1::2]
        return RawBox(label, min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys), said=said)
    x, y, width, height = numbers[:4]
    return RawBox(label, x - width / 2, y - height / 2, width, height, said=said)
