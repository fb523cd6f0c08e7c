"""Reads Pascal VOC: one XML an image, in `Annotations/` with the images in `JPEGImages/`, or beside the image.

Coordinates are VOC's, counted from 1 and inclusive: `xmin=1, xmax=W` is the whole width W (x = xmin - 1, width = xmax -
xmin + 1), as the challenge's own tools and Detectron2 read them. `difficult` objects are neither found nor missed;
`pose`, `truncated`, `occluded` become attributes of the box. An XML without objects is an image without boxes, and so
is an image without an XML below `JPEGImages` or beside one that has one; other images (masks) are not listed. Where
`ImageSets/Main` names train, val or test, one of them must be chosen.
"""

from __future__ import annotations

from storage.datasets.files import Files, PackageError, Parts
from storage.datasets.finding import Found, Layout, stem
from storage.datasets.gathering import Gatherer, RawBox
from storage.datasets.small_xml import Element, SmallXMLError, parse
from storage.datasets.source import Contents, choose_split, refuse_splits, split_named

XML_BYTES_MAX = 4 << 20
_ROOT = "annotation"
_LAYOUT = Layout("Annotations", ("JPEGImages", "images"))
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
    for table in tables:
        if chosen is None or stem(table) in chosen:
            _add(gatherer, table)
        files.leave_out(table)
    gatherer.fill(home="jpegimages", only=chosen)
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


def _add(gatherer: Gatherer, table: Parts) -> None:
    where = "/".join(table)
    try:
        root = parse(gatherer.files.read(table) or b"", bytes_max=XML_BYTES_MAX)
    except SmallXMLError as error:
        _unused(gatherer, table, "annotation_malformed", detail=error)
        return
    if root.name != _ROOT:
        _unused(gatherer, table, "file_not_used")
        return

    def said(parts: Parts) -> None:
        try:
            boxes = [_raw(each) for each in root.all("object")]
            size = _size(root.first("size"))
        except (ValueError, AttributeError):
            gatherer.without(parts, "/".join(parts), "box_malformed")
            return
        gatherer.add(parts, "/".join(parts), boxes=boxes, size=size)

    def nowhere(code: str) -> None:
        gatherer.drop(where, "annotation_without_image" if code == "image_missing" else code)

    gatherer.place(_image(gatherer, root.at("filename"), table), said, nowhere)


def _unused(gatherer: Gatherer, table: Parts, code: str, **params: object) -> None:
    """The annotation cannot be read, so that its image must not pass for one without boxes."""
    where = "/".join(table)
    gatherer.place(
        gatherer.finder.of_table(table, _LAYOUT),
        lambda parts: gatherer.without(parts, where, code, **params),
        lambda _: gatherer.drop(where, code, **params),
    )


def _image(gatherer: Gatherer, filename: str, table: Parts) -> Found:
    """The image of the table: of the table's own name, else, in the same places, of the name that is written in it."""
    written = filename.replace("\\", "/").rpartition("/")[2]
    found = gatherer.finder.of_table(table, _LAYOUT, written)
    if not found.images and written:
        named = gatherer.finder.of_table((*table[:-1], written), _LAYOUT, written)
        if written in (parts[-1] for parts in named.images):
            return named._replace(asked=table)
    return found


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
