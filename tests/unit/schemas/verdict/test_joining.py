"""Two samples beside each other: the same images, other images, copies of images; slices in which images moved."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schemas.verdict.joining import counted, join, restricted, shared
from schemas.verdict.keys import WHOLE
from schemas.verdict.kinds import Ratio
from schemas.verdict.replicates import Sample, encode, sample

names = st.lists(st.integers(0, 40), min_size=1, max_size=40)


def made(images: Sequence[int]) -> Sample:
    numbers = np.array(images)
    return sample(
        [f"sha256:{hashlib.sha256(str(name).encode()).hexdigest()}" for name in images],
        {"top1/a": numbers % 2 == 0},
        ratios={"recall/a": Ratio(numbers, numbers + 1)},
        slices={"size=big": numbers > 20, "size=small": numbers <= 20},
    )


def both(first: list[int], second: list[int]) -> list[int]:
    return [each for each in sorted(set(first)) for _ in range(min(first.count(each), second.count(each)))]


@given(names, names)
def test_pairs_are_the_same_images_each_once(first: list[int], second: list[int]):
    one, other = made(first), made(second)
    places = shared(one, other)
    if places is None:
        assert sorted(first) == sorted(second)
        return
    assert np.array_equal(one.digests[places.first], other.digests[places.second])
    assert len(places.first) == len(set(places.first.tolist())) == len(set(places.second.tolist()))
    assert len(places.first) == len(both(first, second))


@given(names, names)
def test_what_is_left_is_the_sample_of_a_smaller_test(first: list[int], second: list[int]):
    one, places = made(first), shared(made(first), made(second))
    if places is not None and len(places.first):
        assert encode(restricted(one, places.first)) == encode(made(both(first, second)))


@given(names, names)
def test_images_are_counted_group_by_group(first: list[int], second: list[int]):
    joined = join(made(first), made(second), (WHOLE, "size=big", "size=none"))
    assert joined.groups == (WHOLE, "size=big")
    common = both(first, second)
    expected = [len(common), sum(each > 20 for each in common)]
    assert joined.images.tolist() == counted(joined.bits).tolist() == expected
    total = [len(first) + len(second), sum(each > 20 for each in first + second)]
    assert joined.left_out.tolist() == [every - 2 * each for every, each in zip(total, expected, strict=True)]


def test_an_image_that_moved_to_another_slice_is_left_out_of_both():
    images = [f"sha256:{hashlib.sha256(str(name).encode()).hexdigest()}" for name in range(10)]
    day = np.arange(10) < 6
    ours, theirs = (
        sample(images, {"top1/a": day}, slices={"light=day": each, "light=night": ~each})
        for each in (day, np.arange(10) < 5)
    )
    joined = join(ours, theirs, ("light=day", "light=night"))
    assert (joined.images.tolist(), joined.left_out.tolist()) == ([5, 4], [1, 1])
