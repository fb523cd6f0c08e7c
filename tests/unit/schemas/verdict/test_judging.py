"""Verdicts: paired image by image, on the images that both tests have; all kinds of figures, in slices too."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from schemas.verdict.judging import interval, intervals, verdict, verdicts
from schemas.verdict.kinds import Drawn, Ratio
from schemas.verdict.replicates import Sample, sample
from schemas.verdict.weights import REPLICATES
from schemas.verdict.words import Verdict


def digests(images: Sequence[int]) -> list[str]:
    return [f"sha256:{hashlib.sha256(str(each).encode()).hexdigest()}" for each in images]


def answered(images: range, right: Callable[[int], bool], measure: str = "top1/class") -> Sample:
    return sample(digests(images), {measure: np.array([right(each) for each in images], np.bool_)})


@pytest.mark.parametrize(("images", "wrong"), [(20, 5), (300, 49), (300, 50)])
def test_the_interval_of_a_share_is_wilsons(images: int, wrong: int):
    made = interval(answered(range(images), lambda each: each >= wrong), "top1/class")
    assert made is not None
    assert (made.method, made.images) == ("wilson", images)
    share = 1 - wrong / images
    assert made.value == share
    assert made.low < share < made.high
    assert made.high - made.low == pytest.approx(2 * 1.96 * (share * (1 - share) / images) ** 0.5, rel=0.1)


def test_a_figure_that_the_test_has_not_has_no_interval_and_no_verdict():
    one = answered(range(20), lambda _each: True)
    other = answered(range(20), lambda _each: True, "top1/colour")
    missing = Verdict("not_comparable", reason="figure_missing")
    assert (interval(one, "top5/class"), interval(one, "top1/class@light=day")) == (None, None)
    assert verdict(other, one, "top1/class") == verdict(one, one, "top1/class@light=day") == missing
    assert verdicts(other, one) == {"top1/colour": missing}


def test_tests_without_an_image_in_common_do_not_compare():
    one, other = answered(range(20), lambda _each: True), answered(range(20, 50), lambda _each: True)
    expected = Verdict("not_comparable", left_out=50, reason="no_images_in_common")
    assert verdict(one, other, "top1/class") == expected


@pytest.mark.parametrize(
    ("gained", "lost", "code"),
    [
        (0, 0, "within_noise"),
        (5, 3, "within_noise"),
        (12, 2, "better"),
        (2, 12, "worse"),
        (30, 28, "within_noise"),
        (60, 20, "better"),
        (20, 60, "worse"),
    ],
)
def test_a_verdict_is_what_the_interval_says_of_zero(gained: int, lost: int, code: str):
    base = answered(range(300), lambda each: each >= 200 or gained <= each < gained + lost)
    this = answered(range(300), lambda each: each >= 200 or each < gained)
    found = verdict(this, base, "top1/class")
    assert (found.code, found.method, found.images, found.left_out) == (code, "score", 300, 0)
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
    assert (found.images, found.left_out) == (350, 150)
    assert (found.difference, found.low, found.high) == (same.difference, same.low, same.high)


def detected(images: range, shift: float, *, seed: int = 1, task: str = "boxes") -> Sample:
    """A detector's sample; days are even, and the AP's replicates lie `shift` off a common noise."""
    rng = np.random.default_rng(seed)
    truths, found = rng.integers(1, 9, len(images)), rng.random(len(images))
    hits = (truths * np.minimum(found + shift, 1)).astype(np.int64)
    noise = np.random.default_rng(2).normal(0, 0.01, REPLICATES)
    even = np.array([each % 2 == 0 for each in images])
    own = np.random.default_rng(seed).normal(0, 0.001, REPLICATES)
    replicates = (0.5 + shift + noise + own).astype(np.float32)
    drawn = {group: Drawn(0.5 + shift, replicates, len(images), 0.001) for group in ("", "light=day")}
    return sample(
        digests(images),
        {},
        ratios={f"recall/{task}": Ratio(hits, truths), f"cer/{task}": Ratio(truths - hits, truths)},
        slices={"light=day": even, "light=night": ~even, "light=never": np.zeros(len(images), np.bool_)},
        drawn={f"ap/{task}": drawn},
    )


def test_every_kind_has_intervals_in_slices_too():
    part = detected(range(200), 0.0)
    found = intervals(part)
    assert set(found) == {
        f"{measure}/boxes{group}" for measure in ("recall", "cer", "ap") for group in ("", "@light=day", "@light=night")
    } - {"ap/boxes@light=night"}
    for key, each in found.items():
        assert each == interval(part, key)
        assert each.low < each.value < each.high
        assert each.images == (100 if "@" in key else 200)
    whole, hits = part.ratios["recall/boxes"].whole, part.ratios["recall/boxes"].part
    assert found["recall/boxes"].value == pytest.approx(hits.sum() / whole.sum())
    day = np.unpackbits(part.slice_bits[0]).astype(np.bool_)
    assert found["recall/boxes@light=day"].value == pytest.approx(hits[day].sum() / whole[day].sum())


def test_every_kind_has_verdicts_in_slices_too():
    base, this = detected(range(200), 0.0), detected(range(200), 0.2)
    found = verdicts(this, base)
    assert set(found) == set(this.figures())
    for key, each in found.items():
        assert each == verdict(this, base, key)
        if key.endswith("never"):
            assert (each.code, each.reason, each.difference) == ("not_comparable", "no_images_in_common", None)
        else:
            assert each.code == "better", "fewer errors are better, more of the others are"
            assert each.difference is not None
            assert (each.difference < 0) == key.startswith("cer")
    backwards = verdicts(base, this)
    assert {each.code for each in backwards.values()} == {"worse", "not_comparable"}
    assert {each.code for each in verdicts(this, this).values()} == {"within_noise", "not_comparable"}


def test_what_is_drawn_anew_compares_only_where_the_images_are_the_same():
    """An odd image more: all images differ, and the days are still the same."""
    base, this = detected(range(200), 0.0), detected(range(202), 0.2)
    more = verdicts(this, base)
    assert (more["ap/boxes"].code, more["ap/boxes"].reason) == ("not_comparable", "images_differ")
    assert (more["ap/boxes"].images, more["ap/boxes"].left_out) == (200, 2)
    assert (more["ap/boxes"].difference, more["ap/boxes"].low) == (None, None)
    assert more["recall/boxes"].difference is not None
    odd = restricted_to(this, [each for each in range(202) if each != 200])
    assert verdicts(odd, base)["ap/boxes"].reason == "images_differ"
    assert verdicts(odd, base)["ap/boxes@light=day"].code == "better"


def restricted_to(part: Sample, numbers: list[int]) -> Sample:
    from schemas.verdict.joining import restricted

    wanted = set(digests(numbers))
    return restricted(
        part, np.array([place for place, row in enumerate(part.digests) if f"sha256:{row.tobytes().hex()}" in wanted])
    )


def test_a_ratio_of_nothing_is_undefined():
    nothing = np.zeros(20, np.int64)
    part = sample(digests(range(20)), {}, ratios={"precision/boxes": Ratio(nothing, nothing)})
    assert interval(part, "precision/boxes") is None
    assert verdict(part, part, "precision/boxes") == Verdict("not_comparable", 20, reason="figure_undefined")


def test_names_of_tasks_and_slices_hold_any_character():
    images = np.arange(40)
    part = sample(
        digests(range(40)),
        {"top1/a@b=c": images % 2 == 0, "top1/a": images % 3 == 0},
        slices={"d=@e=f/g": images % 5 == 0},
    )
    for key in part.figures():
        found = interval(part, key)
        assert found is not None
        assert found == intervals(part)[key]
    whole = interval(part, "top1/a%40b=c")
    assert whole is not None
    assert whole.images == 40
