"""What the importing child makes of packages: every odd image by a stated rule, mapped, and the ledger of the rest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest
from odd_images import (
    ANIMATED_GIF,
    ANIMATED_PNG,
    ANIMATED_WEBP,
    CMYK_JPEG,
    TURNED_WEBP,
    encoded,
    turned_jpeg,
    turned_png,
)
from packages import coco, jsonl, zipped

from agents.import_images import import_package
from agents.import_plan import INFO_FILE, PACK_FILE, PACKAGE_FILE, PLAN_FILE, ImportPlan
from agents.preprocessing import decode
from agents.sandbox.inside import INPUTS_VARIABLE, OUTPUTS_VARIABLE, Refused
from schemas.specs.mapping import BOXES, Pair, Wanted
from schemas.specs.parts import TaskSpec
from storage.datasets.image_header import image_header
from storage.datasets.pack import Box, DatasetPack, PackInfo, PackTask

Run = Callable[..., DatasetPack]
PIXELS = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)
FLAT = np.full((20, 30, 3), (60, 31, 200), np.uint8)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Imports a package of these files and opens the pack that it becomes."""
    given, made = tmp_path / "inputs", tmp_path / "outputs"
    for folder in (given, made):
        folder.mkdir()
    monkeypatch.setenv(INPUTS_VARIABLE, str(given))
    monkeypatch.setenv(OUTPUTS_VARIABLE, str(made))

    def ran(content: dict[str, bytes], **plan: Any) -> DatasetPack:
        zipped(given, content).rename(given / PACKAGE_FILE)
        (given / PLAN_FILE).write_bytes(msgspec.json.encode(ImportPlan(**{"format": "auto", **plan})))
        import_package(lambda _stage, _fraction: None)
        pack = DatasetPack(made / PACK_FILE)
        assert msgspec.json.decode((made / INFO_FILE).read_bytes(), type=PackInfo) == pack.info
        return pack

    return ran


def first_pixel(pack: DatasetPack, name: str) -> list[int]:
    (record,) = [each for each in pack.records if each.name == f"x/{name}"]
    image = decode(pack.image(record), 3)
    assert image is not None
    assert image.shape[:2] == (record.height, record.width)
    return image[5, 5].tolist()


def test_odd_images_are_taken_by_a_rule_each(run: Run) -> None:
    deep = (PIXELS.astype(np.uint16) << 8) + 77
    seen_through = np.dstack([FLAT, np.zeros((20, 30), np.uint8)])
    content = {
        "cmyk.jpg": CMYK_JPEG,
        "deep.png": encoded(deep),
        "grey.png": encoded(PIXELS[:, :, 0]),
        "alpha.png": encoded(seen_through),
        "animated.webp": ANIMATED_WEBP,
        "animated.png": ANIMATED_PNG,
        "named.txt": encoded(FLAT),
        "turned.webp": TURNED_WEBP,
    }
    with run({f"x/{name}": data for name, data in content.items()}) as pack:
        assert pack.dropped() == ()
        assert np.abs(np.subtract(first_pixel(pack, "cmyk.jpg"), [60, 31, 200])).max() <= 4, "colours, no negative"
        assert first_pixel(pack, "deep.png") == PIXELS[5, 5].tolist(), "16 bits become the upper 8"
        assert first_pixel(pack, "grey.png") == [PIXELS[5, 5, 0]] * 3
        assert first_pixel(pack, "alpha.png") == [60, 31, 200], "what is transparent has its colour"
        for name in ("animated.webp", "animated.png"):
            assert np.argmax(first_pixel(pack, name)) == 2, "the first picture is the red one"
        assert first_pixel(pack, "named.txt") == [60, 31, 200], "content counts, not the name"
        (turned,) = [record for record in pack.records if record.name == "x/turned.webp"]
        assert (turned.width, turned.height) == (20, 30)


