"""Pictures with what is said of them: an SVG around the untouched original, which nobody here decodes. Pure.

Nothing in it can be run: texts are escaped, there is neither script nor style nor any address but the image's own data.
Browsers turn the original as its EXIF says, as boxes are meant.
"""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

MEDIA = {"jpeg": "image/jpeg", "jpg": "image/jpeg", "png": "image/png", "bmp": "image/bmp", "webp": "image/webp"}
"""Formats that packs hold, by the ending of their entries, and that browsers show."""
LINE_CHARS_MAX = 200
SIDE_MIN = 320
"""Smaller images are shown larger, pixel by pixel, or nobody could read what stands over them."""
SQUARES = ' image-rendering="pixelated"'


class Mark(NamedTuple):
    """A box in pixels of the upright image with its text; dashed ones do not count (crowds, difficult ones). Without a
    colour of ours it has the text's."""

    left: float
    top: float
    width: float
    height: float
    text: str
    dashed: bool = False
    colour: str = ""


def picture(image: bytes, media: str, size: tuple[int, int], marks: Iterable[Mark], lines: Sequence[str]) -> bytes:
    """The SVG: the image (`size`: width, height in pixels), its boxes, and lines of text in its upper left corner."""
    width, height = size
    zoom = max(1, math.ceil(SIDE_MIN / max(1, width, height)))
    letter = max(8.0, min(width, height) * zoom / 30) / zoom
    shown = f'width="{width * zoom}" height="{height * zoom}"'
    data = base64.b64encode(image).decode()
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {shown}>',
        f'<image width="{width}" height="{height}"{SQUARES if zoom > 1 else ""} href="data:{media};base64,{data}"/>',
        f'<g font-family="sans-serif" font-size="{letter:.2f}" stroke-width="{letter / 6:.2f}">',
    ]
    parts += [_box(mark, letter) for mark in marks]
    parts += [_text(letter / 2, letter * (1.3 * number + 1.3), line, "#ffffff") for number, line in enumerate(lines)]
    return "".join([*parts, "</g></svg>"]).encode()


def colour_of(text: str) -> str:
    """The same colour for the same class, everywhere."""
    return f"hsl({zlib.crc32(text.encode('utf-8', 'replace')) % 360}, 90%, 50%)"


def _box(mark: Mark, letter: float) -> str:
    colour = mark.colour or colour_of(mark.text)
    dashes = f' stroke-dasharray="{letter / 2:.1f}"' if mark.dashed else ""
    sides = f'x="{mark.left:.2f}" y="{mark.top:.2f}" width="{mark.width:.2f}" height="{mark.height:.2f}"'
    above = mark.top - letter * 0.3
    baseline = above if above > letter else mark.top + letter * 1.1
    return f'<rect {sides} fill="none" stroke="{colour}"{dashes}/>' + _text(mark.left, baseline, mark.text, colour)


def _text(left: float, baseline: float, text: str, colour: str) -> str:
    shown = "".join(each for each in text[:LINE_CHARS_MAX] if each.isprintable())
    return (
        f'<text x="{left:.2f}" y="{baseline:.2f}" fill="{colour}" stroke="#000000" paint-order="stroke">'
        f"{escape(shown)}</text>"
    )
