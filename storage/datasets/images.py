"""Which files are images that Mo takes, told from their headers before anything is decoded.

JPEG, PNG, BMP and WebP count by their content, whatever their names; everything else is no image. Too many pixels, and
files that are cut off, are named. What decoding does then: the orientation in EXIF data is applied, and sizes and boxes
are those of the upright picture; CMYK becomes colour without a profile, 16 bits a channel become 8, transparency is
passed over, of an animation the first picture counts. A file that cannot be decoded is named, too.
"""

from __future__ import annotations

from storage.datasets.image_header import ImageHeader, image_header
from storage.datasets.pack import DroppedRecord

PIXELS_MAX = 100_000_000

_END_OF_IMAGE = {"jpg": b"\xff\xd9", "png": b"IEND"}
_END_SEARCHED_BYTES = 64 << 10


def image_problem(data: bytes | None) -> ImageHeader | DroppedRecord:
    """The image's header if it is whole and harmless; else a record (without a name) that says why not."""
    if data is None:
        return DroppedRecord(name="", code="file_damaged")
    header = image_header(data)
    if header is None or header.width < 1 or header.height < 1:
        return DroppedRecord(name="", code="not_an_image")
    if header.width * header.height > PIXELS_MAX:
        params = {"width": str(header.width), "height": str(header.height), "max": str(PIXELS_MAX)}
        return DroppedRecord(name="", code="image_too_large", params=params)
    if _cut_off(header, data):
        return DroppedRecord(name="", code="image_truncated")
    return header


def _cut_off(header: ImageHeader, data: bytes) -> bool:
    if header.format == "webp":
        return len(data) < 8 + int.from_bytes(data[4:8], "little")
    return _END_OF_IMAGE.get(header.format, b"") not in data[-_END_SEARCHED_BYTES:]
