"""Reads format and size of an image from its first bytes, so that a bomb is refused before anything decodes it."""

from __future__ import annotations

import struct
from typing import Literal, NamedTuple

ImageFormat = Literal["jpg", "png", "bmp", "webp"]

_NO_SIZE_MARKERS = frozenset({0x01, *range(0xD0, 0xD8)})
_NOT_FRAMES = frozenset({0xC4, 0xC8, 0xCC})


class ImageHeader(NamedTuple):
    """Format and size in pixels as the header says them."""

    format: ImageFormat
    width: int
    height: int


def _jpeg(data: bytes) -> ImageHeader | None:
    place = 2
    while place + 9 <= len(data):
        if data[place] != 0xFF:
            return None
        marker = data[place + 1]
        if marker == 0xFF:
            place += 1
        elif marker in _NO_SIZE_MARKERS:
            place += 2
        elif 0xC0 <= marker <= 0xCF and marker not in _NOT_FRAMES:
            height, width = struct.unpack_from(">HH", data, place + 5)
            return ImageHeader("jpg", width, height)
        else:
            place += 2 + max(2, struct.unpack_from(">H", data, place + 2)[0])
    return None


def _webp(data: bytes) -> ImageHeader | None:
    kind = data[12:16]
    if kind == b"VP8X":
        return ImageHeader("webp", 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little"))
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return ImageHeader("webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return ImageHeader("webp", width & 0x3FFF, height & 0x3FFF)
    return None


def image_header(data: bytes) -> ImageHeader | None:
    """The header of a JPEG, PNG, BMP or WebP image; None for anything else or a header that is cut off."""
    if len(data) < 30:
        return None
    if data[:2] == b"\xff\xd8":
        return _jpeg(data)
    if data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR":
        return ImageHeader("png", *struct.unpack_from(">II", data, 16))
    if data[:2] == b"BM" and struct.unpack_from("<I", data, 14)[0] >= 40:
        width, height = struct.unpack_from("<ii", data, 18)
        return ImageHeader("bmp", width, abs(height))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    return None
