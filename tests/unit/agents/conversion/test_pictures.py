"""Network inputs out of a dataset's images: as a test would see them, without those that cannot be used."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from agents.conversion.inputs import REAL_IMAGES_MAX, Batch
from agents.conversion.pictures import first_images, images_max, notices, prepare
from agents.conversion.plan import (
    PACK_FILE,
    REAL_FILE,
    TOLD_FILE,
    Plan,
    believable,
    load_feeds,
    write_plan,
)
from agents.sandbox.inside import INPUTS_VARIABLE, OUTPUTS_VARIABLE, Refused
from schemas.specs.parts import Arg, TaskSpec
from schemas.values import Code
from storage.datasets.pack import PackTask, PackWriter

HEIGHT, WIDTH = 6, 8
BROKEN = b"\x89PNG no picture"


def plan(shape: tuple[int, int, int] = (3, HEIGHT, WIDTH), *args: Arg) -> Plan:
    return Plan(
        class_name="Net", state_dict_key="", num_classes=2, input_name="data", input_shape=shape,
        mean=(10.0, 20.0, 30.0)[: shape[0]], scale=(0.5, 0.25, 0.125)[: shape[0]], method="classification",
        args=args, tasks=(TaskSpec("class", ("a", "b")),), max_batch=2, error_threshold=1e-4, merge_operators=True,
    )  # fmt: skip


def pixels(number: int) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 256, (9, 13, 3)).astype(np.uint8)


def pack(path: Path, *images: int | bytes) -> Path:
    with PackWriter(path) as writer:
        for place, image in enumerate(images):
            data = image if isinstance(image, bytes) else cv2.imencode(".png", pixels(image))[1].tobytes()
            writer.add(data, name=f"a/{place}.png", suffix="png", width=13, height=9, labels={"class": "a"})
        writer.finish((PackTask("class", ("a",)),))
    return path


def test_the_first_images_come_as_a_test_would_bring_them(tmp_path: Path) -> None:
    images, skipped = first_images(pack(tmp_path / "p", *range(REAL_IMAGES_MAX + 3)), plan())
    assert (images.shape, images.dtype) == ((REAL_IMAGES_MAX, 3, HEIGHT, WIDTH), np.float32)
    assert not skipped
    expected = cv2.resize(pixels(5), (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)[:, :, ::-1].astype(np.float32)
    expected = (expected - (10, 20, 30)) * (0.5, 0.25, 0.125)
    assert images[5] == pytest.approx(expected.transpose(2, 0, 1), abs=1e-4)


def test_colours_and_shape_are_the_networks_own(tmp_path: Path) -> None:
    path = pack(tmp_path / "p", 1)
    grey, _ = first_images(path, plan((1, HEIGHT, WIDTH)))
    assert grey.shape == (1, 1, HEIGHT, WIDTH)
    rgb, _ = first_images(path, plan())
    bgr, _ = first_images(path, plan((3, HEIGHT, WIDTH), Arg("colour", "str", "bgr")))
    assert (rgb[0, 0] / 0.5 + 10) == pytest.approx(bgr[0, 2] / 0.125 + 30, abs=1e-3)
    with pytest.raises(Refused) as refused:
        first_images(path, plan((4, HEIGHT, WIDTH)))
    assert refused.value.code == "chain_shape_wrong"


def test_images_that_cannot_be_decoded_are_passed_over_and_counted(tmp_path: Path) -> None:
    images, skipped = first_images(pack(tmp_path / "p", BROKEN, 1, BROKEN + b"2", 2), plan())
    assert (len(images), skipped) == (2, {"image_broken": 2})
    said = Code("real_images_skipped", {"skipped": "2", "reasons": "image_broken: 2", "used": "2"})
    assert notices(2, skipped) == (said,)


@pytest.mark.parametrize(
    ("images", "skipped"), [((BROKEN, BROKEN + b"2"), "2"), ((), "0")], ids=["none can be decoded", "there is none"]
)
def test_where_no_image_is_left_that_is_said(tmp_path: Path, images: tuple[bytes, ...], skipped: str) -> None:
    with pytest.raises(Refused) as refused:
        first_images(pack(tmp_path / "p", *images), plan())
    assert (refused.value.code, refused.value.params["skipped"]) == ("no_images_left", skipped)


def test_what_is_no_pack_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(b"no pack")
    with pytest.raises(Refused) as refused:
        first_images(tmp_path / "p", plan())
    assert refused.value.code == "pack_unreadable"


def test_large_inputs_are_fewer() -> None:
    assert images_max((3, 224, 224)) == REAL_IMAGES_MAX
    assert images_max((3, 4096, 4096)) == 2
    assert images_max((3, 20_000, 20_000)) == 1


def test_what_the_child_leaves_is_what_the_others_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(INPUTS_VARIABLE, str(tmp_path))
    monkeypatch.setenv(OUTPUTS_VARIABLE, str(tmp_path))
    write_plan(tmp_path, plan())
    pack(tmp_path / PACK_FILE, BROKEN, 1, 2, 3)
    prepare(lambda _stage, _fraction: None)
    batches = load_feeds(tmp_path, plan())
    assert [batch for batch in batches if batch.inputs == "real"] == [Batch("real", 1), Batch("real", 2)]
    assert believable((tmp_path / TOLD_FILE).read_bytes()).notices[0].params["skipped"] == "1"
    assert (tmp_path / REAL_FILE).exists()
