"""Reads Pascal VOC: one XML an image, in `Annotations/` with the images in `JPEGImages/`, or beside the image.

Coordinates are VOC's, counted from 1 and inclusive: `xmin=1, xmax=W` is the whole width W (x = xmin - 1, width = xmax -
xmin + 1), as the challenge's own tools and Detectron2 read them. `difficult` objects are neither found nor missed;
`pose`, `truncated`, `occluded` become attributes of the box. An XML without objects is an image without boxes, and so
is an image without an XML that lies where annotated ones do (masks lie elsewhere). Where `ImageSets/Main` names train,
val or test, one of them must be chosen.
"""

from __future__ import annotations

from storage.datasets.files import Files, PackageError, Parts
from storage.datasets.gathering import Gatherer, RawBox, stem
from storage.datasets.small_xml import Element, SmallXMLError, parse
from storage.datasets.source import Contents, choose_split, is_image, refuse_splits, split_named

XML_BYTES_MAX = 4 << 20
_ROOT = "annotation"
_SIDES = ("xmin", "ymin", "xmax", "ymax")
_BESIDE = ("pose", "truncated", "occluded")


def voc_tables(files: Files) -> list[Parts]:
    """The XML files."""
    return [parts for parts in files if parts[-1].lower().endswith(".xml")]


def read_voc(files: Files, split: str = "") -> Contents:
    """The images that the XML files annotate.

    Raises:
        PackageError: `annotations_missing`, `package_splits`, `package_split_missing`, `package_boxes_too_many`.
    """
    chosen = _listed(files, split)
    if chosen is None:
        choose_split(files, split)
        refuse_splits(files)
    tables = voc_tables(files)
    if not tables:
        raise PackageError("annotations_missing", format="voc", wanted="*.xml")
    gatherer = Gatherer(files)
    _add_all(gatherer, [table for table in tables if chosen is None or stem(table) in chosen])
    for table in tables:
        files.leave_out(table)
    for parts in tuple(files):
        if chosen is not None and is_image(parts) and stem(parts) not in chosen:
            files.leave_out(parts)
    gatherer.empty()
    return gatherer.finish()


def _listed(files: Files, split: str) -> frozenset[str] | None:
    """The images of the split by its list in `ImageSets/Main`; None where there are no such lists."""
    lists = {}
    for parts in tuple(files):
        if len(parts) >= 3 and parts[-3:-1] == ("ImageSets", "Main") and parts[-1].endswith(".txt"):
            if (named := split_named(stem(parts))) is not None:
                lines = (files.read(parts) or b"").decode("utf-8", "replace").splitlines()
                lists[named] = frozenset(line.split()[0] for line in lines if line.strip())
            files.leave_out(parts)
    wanted = split_named(split) if split else None
    if not lists:
        return None
    if wanted in lists:
        return lists[wanted]
    if split:
        raise PackageError("package_split_missing", split=split[:100], known=", ".join(sorted(lists)))
    if len(lists) > 1:
        raise PackageError("package_splits", folders=", ".join(sorted(lists)))
    return next(iter(lists.values()))


def _add_all(gatherer: Gatherer, tables: list[Parts]) -> None:
    """The images of the tables: of a table's own name, else of the name that is written in it."""
    elsewhere: list[tuple[Parts, Element, str]] = []
    for table, parts in zip(tables, gatherer.partners(tables), strict=True):
        try:
            root = parse(gatherer.files.read(table) or b"", bytes_max=XML_BYTES_MAX)
        except SmallXMLError as error:
            _unused(gatherer, table, parts, "annotation_malformed", detail=error)
            continue
        name = root.at("filename").replace("\\", "/").rpartition("/")[2]
        if root.name != _ROOT:
            _unused(gatherer, table, parts, "file_not_used")
        elif parts == "image_missing" and name:
            elsewhere.append((table, root, name))
        else:
            _add(gatherer, table, parts, root)
    others = gatherer.partners([table for table, *_ in elsewhere], [name for *_, name in elsewhere])
    for (table, root, _), other in zip(elsewhere, others, strict=True):
        _add(gatherer, table, other, root)


def _add(gatherer: Gatherer, table: Parts, parts: Parts | str, root: Element) -> None:
    if isinstance(parts, str):
        gatherer.drop("/".join(table), "annotation_without_image" if parts == "image_missing" else parts)
        return
    try:
        boxes = [_raw(each) for each in root.all("object")]
        size = _size(root.first("size"))
    except (ValueError, AttributeError):
        gatherer.without(parts, "/".join(parts), "box_malformed")
        return
    gatherer.add(parts, "/".join(parts), boxes=boxes, size=size)


def _unused(gatherer: Gatherer, table: Parts, parts: Parts | str, code: str, **params: object) -> None:
    """The annotation cannot be read, so that its image must not pass for one without boxes."""
    where = "/".join(table)
    if isinstance(parts, str):
        gatherer.drop(where, code, **params)
    else:
        gatherer.without(parts, where, code, **params)


def _size(element: Element | None) -> tuple[float, float]:
    if element is None:
        return 0, 0
    return float(element.at("width") or 0), float(element.at("height") or 0)


def _raw(element: Element) -> RawBox:
    """The box of an object; ValueError or AttributeError where it has none that can be read."""
    bounds = element.first("bndbox")
    if bounds is None:
        raise ValueError("no bndbox")
    sides = {side.name: float(side.text) for side in bounds.children if side.name in _SIDES}
    if len(sides) != len(_SIDES):
        raise ValueError("no four sides")
    left, top, right, bottom = (sides[side] for side in _SIDES)
    said: dict[str, str] = {}
    for child in element.children:
        said.setdefault(child.name, child.text)
    return RawBox(
        said.get("name", ""),
        left - 1,
        top - 1,
        right - left + 1,
        bottom - top + 1,
        difficult=said.get("difficult") in ("1", "true"),
        attributes={name: said[name] for name in _BESIDE if said.get(name, "").lower() not in ("", "unspecified")},
    )
