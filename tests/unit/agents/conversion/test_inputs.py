"""What the network is asked: sizes, batches, images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.conversion.inputs import Batch, feeds, output_key, random_images, sizes, tried


def test_sizes_go_up_to_the_largest() -> None:
    assert [sizes(size) for size in (1, 2, 3, 5, 100)] == [(1,), (1, 2), (1, 2, 3), (1, 2, 3, 5), (1, 2, 3, 8)]


def test_random_images_are_repeatable_normalised_and_nested() -> None:
    first, second = (random_images((3, 4, 4), (10.0, 20.0, 30.0), (0.1, 0.2, 0.5), 5) for _ in range(2))
    assert np.array_equal(first, second)
    assert (first.shape, first.dtype) == ((5, 3, 4, 4), np.float32)
    channel = first[:, 1]
    assert -4 <= channel.min() < channel.max() <= 47
    batches = feeds(5, first)
    assert list(batches) == [Batch("random", size) for size in (1, 2, 3, 5)]
    assert np.array_equal(batches[Batch("random", 5)][:2], batches[Batch("random", 2)])


def test_images_that_are_made_one_by_one_are_those_that_would_be_made_at_once() -> None:
    pixels = np.random.default_rng(20_170_401).uniform(0, 255, (3, 2, 5, 4))
    pixels[::2] = pixels[::2, :, :1, :1] * 0.5 + pixels[::2] * 0.5
    assert np.array_equal(random_images((2, 5, 4), (9.0, 7.0), (1.0, 2.0), 3), at_once(pixels))


def at_once(pixels: NDArray[np.float64]) -> NDArray[np.float32]:
    return ((pixels - np.array([9.0, 7.0])[:, None, None]) * np.array([1.0, 2.0])[:, None, None]).astype(np.float32)


def test_real_images_are_used_up_in_batches_of_the_largest_size() -> None:
    assert tried(8, 16)[4:] == (
        Batch("real", 1), Batch("real", 2), Batch("real", 3), Batch("real", 8), Batch("real", 8, 8)
    )  # fmt: skip
    assert tried(1, 3)[1:] == (Batch("real", 1), Batch("real", 1, 1), Batch("real", 1, 2))
    assert tried(8, 5)[4:] == (Batch("real", 1), Batch("real", 2), Batch("real", 3), Batch("real", 5))
    assert tried(8, 2)[4:] == (Batch("real", 1), Batch("real", 2))
    assert tried(8, 0) == tried(8)


def test_no_two_outputs_have_one_name() -> None:
    names = [output_key(batch, output) for batch in tried(8, 16) for output in range(3)]
    assert len(set(names)) == len(names)
