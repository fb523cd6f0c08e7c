"""Which image an annotation means: never another one of its name; what it leaves open is no image without boxes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from packages import bndbox, coco, jsonl, voc, zipped

from storage.datasets.package import open_package

CAT, DOG = bndbox("cat", 1, 1, 5, 5), bndbox("dog", 1, 1, 9, 9)
NAMES = b"names: [cat, dog]"
LINE = {"cat": b"0 .5 .5 .2 .2\n", "dog": b"1 .3 .3 .1 .1\n"}


def read(folder: Path, content: Mapping[str, bytes | str]) -> tuple[dict[str, list[str]], list[tuple[str, str]]]:
    """Classes of the boxes (or the answer) by the file that is read, and the ledger."""
    with open_package(zipped(folder, content)) as package:
        kept = {
            "/".join(record.parts): [box.label for box in record.boxes] or list(record.values.values())
            for record in package
        }
        return kept, sorted((each.name, each.code) for each in package.dropped)


@pytest.mark.parametrize(
    ("content", "image", "left_out"),
    [
        (
            {"b/1.jpg": b"", "t.json": coco({"a/1.jpg": [("cat", [1, 1, 5, 5])], "b/1.jpg": [("dog", [1, 1, 5, 5])]},
                                            classes=("cat", "dog"))},
            "b/1.jpg", ("a/1.jpg", "image_missing"),
        ),
        (
            {"b/1.jpg": b"", "t.jsonl": jsonl({"image": "a/1.jpg", "classifications": {"kind": "cat"}},
                                              {"image": "b/1.jpg", "classifications": {"kind": "dog"}})},
            "b/1.jpg", ("a/1.jpg", "image_missing"),
        ),
        (
            {"images/b/1.jpg": b"", "labels/a/1.txt": LINE["cat"], "labels/b/1.txt": LINE["dog"], "data.yaml": NAMES},
            "images/b/1.jpg", ("labels/a/1.txt", "image_missing"),
        ),
        (
            {"JPEGImages/b/1.jpg": b"", "Annotations/a/1.xml": voc(CAT), "Annotations/b/1.xml": voc(DOG)},
            "JPEGImages/b/1.jpg", ("Annotations/a/1.xml", "annotation_without_image"),
        ),
    ],
    ids=["coco", "labelx", "yolo", "voc"],
)  # fmt: skip
def test_an_annotation_of_a_missing_image_is_not_put_on_another_of_its_name(
    tmp_path: Path, content: dict[str, bytes], image: str, left_out: tuple[str, str]
) -> None:
    assert read(tmp_path, content) == ({image: ["dog"]}, [left_out])


@pytest.mark.parametrize(
    ("content", "kept", "left_out"),
    [
        (
            {"JPEGImages/a/1.jpg": b"", "JPEGImages/b/1.jpg": b"", "JPEGImages/c.jpg": b"", "JPEGImages/d.jpg": b"",
             "Annotations/1.xml": voc(CAT), "Annotations/c.xml": voc(CAT)},
            {"JPEGImages/c.jpg": ["cat"], "JPEGImages/d.jpg": []},
            {"JPEGImages/a/1.jpg", "JPEGImages/b/1.jpg", "Annotations/1.xml"},
        ),
        (
            {"images/1.jpg": b"", "images/1.png": b"", "images/2.jpg": b"", "labels/1.txt": LINE["cat"],
             "labels/2.txt": LINE["cat"], "data.yaml": NAMES},
            {"images/2.jpg": ["cat"]},
            {"images/1.jpg", "images/1.png", "labels/1.txt"},
        ),
        (
            {"JPEGImages/1.jpg": b"", "JPEGImages/c.jpg": b"", "Annotations/1.xml": b"<other><object/></other>",
             "Annotations/c.xml": voc(CAT)},
            {"JPEGImages/c.jpg": ["cat"]},
            {"Annotations/1.xml"},
        ),
        (
            {"labels/a/1.txt": LINE["cat"], "labels/b/1.txt": LINE["dog"], "images/1.jpg": b"", "data.yaml": NAMES,
             "images/2.jpg": b"", "labels/2.txt": LINE["cat"]},
            {"images/2.jpg": ["cat"]},
            {"labels/a/1.txt", "labels/b/1.txt", "images/1.jpg"},
        ),
    ],
    ids=["voc", "yolo", "another-root", "two-for-one"],
)  # fmt: skip
def test_images_of_an_annotation_that_cannot_be_placed_are_none_without_boxes(
    tmp_path: Path, content: dict[str, bytes], kept: dict[str, list[str]], left_out: set[str]
) -> None:
    found, ledger = read(tmp_path, content)
    assert found == kept
    assert {name for name, _ in ledger} == left_out


def test_masks_beside_the_images_are_not_images_without_boxes(tmp_path: Path) -> None:
    root = "VOCdevkit/VOC2012"
    content = {
        f"{root}/JPEGImages/1.jpg": b"", f"{root}/JPEGImages/2.jpg": b"", f"{root}/Annotations/1.xml": voc(CAT),
        f"{root}/SegmentationClass/1.png": b"", f"{root}/SegmentationObject/1.png": b"",
    }  # fmt: skip
    found, ledger = read(tmp_path, content)
    assert found == {f"{root}/JPEGImages/1.jpg": ["cat"], f"{root}/JPEGImages/2.jpg": []}
    assert [code for _, code in ledger] == ["image_not_listed"] * 2
    yolo = {"images/1.jpg": b"", "images/deep/2.jpg": b"", "labels/1.txt": LINE["cat"], "masks/1.png": b"",
            "data.yaml": NAMES}  # fmt: skip
    assert read(tmp_path, yolo) == (
        {"images/1.jpg": ["cat"], "images/deep/2.jpg": []},
        [("masks/1.png", "image_not_listed")],
    )


def test_one_side_may_be_flat_where_that_leaves_nothing_open(tmp_path: Path) -> None:
    content = {"JPEGImages/a/1.jpg": b"", "JPEGImages/2.jpg": b"", "Annotations/1.xml": voc(CAT),
               "Annotations/b/2.xml": voc(DOG)}  # fmt: skip
    assert read(tmp_path, content) == ({"JPEGImages/a/1.jpg": ["cat"], "JPEGImages/2.jpg": ["dog"]}, [])
    beside = {"a/1.jpg": b"", "a/1.txt": LINE["cat"], "b/1.jpg": b"", "b/1.txt": LINE["dog"], "obj.names": b"cat\ndog"}
    assert read(tmp_path, beside)[0] == {"a/1.jpg": ["cat"], "b/1.jpg": ["dog"]}


def test_keypoints_after_a_box_are_no_polygon(tmp_path: Path) -> None:
    line = b"0 .5 .5 .2 .2 .9 .9 .1 .1 .4 .4\n"
    content = {"images/1.jpg": b"", "labels/1.txt": line, "data.yaml": NAMES + b"\nkpt_shape: [3, 2]\n"}
    with open_package(zipped(tmp_path, content)) as package:
        ((box,),) = (record.boxes for record in package)
    assert [round(side, 6) for side in (box.x, box.y, box.width, box.height)] == [0.4, 0.4, 0.2, 0.2]
    with open_package(zipped(tmp_path, {**content, "data.yaml": NAMES})) as package:
        ((box,),) = (record.boxes for record in package)
    assert round(box.width, 6) == 0.8, "without it they are points of an outline"
