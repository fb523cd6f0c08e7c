"""Reads COCO detection: one JSON file with `images`, `annotations`, `categories`, and the images anywhere beside it.

Of an annotation are read: `image_id`, `category_id`, `bbox` (x, y, width, height in pixels), `area` (kept as it is
said: usually that of the segmentation), `iscrowd`; Mo's own additions `attributes` (of images too) and `difficult`.
Boxes are never clipped, so that figures are those of pycocotools. Images without annotations stay, without boxes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from storage.datasets.files import Files, PackageError, Parts
from storage.datasets.gathering import DETAIL_CHARS_MAX, Gatherer, RawBox, texts
from storage.datasets.source import Contents, choose_split, refuse_splits

FILES_MAX = 64

_TABLES = (b'"images"', b'"annotations"', b'"categories"')

_Id = int | str
_T = TypeVar("_T")


class _Image(msgspec.Struct):
    id: _Id
    file_name: str
    width: float = 0
    height: float = 0
    attributes: dict[str, Any] | None = None


class _Annotation(msgspec.Struct):
    image_id: _Id
    category_id: _Id
    bbox: list[float] | None = None
    area: float | None = None
    iscrowd: int | bool | None = 0
    difficult: int | bool | None = 0
    attributes: dict[str, Any] | None = None


class _Category(msgspec.Struct):
    id: _Id
    name: str


class _Document(msgspec.Struct):
    images: list[_Image]
    annotations: list[_Annotation]
    categories: list[_Category]


def coco_tables(files: Files) -> list[Parts]:
    """The JSON files with the names of COCO's tables in them; those for instances where there are others beside them.

    Whether they can be read is another question: a broken one must not be passed over.
    """
    tables = [parts for parts in files if parts[-1].lower().endswith(".json")][:FILES_MAX]
    found = []
    for parts in tables:
        data = files.read(parts) or b""
        if all(name in data for name in _TABLES):
            found.append(parts)
    instances = [parts for parts in found if parts[-1].lower().startswith("instances")]
    return instances or found


def read_coco(files: Files, split: str = "") -> Contents:
    """The images that the table lists, in the files' order of names.

    Raises:
        PackageError: `package_splits`, `package_split_missing`, `annotations_missing`, `annotations_several`,
            `annotations_malformed`, `package_id_twice`, `package_boxes_too_many`.
    """
    choose_split(files, split)
    tables = coco_tables(files)
    if not tables:
        raise PackageError("annotations_missing", format="coco", wanted="*.json")
    if len(tables) > 1:
        refuse_splits(tables)
        raise PackageError("annotations_several", files=", ".join("/".join(each) for each in tables)[:DETAIL_CHARS_MAX])
    (table,) = tables
    document = _document(files, table)
    files.leave_out(table)
    return _gathered(Gatherer(files), document, table[:-1])


def _document(files: Files, table: Parts) -> _Document:
    try:
        return msgspec.json.decode(files.read(table) or b"", type=_Document)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        detail = str(error)[:DETAIL_CHARS_MAX]
        raise PackageError("annotations_malformed", file="/".join(table)[:DETAIL_CHARS_MAX], detail=detail) from error


def _gathered(gatherer: Gatherer, document: _Document, folder: Parts) -> Contents:
    names = _unique(((each.id, each.name) for each in document.categories), "categories")
    _unique(((each.name, each) for each in document.categories), "categories")
    images = _unique(((each.id, each) for each in document.images), "images")
    found: dict[_Id, list[_Annotation]] = {}
    lost: Counter[_Id] = Counter()
    for annotation in document.annotations:
        if annotation.image_id in images:
            found.setdefault(annotation.image_id, []).append(annotation)
        else:
            lost[annotation.image_id] += 1
    for image_id, count in lost.items():
        gatherer.drop(f"image_id {image_id}", "annotation_without_image", count=count)
    for image in images.values():
        _add(gatherer, image, found.get(image.id, []), names, folder)
    return gatherer.finish(labels=[names[each] for each in sorted(names, key=_order)])


def _unique(pairs: Iterable[tuple[_Id, _T]], table: str) -> dict[_Id, _T]:
    found: dict[_Id, _T] = {}
    for each, value in pairs:
        if each in found:
            raise PackageError("package_id_twice", table=table, id=str(each)[:DETAIL_CHARS_MAX])
        found[each] = value
    return found


def _order(each: _Id) -> tuple[bool, _Id]:
    return isinstance(each, str), each


def _add(
    gatherer: Gatherer, image: _Image, annotations: list[_Annotation], names: dict[_Id, str], folder: Parts
) -> None:
    name = image.file_name

    def said(parts: Parts) -> None:
        if any(each.bbox is None or len(each.bbox) != 4 for each in annotations):
            gatherer.without(parts, name, "box_malformed")
            return
        boxes = (_raw(each, names.get(each.category_id)) for each in annotations)
        gatherer.add(parts, name, values=texts(image.attributes), boxes=boxes, size=(image.width, image.height))

    gatherer.place(gatherer.finder.named(name, folder), said, lambda code: gatherer.drop(name, code))


def _raw(annotation: _Annotation, label: str | None) -> RawBox:
    x, y, width, height = annotation.bbox or (0, 0, 0, 0)
    return RawBox(
        label,
        x,
        y,
        width,
        height,
        annotation.area,
        bool(annotation.iscrowd),
        bool(annotation.difficult),
        texts(annotation.attributes),
        said=str(annotation.category_id),
    )
