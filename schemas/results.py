"""A test's results image by image, as an object: columns instead of records, so that a hundred thousand images are read
as quickly as ten.

The object is MessagePack of `Results`; its arrays are plain little-endian bytes, so that ten lines in any language read
it. Columns run over the images in the order of the dataset (those that were left out are missing).
"""

from __future__ import annotations

import unicodedata
from typing import Annotated, Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas.specs.testing import SizePolicy
from schemas.verdict.weights import DIGEST_BYTES

FORMAT_VERSION = 1
IMAGES_MAX = 10_000_000

MISSED, MATCHED, NOT_COUNTED = 0, 1, 2
"""What became of a true box at the test's operating point; `NOT_COUNTED`: a crowd, or difficult."""
WRONG, RIGHT, IGNORED, BELOW = 0, 1, 2, 3
"""What a found box was: `IGNORED` answers a true box that does not count, `BELOW` is below the score threshold."""

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the results' parts: unknown fields are ignored, so that older readers survive newer writers."""


class ClassifiedPart(Part, frozen=True, kw_only=True):
    """One classification task. `labels` int32 (images) true classes, empty where nobody said them; `top` int32 and
    `scores` float32 (images, k): the best classes, best first."""

    task: str
    classes: tuple[str, ...]
    k: Annotated[int, msgspec.Meta(ge=1)]
    labels: bytes
    top: bytes
    scores: bytes


class DetectedPart(Part, frozen=True, kw_only=True):
    """One detector. Boxes are left, top, right, bottom in pixels of the image, float32.

    counts, truth_counts: int32 (images) boxes of each image, whose columns follow one another. labels: int32 classes.
    outcomes: uint8 (`WRONG`...), and of truths (`MISSED`...). partners: int32 place among the image's truths, -1: none.
    `threshold`: the score from which on a box counts as said.
    """

    task: str
    classes: tuple[str, ...]
    iou_threshold: float
    size_policy: SizePolicy
    threshold: float
    counts: bytes
    boxes: bytes
    scores: bytes
    labels: bytes
    outcomes: bytes = b""
    partners: bytes = b""
    truth_counts: bytes = b""
    truth_boxes: bytes = b""
    truth_labels: bytes = b""
    truth_outcomes: bytes = b""


def composed(text: str) -> str:
    """The text as texts are compared: in Unicode's composed form (NFC); case and spaces count."""
    return unicodedata.normalize("NFC", text)


class ReadPart(Part, frozen=True, kw_only=True):
    """One reader of text: what it read, and what stands there (empty where nobody said it)."""

    task: str
    texts: tuple[str, ...]
    truths: tuple[str, ...] = ()


class DimensionPart(Part, frozen=True, kw_only=True):
    """The value that each image has in a dimension: int32 (images) places in `values`; "" is no value."""

    name: str
    values: tuple[str, ...]
    places: bytes


class Results(Part, frozen=True, kw_only=True):
    """What the object holds. digests: images x 32 bytes; sizes: int32 (images, 2) width and height in pixels."""

    images: Annotated[int, msgspec.Meta(ge=0, le=IMAGES_MAX)]
    names: tuple[str, ...]
    digests: bytes
    sizes: bytes
    classified: tuple[ClassifiedPart, ...] = ()
    detected: tuple[DetectedPart, ...] = ()
    read: tuple[ReadPart, ...] = ()
    dimensions: tuple[DimensionPart, ...] = ()
    format: Literal["mo.results"] = "mo.results"
    format_version: int = FORMAT_VERSION


class ResultsError(ValueError):
    """These bytes are no results that this version understands: test again, or upgrade Mo."""


class Boxes(NamedTuple):
    """The boxes of some images: `offsets` (images + 1) says where each image's begin. See `DetectedPart`."""

    offsets: NDArray[np.int64]
    boxes: Floats
    labels: Ints


class Detected(NamedTuple):
    """`DetectedPart` as arrays; without truths nobody labelled the images."""

    found: Boxes
    scores: Floats
    outcomes: Bytes | None
    partners: Ints | None
    truths: Boxes | None
    truth_outcomes: Bytes | None


def packed(values: object, dtype: str) -> bytes:
    """An array's bytes: `dtype` is `<i4`, `<f4` or `u1`."""
    return np.ascontiguousarray(np.asarray(values, dtype)).tobytes()


