"""Dataset packs: what was put in comes out, with its figures; older packs are still read."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from packages import zipped

from storage.datasets.figures import DIMENSION_VALUES_MAX, Histograms
from storage.datasets.pack import (
    MIMETYPE,
    Box,
    DatasetPack,
    DroppedRecord,
    DroppedValue,
    PackError,
    PackTask,
    PackWriter,
)
from storage.stored_zip import StoredZipWriter


def write_pack(path: Path) -> None:
    with PackWriter(path) as writer:
        writer.add(b"one", name="cat/1.jpg", suffix="jpg", width=4, height=3, labels={"class": "cat"})
        writer.add(b"two", name="狗/2.png", suffix="png", width=5, height=6, labels={"class": "狗"})
        writer.drop(DroppedRecord(name="x.txt", code="not_an_image"))
        writer.drop(DroppedRecord(name="y.txt", code="not_an_image"))
        writer.finish((PackTask("class", ("cat", "狗")),))


def test_a_pack_gives_back_what_was_put_in(tmp_path: Path) -> None:
    write_pack(tmp_path / "a")
    with DatasetPack(tmp_path / "a") as pack:
        assert pack.info.images == 2
        assert pack.info.reasons == {"not_an_image": 2}
        assert pack.info.tasks == (PackTask("class", ("cat", "狗")),)
        first, second = pack.records
        assert (second.name, second.labels, second.width, second.height) == ("狗/2.png", {"class": "狗"}, 5, 6)
        assert pack.image(second) == b"two"
        assert pack.image(first) == b"one"
        assert [record.name for record in pack.dropped()] == ["x.txt", "y.txt"]


def test_equal_packs_are_equal_bytes(tmp_path: Path) -> None:
    write_pack(tmp_path / "a")
    write_pack(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_changed_images_are_noticed(tmp_path: Path) -> None:
    write_pack(tmp_path / "a")
    data = (tmp_path / "a").read_bytes()
    (tmp_path / "a").write_bytes(data.replace(b"two", b"too", 1))
    with DatasetPack(tmp_path / "a") as pack, pytest.raises(PackError):
        pack.image(pack.records[1])


def record(number: int) -> bytes:
    return (
        b'{"name":"n","entry":"images/%d.jpg","sha256":"sha256:x","width":1,"height":1,"labels":{"class":"cat"}}\n'
        % number
    )


INFO = (
    b'{"type":"classification","tasks":[{"name":"class","classes":["cat"]}],"images":2,"dropped":0,'
    b'"format":"mo.dataset","format_version":2}'
)


@pytest.mark.parametrize(
    ("images", "records", "fits"),
    [
        ((1, 2), record(1) + record(2), True),
        ((1, 2), record(2) + record(1), False),
        ((1, 2), record(1) + record(1), False),
        ((1, 2), record(1), False),
        ((1, 2, 3), record(1) + record(2) + record(3), False),
        ((1,), record(1) + record(2), False),
        ((1, 2), record(1) + b"junk\n", False),
    ],
    ids=["they do", "another order", "one twice", "one missing", "another count", "no image", "no record"],
)
def test_records_are_those_of_the_images_in_their_order(
    tmp_path: Path, images: tuple[int, ...], records: bytes, fits: bool
) -> None:
    with StoredZipWriter(tmp_path / "a", MIMETYPE) as file:
        for number in images:
            file.add(f"images/{number}.jpg", b"1")
        for name, data in (("records.jsonl", records), ("dropped.jsonl", b""), ("dataset.json", INFO)):
            file.add(name, data)
    if fits:
        DatasetPack(tmp_path / "a").__exit__(None, None, None)
    else:
        with pytest.raises(PackError, match="import the dataset again"):
            DatasetPack(tmp_path / "a")


def test_another_zip_is_no_pack(tmp_path: Path) -> None:
    with pytest.raises(PackError):
        DatasetPack(zipped(tmp_path, {"a": b"b"}))


CAR = Box(label="car", x=-3.5, y=2.25, width=100, height=100.5, area=80.0, attributes={"side": "left"})
CROWD = Box(label="person", x=0, y=0, width=50, height=50, crowd=True, difficult=True)


def test_boxes_and_attributes_come_back_and_are_counted(tmp_path: Path) -> None:
    with PackWriter(tmp_path / "a") as writer:
        for number in range(DIMENSION_VALUES_MAX + 1):
            boxes = (CAR, CROWD) if number == 0 else ()
            attributes = {"time": "day" if number % 2 else "night", "id": str(number)}
            writer.add(b"1", name="n", suffix="jpg", width=64, height=48, labels={}, boxes=boxes, attributes=attributes)
        writer.finish((PackTask("class", ("bus", "car", "person")),), "detection")
    with DatasetPack(tmp_path / "a") as pack:
        assert pack.info.type == "detection"
        assert pack.records[0].boxes == (CAR, CROWD)
        assert pack.records[0].attributes == {"time": "night", "id": "0"}
        assert pack.info.dimensions == {"time": {"night": 51, "day": 50}}
        assert pack.info.left_out == ("id",)
        assert pack.info.histograms == Histograms(
            classes={"class": {"bus": 0, "car": 1, "person": 1}},
            boxes_per_image={"0": 100, "2": 1},
            areas={"small": 1, "medium": 1, "large": 0},
            sizes={"64x48": 101},
        )


def test_the_ledger_is_counted_by_value(tmp_path: Path) -> None:
    with PackWriter(tmp_path / "a") as writer:
        for value in ("van", "tram", "van"):
            params = {"task": "kind", "key": "k", "value": value}
            writer.drop(DroppedRecord(name="x", code="value_outside_classes", params=params))
        info = writer.finish(())
    assert [(each.count, each.params["value"]) for each in info.values] == [(2, "van"), (1, "tram")]
    assert info.values[0] == DroppedValue(
        code="value_outside_classes", count=2, params={"task": "kind", "key": "k", "value": "van"}
    )


@pytest.mark.parametrize(
    ("numbers", "code"),
    [
        ((math.nan, 0, 1, 1), "box_not_finite"),
        ((0, 0, math.inf, 1), "box_not_finite"),
        ((0, 0, -1, 1), "box_negative"),
        ((0, 0, 1, 0), "box_empty"),
    ],
)
def test_boxes_that_cannot_be_are_refused(numbers: tuple[float, float, float, float], code: str) -> None:
    x, y, width, height = numbers
    with pytest.raises(ValueError, match=code):
        Box(label="a", x=x, y=y, width=width, height=height)


def test_packs_of_format_1_are_read(tmp_path: Path) -> None:
    record = (
        b'{"name":"cat/1.jpg","entry":"images/0000000.jpg","sha256":"sha256:x","width":4,"height":3,'
        b'"labels":{"class":"cat"}}'
    )
    info = (
        b'{"type":"classification","tasks":[{"name":"class","classes":["cat"]}],"images":1,"dropped":0,"reasons":{},'
        b'"format":"mo.dataset","format_version":1}'
    )
    with StoredZipWriter(tmp_path / "a", MIMETYPE) as file:
        for name, data in (
            ("images/0000000.jpg", b"1"), ("records.jsonl", record), ("dropped.jsonl", b""), ("dataset.json", info),
        ):  # fmt: skip
            file.add(name, data)
    with DatasetPack(tmp_path / "a") as pack:
        assert pack.info.format_version == 1
        assert (pack.records[0].labels, pack.records[0].boxes) == ({"class": "cat"}, ())
        assert pack.info.histograms == Histograms()
