"""Where a preprocessing chain puts an image's pixels, exactly: the sizes after each step, and the way back. Pure.

Coordinates are edges: a pixel reaches from its index to its index + 1; a whole image is (0, 0, width, height).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.specs.preprocessing import CenterCrop, EqualResize, Resize, Step

Boxes = NDArray[np.float32]
Size = tuple[int, int]
"""Width and height."""


class Placement(NamedTuple):
    """x in the network's input = x in the image * scale_x + left; the same for y. `width`, `height`: the image's."""

    width: int
    height: int
    scale_x: float = 1.0
    scale_y: float = 1.0
    left: float = 0.0
    top: float = 0.0


class Inner(NamedTuple):
    """Where `equal_resize` puts the scaled image in the padded one."""

    width: int
    height: int
    left: int
    top: int


def resized(size: Size, step: Resize) -> Size:
    """The size after a resize."""
    width, height = size
    if step.short_side is None:
        return step.width or 1, step.height or 1
    # The long side is cut to whole pixels as torchvision does it, since models were trained behind that.
    if width <= height:
        return step.short_side, int(step.short_side * height / width)
    return int(step.short_side * width / height), step.short_side


def cropped(size: Size, step: CenterCrop) -> tuple[int, int]:
    """Left and top of the part that a centercrop keeps."""
    return round((size[0] - step.width) / 2), round((size[1] - step.height) / 2)


def padded(size: Size, step: EqualResize) -> Inner:
    """Where the image comes to lie in an equal_resize."""
    width, height = size
    scale = min(step.width / width, step.height / height)
    inner_width = min(step.width, max(1, round(width * scale)))
    inner_height = min(step.height, max(1, round(height * scale)))
    left = (step.width - inner_width) // 2 if step.centred else 0
    top = (step.height - inner_height) // 2 if step.centred else 0
    return Inner(inner_width, inner_height, left, top)


def placement(width: int, height: int, steps: tuple[Step, ...]) -> Placement:
    """Where the chain puts an image of `width` x `height`."""
    place, size = Placement(width, height), (width, height)
    for step in steps:
        if isinstance(step, CenterCrop):
            left, top = cropped(size, step)
            place, size = _moved(place, -left, -top), (step.width, step.height)
        elif isinstance(step, Resize):
            new = resized(size, step)
            place, size = _scaled(place, new[0] / size[0], new[1] / size[1]), new
        elif isinstance(step, EqualResize):
            inner = padded(size, step)
            place = _scaled(place, inner.width / size[0], inner.height / size[1])
            place, size = _moved(place, inner.left, inner.top), (step.width, step.height)
    return place


def _scaled(place: Placement, x: float, y: float) -> Placement:
    return place._replace(scale_x=place.scale_x * x, scale_y=place.scale_y * y, left=place.left * x, top=place.top * y)


def _moved(place: Placement, x: float, y: float) -> Placement:
    return place._replace(left=place.left + x, top=place.top + y)


def back(boxes: Boxes, place: Placement) -> Boxes:
    """Boxes (n, 4) of left, top, right, bottom in the network's input as boxes in the image, or beyond its edges."""
    moved = boxes.astype(np.float64) - (place.left, place.top, place.left, place.top)
    moved /= (place.scale_x, place.scale_y, place.scale_x, place.scale_y)
    return moved.astype(np.float32)


def clipped(boxes: Boxes, place: Placement) -> Boxes:
    """Boxes in the image, cut at its edges."""
    inside: Boxes = np.clip(boxes, 0, np.array((place.width, place.height) * 2, np.float32))
    return inside
