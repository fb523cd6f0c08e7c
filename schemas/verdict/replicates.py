"""A test's replicates as an object: its images, its slices, and what intervals and verdicts of its figures are made of.

The object is MessagePack of `Replicates`; its arrays are plain little-endian bytes, so that a few lines in any language
read it. Decoding copies no array and unpacks no bit. 20,000 images with 20 slices are about 1 MB, most of it digests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas.values import ShortText
from schemas.verdict.keys import WHOLE, in_group
from schemas.verdict.kinds import Counts, Drawn, Marks, Ratio
from schemas.verdict.weights import DIGEST_BYTES, METHOD, REPLICATES, Digests, raw

FORMAT_VERSION = 2
IMAGES_MAX = 10_000_000
MEASURES_MAX = 1000
SLICES_MAX = 1000
DRAWN_MAX = 10_000
WIDTHS = (1, 2, 4)
"""Bytes of a count; the narrowest that holds all of an array is taken."""

Bits = NDArray[np.uint8]
"""(rows, ceil(images / 8)): a bit an image, most significant first, zeros behind the last."""
Copies = NDArray[np.uint32]
Measure = Annotated[str, msgspec.Meta(max_length=220)]
"""`MEASURE/TASK`: the longest task there may be, and what stands before it."""
SliceName = Annotated[str, msgspec.Meta(max_length=801)]
"""`DIMENSION=VALUE`: the longest of both there may be, the dimension with every character escaped."""
Measures = Annotated[tuple[Measure, ...], msgspec.Meta(max_length=MEASURES_MAX)]
Images = Annotated[int, msgspec.Meta(ge=1, le=IMAGES_MAX)]


class RatioKept(msgspec.Struct, frozen=True, kw_only=True):
    """A `Ratio` under its key: counts of each image, both arrays of unsigned integers of 1, 2 or 4 bytes."""

    key: Measure
    part: bytes
    whole: bytes


class DrawnKept(msgspec.Struct, frozen=True, kw_only=True):
    """A `Drawn` figure of a group (a slice, or `` for all images): replicates are 32-bit floats."""

    key: Measure
    group: SliceName
    value: float | None
    replicates: bytes
    holding: Annotated[int, msgspec.Meta(ge=0, le=IMAGES_MAX)]
    unit: Annotated[float, msgspec.Meta(ge=0, le=1)]


class Replicates(msgspec.Struct, frozen=True, kw_only=True):
    """What the object holds. Tests of other models on the same images have the same `digests`, slice by slice.

    digests: images x 32 bytes, SHA-256, ascending (an image that is there twice is listed twice).
    slices: names `DIMENSION=VALUE`; slice_bits: slices x images bits, which images each has.
    shares: keys `MEASURE/TASK`; share_bits: shares x images bits, which images were answered rightly.
    copies: unsigned 32-bit numbers of the images among those of the dataset that are the same file, from 0; not there
    where they count up without a gap, as they nearly always do.
    """

    images: Images
    digests: bytes
    slices: Annotated[tuple[SliceName, ...], msgspec.Meta(max_length=SLICES_MAX)]
    slice_bits: bytes
    shares: Measures
    share_bits: bytes
    ratios: Annotated[tuple[RatioKept, ...], msgspec.Meta(max_length=MEASURES_MAX)]
    drawn: Annotated[tuple[DrawnKept, ...], msgspec.Meta(max_length=DRAWN_MAX)]
    copies: bytes | msgspec.UnsetType = msgspec.UNSET
    method: str = METHOD
    replicates: int = REPLICATES
    format: Literal["mo.replicates"] = "mo.replicates"
    format_version: int = FORMAT_VERSION


class ReplicatesBefore(msgspec.Struct, frozen=True, kw_only=True):
    """Format 1: shares alone, with sums of weights that nothing is made of any more."""

    measures: Annotated[tuple[ShortText, ...], msgspec.Meta(min_length=1, max_length=MEASURES_MAX)]
    images: Images
    digests: bytes
    right: bytes
    format: Literal["mo.replicates"]


class _Head(msgspec.Struct, frozen=True):
    format: Literal["mo.replicates"]
    format_version: int


class ReplicatesError(ValueError):
    """These are no replicates that this version understands: test again, or upgrade Mo."""


class Sample(NamedTuple):
    """Replicates as arrays. Measures are `MEASURE/TASK`, tasks as they are called; `schemas.verdict.keys` makes keys.

    digests: (images, 32) ascending; everything else is in their order.
    slices, shares: name -> row of `slice_bits` and `share_bits`. ratios: by measure.
    drawn: by measure, then by group (WHOLE or a slice).
    copies: (images,) number of each image among the dataset's that are the same file: by it two tests are paired.
    """

    digests: Digests
    slices: Mapping[str, int]
    slice_bits: Bits
    shares: Mapping[str, int]
    share_bits: Bits
    ratios: Mapping[str, Ratio]
    drawn: Mapping[str, Mapping[str, Drawn]]
    copies: Copies

    def marks(self, measure: str) -> Marks:
        """(images,): which images were answered rightly."""
        return np.unpackbits(self.share_bits[self.shares[measure]], count=len(self.digests)).astype(np.bool_)

    def figures(self) -> Iterator[str]:
        """Keys of all figures: those of all images first, then slice by slice."""
        for group in (WHOLE, *self.slices):
            yield from (in_group(measure, group) for measure in (*self.shares, *self.ratios))
            yield from (in_group(measure, group) for measure, each in self.drawn.items() if group in each)


def sample(
    digests: Sequence[str] | Digests,
    marks: Mapping[str, Marks],
    *,
    ratios: Mapping[str, Ratio] | None = None,
    slices: Mapping[str, Marks] | None = None,
    drawn: Mapping[str, Mapping[str, Drawn]] | None = None,
    copies: Sequence[int] | None = None,
) -> Sample:
    """The sample of a test.

    Args:
        digests: the images, as `raw` takes them.
        marks: for each share (`top1/TASK`, `exact/TASK`, ...) whether each image was answered rightly, in their order.
        ratios: for each ratio (`recall/TASK`, `cer/TASK`, ...) its counts, in their order.
        slices: for each slice (`DIMENSION=VALUE`) which images it has, in their order.
        drawn: for what is drawn anew (`ap/TASK`) its figures in all images and in slices: see `average_precision`.
        copies: number of each image among the dataset's that are the same file (see `copies_of`); needed only where
            some of them were left out.
    """
    found = raw(digests)
    order = np.argsort(names_of(found), kind="stable")
    slices = slices or {}
    return Sample(
        digests=found[order],
        slices=_rows(slices),
        slice_bits=_packed(slices, order),
        shares=_rows(marks),
        share_bits=_packed(marks, order),
        ratios={
            key: Ratio(narrow(each.part[order]), narrow(each.whole[order])) for key, each in (ratios or {}).items()
        },
        drawn=drawn or {},
        copies=counted_up(found[order]) if copies is None else np.array(copies, np.uint32)[order],
    )


def copies_of(digests: Iterable[bytes]) -> Iterator[int]:
    """For each image of a dataset the number that it has among those before it that are the same file."""
    seen: Counter[bytes] = Counter()
    for each in digests:
        yield seen[each]
        seen[each] += 1


def counted_up(digests: Digests) -> Copies:
    """The numbers of ascending digests where no copy was left out."""
    places = np.arange(len(digests), dtype=np.int64)
    changed = np.any(digests[1:] != digests[:-1], axis=1)
    begun = np.maximum.accumulate(np.where(np.concatenate(([True], changed)), places, 0))
    return (places - begun).astype(np.uint32)


def narrow(counts: Counts) -> Counts:
    """The same counts in the narrowest of the widths.

    Raises:
        ValueError: one is below 0 or needs more than 32 bits.
    """
    low, high = int(counts.min(initial=0)), int(counts.max(initial=0))
    if low < 0 or high >= 1 << 32:
        raise ValueError(f"counts from {low} to {high} do not fit")
    return counts.astype(f"<u{next(width for width in WIDTHS if high < 1 << (8 * width))}")


def encode(made: Sample) -> bytes:
    """The object's bytes: equal samples give equal bytes.

    Raises:
        ReplicatesError: there are more figures or slices, or longer names, than `decode` takes.
    """
    data = msgspec.msgpack.encode(
        Replicates(
            images=len(made.digests),
            digests=made.digests.tobytes(),
            slices=tuple(made.slices),
            slice_bits=made.slice_bits.tobytes(),
            shares=tuple(made.shares),
            share_bits=made.share_bits.tobytes(),
            ratios=tuple(
                RatioKept(key=key, part=each.part.tobytes(), whole=each.whole.tobytes())
                for key, each in made.ratios.items()
            ),
            drawn=tuple(
                DrawnKept(
                    key=key,
                    group=group,
                    value=None if np.isnan(each.value) else each.value,
                    replicates=each.replicates.astype("<f4").tobytes(),
                    holding=each.holding,
                    unit=each.unit,
                )
                for key, groups in made.drawn.items()
                for group, each in groups.items()
            ),
            copies=_gaps(made),
        )
    )
    # what cannot be read would be missed by everybody and said by nobody
    decode(data)
    return data


def _gaps(made: Sample) -> bytes | msgspec.UnsetType:
    counted = np.array_equal(made.copies, counted_up(made.digests))
    return msgspec.UNSET if counted else made.copies.astype("<u4").tobytes()


_head = msgspec.msgpack.Decoder(_Head)
_before = msgspec.msgpack.Decoder(ReplicatesBefore)
_now = msgspec.msgpack.Decoder(Replicates)


def decode(data: bytes) -> Sample:
    """The sample in an object, of this format or of format 1.

    Raises:
        ReplicatesError: it is something else, of a later format, or of another arithmetic than this version's.
    """
    try:
        version = _head.decode(data).format_version
        if version > FORMAT_VERSION:
            raise ReplicatesError(f"format {version} is of a later version: upgrade Mo")
        return _of_before(_before.decode(data)) if version == 1 else _of_now(_now.decode(data))
    except msgspec.MsgspecError as error:
        raise ReplicatesError(f"no replicates: {error}") from error


def _of_before(kept: ReplicatesBefore) -> Sample:
    return Sample(
        digests=_digests(kept.digests, kept.images),
        slices={},
        slice_bits=_bits(b"", 0, kept.images),
        shares=_rows(kept.measures),
        share_bits=_bits(kept.right, len(kept.measures), kept.images),
        ratios={},
        drawn={},
        copies=counted_up(_digests(kept.digests, kept.images)),
    )


def _of_now(kept: Replicates) -> Sample:
    if (kept.method, kept.replicates) != (METHOD, REPLICATES):
        raise ReplicatesError(f"{kept.method} x {kept.replicates} is not what this version computes: test again")
    drawn: dict[str, dict[str, Drawn]] = {}
    for each in kept.drawn:
        value = np.nan if each.value is None else each.value
        drawn.setdefault(each.key, {})[each.group] = Drawn(value, _floats(each.replicates), each.holding, each.unit)
    return Sample(
        digests=_digests(kept.digests, kept.images),
        slices=_rows(kept.slices),
        slice_bits=_bits(kept.slice_bits, len(kept.slices), kept.images),
        shares=_rows(kept.shares),
        share_bits=_bits(kept.share_bits, len(kept.shares), kept.images),
        ratios={
            each.key: Ratio(_counts(each.part, kept.images), _counts(each.whole, kept.images)) for each in kept.ratios
        },
        drawn=drawn,
        copies=_copies(kept),
    )


def _copies(kept: Replicates) -> Copies:
    if isinstance(kept.copies, msgspec.UnsetType):
        return counted_up(_digests(kept.digests, kept.images))
    _check(len(kept.copies), 4 * kept.images)
    return np.frombuffer(kept.copies, "<u4").astype(np.uint32, copy=False)


def _digests(data: bytes, images: int) -> Digests:
    _check(len(data), images * DIGEST_BYTES)
    return np.frombuffer(data, np.uint8).reshape(-1, DIGEST_BYTES)


def _bits(data: bytes, rows: int, images: int) -> Bits:
    packed = -(-images // 8)
    _check(len(data), rows * packed)
    bits = np.frombuffer(data, np.uint8).reshape(rows, packed)
    if images % 8 and np.any(bits[:, -1] & (0xFF >> images % 8)):
        raise ReplicatesError("the replicates mark images that are not there: test again")
    return bits


def _counts(data: bytes, images: int) -> Counts:
    width = next((each for each in WIDTHS if each * images == len(data)), 1)
    _check(len(data), width * images)
    counts: Counts = np.frombuffer(data, f"<u{width}")
    return counts


def _floats(data: bytes) -> NDArray[np.float32]:
    _check(len(data), 4 * REPLICATES)
    return np.frombuffer(data, "<f4").astype(np.float32, copy=False)


def _check(length: int, expected: int) -> None:
    if length != expected:
        raise ReplicatesError("the arrays of the replicates do not have the lengths they announce: test again")


def _rows(names: Mapping[str, object] | Sequence[str]) -> dict[str, int]:
    return {name: row for row, name in enumerate(names)}


def _packed(marks: Mapping[str, Marks], order: NDArray[np.intp]) -> Bits:
    packed = -(-len(order) // 8)
    rows = [np.packbits(each[order].astype(np.bool_)) for each in marks.values()]
    return np.stack(rows) if rows else np.empty((0, packed), np.uint8)


def names_of(digests: NDArray[np.uint8]) -> NDArray[np.bytes_]:
    """The rows as scalars that sort like bytes; rows of one width never differ in trailing zeros alone."""
    return np.ascontiguousarray(digests).view(f"S{digests.shape[1]}").ravel()
