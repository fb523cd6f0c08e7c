"""Probabilities: made of any numbers, and known where they are already there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agents.evaluation.probabilities import is_distribution, softmax


@given(arrays(np.float32, (3, 4), elements=st.floats(-(2.0**100), 2.0**100, width=32)))
def test_softmax_makes_distributions_and_keeps_the_best(
    logits: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> None:
    result = softmax(logits)
    assert is_distribution(result)
    assert (result[np.arange(3), logits.argmax(axis=1)] == result.max(axis=1)).all()


@pytest.mark.parametrize("rows", [[[0.5, 0.6]], [[1.5, -0.5]], [[0.5, 0.5], [0.0, 0.0]]])
def test_what_is_no_distribution(rows: list[list[float]]) -> None:
    assert not is_distribution(np.array(rows, np.float32))
