"""Packages that are wrong, broken or meant to do harm: everything is named, the rest counts, nothing blows up."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packages import bndbox, coco, jsonl, voc, zipped

from storage.datasets import gathering, labelx
from storage.datasets.files import PackageError
from storage.datasets.package import READERS, Package, open_package

IMAGES = {"1.jpg": b"1", "2.jpg": b"2"}


def ledger(package: Package) -> list[tuple[str, str]]:
    return [(each.name, each.code) for each in package.dropped]


def kept(package: Package) -> dict[str, int]:
    return {record.name: len(record.boxes) for record in package}


@pytest.mark.parametrize(
    ("box", "code"),
    [
        ([1, 1, -5, 5], "box_negative"),
        ([1e300, 1, 5, 5], "box_not_finite"),
        ([1, 1, 5], "box_malformed"),
        ([], "box_malformed"),
    ],
)
def test_boxes_that_leave_open_what_is_there_drop_the_image(tmp_path: Path, box: list[float], code: str) -> None:
    table = coco({"1.jpg": [("car", [0, 0, 5, 5]), ("car", box)], "2.jpg": []})
    with open_package(zipped(tmp_path, {"a.json": table, **IMAGES})) as package:
        assert kept(package) == {"2.jpg": 0}
        assert ledger(package) == [("1.jpg", code)]
    lines = jsonl({"image": "1.jpg", "boxes": [{"label": "car", "bbox": box}]}, {"image": "2.jpg"})
    with open_package(zipped(tmp_path, {"a.jsonl": lines, **IMAGES})) as package:
        assert ledger(package) == [("1.jpg", code)]


def test_a_box_where_nothing_can_be_found_is_left_out_and_said(tmp_path: Path) -> None:
    table = coco({"1.jpg": [("car", [0, 0, 5, 5]), ("bus", [3, 3, 0, 5])]})
    with open_package(zipped(tmp_path, {"a.json": table, "1.jpg": b""})) as package:
        assert kept(package) == {"1.jpg": 1}
        (dropped,) = package.dropped
        assert (dropped.code, dropped.params) == ("box_empty", {"number": "1", "label": "bus"})


def test_ids_that_point_nowhere(tmp_path: Path) -> None:
    annotations = [
        {"image_id": 0, "category_id": 99, "bbox": [0, 0, 1, 1]},
        {"image_id": 77, "category_id": 1, "bbox": [0, 0, 1, 1]},
        {"image_id": 77, "category_id": 1, "bbox": [0, 0, 1, 1]},
    ]
    images = [
        {"id": number, "file_name": name}
        for number, name in enumerate(["1.jpg", "2.jpg", "gone.jpg", "/etc/passwd", "../1.jpg", "2.jpg"])
    ]
    table = coco({}, annotations=annotations, images=images)
    with open_package(zipped(tmp_path, {"a.json": table, **IMAGES, "extra.png": b""})) as package:
        assert kept(package) == {"2.jpg": 0}
        assert ledger(package) == [
            ("image_id 77", "annotation_without_image"),
            ("1.jpg", "category_unknown"),
            ("gone.jpg", "image_missing"),
            ("/etc/passwd", "name_not_allowed"),
            ("../1.jpg", "name_not_allowed"),
            ("2.jpg", "image_twice"),
            ("extra.png", "image_not_listed"),
        ]
        assert package.dropped[0].params == {"count": "2"}
        assert package.dropped[1].params == {"value": "99"}


NAMED_TWICE: list[dict[str, Any]] = [
    {"images": [{"id": 1, "file_name": "1.jpg"}, {"id": 1, "file_name": "2.jpg"}]},
    {"categories": [{"id": 1, "name": "car"}, {"id": 1, "name": "bus"}]},
    {"categories": [{"id": 1, "name": "car"}, {"id": 2, "name": "car"}]},
]


@pytest.mark.parametrize("tables", NAMED_TWICE)
def test_ids_and_classes_that_come_twice_are_refused(tmp_path: Path, tables: dict[str, Any]) -> None:
    with pytest.raises(PackageError, match="package_id_twice"):
        open_package(zipped(tmp_path, {"a.json": coco({"1.jpg": []}, **tables), **IMAGES}))


@pytest.mark.parametrize(
    "data",
    [
        b'{"images": [{"id": 0, "file_name": "1.jpg"}], "annotations": [{"image_id": 0}], "categories": []}',
        b'{"images": [1], "annotations": [], "categories": []}',
        b'{"images": [{"id": 0, "file_name": "\\ud800"}], "annotations": [], "categories": []}',
        b'{"images": [], "annotations": [{"image_id": 0, "category_id": 0, "bbox": "all"}], "categories": []}',
    ],
)
def test_a_table_of_another_form_is_refused_with_its_place(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(PackageError) as refused:
        open_package(zipped(tmp_path, {"a.json": data, **IMAGES}))
    assert refused.value.code == "annotations_malformed"
    assert refused.value.params["detail"]


@pytest.mark.parametrize("data", [b"[" * 200_000, b'{"images":' * 100_000, b'{"images": NaN}', b"\xff\xfe", b""])
def test_json_that_is_none_or_far_too_deep_is_no_coco(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(PackageError, match="annotations_missing"):
        open_package(zipped(tmp_path, {"a.json": data, **IMAGES}), "coco")


def test_depth_in_what_is_passed_over_does_no_harm(tmp_path: Path) -> None:
    deep = b'{"image": "1.jpg", "unknown": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"
    deep += b'{"image": "1.jpg", "attributes": {"a": ' + b"[" * 900 + b"]" * 900 + b"}}\n"
    deep += b'{"image": "1.jpg", "attributes": {"a": ' + b'{"b":' * 400 + b"1" + b"}" * 400 + b"}}\n"
    with open_package(zipped(tmp_path, {"a.jsonl": deep + jsonl({"image": "2.jpg"}), **IMAGES})) as package:
        assert "2.jpg" in kept(package)
        assert len(package) + len(package.dropped) >= 2


def test_lines_that_cannot_be_read_are_named_and_the_others_count(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(labelx, "LINE_BYTES_MAX", 500)
    lines = [
        b"{",
        b'{"image": 5}',
        b'{"image": "1.jpg", "boxes": [{"label": "a", "x": NaN, "y": 0, "width": 1, "height": 1}]}',
        json.dumps({"image": "1.jpg", "more": "x" * 500}).encode(),
        b'{"image": "2.jpg"}',
        b'{"image": "2.jpg", "attributes": {"second": 1}}',
        b'{"image": "a\\u0000b.jpg"}',
    ]
    with open_package(zipped(tmp_path, {"a.jsonl": b"\xef\xbb\xbf" + b"\r\n".join(lines), **IMAGES})) as package:
        assert kept(package) == {"2.jpg": 0}
        assert ledger(package) == [
            ("a.jsonl:1", "line_malformed"),
            ("a.jsonl:2", "line_malformed"),
            ("a.jsonl:3", "line_malformed"),
            ("a.jsonl:4", "line_too_long"),
            ("2.jpg", "image_twice"),
            ("a\0b.jpg", "name_not_allowed"),
            ("1.jpg", "image_not_listed"),
        ]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"key": "k", "tool": "radio", "value": ["a", "b"]}, "answer_malformed"),
        ({"key": "k", "tool": "radio", "value": "x" * 201}, "answer_malformed"),
        ({"key": "k", "tool": "text", "value": "x" * 1001}, "answer_malformed"),
        ({"key": "other", "tool": "text", "value": "a"}, "tool_differs"),
    ],
)
def test_answers_that_no_task_could_take_drop_the_image(tmp_path: Path, answer: dict[str, Any], code: str) -> None:
    first = {"image": "1.jpg", "classifications": [{"key": "other", "tool": "radio", "value": "a"}]}
    lines = jsonl(first, {"image": "2.jpg", "classifications": [answer]})
    with open_package(zipped(tmp_path, {"a.jsonl": lines, **IMAGES})) as package:
        assert list(kept(package)) == ["1.jpg"]
        assert ledger(package) == [("2.jpg", code)]


ENTITIES = (
    b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    + b"".join(b'<!ENTITY %c "%s">' % (99 + n, b"&%c;" % (98 + n) * 10) for n in range(12))
    + b"]>"
)
OUTSIDE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    "data",
    [
        ENTITIES + b"<annotation><filename>&n;</filename></annotation>",
        OUTSIDE + b"<annotation><filename>&x;</filename></annotation>",
        b'<!DOCTYPE a SYSTEM "http://example.invalid/a.dtd"><annotation/>',
        b"<annotation>" + b"<a>" * 100_000,
        b"<annotation>" + b"<a/>" * 300_000 + b"</annotation>",
        b"<annotation>",
        b"",
        b'<?xml version="1.0" encoding="made-up"?><annotation/>',
        b"<annotation>" + b" " * (5 << 20) + b"</annotation>",
    ],
)
def test_xml_that_means_harm_drops_its_image_at_once(tmp_path: Path, data: bytes) -> None:
    began = time.monotonic()
    with open_package(zipped(tmp_path, {"1.xml": data, "2.xml": voc(), **IMAGES}), "voc") as package:
        assert kept(package) == {"2.jpg": 0}
        assert ledger(package) == [("1.xml", "annotation_malformed")]
    assert time.monotonic() - began < 5, "a bomb went off"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (bndbox("car", 10, 1, 5, 9), "box_negative"),
        (bndbox("car", float("nan"), 1, 5, 9), "box_not_finite"),
        ("<name>car</name>", "box_malformed"),
        ("<name>car</name><bndbox><xmin>1</xmin></bndbox>", "box_malformed"),
        (bndbox("", 1, 1, 5, 9), "class_name_empty"),
        (bndbox("x" * 201, 1, 1, 5, 9), "class_name_too_long"),
    ],
)
def test_voc_objects_that_are_wrong_drop_the_image(tmp_path: Path, body: str, code: str) -> None:
    content = {"1.xml": voc(body), "2.xml": voc(), "3.xml": voc(), "other.xml": b"<svg/>", **IMAGES}
    with open_package(zipped(tmp_path, content)) as package:
        assert kept(package) == {"2.jpg": 0}
        assert sorted(each for _, each in ledger(package)) == sorted(
            [code, "annotation_without_image", "file_not_used"]
        )


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (b"0 nan 0.5 0.1 0.1", "box_not_finite"),
        (b"0 0.5 0.5 inf 0.1", "box_not_finite"),
        (b"0 0.5 0.5 -0.1 0.1", "box_negative"),
        (b"0 320 240 100 50", "box_not_relative"),
        (b"7 0.5 0.5 0.1 0.1", "category_unknown"),
        (b"-1 0.5 0.5 0.1 0.1", "category_unknown"),
        (b"0 0.5 0.5 0.1", "line_malformed"),
        (b"0 0.5 0.5 0.1 0.1 0.9", "line_malformed"),
        (b"car 0.5 0.5 0.1 0.1", "line_malformed"),
        (b"0 0.5 0.5 0.1 nan 0.3 0.4", "box_not_finite"),
        (b"\xff\xfe\x00", "line_malformed"),
    ],
)
def test_yolo_lines_that_are_wrong_drop_the_image(tmp_path: Path, row: bytes, code: str) -> None:
    content = {"classes.txt": b"car\nbus", "1.txt": b"0 .5 .5 .1 .1\n" + row, "2.txt": b"0 .5 .5 0 .1", **IMAGES}
    with open_package(zipped(tmp_path, {**content, "labels/3.txt": b"0 .5 .5 .1 .1"})) as package:
        assert kept(package) == {"2.jpg": 0}
        assert sorted(each for _, each in ledger(package)) == sorted([code, "box_empty", "annotation_without_image"])


@pytest.mark.parametrize(
    "names",
    [
        b"names: [" + b"[" * 5000,
        b"a: &a [x]\nnames: [*a, *a]",
        b"names: !!python/object/apply:os.system ['true']",
        b"\x00\x01",
        b"names: 5",
    ],
)
def test_names_that_are_none_are_refused(tmp_path: Path, names: bytes) -> None:
    with pytest.raises(PackageError, match="package_names_missing"):
        open_package(zipped(tmp_path, {"data.yaml": names, "1.txt": b"0 .5 .5 .1 .1", **IMAGES}), "yolo")


def test_there_are_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "BOXES_PER_IMAGE_MAX", 2)
    table = coco({"1.jpg": [("car", [0, 0, 5, 5])] * 3, "2.jpg": [("car", [0, 0, 5, 5])] * 2})
    path = zipped(tmp_path, {"a.json": table, **IMAGES})
    with open_package(path) as package:
        assert kept(package) == {"2.jpg": 2}
        assert ledger(package) == [("1.jpg", "boxes_too_many")]
    monkeypatch.setattr(gathering, "BOXES_MAX", 1)
    with pytest.raises(PackageError, match="package_boxes_too_many"):
        open_package(path)
    monkeypatch.setattr(labelx, "LINES_MAX", 1)
    with pytest.raises(PackageError, match="package_lines_too_many"):
        open_package(zipped(tmp_path, {"a.jsonl": b"\n\n\n"}))


def test_too_many_keys_are_refused(tmp_path: Path) -> None:
    lines = jsonl(*({"image": f"{n}.jpg", "attributes": {f"{n}-{k}": "1" for k in range(200)}} for n in range(6)))
    with pytest.raises(PackageError, match="package_keys_too_many"):
        open_package(zipped(tmp_path, {"a.jsonl": lines, **{f"{n}.jpg": b"" for n in range(6)}}))


def test_what_looks_like_a_format_is_never_taken_for_plain_folders(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="annotations_malformed"):
        open_package(zipped(tmp_path, {"a.json": coco({"x/1.jpg": []})[:-1], "x/1.jpg": b""}))
    with pytest.raises(PackageError, match="package_names_missing"):
        open_package(zipped(tmp_path, {"x/1.txt": b"0 .5 .5 .1 .1\n", "x/1.jpg": b""}))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.sampled_from(sorted(READERS)), st.binary(max_size=300), st.sampled_from(["a.json", "a.jsonl", "1.xml", "1.txt"])
)
def test_any_bytes_are_read_or_refused(tmp_path: Path, format_: str, data: bytes, name: str) -> None:
    path = zipped(tmp_path, {name: data, "classes.txt": b"car", **IMAGES})
    with contextlib.suppress(PackageError), open_package(path, format_) as package:
        assert {record.name for record in package} <= {"1.jpg", "2.jpg"}
