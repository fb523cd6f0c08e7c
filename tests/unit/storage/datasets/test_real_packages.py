"""Real annotations through every format: nothing that figures are made of changes on the way."""

from __future__ import annotations

import contextlib
import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import CASES
from packages import zipped
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from storage.datasets.collection import collected
from storage.datasets.exporting import export
from storage.datasets.pack import Box
from storage.datasets.package import open_package

ORACLE, FASTESTDET = CASES / "oracle_coco_val2014_100", CASES / "det_coco_fastestdet"
pytestmark = pytest.mark.skipif(not CASES.exists(), reason="the folder of real cases is not here (MO_CASES)")


def outline(width: int, height: int) -> bytes:
    """As much of a PNG as is read where nothing is decoded."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + bytes(20) + b"IEND"


def through(source: Path, folder: Path, *formats: str) -> Path:
    for number, format_ in enumerate(formats):
        target = folder / f"{number}-{format_}.zip"
        with open_package(source) as package:
            export(collected(package), target, format_)
        source = target
    return source


def figures(truth: dict[str, Any], found: list[dict[str, Any]]) -> list[float]:
    """pycocotools' twelve numbers."""
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = truth
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(found), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return [float(each) for each in evaluation.stats]


def test_the_oracle_keeps_its_twelve_numbers_through_three_formats(tmp_path: Path) -> None:
    before = json.loads((ORACLE / "gt.json").read_bytes())
    images = {each["file_name"]: outline(each["width"], each["height"]) for each in before["images"]}
    source = zipped(tmp_path, {"annotations/gt.json": (ORACLE / "gt.json").read_bytes()} | images)
    with zipfile.ZipFile(through(source, tmp_path, "mo", "labelx", "coco")) as file:
        after = json.loads(file.read("annotations.json"))
    assert sum(each["iscrowd"] for each in after["annotations"]) == 9
    assert len(after["annotations"]) == len(before["annotations"]) == 839
    ids = {each["file_name"]: each["id"] for each in after["images"]}
    numbers = {each["id"]: ids[each["file_name"]] for each in before["images"]}
    names = {each["name"]: each["id"] for each in after["categories"]}
    classes = {each["id"]: names[each["name"]] for each in before["categories"]}
    found = [
        {**each, "image_id": numbers[each["image_id"]], "category_id": classes[each["category_id"]]}
        for each in json.loads((ORACLE / "dt.json").read_bytes())
    ]
    expected = json.loads((ORACLE / "expected.json").read_bytes())["expected"]
    assert np.abs(np.subtract(figures(after, found), expected)).max() < 1e-6


def test_photos_with_boxes_come_through_every_format(tmp_path: Path) -> None:
    source = zipped(
        tmp_path,
        {"annotations.json": (FASTESTDET / "annotations.json").read_bytes()}
        | {f"images/{path.name}": path.read_bytes() for path in sorted((FASTESTDET / "images").iterdir())},
    )

    def boxes(path: Path, format_: str = "auto") -> dict[str, list[Box]]:
        with open_package(path, format_) as package:
            assert package.dropped == ()
            return {record.name.removeprefix("JPEGImages/"): list(record.boxes) for record in package}

    truth = boxes(source)
    assert len(truth) == 158
    assert boxes(through(source, tmp_path, "mo", "coco", "labelx")) == truth
    voc = boxes(through(source, tmp_path, "voc"), "voc")
    for name, old in truth.items():
        for one, other in zip(old, voc[name], strict=True):
            assert (one.label, one.x, one.y, one.width, one.height) == pytest.approx(
                (other.label, other.x, other.y, other.width, other.height)
            )
