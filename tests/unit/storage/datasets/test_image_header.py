"""Headers of images: format and size from the first bytes, whatever the bytes are."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.datasets.image_header import ImageHeader, image_header

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 640, 480) + bytes(20)
JPEG = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08" + struct.pack(">HH", 480, 640) + bytes(30)
BMP = b"BM" + bytes(12) + struct.pack("<Iii", 40, 640, -480) + bytes(20)
WEBP = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 640, 480) + bytes(9)


@pytest.mark.parametrize(("data", "kind"), [(PNG, "png"), (JPEG, "jpg"), (BMP, "bmp"), (WEBP, "webp")])
def test_headers_say_format_and_size(data: bytes, kind: str) -> None:
    assert image_header(data) == ImageHeader(kind, 640, 480)  # type: ignore[arg-type]


@given(st.binary(max_size=200), st.sampled_from([b"", PNG[:16], JPEG[:6], BMP[:14], WEBP[:16]]))
def test_any_bytes_are_a_header_or_none(data: bytes, start: bytes) -> None:
    header = image_header(start + data)
    assert header is None or header.format in ("jpg", "png", "bmp", "webp")
