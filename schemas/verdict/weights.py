"""Bootstrap weights that depend on the image alone: an image weighs the same in every test of every model.

Resampling images with replacement gives each of them a weight that is close to Poisson(1) (Chamandy et al., "Estimating
uncertainty for massive data streams", 2012). Drawn from a hash of (image, replicate) instead of a generator's state,
the weights of two tests agree without the tests knowing of each other, and leaving images out changes no other weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext

import numpy as np
from numpy.typing import NDArray

METHOD = "poisson1-splitmix64-1"
"""Names this module's arithmetic; another arithmetic is another name, and two names are never compared."""
REPLICATES = 1000
DIGEST_BYTES = 32
WEIGHT_MAX = 20
"""Poisson(1) is larger once in 10**20 draws: less often than a 64-bit number can say."""
_DIGITS = 50
_OFTEN = 5

Digests = NDArray[np.uint8]
"""(images, 32): SHA-256 of each image."""

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


def raw(digests: Sequence[str] | Digests) -> Digests:
    """Digests written as `sha256:` and 64 hexadecimal digits, as rows of bytes; those that are rows already stay so."""
    if isinstance(digests, np.ndarray):
        return digests
    joined = b"".join(bytes.fromhex(digest.removeprefix("sha256:")) for digest in digests)
    return np.frombuffer(joined, np.uint8).reshape(-1, DIGEST_BYTES)


def weights(digests: Digests, replicates: range = range(REPLICATES)) -> NDArray[np.uint8]:
    """(images, len(replicates)) weights; a column is what the images weigh in that replicate.

    The weight is the Poisson(1) quantile of output r of SplitMix64 (Steele, Lea, Flood 2014) started at the digest's
    first eight bytes, big-endian.
    """
    seeds = np.ascontiguousarray(digests[:, :8]).view(">u8").astype(np.uint64)
    steps = np.arange(replicates.start + 1, replicates.stop + 1, dtype=np.uint64) * np.array([_GOLDEN], np.uint64)
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
