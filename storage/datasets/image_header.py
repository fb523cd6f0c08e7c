"""Reads an image's format, size and orientation without decoding it, so that a bomb is refused before anything does."""

from __future__ import annotations

import struct
from typing import Literal, NamedTuple

ImageFormat = Literal["jpg", "png", "bmp", "webp"]

_NO_SIZE_MARKERS = frozenset({0x01, *range(0xD0, 0xD8)})
_NOT_FRAMES = frozenset({0xC4, 0xC8, 0xCC})
_EXIF = b"Exif\0\0"
_ORIENTATION_TAG, _SHORT = 0x0112, 3


_TURNED = frozenset({5, 6, 7, 8})
_CHUNKS_MAX = 4096


class ImageHeader(NamedTuple):
    """Format and size in pixels as the header says them, and the orientation (1 to 8) that EXIF data says."""

    format: ImageFormat
    width: int
    height: int
    orientation: int = 1

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height as the picture is decoded: turned as its EXIF data says."""
        return (self.height, self.width) if self.orientation in _TURNED else (self.width, self.height)


def _orientation(tiff: bytes) -> int:
    """The orientation that EXIF data (a small TIFF) says; 1 where it says none that there is."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 10:
        return 1
    (place,) = struct.unpack_from(f"{order}I", tiff, 4)
    if place + 2 > len(tiff):
        return 1
    (count,) = struct.unpack_from(f"{order}H", tiff, place)
    for entry in range(place + 2, min(place + 2 + 12 * count, len(tiff) - 11), 12):
        tag, kind, values, value = struct.unpack_from(f"{order}HHIH", tiff, entry)
        if tag == _ORIENTATION_TAG:
            return value if kind == _SHORT and values == 1 and 1 <= value <= 8 else 1
    return 1


def _jpeg(data: bytes) -> ImageHeader | None:
    place = 2
    orientation = 1
    while place + 9 <= len(data):
        if data[place] != 0xFF:
            return None
        marker = data[place + 1]
        length = struct.unpack_from(">H", data, place + 2)[0]
        if marker == 0xFF:
            place += 1
        elif marker in _NO_SIZE_MARKERS:
            place += 2
        elif 0xC0 <= marker <= 0xCF and marker not in _NOT_FRAMES:
            height, width = struct.unpack_from(">HH", data, place + 5)
            return ImageHeader("jpg", width, height, orientation)
        else:
            if marker == 0xE1 and data[place + 4 : place + 10] == _EXIF:
                orientation = _orientation(data[place + 10 : place + 2 + length])
            place += 2 + max(2, length)
    return None


def _png(data: bytes) -> ImageHeader:
    width, height = struct.unpack_from(">II", data, 16)
    return ImageHeader("png", width, height, _orientation(_chunk(data, b"eXIf", 8, ">I", tail=4)))


def _webp(data: bytes) -> ImageHeader | None:
    kind = data[12:16]
    if kind == b"VP8X":
        width, height = (1 + int.from_bytes(data[place : place + 3], "little") for place in (24, 27))
        exif = _chunk(data, b"EXIF", 12, "<I").removeprefix(_EXIF)
        return ImageHeader("webp", width, height, _orientation(exif))
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return ImageHeader("webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return ImageHeader("webp", width & 0x3FFF, height & 0x3FFF)
    return None


def _chunk(data: bytes, name: bytes, place: int, size_form: str, tail: int = 0) -> bytes:
    """The first chunk of that name: PNG's (size, name, content, `tail` more bytes) or RIFF's (name, size, content)."""
    for _ in range(_CHUNKS_MAX):
        if place + 8 > len(data):
            break
        first, second = data[place : place + 4], data[place + 4 : place + 8]
        size_bytes, named = (first, second) if tail else (second, first)
        (size,) = struct.unpack(size_form, size_bytes)
        if named == name:
            return data[place + 8 : place + 8 + size]
        place += 8 + size + tail + (0 if tail else size & 1)
    return b""


def image_header(data: bytes) -> ImageHeader | None:
    """The header of a JPEG, PNG, BMP or WebP image; None for anything else or a header that is cut off."""
    if len(data) < 30:
        return None
    if data[:2] == b"\xff\xd8":
        return _jpeg(data)
    if data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR":
        return _png(data)
    if data[:2] == b"BM" and struct.unpack_from("<I", data, 14)[0] >= 40:
        width, height = struct.unpack_from("<ii", data, 18)
        return ImageHeader("bmp", width, abs(height))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    return None
