"""What a classifier's outputs are: probabilities already, or numbers that become some. Pure numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_SUM_TOLERANCE = 1e-3
_EDGE_TOLERANCE = 1e-6

Floats = NDArray[np.float32]


def is_distribution(outputs: Floats) -> bool:
    """Whether every row of (images, classes) is a probability distribution already: in [0, 1] and summing to 1."""
    inside = bool(np.all(outputs >= -_EDGE_TOLERANCE) and np.all(outputs <= 1 + _EDGE_TOLERANCE))
    return inside and bool(np.all(np.abs(outputs.sum(axis=1, dtype=np.float64) - 1) <= _SUM_TOLERANCE))


def softmax(logits: Floats) -> Floats:
    """Probabilities along the last axis, float32; large values do not overflow."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: Floats = (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)
    return result
