"""Which image an annotation means, in every format: never another one of its name, and never one left open."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from packages import bndbox, coco, jsonl, voc, zipped

from storage.datasets.package import open_package

CAR, BUS = b"0 .5 .5 .1 .1", b"1 .5 .5 .1 .1"
NAMES = {"data.yaml": b"names: [car, bus]"}
CAR_XML, BUS_XML = voc(bndbox("car", 1, 1, 5, 5)), voc(bndbox("bus", 1, 1, 9, 9))


def read(folder: Path, content: Mapping[str, bytes], split: str = "") -> tuple[dict[str, list[str]], list[str]]:
    """Classes by image, and the ledger as `name code`, sorted."""
    with open_package(zipped(folder, content), "auto", split) as package:
        found = {"/".join(each.parts): [box.label for box in each.boxes] for each in package}
        return found, sorted(f"{each.name} {each.code}" for each in package.dropped)


VOC12 = "VOCdevkit/VOC2012/"


@pytest.mark.parametrize("written", ["1.jpg", ""])
def test_masks_of_a_standard_voc_are_no_images_without_boxes(tmp_path: Path, written: str) -> None:
    content = {
        f"{VOC12}Annotations/1.xml": voc(bndbox("car", 1, 1, 5, 5), filename=written),
        f"{VOC12}ImageSets/Main/val.txt": b"1\n2\n",
        **{f"{VOC12}JPEGImages/{n}.jpg": b"" for n in (1, 2, 3)},
        **{f"{VOC12}Segmentation{kind}/{n}.png": b"" for kind in ("Class", "Object") for n in (1, 2)},
    }
    found, ledger = read(tmp_path, content)
    assert found == {f"{VOC12}JPEGImages/1.jpg": ["car"], f"{VOC12}JPEGImages/2.jpg": []}
    assert ledger == [
        f"{VOC12}Segmentation{kind}/{n}.png image_not_listed" for kind in ("Class", "Object") for n in (1, 2)
    ]


def test_masks_beside_yolo_are_no_images_without_boxes(tmp_path: Path) -> None:
    images = {"images/1.jpg": b"", "images/night/2.jpg": b"", "masks/1.png": b"", "masks/2.png": b""}
    found, ledger = read(tmp_path, {**NAMES, **images, "labels/1.txt": CAR})
    assert found == {"images/1.jpg": ["car"], "images/night/2.jpg": []}
    assert ledger == ["masks/1.png image_not_listed", "masks/2.png image_not_listed"]
    found, ledger = read(tmp_path, {**NAMES, "images/2.jpg": b"", "masks/1.png": b"", "labels/1.txt": CAR})
    assert found == {"images/2.jpg": []}
    assert ledger == ["labels/1.txt image_missing", "masks/1.png image_not_listed"]


def test_masks_of_the_name_that_a_voc_table_does_not_write(tmp_path: Path) -> None:
    content = {"annotations/xmls/1.xml": voc(bndbox("car", 1, 1, 5, 5), filename="1.jpg"), "images/1.jpg": b""}
    found, ledger = read(tmp_path, {**content, "annotations/trimaps/1.png": b""})
    assert found == {"images/1.jpg": ["car"]}
    assert ledger == ["annotations/trimaps/1.png image_not_listed"]


TWO = {"a/1.jpg": [("car", [1, 1, 5, 5])], "b/1.jpg": [("bus", [2, 2, 9, 9])]}
LINES = jsonl(*({"image": name, "boxes": [{"label": boxes[0][0], "bbox": boxes[0][1]}]} for name, boxes in TWO.items()))
OF_ANOTHER = {
    "coco": ({"a.json": coco(TWO), "b/1.jpg": b""}, "a/1.jpg image_missing"),
    "labelx": ({"a.jsonl": LINES, "b/1.jpg": b""}, "a/1.jpg image_missing"),
    "yolo": (
        {**NAMES, "labels/a/1.txt": CAR, "labels/b/1.txt": BUS, "images/b/1.jpg": b""},
        "labels/a/1.txt image_missing",
    ),
    "voc": (
        {"Annotations/a/1.xml": CAR_XML, "Annotations/b/1.xml": BUS_XML, "JPEGImages/b/1.jpg": b""},
        "Annotations/a/1.xml annotation_without_image",
    ),
    "voc beside": (
        {"a/1.xml": CAR_XML, "a/2.xml": CAR_XML, "a/2.jpg": b"", "b/1.xml": BUS_XML, "b/1.jpg": b""},
        "a/1.xml annotation_without_image",
    ),
}


@pytest.mark.parametrize("format_", OF_ANOTHER)
def test_an_annotation_never_goes_to_another_image_of_its_name(tmp_path: Path, format_: str) -> None:
    content, dropped = OF_ANOTHER[format_]
    found, ledger = read(tmp_path, content)
    assert {name: labels for name, labels in found.items() if name.endswith("b/1.jpg")} == {
        next(name for name in content if name.endswith("b/1.jpg")): ["bus"]
    }
    assert ledger == [dropped]


GUESSED = {
    "a name that another names with its folder": (
        {
            "t/a.jsonl": jsonl(
                {"image": "1.jpg"}, {"image": "b/1.jpg", "boxes": [{"label": "bus", "bbox": [1, 1, 2, 2]}]}
            )
        }
        | {"b/1.jpg": b""},
        {"b/1.jpg": ["bus"]},
        ["1.jpg image_twice"],
    ),
    "two names for one image": (
        {"a.json": coco(TWO), "1.jpg": b""},
        {},
        ["1.jpg image_not_listed", "a/1.jpg", "b/1.jpg"],
    ),
    "two tables for one image": (
        {**NAMES, "labels/a/1.txt": CAR, "labels/b/1.txt": BUS, "images/1.jpg": b"", "images/2.jpg": b""},
        {"images/2.jpg": []},
        ["images/1.jpg image_not_listed", "labels/a/1.txt", "labels/b/1.txt"],
    ),
}


@pytest.mark.parametrize("case", GUESSED)
def test_what_is_not_clear_is_not_guessed(tmp_path: Path, case: str) -> None:
    content, images, dropped = GUESSED[case]
    found, ledger = read(tmp_path, content)
    assert found == images
    assert ledger == [each if " " in each else f"{each} image_ambiguous" for each in dropped]


UNPLACED = [
    (
        {"Annotations/1.xml": CAR_XML, "JPEGImages/a/1.jpg": b"", "JPEGImages/b/1.jpg": b""},
        [
            "Annotations/1.xml image_ambiguous",
            "JPEGImages/a/1.jpg image_not_listed",
            "JPEGImages/b/1.jpg image_not_listed",
        ],
    ),
    (
        {"Annotations/1.xml": b"<Annotation><object/></Annotation>", "JPEGImages/1.jpg": b""},
        ["Annotations/1.xml file_not_used"],
    ),
    (
        {"Annotations/1.xml": b"<no", "JPEGImages/a/1.jpg": b"", "JPEGImages/b/1.jpg": b""},
        [
            "Annotations/1.xml annotation_malformed",
            "JPEGImages/a/1.jpg image_not_listed",
            "JPEGImages/b/1.jpg image_not_listed",
        ],
    ),
    (
        {**NAMES, "labels/1.txt": CAR, "images/1.jpg": b"", "images/1.png": b""},
        ["images/1.jpg image_not_listed", "images/1.png image_not_listed", "labels/1.txt image_ambiguous"],
    ),
]


@pytest.mark.parametrize(("content", "dropped"), UNPLACED)
def test_images_of_an_annotation_without_a_place_are_not_without_boxes(
    tmp_path: Path, content: dict[str, bytes], dropped: list[str]
) -> None:
    more = {"labels/2.txt": CAR, "images/2.jpg": b""} if "data.yaml" in content else {}
    more = more or {"Annotations/2.xml": CAR_XML, "JPEGImages/2.jpg": b""}
    found, ledger = read(tmp_path, {**content, **more})
    assert list(found.values()) == [["car"]]
    assert ledger == dropped


PLAIN = {
    "COCO val2014": {
        "annotations/instances_val2014.json": coco({"1.jpg": [("car", [1, 1, 5, 5])]}),
        "val2014/1.jpg": b"",
    },
    "COCO, its folder written from a root outside": {
        "instances.json": coco({"data/val2014/1.jpg": [("car", [1, 1, 5, 5])]}),
        "val2014/1.jpg": b"",
    },
    "COCO, its folder left away": {"a.json": coco({"val2014/1.jpg": [("car", [1, 1, 5, 5])]}), "1.jpg": b""},
    "VOC, images in folders": {"Annotations/1.xml": CAR_XML, "JPEGImages/a/1.jpg": b""},
    "VOC, tables in folders": {"Annotations/b/2.xml": CAR_XML, "JPEGImages/2.jpg": b""},
    "YOLO by splits": {**NAMES, "train/images/1.jpg": b"", "train/labels/1.txt": CAR},
    "YOLO, splits below": {**NAMES, "d/images/train/1.jpg": b"", "d/labels/train/1.txt": CAR},
    "YOLO beside": {"obj.names": b"car", "obj_train_data/1.jpg": b"", "obj_train_data/1.txt": CAR},
    "YOLO, other folders": {**NAMES, "training/image_2/1.jpg": b"", "training/label_2/1.txt": CAR},
    "YOLO without images/": {**NAMES, "labels/train/1.txt": CAR, "train/1.jpg": b""},
    "YOLO, labels elsewhere": {**NAMES, "annotations/labels/1.txt": CAR, "images/1.jpg": b""},
    "VOC2007": {
        "VOC2007/Annotations/1.xml": CAR_XML,
        "VOC2007/JPEGImages/1.jpg": b"",
        "VOC2007/ImageSets/Main/test.txt": b"1 -1",
    },
    "VOC, small letters": {"annotations/1.xml": CAR_XML, "images/1.jpg": b""},
    "VOC, other folders": {"xml/a/1.xml": CAR_XML, "img/a/1.jpg": b""},
    "VOC, the name inside": {
        "Annotations/x.xml": voc(bndbox("car", 1, 1, 5, 5), filename="C:\\made\\1.jpg"),
        "JPEGImages/1.jpg": b"",
    },
    "LabelX": {
        "data.jsonl": jsonl({"image": "1.jpg", "boxes": [{"label": "car", "bbox": [1, 1, 2, 2]}]}),
        "x/1.jpg": b"",
    },
}


@pytest.mark.parametrize("layout", PLAIN)
def test_ordinary_layouts_are_read(tmp_path: Path, layout: str) -> None:
    found, ledger = read(tmp_path, PLAIN[layout])
    assert list(found.values()) == [["car"]]
    assert ledger == []
