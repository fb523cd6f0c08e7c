"""Package formats: what each says of its images, found by itself, wherever the images lie."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from packages import bndbox, coco, jsonl, voc, zipped

from schemas.specs.mapping import BOXES, PackageKey
from storage.datasets.files import PackageError
from storage.datasets.pack import Box
from storage.datasets.package import Package, open_package

LABELX = jsonl(
    {
        "image": "a.jpg",
        "classifications": [
            {"key": "kind", "tool": "radio", "value": "bus"},
            {"key": "damage", "tool": "checkbox", "value": ["door", "glass"]},
            {"key": "plate", "tool": "text", "value": "AB"},
        ],
        "boxes": [
            {"label": "car", "x": 1.5, "y": 2, "width": 10, "height": 20, "attributes": {"side": "left", "lights": 2}},
            {"label": "bus", "bbox": [0, 0, 5, 5], "area": 20.5, "crowd": True, "difficult": True},
        ],
        "attributes": {"time": "night", "wet": True, "empty": None},
        "unknown": {"deep": [1, 2]},
    },
    {"image": "sub/b.jpg", "classifications": {"kind": {"tool": "radio", "value": "car"}, "plate": {"tool": "text"}}},
    {"image": "c.jpg", "classifications": {"kind": "bus"}, "width": 64, "height": 48},
)


def labelx_package(folder: Path) -> Path:
    content = {"data.jsonl": LABELX, "images/a.jpg": b"a", "images/sub/b.jpg": b"b", "c.jpg": b"c"}
    return zipped(folder, content)


def said(package: Package) -> dict[str, Mapping[str, str]]:
    return {record.name: record.values for record in package}


def numbers(package: Package) -> dict[str, list[tuple[str, float, float, float, float]]]:
    return {
        record.name: [(box.label, box.x, box.y, box.width, box.height) for box in record.boxes] for record in package
    }


def test_labelx_lines_say_everything_of_an_image(tmp_path: Path) -> None:
    with open_package(labelx_package(tmp_path)) as package:
        assert package.format == "labelx"
        assert package.dropped == ()
        assert said(package) == {
            "a.jpg": {"kind": "bus", "damage": "door, glass", "plate": "AB", "time": "night", "wet": "true"},
            "c.jpg": {"kind": "bus"},
            "sub/b.jpg": {"kind": "car"},
        }
        assert package.keys == (
            PackageKey("damage", "checkbox", {"door, glass": 1}),
            PackageKey("kind", "radio", {"bus": 2, "car": 1}),
            PackageKey("plate", "text", {"A": 1, "B": 1}),
            PackageKey("time", "attribute", {"night": 1}),
            PackageKey("wet", "attribute", {"true": 1}),
            PackageKey(BOXES, "box", {"car": 1, "bus": 1}),
        )
        first = package.records[0]
        assert first.boxes == (
            Box(label="car", x=1.5, y=2, width=10, height=20, attributes={"side": "left", "lights": "2"}),
            Box(label="bus", x=0, y=0, width=5, height=5, area=20.5, crowd=True, difficult=True),
        )
        assert package.read(first) == b"a"
        assert package.records[1].size == (64, 48)


def test_coco_is_read_as_it_is(tmp_path: Path) -> None:
    table = coco({"1.jpg": [("bus", [-2.5, 1, 500, 20.25])], "2.jpg": []}, classes=("car", "bus", "tram"))
    content = {"annotations/instances_val2017.json": table, "val2017/1.jpg": b"1", "val2017/2.jpg": b"2"}
    with open_package(zipped(tmp_path, {**content, "annotations/captions_val2017.json": b"{}"})) as package:
        assert package.format == "coco"
        assert package.keys == (PackageKey(BOXES, "box", {"car": 0, "bus": 1, "tram": 0}),)
        assert [record.boxes for record in package] == [
            (Box(label="bus", x=-2.5, y=1, width=500, height=20.25, area=5.5),),
            (),
        ]
        assert [(each.name, each.code) for each in package.dropped] == [
            ("annotations/captions_val2017.json", "file_not_used")
        ]


def test_voc_counts_from_one(tmp_path: Path) -> None:
    whole = bndbox("car", 1, 1, 64, 48, "<difficult>1</difficult><pose>Left</pose><truncated>0</truncated>")
    parted = bndbox("bus", 2, 3, 10.5, 20) + "<part>" + bndbox("wheel", 1, 1, 2, 2) + "</part>"
    content = {
        "VOC/Annotations/1.xml": voc(whole, parted, filename="nonsense.png"),
        "VOC/JPEGImages/1.jpg": b"1",
        "VOC/JPEGImages/empty.jpg": b"2",
    }
    with open_package(zipped(tmp_path, content)) as package:
        assert package.format == "voc"
        assert package.records[0].boxes == (
            Box(
                label="car",
                x=0,
                y=0,
                width=64,
                height=48,
                difficult=True,
                attributes={"pose": "Left", "truncated": "0"},
            ),
            Box(label="bus", x=1, y=2, width=9.5, height=18),
        )
        assert [record.name for record in package] == ["VOC/JPEGImages/1.jpg", "VOC/JPEGImages/empty.jpg"]
        assert package.records[1].boxes == ()


@pytest.mark.parametrize(
    "names",
    [
        {"data.yaml": b"nc: 2\nnames: [car, bus]\n"},
        {"data.yaml": b"names:\n  0: car\n  1: bus\n"},
        {"classes.txt": b"car\r\nbus\r\n"},
        {"obj.names": b"\xef\xbb\xbfcar\nbus"},
    ],
)
def test_yolo_gives_parts_of_the_image(tmp_path: Path, names: dict[str, bytes]) -> None:
    content = {
        **names,
        "images/1.jpg": b"1",
        "labels/1.txt": b"1 0.5 0.5 0.25 0.5\n0 0.1 0.2 0.3 0.2 0.3 0.6\n",
        "images/2.jpg": b"2",
        "labels/2.txt": b"\n",
        "images/3.jpg": b"3",
    }
    with open_package(zipped(tmp_path, content)) as package:
        assert package.format == "yolo"
        assert [key.values for key in package.keys] == [{"car": 1, "bus": 1}]
        assert package.dropped == ()
        found = numbers(package)
        assert found["images/1.jpg"] == [
            ("bus", 0.375, 0.25, 0.25, 0.5),
            pytest.approx(("car", 0.1, 0.2, 0.2, 0.4)),
        ]
        assert (found["images/2.jpg"], found["images/3.jpg"]) == ([], [])
        assert package.records[0].relative


def test_labels_beside_images_and_folders_of_the_same_names(tmp_path: Path) -> None:
    content = {
        "classes.txt": b"car\nbus\n",
        "images/day/1.jpg": b"1",
        "images/night/1.jpg": b"2",
        "labels/day/1.txt": b"0 .5 .5 .1 .1",
        "labels/night/1.txt": b"1 .5 .5 .1 .1",
        "beside/2.png": b"3",
        "beside/2.txt": b"1 .5 .5 .1 .1",
    }
    with open_package(zipped(tmp_path, content)) as package:
        assert {record.name: [box.label for box in record.boxes] for record in package} == {
            "images/day/1.jpg": ["car"],
            "images/night/1.jpg": ["bus"],
            "beside/2.png": ["bus"],
        }


YOLO = {"classes.txt": b"car\n", "images/1.jpg": b"", "labels/1.txt": b"0 .5 .5 .1 .1"}
VOC = {"a.jpg": b"", "a.xml": voc()}
COCO = {"a.json": coco({"1.jpg": []}), "1.jpg": b""}


@pytest.mark.parametrize(
    ("content", "format_"),
    [
        (YOLO, "yolo"),
        (VOC, "voc"),
        (COCO, "coco"),
        ({"a.jsonl": b"", "1.jpg": b""}, "labelx"),
        ({"cat/1.jpg": b"", "notes.txt": b""}, "imagefolder"),
        ({"1.jpg": b"", "2.jpg": b""}, "images"),
        ({"all/images/1.jpg": b"", "weights.pth": b""}, "images"),
        ({"images/cat/1.jpg": b"", "images/dog/1.jpg": b""}, "imagefolder"),
        ({"other.json": b"[]", "cat/1.jpg": b""}, "imagefolder"),
    ],
)
def test_the_format_is_found(tmp_path: Path, content: dict[str, bytes], format_: str) -> None:
    with open_package(zipped(tmp_path, content)) as package:
        assert package.format == format_


def refusal(path: Path, *options: Any) -> tuple[str, dict[str, str]]:
    with pytest.raises(PackageError) as refused, open_package(path, *options):
        pass
    return refused.value.code, refused.value.params


def test_two_formats_at_once_are_not_guessed(tmp_path: Path) -> None:
    path = zipped(tmp_path, {**YOLO, **VOC, **COCO})
    assert refusal(path) == ("package_format_ambiguous", {"formats": "coco, voc, yolo"})
    with open_package(path, "voc") as package:
        assert [record.name for record in package] == ["1.jpg", "a.jpg"]
    code, params = refusal(path, "made up")
    assert code == "package_format_unknown"
    assert "labelx" in params["known"]


@pytest.mark.parametrize(
    ("format_", "code"),
    [
        ("coco", "annotations_missing"),
        ("voc", "annotations_missing"),
        ("yolo", "package_names_missing"),
        ("labelx", "annotations_missing"),
    ],
)
def test_another_format_than_the_one_that_is_there_is_refused(tmp_path: Path, format_: str, code: str) -> None:
    assert refusal(zipped(tmp_path, {"cat/1.jpg": b""}), format_)[0] == code


ROW = b"0 .5 .5 .1 .1"
SPLITS = [
    {
        "classes.txt": b"car", "images/train/1.jpg": b"", "images/val/2.jpg": b"", "labels/train/1.txt": ROW,
        "labels/val/2.txt": ROW,
    },
    {"data.yaml": b"names: [car]", "train/images/1.jpg": b"", "valid/images/2.jpg": b"", "train/labels/1.txt": ROW},
    {
        "a/instances_train2017.json": coco({"1.jpg": []}), "a/instances_val2017.json": coco({"2.jpg": []}),
        "train2017/1.jpg": b"", "val2017/2.jpg": b"",
    },
    {"a_train.jsonl": jsonl({"image": "1.jpg"}), "a_val.jsonl": jsonl({"image": "2.jpg"}), "1.jpg": b"", "2.jpg": b""},
    {
        "Annotations/1.xml": voc(), "Annotations/2.xml": voc(), "JPEGImages/1.jpg": b"", "JPEGImages/2.jpg": b"",
        "ImageSets/Main/train.txt": b"1\n", "ImageSets/Main/val.txt": b"2\n", "ImageSets/Main/trainval.txt": b"1\n2\n",
    },
    {"train/cat/1.jpg": b"", "val/cat/2.jpg": b""},
]  # fmt: skip


@pytest.mark.parametrize("content", SPLITS)
def test_one_of_several_splits_must_be_chosen(tmp_path: Path, content: dict[str, bytes]) -> None:
    path = zipped(tmp_path, content)
    code, params = refusal(path)
    assert code == "package_splits"
    assert {"train", "val"} <= set(params["folders"].replace("valid", "val").split(", "))
    for split, name in (("val", "2.jpg"), ("train", "1.jpg")):
        with open_package(path, "auto", split) as package:
            assert [record.name.rpartition("/")[2] for record in package] == [name]
    assert refusal(path, "auto", "test")[0] == "package_split_missing"


def test_a_word_in_an_images_name_makes_no_split(tmp_path: Path) -> None:
    content = {"test_1.xml": voc(), "test_1.jpg": b"", "train_2.xml": voc(), "train_2.jpg": b""}
    with open_package(zipped(tmp_path, content)) as package:
        assert len(package) == 2


def test_of_equal_names_the_closest_is_meant_and_else_none(tmp_path: Path) -> None:
    lines = jsonl({"image": "1.jpg"}, {"image": "x/2.jpg"}, {"image": "3.jpg"})
    content = {"d/a.jsonl": lines, "d/1.jpg": b"", "e/1.jpg": b"", "e/x/2.jpg": b"", "f/3.jpg": b"", "g/3.jpg": b""}
    with open_package(zipped(tmp_path, content)) as package:
        assert [record.parts for record in package] == [("d", "1.jpg"), ("e", "x", "2.jpg")]
        assert ("3.jpg", "image_ambiguous") in [(each.name, each.code) for each in package.dropped]


def test_keypoints_after_a_yolo_box_are_no_polygon(tmp_path: Path) -> None:
    content = {"images/1.jpg": b"", "labels/1.txt": b"0 .5 .5 .2 .2 .9 .9 .1 .1 .4 .4\n"}
    widths = []
    for more in (b"\nkpt_shape: [3, 2]\n", b""):
        with open_package(zipped(tmp_path, {**content, "data.yaml": b"names: [cat, dog]" + more})) as package:
            ((box,),) = (record.boxes for record in package)
            widths.append(round(box.width, 6))
    assert widths == [0.2, 0.8], "without kpt_shape they are points of an outline"


@pytest.mark.parametrize(
    "line",
    [
        {"classifications": [{"key": "k", "value": "a"}, {"key": "k", "value": "b"}]},
        {"classifications": {"k": "a"}, "attributes": {"k": "b"}},
    ],
)
def test_an_image_with_two_values_for_a_key_is_left_out(tmp_path: Path, line: dict[str, Any]) -> None:
    same = {"image": "2.jpg", "classifications": [{"key": "k", "value": "a"}] * 2, "attributes": {"k": "a"}}
    content = {"d.jsonl": jsonl({"image": "1.jpg", **line}, same), "1.jpg": b"", "2.jpg": b""}
    with open_package(zipped(tmp_path, content)) as package:
        assert [each.name for each in package] == ["2.jpg"]
        assert [(each.code, each.params["key"]) for each in package.dropped] == [("answer_twice", "k")]
