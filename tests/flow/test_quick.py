"""A quick check through the real child in the real sandbox: answers to every image, nothing scored."""

from __future__ import annotations

import asyncio
import zipfile
from pathlib import Path
from typing import NamedTuple, cast
from uuid import uuid4

import cv2
import numpy as np
import pytest
import torch
from bench import CLASSES, SIZE, Bench, network, weights

from schemas.events import ModelConverted, QuickCheckCompleted, QuickCheckRequested
from schemas.results import columns, decode
from storage.datasets.pack import DatasetPack


class Made(NamedTuple):
    bench: Bench
    tron: ModelConverted


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A converted network."""
    bench = Bench(tmp_path_factory.mktemp("quick"))
    torch.manual_seed(0)
    asked = bench.conversion(weights(bench.root, {"state_dict": network().state_dict()}))
    return Made(bench, cast(ModelConverted, asyncio.run(bench.do(asked))))


def request(made: Made, files: dict[str, bytes]) -> QuickCheckRequested:
    package = made.bench.root / f"{uuid4().hex}.zip"
    with zipfile.ZipFile(package, "w") as file:
        for name, data in files.items():
            file.writestr(name, data)
    return QuickCheckRequested(
        job_id=uuid4(),
        resource="device",
        platform="nvidia",
        model_id=made.tron.model_id,
        identity=made.tron.identity,
        tron=made.tron.tron,
        images=made.bench.store.put(package.read_bytes()),
        batch_size=2,
    )


def image(number: int) -> bytes:
    pixels = np.random.default_rng(number).integers(0, 255, (SIZE + number, SIZE, 3)).astype(np.uint8)
    return cv2.imencode(".png", pixels)[1].tobytes()


async def test_every_image_is_answered_and_none_is_scored(made: Made, tmp_path: Path) -> None:
    files = {f"{number}.png": image(number) for number in range(3)} | {"notes.txt": b"hello", "broken.png": b"no image"}
    done = cast(QuickCheckCompleted, await made.bench.do(request(made, files)))
    assert (done.images, done.skipped, done.reasons) == (3, 2, {"not_an_image": 2})
    results = decode(made.bench.store.path(done.results).read_bytes())
    assert results.names == ("0.png", "1.png", "2.png")
    (part,) = results.classified
    labels, top, scores = columns(part)
    assert (labels, part.classes) == (None, CLASSES)
    assert sorted(top[0]) == [0, 1, 2]
    assert np.allclose(scores.sum(axis=1), 1, atol=1e-5)
    assert (done.inference.mean_ms > 0, done.total_ms > 0, done.used.precision) == (True, True, "fp32")
    with DatasetPack(made.bench.store.path(done.pack)) as pack:
        assert [record.labels for record in pack.records] == [{}] * 3
        assert pack.image(pack.records[1]) == files["1.png"]


async def test_nothing_that_is_an_image_is_refused(made: Made) -> None:
    assert await made.bench.refused(request(made, {"a.png": b"no image"})) == "no_images_left"
    assert await made.bench.refused(request(made, {"a.txt": b"text"})) == "no_images_left"