def test_what_is_no_whole_image_is_named(run: Run) -> None:
    jpeg, png = encoded(PIXELS, ".jpg"), encoded(PIXELS)
    huge = encoded(np.zeros((1, 1, 3), np.uint8))
    huge = huge[:16] + (50_000).to_bytes(4, "big") * 2 + huge[24:]
    content = {
        "ok.png": png,
        "half.jpg": jpeg[: len(jpeg) // 2],
        "half.png": png[: len(png) // 2],
        "half.webp": ANIMATED_WEBP[:-20],
        "half.bmp": encoded(PIXELS, ".bmp")[:500],
        "hole.png": png[:200] + bytes(100) + png[300:],
        "huge.png": huge,
        "animated.gif": ANIMATED_GIF,
        "page.tif": encoded(PIXELS, ".tiff"),
        "text.jpg": b"hello" * 20,
        "empty.jpg": b"",
        "script.png": b"\x89PNG\r\n\x1a\n<script>" + bytes(40),
    }
    with run({f"x/{name}": data for name, data in content.items()}) as pack:
        assert [record.name for record in pack.records] == ["x/ok.png"]
        assert {each.name.removeprefix("x/"): each.code for each in pack.dropped()} == {
            "half.jpg": "image_truncated",
            "half.png": "image_truncated",
            "half.webp": "image_truncated",
            "half.bmp": "image_broken",
            "hole.png": "image_broken",
            "huge.png": "image_too_large",
            "animated.gif": "not_an_image",
            "page.tif": "not_an_image",
            "text.jpg": "not_an_image",
            "empty.jpg": "not_an_image",
            "script.png": "not_an_image",
        }


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("order", "<>")
def test_boxes_turn_with_the_picture_that_they_were_drawn_on(run: Run, orientation: int, order: str) -> None:
    picture = np.zeros((48, 64, 3), np.uint8)
    x, y, width, height = 6, 11, 20, 9
    picture[y : y + height, x : x + width] = 255
    data = turned_jpeg(picture, orientation, order)
    header = image_header(data)
    assert header is not None
    assert header.orientation == orientation
    shown = decode(data, 1)
    assert shown is not None
    assert shown.shape[1::-1] == header.upright
    if orientation <= 4:
        # the same size both ways: taken as drawn on the upright picture
        left, top, right, bottom = _bright(shown)
        box = [left, top, right - left, bottom - top]
    else:
        box = [x, y, width, height]
    with run({"a.json": coco({"1.jpg": [("car", box)]}), "1.jpg": data}) as pack:
        (record,) = pack.records
        (found,) = record.boxes
        corners = found.x, found.y, found.x + found.width, found.y + found.height
        assert corners == pytest.approx(_bright(shown), abs=1)
        assert (record.width, record.height) == header.upright


def _bright(image: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(image[:, :, 0] > 128)
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def test_pngs_are_turned_too() -> None:
    for orientation in range(1, 9):
        data = turned_png(PIXELS, orientation)
        header, shown = image_header(data), cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        assert header is not None
        assert (header.orientation, header.upright) == (orientation, shown.shape[1::-1])


def test_an_annotation_of_another_picture_drops_the_image(run: Run) -> None:
    boxes: dict[str, list[tuple[str, list[float]]]] = {
        "1.png": [("car", [1, 1, 5, 5])],
        "2.png": [("car", [1, 1, 5, 5]), ("bus", [100, 1, 5, 5]), ("bus", [60, 40, 500, 500])],
        "3.png": [],
    }
    fits = encoded(np.zeros((48, 64, 3), np.uint8))
    with run({"a.json": coco(boxes), "1.png": encoded(PIXELS), "2.png": fits, "3.png": encoded(PIXELS)}) as pack:
        assert pack.info.type == "detection"
        assert pack.info.tasks == (PackTask("class", ("car", "bus")),)
        assert {record.name: len(record.boxes) for record in pack.records} == {"2.png": 2, "3.png": 0}
        assert pack.records[0].boxes[1] == Box(label="bus", x=60, y=40, width=500, height=500, area=5.5)
        assert [(each.name, each.code, each.params) for each in pack.dropped()] == [
            ("1.png", "size_differs", {"annotated": "64x48", "image": "30x20"}),
            ("2.png", "box_outside", {"number": "1", "label": "bus"}),
        ]


def lines(*kinds: str) -> dict[str, bytes]:
    said = [
        {"image": f"{n}.png", "classifications": {"kind": kind}, "attributes": {"time": "day"}}
        for n, kind in enumerate(kinds)
    ]
    return {"a.jsonl": jsonl(*said), **{f"{n}.png": encoded(FLAT) for n in range(len(kinds))}}


def test_a_mapping_keeps_what_fits_and_says_what_does_not(run: Run) -> None:
    left = Wanted("classification", (TaskSpec("vehicle", ("bus", "car", "tram")),))
    plan = {"wanted": left, "pairs": (Pair("vehicle", "kind"),)}
    with run(lines("car", "van", "bus", "van", "ship"), **plan) as pack:
        assert [(each.labels, each.attributes) for each in pack.records] == [
            ({"vehicle": "car"}, {"time": "day"}),
            ({"vehicle": "bus"}, {"time": "day"}),
        ]
        assert pack.info.tasks == (PackTask("vehicle", ("bus", "car", "tram")),)
        assert pack.info.reasons == {"value_outside_classes": 3}
        assert [(each.count, each.params["value"]) for each in pack.info.values] == [(2, "van"), (1, "ship")]
        assert pack.info.dimensions == {"time": {"day": 2}}
        assert pack.info.histograms.classes == {"vehicle": {"bus": 1, "car": 1, "tram": 0}}


def test_texts_become_a_sequence_dataset(run: Run) -> None:
    said = [{"image": "1.png", "classifications": [{"key": "plate", "tool": "text", "value": "AB1"}]}]
    with run({"a.jsonl": jsonl(*said), "1.png": encoded(FLAT)}) as pack:
        assert pack.info.type == "sequence"
        assert pack.info.tasks == (PackTask("plate", ("A", "B", "1")),)
        assert pack.records[0].labels == {"plate": "AB1"}


@pytest.mark.parametrize(
    ("content", "plan", "code"),
    [
        (lines("car"), {"wanted": Wanted("detection", (TaskSpec("class", ("car",)),))}, "mapping_task_unmapped"),
        (
            lines("car"),
            {"wanted": Wanted("detection", (TaskSpec("class", ("car",)),)), "pairs": (Pair("class", BOXES),)},
            "mapping_key_unknown",
        ),
        (lines("car"), {"kind": "sequence"}, "package_without_labels"),
        ({"1.png": encoded(FLAT)}, {}, "package_without_labels"),
        ({"a.jsonl": b"", "b.txt": b""}, {}, "no_images_left"),
        ({"x/1.png": b"no"}, {}, "no_images_left"),
        ({"a.json": b'{"images","annotations","categories"', "1.png": b""}, {}, "annotations_malformed"),
    ],
)
def test_what_makes_no_dataset_is_refused(run: Run, content: dict[str, bytes], plan: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        run(content, **plan)
    assert refused.value.code == code
