"""The preprocessing chain on known pixels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from agents.preprocessing import ChainError, decode, normalised, run_chain
from schemas.specs.preprocessing import CenterCrop, CvtRGB, EqualResize, Resize, Step, Transpose

PIXELS = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)


def test_decoding_gives_bgr_or_grey() -> None:
    blue = np.zeros((2, 3, 3), np.uint8)
    blue[:, :, 0] = 255
    data = cv2.imencode(".png", blue)[1].tobytes()
    colour, grey = decode(data, 3), decode(data, 1)
    assert colour is not None
    assert grey is not None
    assert colour.shape == (2, 3, 3)
    assert colour[0, 0].tolist() == [255, 0, 0]
    assert grey.shape == (2, 3, 1)
    assert decode(b"no image", 3) is None
    assert decode(b"", 3) is None


def test_cvtrgb_turns_the_channels_and_leaves_grey_alone() -> None:
    assert np.array_equal(run_chain(PIXELS, (CvtRGB(),)), PIXELS[:, :, ::-1])
    assert np.array_equal(run_chain(PIXELS[:, :, :1], (CvtRGB(),)), PIXELS[:, :, :1])


def test_transpose_puts_channels_first() -> None:
    assert np.array_equal(run_chain(PIXELS, (Transpose(),)), PIXELS.transpose(2, 0, 1))


def test_center_crop_takes_the_middle_and_refuses_less() -> None:
    assert np.array_equal(run_chain(PIXELS, (CenterCrop(2, 2),)), PIXELS[1:3, 2:4])
    with pytest.raises(ChainError, match="image_smaller_than_crop"):
        run_chain(PIXELS, (CenterCrop(7, 2),))


@pytest.mark.parametrize(
    ("steps", "shape"),
    [
        ((Resize(width=5, height=7),), (7, 5, 3)),
        ((Resize(short_side=8),), (8, 12, 3)),
        ((Resize(short_side=3),), (3, 4, 3)),
        ((EqualResize(10, 10),), (10, 10, 3)),
        ((Resize(width=5, height=7), Transpose()), (3, 7, 5)),
    ],
)
def test_sizes(steps: tuple[Step, ...], shape: tuple[int, ...]) -> None:
    assert run_chain(PIXELS, steps).shape == shape
    assert run_chain(PIXELS[:, :, :1], steps).size == np.prod(shape) // 3


def test_equal_resize_pads_right_and_below_or_around() -> None:
    white = np.full((2, 4, 3), 255, np.uint8)
    corner = run_chain(white, (EqualResize(8, 8, value=7),))
    assert (corner[:4] == 255).all()
    assert (corner[4:] == 7).all()
    centred = run_chain(white, (EqualResize(8, 8, centred=True),))
    assert (centred[2:6] == 255).all()
    assert (centred[[0, 1, 6, 7]] == 0).all()


def test_normalising_is_mean_then_scale_per_channel() -> None:
    result = normalised(PIXELS.transpose(2, 0, 1), (1.0, 2.0, 3.0), (0.5, 1.0, 2.0))
    assert result.dtype == np.float32
    assert result.flags.c_contiguous
    assert result[:, 0, 0].tolist() == [-0.5, -1.0, -2.0]


def test_a_thin_image_is_refused_before_it_fills_the_memory():
    thin = np.zeros((2, 9000, 3), np.uint8)
    with pytest.raises(ChainError, match="image_too_thin"):
        run_chain(thin, (Resize(short_side=224),))
    assert run_chain(thin, (Resize(width=8, height=8),)).shape == (8, 8, 3)
