"""A test's replicates as an object: which images counted, which answers were right, and the bootstrap sums of both.

The object is MessagePack of `Replicates`; its arrays are plain bytes, so that ten lines in any language read it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas.values import ShortText
from schemas.verdict.weights import DIGEST_BYTES, METHOD, REPLICATES, Digests, Marks, Sums, weighted

FORMAT_VERSION = 1
IMAGES_MAX = 10_000_000
MEASURES_MAX = 1000
_SUM_BYTES = 4 * REPLICATES

Places = NDArray[np.intp]


class Replicates(msgspec.Struct, frozen=True, kw_only=True):
    """What the object holds; `tests` of other models on the same images have the same `digests` and `total`.

    digests: images x 32 bytes, SHA-256, ascending (an image that is there twice is listed twice).
    right: measures x images bits, each measure's row padded to whole bytes, most significant bit first.
    total: REPLICATES unsigned 32-bit little-endian sums of the images' weights.
    right_total: measures x REPLICATES of the same, over the images that were answered rightly.
    """

    measures: Annotated[tuple[ShortText, ...], msgspec.Meta(min_length=1, max_length=MEASURES_MAX)]
    images: Annotated[int, msgspec.Meta(ge=1, le=IMAGES_MAX)]
    digests: bytes
    right: bytes
    total: bytes
    right_total: bytes
    method: str = METHOD
    replicates: int = REPLICATES
    format: Literal["mo.replicates"] = "mo.replicates"
    format_version: int = FORMAT_VERSION


class ReplicatesError(ValueError):
    """These bytes are no replicates that this version understands: test again, or upgrade Mo."""


class Sample(NamedTuple):
    """Replicates as arrays: `row` finds a measure's row in `marks` and `right`."""

    digests: Digests
    marks: Marks
    total: Sums
    right: Sums
    row: Mapping[str, int]


def sample(digests: Sequence[str], marks: Mapping[str, Marks]) -> Sample:
    """The sample of a test.

    Args:
        digests: the images, each `sha256:` and 64 hexadecimal digits.
        marks: for each measure (`top1/TASK`, ...) whether each image was answered rightly, in the same order.
    """
    raw = b"".join(bytes.fromhex(digest.removeprefix("sha256:")) for digest in digests)
    found = np.frombuffer(raw, np.uint8).reshape(-1, DIGEST_BYTES)
    order = np.argsort(_names(found), kind="stable")
    rows = np.stack([each[order] for each in marks.values()]).astype(np.bool_)
    total, right = weighted(found[order], rows)
    return Sample(found[order], rows, total, right, {name: row for row, name in enumerate(marks)})


def encode(made: Sample) -> bytes:
    """The object's bytes: equal samples give equal bytes."""
    return msgspec.msgpack.encode(
        Replicates(
            measures=tuple(made.row),
            images=len(made.digests),
            digests=made.digests.tobytes(),
            right=np.packbits(made.marks, axis=1).tobytes(),
            total=made.total.astype("<u4").tobytes(),
            right_total=made.right.astype("<u4").tobytes(),
        )
    )


def decode(data: bytes) -> Sample:
    """The sample in an object.

    Raises:
        ReplicatesError: it is something else, or of another arithmetic than this version's.
    """
    try:
        kept = msgspec.msgpack.decode(data, type=Replicates)
    except msgspec.MsgspecError as error:
        raise ReplicatesError(f"no replicates: {error}") from error
    if (kept.method, kept.replicates) != (METHOD, REPLICATES) or kept.format_version > FORMAT_VERSION:
        raise ReplicatesError(f"{kept.method} x {kept.replicates} is not what this version computes: test again")
    measures, packed = len(kept.measures), -(-kept.images // 8)
    sizes = (kept.images * DIGEST_BYTES, measures * packed, _SUM_BYTES, measures * _SUM_BYTES)
    if sizes != tuple(map(len, (kept.digests, kept.right, kept.total, kept.right_total))):
        raise ReplicatesError("the arrays of the replicates do not have the lengths they announce: test again")
    bits = np.frombuffer(kept.right, np.uint8).reshape(measures, packed)
    return Sample(
        digests=np.frombuffer(kept.digests, np.uint8).reshape(-1, DIGEST_BYTES),
        marks=np.unpackbits(bits, axis=1, count=kept.images).astype(np.bool_),
        total=np.frombuffer(kept.total, "<u4").astype(np.int64),
        right=np.frombuffer(kept.right_total, "<u4").astype(np.int64).reshape(measures, REPLICATES),
        row={name: row for row, name in enumerate(kept.measures)},
    )


class Shared(NamedTuple):
    """Places in two samples: `first[i]` and `second[i]` are the same image; the others are in one sample only."""

    first: Places
    second: Places


def shared(first: Sample, second: Sample) -> Shared:
    """The images that both samples have; the n-th copy of an image is paired with the n-th copy."""
    if np.array_equal(first.digests, second.digests):
        every = np.arange(len(first.digests))
        return Shared(every, every)
    _, here, there = np.intersect1d(
        _copies(first.digests), _copies(second.digests), assume_unique=True, return_indices=True
    )
    return Shared(here, there)


def sums_of(part: Sample, places: Places, row: int) -> tuple[Sums, Sums]:
    """Sums of the weights at these places, and of the weights of the right ones there: both (REPLICATES,)."""
    images = len(part.digests)
    if len(places) == images:
        return part.total, part.right[row]
    others = np.setdiff1d(np.arange(images), places)
    few = others if len(others) < len(places) else places
    total, right = weighted(part.digests[few], part.marks[row : row + 1, few])
    return (total, right[0]) if few is places else (part.total - total, part.right[row] - right[0])


def _names(digests: Digests) -> NDArray[np.bytes_]:
    """The rows as scalars that sort like bytes; rows of one width never differ in trailing zeros alone."""
    return np.ascontiguousarray(digests).view(f"S{digests.shape[1]}").ravel()


def _copies(digests: Digests) -> NDArray[np.bytes_]:
    """The names of ascending digests with the number of the copy behind each, so that no two are equal."""
    places = np.arange(len(digests), dtype=np.int64)
    changed = np.any(digests[1:] != digests[:-1], axis=1)
    begun = np.maximum.accumulate(np.where(np.concatenate(([True], changed)), places, 0))
    numbers = (places - begun).astype(">u4").view(np.uint8).reshape(-1, 4)
    return _names(np.concatenate((digests, numbers), axis=1))
