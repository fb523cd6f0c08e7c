"""Replicates as an object, and two samples beside each other: the same images, other images, copies of images."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.verdict.replicates import Replicates, ReplicatesError, Sample, decode, encode, sample, shared, sums_of

PINNED = "a10ed6e7b642aa42d83a778e82f7ff0180531cb13765ae9bd8c36f8fdfabf778"
names = st.lists(st.integers(0, 40), min_size=1, max_size=40)


def digest(name: object) -> str:
    return f"sha256:{hashlib.sha256(str(name).encode()).hexdigest()}"


def made(images: Sequence[object], **marks: Sequence[bool]) -> Sample:
    every = marks or {"top1": [hash(name) % 2 == 0 for name in images]}
    return sample([digest(name) for name in images], {name: np.array(each, np.bool_) for name, each in every.items()})


@given(names, st.randoms(use_true_random=False))
def test_the_order_of_the_images_does_not_matter(images: list[int], random):
    again = sorted(images, key=lambda _each: random.random())
    assert encode(made(images)) == encode(made(again))


@given(names)
def test_what_is_written_is_read(images: list[int]):
    one = made(images, a=[each % 3 == 0 for each in images], b=[each % 5 == 0 for each in images])
    again = decode(encode(one))
    assert (one.row, encode(one)) == (again.row, encode(again))
    for before, after in zip(one[:4], again[:4], strict=True):
        assert np.array_equal(before, after)


@given(names, names)
def test_pairs_are_the_same_images_each_once(first: list[int], second: list[int]):
    one, other = made(first), made(second)
    places = shared(one, other)
    assert np.array_equal(one.digests[places.first], other.digests[places.second])
    expected = sum(min(first.count(each), second.count(each)) for each in set(first))
    assert len(places.first) == len(set(places.first.tolist())) == len(set(places.second.tolist())) == expected


@given(names, names)
def test_sums_over_what_is_shared_are_the_sums_of_a_smaller_test(first: list[int], second: list[int]):
    one, other = made(first), made(second)
    places = shared(one, other)
    both = [each for each in sorted(set(first)) for _ in range(min(first.count(each), second.count(each)))]
    total, right = sums_of(one, places.first, 0)
    if both:
        small = made(both)
        assert np.array_equal(total, small.total)
        assert np.array_equal(right, small.right[0])
    else:
        assert not total.any()


def test_the_bytes_never_change():
    """Pinned: what was kept is read by later versions."""
    data = encode(made(range(9), a=[True] * 8 + [False]))
    assert hashlib.sha256(data).hexdigest() == PINNED


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"method": "other"}, "test again"),
        ({"replicates": 1000}, "test again"),
        ({"format_version": 2}, "test again"),
        ({"digests": b""}, "lengths"),
        ({"right": b"12"}, "lengths"),
        ({"total": b""}, "lengths"),
        ({"images": 2}, "lengths"),
        ({"images": 0}, "no replicates"),
        ({"format": "other"}, "no replicates"),
    ],
)
def test_what_this_version_does_not_compute_is_refused(changes: dict[str, object], says: str):
    kept = msgspec.msgpack.decode(encode(made([1])), type=Replicates)
    with pytest.raises(ReplicatesError, match=says):
        decode(msgspec.msgpack.encode(msgspec.structs.replace(kept, **changes)))


@given(st.binary(max_size=200))
def test_junk_is_refused(data: bytes):
    with pytest.raises(ReplicatesError):
        decode(data)
