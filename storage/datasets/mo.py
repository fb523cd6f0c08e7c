"""Reads Mo's own pack as a package, as it is downloaded: its labels become keys again, everything else stays.

Nothing in it is believed: it may come from anywhere, and goes the way of every other package.
"""

from __future__ import annotations

import msgspec

from storage.datasets.files import Files, PackageError, Parts
from storage.datasets.gathering import DETAIL_CHARS_MAX, Gatherer, RawBox, texts
from storage.datasets.pack import INFO_ENTRY, MIMETYPE, RECORDS_ENTRY, PackInfo
from storage.datasets.source import Contents
from storage.stored_zip import MIMETYPE_ENTRY

TOOLS = {"classification": "radio", "sequence": "text"}


class _Box(msgspec.Struct):
    label: str
    x: float
    y: float
    width: float
    height: float
    area: float | None = None
    crowd: bool = False
    difficult: bool = False
    attributes: dict[str, str] | None = None


class _Record(msgspec.Struct):
    name: str
    entry: str
    width: int
    height: int
    labels: dict[str, str] | None = None
    boxes: list[_Box] | None = None
    attributes: dict[str, str] | None = None


def is_mo(files: Files) -> bool:
    """Whether the package says that it is one of ours."""
    mimetype: Parts = (MIMETYPE_ENTRY,)
    return mimetype in files and files.size_bytes(mimetype) < 200 and files.read(mimetype) == MIMETYPE.encode()


def read_mo(files: Files, split: str = "") -> Contents:
    """The pack's images.

    Raises:
        PackageError: `annotations_missing`, `annotations_malformed`, `package_split_missing`, `package_boxes_too_many`.
    """
    if split:
        raise PackageError("package_split_missing", split=split[:100], known="")
    if not is_mo(files):
        raise PackageError("annotations_missing", format="mo", wanted=RECORDS_ENTRY)
    try:
        info = msgspec.json.decode(files.read((INFO_ENTRY,)) or b"", type=PackInfo)
        records = msgspec.json.Decoder(_Record).decode_lines(files.read((RECORDS_ENTRY,)) or b"")
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, KeyError) as error:
        detail = str(error)[:DETAIL_CHARS_MAX]
        raise PackageError("annotations_malformed", file=RECORDS_ENTRY, detail=detail) from error
    for parts in tuple(files):
        if len(parts) == 1:
            files.leave_out(parts)
    gatherer = Gatherer(files)
    for record in records:
        _add(gatherer, record)
    tool = TOOLS.get(info.type, "")
    names = [name for task in info.tasks for name in task.classes] if info.type == "detection" else ()
    return gatherer.finish({task.name: tool for task in info.tasks}, labels=names)


def _add(gatherer: Gatherer, record: _Record) -> None:
    boxes = (
        RawBox(
            box.label,
            box.x,
            box.y,
            box.width,
            box.height,
            box.area,
            box.crowd,
            box.difficult,
            texts(box.attributes),
        )
        for box in record.boxes or ()
    )
    values = texts(record.attributes) | texts(record.labels)
    size = (record.width, record.height)
    gatherer.place(
        gatherer.finder.named(record.entry),
        lambda parts: gatherer.add(parts, record.name, values=values, boxes=boxes, size=size),
        lambda code: gatherer.drop(record.name, code),
    )
