"""Bootstrap weights that depend on the image alone: an image weighs the same in every test of every model.

Resampling images with replacement gives each of them a weight that is close to Poisson(1) (Chamandy et al., "Estimating
uncertainty for massive data streams", 2012). Drawn from a hash of (image, replicate) instead of a generator's state,
the weights of two tests agree without the tests knowing of each other, and leaving images out changes no other weight.
"""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np
from numpy.typing import NDArray

METHOD = "poisson1-splitmix64-1"
"""Names this module's arithmetic; another arithmetic is another name, and sums of two names are never subtracted."""
REPLICATES = 2000
DIGEST_BYTES = 32
WEIGHT_MAX = 20
"""Poisson(1) is larger once in 10**20 draws: less often than a 64-bit number can say."""
BLOCK_IMAGES = 1024
_DIGITS = 50
_OFTEN = 5

Digests = NDArray[np.uint8]
"""(images, 32): SHA-256 of each image."""
Marks = NDArray[np.bool_]
"""(measures, images): whether the answer to the image counts as right."""
Sums = NDArray[np.int64]

_GOLDEN, _MIX_1, _MIX_2 = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def _thresholds() -> NDArray[np.uint64]:
    """Poisson(1)'s distribution function at 0, 1, ... times 2**64, by decimal arithmetic: the same on every machine."""
    with localcontext(prec=_DIGITS):
        term = Decimal(-1).exp()
        total = Decimal(0)
        found = []
        for count in range(WEIGHT_MAX):
            total += term
            found.append(int(total * (1 << 64)))
            term /= count + 1
    return np.array(found, np.uint64)


_THRESHOLDS = _thresholds()


def weights(digests: Digests) -> NDArray[np.uint8]:
    """(images, REPLICATES) weights; column r is what the images weigh in replicate r.

    The weight is the Poisson(1) quantile of output r of SplitMix64 (Steele, Lea, Flood 2014) started at the digest's
    first eight bytes, big-endian.
    """
    seeds = np.ascontiguousarray(digests[:, :8]).view(">u8").astype(np.uint64)
    steps = np.arange(1, REPLICATES + 1, dtype=np.uint64) * np.array([_GOLDEN], np.uint64)
    state = seeds + steps[None, :]
    state = (state ^ (state >> np.uint64(30))) * np.uint64(_MIX_1)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(_MIX_2)
    state ^= state >> np.uint64(31)
    drawn: NDArray[np.uint8] = (state >= _THRESHOLDS[0]).astype(np.uint8)
    for threshold in _THRESHOLDS[1:_OFTEN]:
        drawn += state >= threshold
    # comparing everything with everything is quicker than searching, but not for what hardly ever comes
    rare = state >= _THRESHOLDS[_OFTEN - 1]
    drawn[rare] = np.searchsorted(_THRESHOLDS, state[rare], side="right")
    return drawn


def weighted(digests: Digests, marks: Marks) -> tuple[Sums, Sums]:
    """Sums over the images: of the weights (REPLICATES,), and of the weights of the right ones (measures, REPLICATES).

    Whole numbers: sums over parts of the images add up, and what is left out can be subtracted, to the last digit.
    """
    total = np.zeros(REPLICATES, np.int64)
    right = np.zeros((len(marks), REPLICATES), np.int64)
    for start in range(0, len(digests), BLOCK_IMAGES):
        block = slice(start, start + BLOCK_IMAGES)
        drawn = weights(digests[block])
        total += drawn.sum(axis=0, dtype=np.int64)
        # float32 holds a block's whole numbers exactly, and multiplies matrices much faster than integers do
        right += (marks[:, block].astype(np.float32) @ drawn.astype(np.float32)).astype(np.int64)
    return total, right
