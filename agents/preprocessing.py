"""Executes a preprocessing chain on one decoded image, then normalises it. Loads OpenCV: for child processes."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from agents.geometry import Size, cropped, padded, resized
from agents.resampling import cubic_antialiased
from schemas.specs.preprocessing import (
    CenterCrop,
    CvtRGB,
    EqualResize,
    Interpolation,
    Resize,
    Step,
    Transpose,
)

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]

_OPENCV: dict[Interpolation, int] = {
    "nearest": cv2.INTER_NEAREST,
    "linear": cv2.INTER_LINEAR,
    "cubic": cv2.INTER_CUBIC,
    "area": cv2.INTER_AREA,
}


SIDE_MAX = 32_000
"""A thin image whose short side is brought to a size grows without end in the other; OpenCV has no more than this."""


class ChainError(ValueError):
    """The chain cannot run on this image; `code` says why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def decode(data: bytes, channels: int) -> Image | None:
    """The image as uint8 (height, width, channels): BGR, or grey where `channels` is 1. None if it cannot be decoded.

    OpenCV's habit is kept: the orientation in EXIF data is applied.
    """
    try:
        image: Any = cv2.imdecode(
            np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE if channels == 1 else cv2.IMREAD_COLOR
        )
    except cv2.error:
        return None
    if image is None:
        return None
    pixels: Image = image if image.ndim == 3 else image[:, :, None]
    return pixels


def _stretch(image: Image, width: int, height: int, interpolation: Interpolation) -> Image:
    if interpolation == "cubic_antialias":
        return cubic_antialiased(image, width, height)
    resized: Any = cv2.resize(image, (width, height), interpolation=_OPENCV[interpolation])
    pixels: Image = resized if resized.ndim == 3 else resized[:, :, None]
    return pixels


def _size(image: Image) -> Size:
    return image.shape[1], image.shape[0]


def _resize(image: Image, step: Resize) -> Image:
    size = resized(_size(image), step)
    if max(size) > SIDE_MAX:
        raise ChainError("image_too_thin")
    return _stretch(image, *size, step.interpolation)


def _center_crop(image: Image, step: CenterCrop) -> Image:
    height, width = image.shape[:2]
    if height < step.height or width < step.width:
        raise ChainError("image_smaller_than_crop")
    left, top = cropped((width, height), step)
    return image[top : top + step.height, left : left + step.width]


def _equal_resize(image: Image, step: EqualResize) -> Image:
    inner = padded(_size(image), step)
    canvas = np.full((step.height, step.width, image.shape[2]), step.value, np.uint8)
    canvas[inner.top : inner.top + inner.height, inner.left : inner.left + inner.width] = _stretch(
        image, inner.width, inner.height, step.interpolation
    )
    return canvas


def run_chain(image: Image, steps: tuple[Step, ...]) -> Image:
    """The image after all steps: uint8, (height, width, channels), or channels first where the chain transposes.

    `image` is uint8 (height, width, channels), BGR or grey; a grey image has no order of colours for cvtRGB to change.

    Raises:
        ChainError: `image_smaller_than_crop`, `image_too_thin`.
    """
    for step in steps:
        match step:
            case Resize():
                image = _resize(image, step)
            case CenterCrop():
                image = _center_crop(image, step)
            case EqualResize():
                image = _equal_resize(image, step)
            case CvtRGB():
                image = image if image.shape[2] == 1 else image[:, :, ::-1]
            case Transpose():
                image = image.transpose(2, 0, 1)
    return image


def normalise(image: Image, mean: tuple[float, ...], scale: tuple[float, ...], into: Floats) -> None:
    """Write (image - mean) * scale as float32 where it is wanted, without another copy.

    `image` is uint8, channels first, one mean and scale a channel; `into` is float32 of the same shape.
    """
    factor = np.array(scale, np.float32)[:, None, None]
    if not any(mean):
        np.multiply(image, factor, out=into)
        return
    np.subtract(image, np.array(mean, np.float32)[:, None, None], out=into)
    into *= factor


def normalised(image: Image, mean: tuple[float, ...], scale: tuple[float, ...]) -> Floats:
    """(image - mean) * scale as contiguous float32; see `normalise`."""
    result = np.empty(image.shape, np.float32)
    normalise(image, mean, scale, result)
    return result
