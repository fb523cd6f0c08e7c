"""Antialiased cubic resizing against what Pillow 13 gave for the same pixels."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from agents.resampling import cubic_antialiased

PIXELS = [
    [139, 74, 229, 241, 169, 65, 6, 160, 149, 106, 38, 175],
    [188, 205, 175, 229, 98, 249, 10, 148, 95, 86, 147, 198],
    [66, 39, 106, 213, 171, 45, 167, 57, 69, 81, 55, 14],
    [153, 178, 215, 76, 52, 39, 250, 72, 215, 50, 161, 223],
    [112, 172, 161, 233, 38, 17, 89, 1, 221, 6, 242, 127],
    [143, 6, 60, 210, 94, 25, 166, 33, 249, 189, 12, 204],
    [33, 57, 124, 30, 199, 149, 202, 119, 72, 220, 3, 209],
    [122, 136, 147, 77, 133, 82, 115, 87, 162, 230, 70, 71],
]
HALF = [
    [142, 203, 141, 89, 106, 121],
    [128, 156, 97, 121, 95, 120],
    [107, 145, 75, 97, 145, 146],
    [87, 100, 133, 125, 156, 101],
]
UNEVEN = [[143, 184, 106, 102, 109], [132, 129, 86, 119, 135], [88, 115, 119, 143, 121]]
GROWN = [
    [141, 117, 67, 96, 200, 249],
    [153, 137, 104, 124, 194, 228],
    [178, 178, 177, 180, 185, 187],
    [190, 198, 214, 208, 179, 166],
]


@pytest.mark.parametrize(("rows", "columns", "expected"), [(8, 12, HALF), (8, 12, UNEVEN), (2, 3, GROWN)])
def test_every_bit_is_pillows(rows: int, columns: int, expected: list[list[int]]) -> None:
    image = np.array(PIXELS, np.uint8)[:rows, :columns, None]
    got = cubic_antialiased(image, len(expected[0]), len(expected))
    assert got.dtype == np.uint8
    assert got[:, :, 0].tolist() == expected


def test_colours_do_not_mix_and_the_same_size_changes_nothing() -> None:
    image = np.stack([np.array(PIXELS, np.uint8), np.full((8, 12), 9, np.uint8)], axis=-1)
    assert np.array_equal(cubic_antialiased(image, 12, 8), image)
    shrunk = cubic_antialiased(image, 6, 4)
    assert shrunk[:, :, 0].tolist() == HALF
    assert (shrunk[:, :, 1] == 9).all()


@pytest.mark.parametrize("wanted", [9000, 400])
def test_a_long_side_takes_little_memory_and_blocks_change_nothing(wanted: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (12000, 2, 1), dtype=np.uint8)
    tracemalloc.start()
    got = cubic_antialiased(image, 2, wanted)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 << 20
    # the middle half of the image alone gives the middle half of the result, away from its edges
    inner = cubic_antialiased(image[3000:9000], 2, wanted // 2)
    edge, start = 4, wanted // 4
    assert np.array_equal(got[start + edge : start + wanted // 2 - edge], inner[edge:-edge])
