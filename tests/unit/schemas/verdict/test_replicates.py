"""Replicates as an object: what is written is read, in both formats; what is something else is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.verdict.judging import verdict
from schemas.verdict.kinds import Drawn, Ratio
from schemas.verdict.replicates import Replicates, ReplicatesError, Sample, copies_of, decode, encode, narrow, sample
from schemas.verdict.weights import METHOD, REPLICATES, weights

PINNED = "5c69b03a328b537b92a5fa80f53a6546298b0fbee45d84a337aefb7c227a3ad4"
PINNED_BEFORE = "a10ed6e7b642aa42d83a778e82f7ff0180531cb13765ae9bd8c36f8fdfabf778"
BEFORE_REPLICATES = 2000
names = st.lists(st.integers(0, 40), min_size=1, max_size=40)


def digest(name: object) -> str:
    return f"sha256:{hashlib.sha256(str(name).encode()).hexdigest()}"


def marked(images: Sequence[int], modulus: int) -> np.ndarray:
    return np.array([each % modulus == 0 for each in images], np.bool_)


def made(images: Sequence[int]) -> Sample:
    """Something of every kind."""
    return sample(
        [digest(name) for name in images],
        {"top1/a": marked(images, 3), "top5/a": marked(images, 5)},
        ratios={"recall/a": Ratio(np.array(images) % 7, np.array(images) * 500)},
        slices={"light=day": marked(images, 2), "light=night": ~marked(images, 2)},
        drawn={
            "ap/a": {
                "": Drawn(0.25, figures(1.0), 3, 0.125),
                "light=day": Drawn(float("nan"), figures(float("nan")), 0, 0.0),
            }
        },
    )


def figures(value: float) -> np.ndarray:
    return np.full(REPLICATES, value, np.float32)


def plain(part: Sample) -> list[object]:
    """All that is in a sample, image by image."""
    slices, shares = (
        {name: np.unpackbits(bits[row], count=len(part.digests)).tolist() for name, row in rows.items()}
        for rows, bits in ((part.slices, part.slice_bits), (part.shares, part.share_bits))
    )
    ratios = {key: [each.part.tolist(), each.whole.tolist()] for key, each in part.ratios.items()}
    drawn = {
        key: {
            group: [repr(each.value), each.replicates.tobytes(), each.holding, each.unit]
            for group, each in groups.items()
        }
        for key, groups in part.drawn.items()
    }
    return [part.digests.tolist(), slices, shares, ratios, drawn]


@given(names, st.randoms(use_true_random=False))
def test_the_order_of_the_images_does_not_matter(images: list[int], random):
    again = sorted(images, key=lambda _each: random.random())
    assert encode(made(images)) == encode(made(again))


@given(names)
def test_what_is_written_is_read(images: list[int]):
    one = made(images)
    again = decode(encode(one))
    assert plain(again) == plain(one)
    assert encode(again) == encode(one)
    order = np.argsort([digest(each) for each in images], kind="stable")
    assert again.marks("top1/a").tolist() == marked(images, 3)[order].tolist()
    assert again.ratios["recall/a"].whole.tolist() == (np.array(images)[order] * 500).tolist()


def test_every_figure_has_its_key():
    assert list(made([1, 2]).figures()) == [
        "top1/a", "top5/a", "recall/a", "ap/a",
        "top1/a@light=day", "top5/a@light=day", "recall/a@light=day", "ap/a@light=day",
        "top1/a@light=night", "top5/a@light=night", "recall/a@light=night",
    ]  # fmt: skip


@pytest.mark.parametrize(("highest", "width"), [(0, 1), (255, 1), (256, 2), (65535, 2), (65536, 4), ((1 << 32) - 1, 4)])
def test_counts_take_the_room_that_they_need(highest: int, width: int):
    counts = narrow(np.array([0, highest]))
    assert (counts.itemsize, counts.tolist()) == (width, [0, highest])


@pytest.mark.parametrize("wrong", [-1, 1 << 32])
def test_counts_that_no_width_holds_are_refused(wrong: int):
    with pytest.raises(ValueError, match="do not fit"):
        narrow(np.array([wrong]))


def test_many_images_and_slices_take_little_room():
    images = 20_000
    raw = np.random.default_rng(1)
    slices = {f"d={each}": raw.random(images) < 0.3 for each in range(20)}
    ones = raw.integers(0, 50, images)
    drawn = {"ap/boxes": dict.fromkeys(("", *slices), Drawn(0.5, figures(0.5), 9, 0.1))}
    ratios = dict.fromkeys(("precision/boxes", "recall/boxes"), Ratio(ones, ones))
    made = sample([digest(each) for each in range(images)], {}, ratios=ratios, slices=slices, drawn=drawn)
    assert len(encode(made)) < 1_000_000


def test_the_bytes_never_change():
    """Pinned: what was kept is read by later versions."""
    assert hashlib.sha256(encode(made(range(9)))).hexdigest() == PINNED


def before(numbers: Sequence[int], marks: Mapping[str, np.ndarray], **changes: object) -> bytes:
    """An object of format 1."""
    order = np.argsort([digest(each) for each in numbers], kind="stable")
    digests = np.frombuffer(bytes.fromhex("".join(digest(numbers[place])[7:] for place in order)), np.uint8)
    drawn = weights(digests.reshape(-1, 32), range(BEFORE_REPLICATES)).astype(np.uint32)
    kept = {
        "measures": list(marks),
        "images": len(numbers),
        "digests": digests.tobytes(),
        "right": b"".join(np.packbits(each[order]).tobytes() for each in marks.values()),
        "total": drawn.sum(axis=0).astype("<u4").tobytes(),
        "right_total": b"".join(drawn[each[order]].sum(axis=0).astype("<u4").tobytes() for each in marks.values()),
        "method": METHOD,
        "replicates": BEFORE_REPLICATES,
        "format": "mo.replicates",
        "format_version": 1,
    }
    return msgspec.msgpack.encode({**kept, **changes})


def test_what_format_1_kept_is_read():
    marks = {"a": np.array([True] * 8 + [False])}
    data = before(range(9), marks)
    assert hashlib.sha256(data).hexdigest() == PINNED_BEFORE, "these are not the bytes that format 1 had"
    assert plain(decode(data)) == plain(sample([digest(each) for each in range(9)], marks))


@pytest.mark.parametrize(
    "changes", [{"digests": b""}, {"right": b"12"}, {"images": 2}, {"images": 0}, {"measures": []}]
)
def test_what_format_1_could_not_hold_is_refused(changes: dict[str, object]):
    with pytest.raises(ReplicatesError):
        decode(before([1], {"a": np.array([True])}, **changes))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"method": "other"}, "test again"),
        ({"replicates": 1001}, "test again"),
        ({"format_version": 3}, "upgrade"),
        ({"digests": b""}, "lengths"),
        ({"slice_bits": b"1"}, "lengths"),
        ({"share_bits": b"12345"}, "lengths"),
        ({"share_bits": b"\xff\xff"}, "not there"),
        ({"ratios": [{"key": "a", "part": b"", "whole": b"12"}]}, "lengths"),
        ({"ratios": [{"key": "a", "part": b"123", "whole": b"12"}]}, "lengths"),
        (
            {"drawn": [{"key": "a", "group": "", "value": 1.0, "replicates": b"1234", "holding": 1, "unit": 0.1}]},
            "lengths",
        ),
        ({"images": 9}, "lengths"),
        ({"images": 0}, "no replicates"),
        ({"images": 1 << 40}, "no replicates"),
        ({"shares": "a"}, "no replicates"),
        ({"format": "other"}, "no replicates"),
    ],
)
def test_what_this_version_does_not_compute_is_refused(changes: dict[str, object], says: str):
    kept = msgspec.to_builtins(msgspec.msgpack.decode(encode(made([1, 2])), type=Replicates), builtin_types=(bytes,))
    assert decode(msgspec.msgpack.encode(kept))
    with pytest.raises(ReplicatesError, match=says):
        decode(msgspec.msgpack.encode({**kept, **changes}))


def test_whatever_a_test_may_be_called_is_read_again():
    every = np.ones(2, np.bool_)
    longest = sample(
        [digest(1), digest(2)], {f"exact/{'t' * 200}": every}, slices={f"{'%3D' * 200}={'v' * 200}": every}
    )
    assert plain(decode(encode(longest))) == plain(longest)


@pytest.mark.parametrize(
    "slices", [{"d=" + "x" * 900: np.ones(1, np.bool_)}, {f"d={each}": np.ones(1, np.bool_) for each in range(1001)}]
)
def test_what_could_not_be_read_again_is_not_written(slices: dict[str, np.ndarray]):
    with pytest.raises(ReplicatesError):
        encode(sample([digest(1)], {"top1/a": np.ones(1, np.bool_)}, slices=slices))


@given(st.binary(max_size=200))
def test_junk_is_refused(data: bytes):
    with pytest.raises(ReplicatesError):
        decode(data)


def test_copies_of_a_file_are_paired_by_their_numbers_in_the_dataset():
    digest = f"sha256:{'1' * 64}"
    assert list(copies_of([b"a", b"b", b"a", b"a"])) == [0, 0, 1, 2]
    both = sample([digest, digest], {"top1/class": np.array([False, True])})
    second = sample([digest], {"top1/class": np.array([True])}, copies=[1])
    for each in (second, decode(encode(second))):
        found = verdict(each, both, "top1/class")
        assert (found.difference, found.images, found.left_out) == (0.0, 1, 1)
    assert encode(both) == encode(sample([digest, digest], {"top1/class": np.array([False, True])}, copies=[0, 1]))
