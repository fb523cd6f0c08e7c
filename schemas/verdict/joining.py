"""Two samples brought onto the images that both of them have, and how many images their slices share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.verdict.keys import WHOLE
from schemas.verdict.kinds import Ratio
from schemas.verdict.replicates import Bits, Sample, names_of

Places = NDArray[np.intp]
Totals = NDArray[np.int64]
"""(groups,): a count for each group of images."""


class Shared(NamedTuple):
    """Places in two samples: `first[i]` and `second[i]` are the same image; the others are in one sample only."""

    first: Places
    second: Places


class Joined(NamedTuple):
    """Two samples on the same images in the same order, and groups of them.

    groups: WHOLE or the names of slices. bits: (groups, ...) the images that each group has in both samples.
    images: (groups,) how many these are. left_out: (groups,) how many images of the group only one sample has there.
    """

    test: Sample
    base: Sample
    groups: tuple[str, ...]
    bits: Bits
    images: Totals
    left_out: Totals

    def only(self, places: Sequence[int]) -> Joined:
        """The same with these groups alone."""
        groups = tuple(self.groups[place] for place in places)
        return self._replace(
            groups=groups, bits=self.bits[places], images=self.images[places], left_out=self.left_out[places]
        )


def shared(first: Sample, second: Sample) -> Shared | None:
    """The images that both samples have, None where these are all; of equal files the dataset's n-th is itself."""
    if np.array_equal(first.digests, second.digests) and np.array_equal(first.copies, second.copies):
        return None
    _, here, there = np.intersect1d(_names(first), _names(second), assume_unique=True, return_indices=True)
    return Shared(here, there)


def restricted(part: Sample, places: Places) -> Sample:
    """The sample of some of its images. What was drawn anew stays what it was: of all of them."""
    return part._replace(
        digests=part.digests[places],
        slice_bits=_bits_at(part.slice_bits, places),
        share_bits=_bits_at(part.share_bits, places),
        ratios={key: Ratio(each.part[places], each.whole[places]) for key, each in part.ratios.items()},
        copies=part.copies[places],
    )


def group_bits(part: Sample, groups: Sequence[str]) -> Bits:
    """(groups, ceil(images / 8)): which images the groups have."""
    every = np.packbits(np.ones(len(part.digests), np.bool_))
    rows = [every if name == WHOLE else part.slice_bits[part.slices[name]] for name in groups]
    return np.stack(rows) if rows else np.empty((0, len(every)), np.uint8)


def counted(bits: Bits) -> Totals:
    """(rows,): how many bits are set in each row."""
    totals: Totals = np.bitwise_count(bits).sum(axis=1, dtype=np.int64)
    return totals


def join(test: Sample, base: Sample, groups: Sequence[str]) -> Joined:
    """Both on the images that they share, with those of the groups that both know."""
    known = tuple(name for name in groups if name == WHOLE or (name in test.slices and name in base.slices))
    before = [counted(group_bits(each, known)) for each in (test, base)]
    places = shared(test, base)
    if places is not None:
        test, base = restricted(test, places.first), restricted(base, places.second)
    bits = group_bits(test, known) & group_bits(base, known)
    images = counted(bits)
    return Joined(test, base, known, bits, images, before[0] + before[1] - 2 * images)


def _bits_at(bits: Bits, places: Places) -> Bits:
    rows = [np.packbits(np.unpackbits(row)[places]) for row in bits]
    return np.stack(rows) if rows else np.empty((0, -(-len(places) // 8)), np.uint8)


def _names(part: Sample) -> NDArray[np.bytes_]:
    """Digests with the number of the copy behind each, so that no two are equal."""
    numbers = part.copies.astype(">u4").view(np.uint8).reshape(-1, 4)
    return names_of(np.concatenate((part.digests, numbers), axis=1))