def encode(results: Results) -> bytes:
    """The object's bytes."""
    return msgspec.msgpack.encode(results)


def decode(data: bytes) -> Results:
    """The results in an object. Nothing is copied before it is asked for.

    Raises:
        ResultsError: it is something else, or its columns have not the lengths they announce.
    """
    try:
        results = msgspec.msgpack.decode(data, type=Results)
    except msgspec.MsgspecError as error:
        raise ResultsError(f"no results: {error}") from error
    if results.format_version > FORMAT_VERSION:
        raise ResultsError(f"the results have format {results.format_version}: upgrade Mo")
    images = results.images
    sound = len(results.names) == images and len(results.digests) == images * DIGEST_BYTES
    sound = sound and len(results.sizes) == images * 8
    sound = sound and all(_classified_sound(each, images) for each in results.classified)
    sound = sound and all(_detected_sound(each, images) for each in results.detected)
    sound = sound and all(len(each.texts) == images for each in results.read)
    sound = sound and all(len(each.truths) in (0, images) for each in results.read)
    if not sound or not all(len(each.places) == images * 4 for each in results.dimensions):
        raise ResultsError("the columns of the results do not have the lengths they announce: test again")
    return results


def _classified_sound(part: ClassifiedPart, images: int) -> bool:
    cells = images * part.k * 4
    return len(part.labels) in (0, images * 4) and len(part.top) == len(part.scores) == cells


def _detected_sound(part: DetectedPart, images: int) -> bool:
    found = _boxes_sound(part.counts, images, part.boxes, part.labels, part.scores)
    if found < 0 or len(part.outcomes) not in (0, found) or len(part.partners) not in (0, found * 4):
        return False
    if not part.truth_counts:
        return not (part.truth_boxes or part.truth_labels or part.truth_outcomes)
    true = _boxes_sound(part.truth_counts, images, part.truth_boxes, part.truth_labels, part.truth_labels)
    return true >= 0 and len(part.truth_outcomes) == true


def _boxes_sound(counts: bytes, images: int, boxes: bytes, labels: bytes, scores: bytes) -> int:
    """How many boxes there are; -1 if the columns do not agree."""
    if len(counts) != images * 4:
        return -1
    every = np.frombuffer(counts, "<i4")
    total = int(every.sum(dtype=np.int64))
    sizes = (len(boxes), len(labels), len(scores))
    return total if not np.any(every < 0) and sizes == (total * 16, total * 4, total * 4) else -1


def columns(part: ClassifiedPart) -> tuple[Ints | None, Ints, Floats]:
    """Labels (images,), None where nobody said them; top and scores (images, k)."""
    labels = np.frombuffer(part.labels, "<i4") if part.labels else None
    top, scores = np.frombuffer(part.top, "<i4"), np.frombuffer(part.scores, "<f4")
    return labels, top.reshape(-1, part.k), scores.reshape(-1, part.k)


def detected(part: DetectedPart) -> Detected:
    """The part as arrays."""
    found = _boxes(part.counts, part.boxes, part.labels)
    truths = _boxes(part.truth_counts, part.truth_boxes, part.truth_labels) if part.truth_counts else None
    return Detected(
        found,
        np.frombuffer(part.scores, "<f4"),
        np.frombuffer(part.outcomes, np.uint8) if part.outcomes else None,
        np.frombuffer(part.partners, "<i4") if part.partners else None,
        truths,
        np.frombuffer(part.truth_outcomes, np.uint8) if truths is not None else None,
    )


def _boxes(counts: bytes, boxes: bytes, labels: bytes) -> Boxes:
    offsets = np.concatenate(([0], np.cumsum(np.frombuffer(counts, "<i4"), dtype=np.int64)))
    return Boxes(offsets, np.frombuffer(boxes, "<f4").reshape(-1, 4), np.frombuffer(labels, "<i4"))


def places(part: DimensionPart) -> Ints:
    """The place in `values` of each image."""
    return np.frombuffer(part.places, "<i4")


def digest_of(results: Results, image: int) -> str:
    """The digest of an image's file."""
    return f"sha256:{results.digests[image * DIGEST_BYTES : (image + 1) * DIGEST_BYTES].hex()}"


def size_of(results: Results, image: int) -> tuple[int, int]:
    """Width and height of an image in pixels."""
    width, height = np.frombuffer(results.sizes, "<i4", 2, image * 8)
    return int(width), int(height)
