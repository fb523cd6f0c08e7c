"""Boxes come back to the image exactly, whatever the chain did: against the chain itself, run on marked pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.geometry import back, clipped, placement
from agents.preprocessing import run_chain
from schemas.specs.preprocessing import CenterCrop, EqualResize, Resize, Step, Transpose

CHAINS: list[tuple[Step, ...]] = [
    (Resize(width=40, height=30), Transpose()),
    (Resize(short_side=48), CenterCrop(width=40, height=30)),
    (EqualResize(width=64, height=64),),
    (EqualResize(width=64, height=48, centred=True),),
    (CenterCrop(width=50, height=41), EqualResize(width=32, height=32, centred=True)),
    (),
]


@pytest.mark.parametrize("steps", CHAINS)
@pytest.mark.parametrize("size", [(100, 60), (60, 100), (53, 47), (50, 41)])
def test_the_placement_says_where_the_chain_puts_every_pixel(size: tuple[int, int], steps: tuple[Step, ...]) -> None:
    """Linear interpolation of a ramp gives back the place that a pixel's centre came from."""
    width, height = size
    ramp = np.zeros((height, width, 3), np.uint8)
    ramp[:, :, 0] = 2 * np.arange(width)[None, :]
    ramp[:, :, 1] = 2 * np.arange(height)[:, None]
    ramp[:, :, 2] = 255
    out = run_chain(ramp, steps)
    out = out.transpose(1, 2, 0) if steps and isinstance(steps[-1], Transpose) else out
    rows, columns = np.nonzero(out[:, :, 2] == 255)
    found = back(np.stack([columns, rows, columns + 1, rows + 1], axis=1).astype(np.float32), placement(*size, steps))
    centres = (found[:, :2] + found[:, 2:]) / 2
    inside = ((centres > 1) & (centres < np.array(size) - 1)).all(axis=1)
    seen = out[rows, columns][:, :2] / 2 + 0.5
    assert inside.sum() > 100
    away = (centres - seen)[inside]
    # rounding to whole numbers, of both the interpolation's weights and its result, is the rest
    assert np.abs(away).max() < 0.4
    assert np.abs(away.mean(axis=0)).max() < 0.3


@given(
    st.integers(1, 900), st.integers(1, 900),
    st.sampled_from([(Resize(width=320, height=256),), (EqualResize(width=320, height=256, centred=True),)]),
    st.tuples(*[st.floats(0, 1)] * 4),
)  # fmt: skip
def test_a_box_goes_there_and_back(width: int, height: int, steps: tuple[Step, ...], parts: tuple[float, ...]) -> None:
    x, y = sorted((parts[0] * width, parts[1] * width)), sorted((parts[2] * height, parts[3] * height))
    box = np.array([x[0], y[0], x[1], y[1]])
    place = placement(width, height, steps)
    there = box * np.array([place.scale_x, place.scale_y] * 2) + np.array([place.left, place.top] * 2)
    assert np.allclose(back(there[None].astype(np.float32), place), box, atol=1e-3 * max(width, height))


def test_boxes_end_at_the_images_edges() -> None:
    place = placement(100, 50, (EqualResize(width=64, height=64),))
    boxes = back(np.array([[-5, -5, 64, 64]], np.float32), place)
    assert boxes.tolist() == [[-7.8125, -7.8125, 100, 100]]
    assert clipped(boxes, place).tolist() == [[0, 0, 100, 50]]
