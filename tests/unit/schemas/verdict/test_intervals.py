"""Intervals against their definitions: a score interval ends where the test that it inverts begins to reject."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.verdict import intervals
from schemas.verdict.intervals import Z, student


def wilson(right: int, images: int) -> tuple[float, float]:
    low, high = intervals.wilson(right / images, images)
    return float(low), float(high)


def tango(gained: int, lost: int, images: int) -> tuple[float, float]:
    low, high = intervals.tango(gained, lost, images)
    return float(low), float(high)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[int, int, int]:
    """gained, lost, images."""
    images = draw(st.integers(1, 400))
    gained = draw(st.integers(0, images))
    return gained, draw(st.integers(0, images - gained)), images


@given(st.integers(1, 5000), st.data())
def test_wilson_ends_where_the_score_test_rejects(images: int, data: st.DataObject):
    right = data.draw(st.integers(0, images))
    low, high = wilson(right, images)
    assert 0 <= low <= right / images <= high <= 1
    for end in (low, high):
        if 0 < end < 1:
            assert abs(right / images - end) / math.sqrt(end * (1 - end) / images) == pytest.approx(Z, rel=1e-6)


def test_wilson_by_a_published_example():
    """Newcombe (1998), Statistics in Medicine 17:857, table I: 81 of 263, and 15 of 148."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)


def most_likely_lost(gained: int, lost: int, images: int, difference: float) -> float:
    """The share of lost images under which the counts are likeliest, given the difference: by trying them all."""
    lowest, highest = max(0.0, -difference), (1 - difference) / 2
    shares = np.linspace(lowest, highest, 200_001)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [
            np.where(count > 0, count * np.log(np.maximum(share, 0)), 0.0)
            for count, share in (
                (gained, shares + difference),
                (lost, shares),
                (images - gained - lost, 1 - 2 * shares - difference),
            )
        ]
    return float(shares[np.argmax(sum(parts))])


@pytest.mark.parametrize(("gained", "lost", "images"), [(12, 2, 50), (3, 1, 20), (9, 0, 30), (40, 41, 300), (0, 0, 20)])
def test_tango_ends_where_the_score_test_rejects(gained: int, lost: int, images: int):
    for end in tango(gained, lost, images):
        share = most_likely_lost(gained, lost, images, end)
        error = math.sqrt((2 * share + end - end * end) / images)
        assert abs((gained - lost) / images - end) / error == pytest.approx(Z, rel=2e-3)


@given(pairs())
def test_tango_is_symmetric_and_holds_the_estimate(counts: tuple[int, int, int]):
    gained, lost, images = counts
    low, high = tango(gained, lost, images)
    assert -1 <= low <= (gained - lost) / images <= high <= 1
    back = tango(lost, gained, images)
    assert (-back[1], -back[0]) == pytest.approx((low, high), abs=1e-9)


@given(pairs())
def test_tango_leaves_zero_out_where_mcnemar_rejects(counts: tuple[int, int, int]):
    gained, lost, images = counts
    statistic = abs(gained - lost) / math.sqrt(gained + lost) if gained + lost else 0.0
    low, high = tango(gained, lost, images)
    if abs(statistic - Z) > 1e-6:
        assert (low > 0 or high < 0) == (statistic > Z)


def test_tango_without_a_difference_by_hand():
    """Nothing gained, nothing lost: z**2 / (n + z**2) to both sides."""
    assert tango(0, 0, 20) == pytest.approx((-Z * Z / (20 + Z * Z), Z * Z / (20 + Z * Z)))
    assert tango(1, 0, 1)[1] == 1.0
    assert tango(0, 1, 1)[0] == -1.0


@pytest.mark.parametrize(
    ("freedom", "exact"), [(1, 12.7062), (2, 4.3027), (3, 3.1824), (4, 2.7764), (6, 2.4469), (10, 2.2281), (50, 2.0086)]
)
def test_students_quantiles_are_those_of_the_tables(freedom: int, exact: float):
    assert student(freedom) == pytest.approx(exact, rel=0.01 if freedom < 6 else 1e-4)
    assert float(student(10**9)) == pytest.approx(Z)
