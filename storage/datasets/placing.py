"""Puts an annotation's boxes onto the picture as it is decoded: in pixels, and turned with it where they must be."""

from __future__ import annotations

import msgspec

from storage.datasets.image_header import ImageHeader
from storage.datasets.pack import Box, DroppedRecord
from storage.datasets.source import SourceRecord


def placed(
    record: SourceRecord, header: ImageHeader, size: tuple[int, int] | None = None
) -> tuple[tuple[Box, ...], tuple[DroppedRecord, ...]] | DroppedRecord:
    """The boxes on the upright picture, and those that lie beside it and are left out; or why the image is dropped.

    `size`: width and height of the picture once it is decoded, else what its header says. An annotation that says the
    size which the file has before it is turned was drawn so, and its boxes are turned; one that says yet another size
    was drawn on another picture. Boxes that reach beyond the picture are kept as they are.
    """
    width, height = size or header.upright
    boxes = record.boxes
    if record.relative:
        boxes = tuple(_scaled(box, width, height) for box in boxes)
    elif boxes and record.size is not None and record.size != (width, height):
        if record.size != (header.width, header.height) or (width, height) != header.upright:
            params = {"annotated": f"{record.size[0]}x{record.size[1]}", "image": f"{width}x{height}"}
            return DroppedRecord(name=record.name, code="size_differs", params=params)
        boxes = tuple(_turned(box, record.size, header.orientation) for box in boxes)
    inside, beside = [], []
    for number, box in enumerate(boxes):
        if box.x < width and box.y < height and box.x + box.width > 0 and box.y + box.height > 0:
            inside.append(box)
        else:
            params = {"number": str(number), "label": box.label}
            beside.append(DroppedRecord(name=record.name, code="box_outside", params=params))
    return tuple(inside), tuple(beside)


def _scaled(box: Box, width: int, height: int) -> Box:
    return msgspec.structs.replace(
        box, x=box.x * width, y=box.y * height, width=box.width * width, height=box.height * height
    )


def _turned(box: Box, size: tuple[int, int], orientation: int) -> Box:
    """The box, drawn on a picture of that size as it is stored, on the picture that is turned by EXIF 5 to 8."""
    width, height = size
    from_right, from_below = width - box.x - box.width, height - box.y - box.height
    x, y = {
        5: (box.y, box.x),
        6: (from_below, box.x),
        7: (from_below, from_right),
        8: (box.y, from_right),
    }[orientation]
    return msgspec.structs.replace(box, x=x, y=y, width=box.height, height=box.width)
