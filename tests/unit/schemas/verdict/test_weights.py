"""Weights: one image, one weight, wherever it comes; and close to drawing with replacement."""

from __future__ import annotations

import hashlib
import math

import numpy as np

from schemas.verdict.weights import REPLICATES, Digests, raw, weights

MASK = (1 << 64) - 1
PINNED = [2, 2, 1, 0, 2, 2, 1, 1, 1, 2, 1, 0, 3, 2, 0, 0, 0, 3, 1, 1, 1, 3, 1, 0]
PINNED_DIGEST = "f222265069ce8ae04728eb1b81e900fc007d3eeb2a4524626a19fa230e58490b"


def digests(*names: object) -> Digests:
    return raw([f"sha256:{hashlib.sha256(str(name).encode()).hexdigest()}" for name in names])


def slow_weight(digest: bytes, replicate: int) -> int:
    """SplitMix64 and the Poisson quantile as their definitions read."""
    state = (int.from_bytes(digest[:8], "big") + (replicate + 1) * 0x9E3779B97F4A7C15) & MASK
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & MASK
    uniform = (state ^ (state >> 31)) / 2**64
    below, count = math.exp(-1), 0
    while uniform >= below:
        count += 1
        below += math.exp(-1) / math.factorial(count)
    return count


def test_weights_are_those_of_the_definition():
    drawn = weights(digests(1, 2, 3))
    for image, digest in enumerate(digests(1, 2, 3)):
        assert drawn[image].tolist() == [slow_weight(digest.tobytes(), each) for each in range(REPLICATES)]


def test_weights_never_change():
    """Pinned: replicates of older tests are subtracted from those of newer ones."""
    drawn = weights(digests("mo"), range(2000))[0]
    assert drawn[:24].tolist() == PINNED
    assert hashlib.sha256(drawn.tobytes()).hexdigest() == PINNED_DIGEST


def test_weights_are_distributed_like_poisson_1():
    drawn = weights(digests(*range(500)))
    for count, expected in enumerate(math.exp(-1) / math.factorial(each) for each in range(6)):
        assert abs((drawn == count).mean() - expected) < 4 * math.sqrt(expected / drawn.size)
    assert abs(drawn.mean() - 1) < 0.004
    assert abs(np.corrcoef(drawn[0], drawn[1])[0, 1]) < 0.1
    assert abs(np.corrcoef(drawn[:, 0], drawn[:, 1])[0, 1]) < 0.2


def test_a_part_of_the_replicates_is_that_part_of_them():
    assert (weights(digests(1, 2), range(7, 11)) == weights(digests(1, 2))[:, 7:11]).all()
