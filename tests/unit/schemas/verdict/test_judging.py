"""Verdicts: paired image by image, on the images that both tests have."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
import pytest

from schemas.verdict import judging
from schemas.verdict.judging import interval, verdict
from schemas.verdict.replicates import Sample, sample
from schemas.verdict.words import Verdict


def answered(images: range, right: Callable[[int], bool], measure: str = "top1/class") -> Sample:
    digests = [f"sha256:{hashlib.sha256(str(each).encode()).hexdigest()}" for each in images]
    return sample(digests, {measure: np.array([right(each) for each in images], np.bool_)})


@pytest.mark.parametrize(
    ("images", "wrong", "method"), [(20, 5, "wilson"), (300, 49, "wilson"), (300, 50, "percentile")]
)
def test_the_interval_of_few_images_is_wilsons(images: int, wrong: int, method: str):
    made = interval(answered(range(images), lambda each: each >= wrong), "top1/class")
    assert made is not None
    assert (made.method, made.images) == (method, images)
    share = 1 - wrong / images
    assert made.low < share < made.high
    assert made.high - made.low == pytest.approx(2 * 1.96 * (share * (1 - share) / images) ** 0.5, rel=0.1)


def test_a_figure_that_the_test_has_not_has_no_interval_and_no_verdict():
    one = answered(range(20), lambda _each: True)
    other = answered(range(20), lambda _each: True, "top1/colour")
    assert interval(one, "top5/class") is None
    assert verdict(other, one, "top1/class") == Verdict("not_comparable")


def test_tests_without_an_image_in_common_do_not_compare():
    one, other = answered(range(20), lambda _each: True), answered(range(20, 50), lambda _each: True)
    assert verdict(one, other, "top1/class") == Verdict("not_comparable", left_out=50)


@pytest.mark.parametrize(
    ("gained", "lost", "code", "method"),
    [
        (0, 0, "within_noise", "score"),
        (5, 3, "within_noise", "score"),
        (12, 2, "better", "score"),
        (2, 12, "worse", "score"),
        (30, 28, "within_noise", "percentile"),
        (60, 20, "better", "percentile"),
        (20, 60, "worse", "percentile"),
    ],
)
def test_a_verdict_is_what_the_interval_says_of_zero(gained: int, lost: int, code: str, method: str):
    base = answered(range(300), lambda each: each >= 200 or gained <= each < gained + lost)
    this = answered(range(300), lambda each: each >= 200 or each < gained)
    found = verdict(this, base, "top1/class")
    assert (found.code, found.method, found.images, found.left_out) == (code, method, 300, 0)
    assert found.difference == pytest.approx((gained - lost) / 300)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.difference <= found.high
    back = verdict(base, this, "top1/class")
    assert (back.low, back.high) == pytest.approx((-found.high, -found.low), abs=1e-9)


def right(modulus: int) -> Callable[[int], bool]:
    return lambda each: each % modulus != 0


def test_only_images_of_both_tests_count_and_the_others_are_said():
    base, this = answered(range(50, 500), right(3)), answered(range(400), right(5))
    found = verdict(this, base, "top1/class")
    same = verdict(answered(range(50, 400), right(5)), answered(range(50, 400), right(3)), "top1/class")
    assert (found.images, found.left_out, found.method) == (350, 150, "percentile")
    assert (found.difference, found.low, found.high) == (same.difference, same.low, same.high)


def test_where_too_many_images_would_be_weighed_anew_the_score_interval_stands_in(monkeypatch: pytest.MonkeyPatch):
    base, this = answered(range(50, 500), right(3)), answered(range(400), right(5))
    drawn = verdict(this, base, "top1/class")
    monkeypatch.setattr(judging, "DRAWN_AGAIN_MAX", 149)
    quick = verdict(this, base, "top1/class")
    assert (drawn.method, quick.method) == ("percentile", "score")
    assert quick.low == pytest.approx(drawn.low, abs=0.01)
    assert quick.high == pytest.approx(drawn.high, abs=0.01)
