"""Results come back as they were written, and what is cut or made up is refused."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from schemas.results import (
    ClassifiedPart,
    DetectedPart,
    DimensionPart,
    ReadPart,
    Results,
    ResultsError,
    columns,
    decode,
    detected,
    digest_of,
    encode,
    packed,
    places,
    size_of,
)

IMAGES = 3
CLASSIFIED = ClassifiedPart(
    task="kind",
    classes=("a", "b", "c"),
    k=2,
    labels=packed([0, 1, 2], "<i4"),
    top=packed([[0, 1], [1, 0], [0, 2]], "<i4"),
    scores=packed([[0.9, 0.1], [0.8, 0.2], [0.5, 0.4]], "<f4"),
)
DETECTED = DetectedPart(
    task="object",
    classes=("cat",),
    iou_threshold=0.5,
    size_policy="true",
    threshold=0.3,
    counts=packed([2, 0, 1], "<i4"),
    boxes=packed(np.arange(12).reshape(3, 4), "<f4"),
    scores=packed([0.9, 0.2, 0.5], "<f4"),
    labels=packed([0, 0, 0], "<i4"),
    outcomes=packed([1, 3, 0], "u1"),
    partners=packed([0, -1, -1], "<i4"),
    truth_counts=packed([1, 1, 0], "<i4"),
    truth_boxes=packed(np.arange(8).reshape(2, 4), "<f4"),
    truth_labels=packed([0, 0], "<i4"),
    truth_outcomes=packed([1, 0], "u1"),
)
RESULTS = Results(
    images=IMAGES,
    names=("x.jpg", "y.jpg", "z.jpg"),
    digests=bytes(range(96)),
    sizes=packed([[640, 480], [32, 32], [1, 2]], "<i4"),
    classified=(CLASSIFIED,),
    detected=(DETECTED,),
    read=(ReadPart(task="plate", texts=("A1", "", "B"), truths=("A1", "C", "B")),),
    dimensions=(DimensionPart(name="weather", values=("rain", "sun"), places=packed([0, 1, 1], "<i4")),),
)


def test_what_was_written_is_read():
    results = decode(encode(RESULTS))
    assert results == RESULTS
    labels, top, scores = columns(results.classified[0])
    assert labels is not None
    assert labels.tolist() == [0, 1, 2]
    assert top.tolist() == [[0, 1], [1, 0], [0, 2]]
    assert scores[2].tolist() == pytest.approx([0.5, 0.4])
    found = detected(results.detected[0])
    assert found.found.offsets.tolist() == [0, 2, 2, 3]
    assert found.truths is not None
    assert found.truths.offsets.tolist() == [0, 1, 2, 2]
    assert found.found.boxes[2].tolist() == [8, 9, 10, 11]
    assert places(results.dimensions[0]).tolist() == [0, 1, 1]
    assert size_of(results, 0) == (640, 480)
    assert digest_of(results, 1) == "sha256:" + bytes(range(32, 64)).hex()


def test_images_that_nobody_labelled_have_no_truths():
    quick = msgspec.structs.replace(
        DETECTED, outcomes=b"", partners=b"", truth_counts=b"", truth_boxes=b"", truth_labels=b"", truth_outcomes=b""
    )
    plain = msgspec.structs.replace(CLASSIFIED, labels=b"")
    results = decode(encode(msgspec.structs.replace(RESULTS, detected=(quick,), classified=(plain,), read=())))
    found = detected(results.detected[0])
    assert (found.truths, found.outcomes, found.partners) == (None, None, None)
    assert columns(results.classified[0])[0] is None


@pytest.mark.parametrize(
    "changed",
    [
        {"images": 4},
        {"names": ("x",)},
        {"digests": b"short"},
        {"sizes": b""},
        {"format_version": 99},
        {"classified": (msgspec.structs.replace(CLASSIFIED, top=b"1234"),)},
        {"classified": (msgspec.structs.replace(CLASSIFIED, labels=b"1234"),)},
        {"detected": (msgspec.structs.replace(DETECTED, counts=packed([2, 0, 9], "<i4")),)},
        {"detected": (msgspec.structs.replace(DETECTED, counts=packed([-1, 3, 1], "<i4")),)},
        {"detected": (msgspec.structs.replace(DETECTED, outcomes=b"1"),)},
        {"detected": (msgspec.structs.replace(DETECTED, truth_counts=b""),)},
        {"detected": (msgspec.structs.replace(DETECTED, truth_outcomes=b""),)},
        {"read": (ReadPart(task="plate", texts=("A",)),)},
        {"dimensions": (DimensionPart(name="w", values=("a",), places=b""),)},
    ],
)
def test_columns_that_do_not_fit_are_refused(changed):
    with pytest.raises(ResultsError):
        decode(encode(msgspec.structs.replace(RESULTS, **changed)))


@pytest.mark.parametrize("data", [b"", b"\x00", b"{}", msgspec.msgpack.encode({"format": "mo.replicates"})])
def test_what_is_something_else_is_refused(data):
    with pytest.raises(ResultsError):
        decode(data)
