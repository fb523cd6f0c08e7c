"""Plain PyTorch beside the Tron, through the real children in the real sandbox; a structure that lies is found out."""

from __future__ import annotations

import asyncio
import zipfile
from typing import Any, NamedTuple, cast
from uuid import uuid4

import cv2
import numpy as np
import pytest
import torch
from bench import CLASSES, SIZE, Bench, network, weights

from schemas.events import (
    ConversionRequested,
    DatasetImported,
    DatasetImportRequested,
    ModelConverted,
    ParityCompleted,
    ParityRequested,
)
from schemas.parity import ParityReport, decode
from schemas.specs.preprocessing import CvtRGB, Resize, Step, Transpose

CHAIN: tuple[Step, ...] = (Resize(width=SIZE, height=SIZE), CvtRGB(), Transpose())
IMAGES = 21


class Made(NamedTuple):
    bench: Bench
    asked: ConversionRequested
    tron: ModelConverted
    data: DatasetImported


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A converted network and a dataset of noisy colours."""
    root = tmp_path_factory.mktemp("parity")
    bench = Bench(root)
    torch.manual_seed(0)
    asked = bench.conversion(weights(root, {"state_dict": network().state_dict()}))
    noise = np.random.default_rng(5)
    with zipfile.ZipFile(root / "p.zip", "w") as file:
        for number in range(IMAGES):
            image = noise.integers(0, 120, (SIZE + 4, SIZE + 8, 3)).astype(np.uint8)
            image[:, :, number % 3] += 100
            file.writestr(f"{CLASSES[number % 3]}/{number:02}.png", cv2.imencode(".png", image)[1].tobytes())
    package = bench.store.put((root / "p.zip").read_bytes())
    wish = DatasetImportRequested(
        job_id=uuid4(), resource="cpu-light", dataset_id=uuid4(), package=package, format="imagefolder"
    )
    tron = cast(ModelConverted, asyncio.run(bench.do(asked)))
    return Made(bench, asked, tron, cast(DatasetImported, asyncio.run(bench.do(wish))))


def request(made: Made, **fields: Any) -> ParityRequested:
    base: dict[str, Any] = {
        "job_id": uuid4(),
        "resource": "cpu-heavy",
        "model_id": made.tron.model_id,
        "identity": made.tron.identity,
        "tron": made.tron.tron,
        "conversion_id": made.asked.job_id,
        "weights": made.asked.weights,
        "template": made.asked.template,
        "structures": made.asked.structures,
        "dataset_id": made.data.dataset_id,
        "dataset_name": "colours",
        "pack": made.data.pack,
        "images_max": 100,
        "batch_size": 4,
        "steps": CHAIN,
    }
    return ParityRequested(**{**base, **fields})


def report_of(made: Made, done: ParityCompleted) -> ParityReport:
    return decode(made.bench.store.path(done.report).read_bytes())


def replaced(made: Made, forward: str) -> tuple[Any, ...]:
    """The structures of the conversion with another forward in the source."""
    return made.bench.conversion(made.bench.store.path(made.asked.weights).read_bytes(), forward).structures


async def test_both_sides_agree_output_by_output_and_figure_by_figure(made: Made) -> None:
    done = cast(ParityCompleted, await made.bench.do(request(made)))
    assert done.images == IMAGES
    (output,) = done.outputs
    assert 0 <= output.max_abs <= 1e-4
    assert output.cosine == pytest.approx(1)
    figures = {each.key: (each.pytorch, each.tron) for each in done.figures}
    assert figures["accuracy"][0] == pytest.approx(figures["accuracy"][1])
    assert figures["top5/class"] == (None, None)
    assert done.different == 0
    report = report_of(made, done)
    assert (report.scored, report.skipped, report.measure) == (IMAGES, {}, "top1")
    assert made.bench.work is not None
    fractions = [fraction for _, fraction in made.bench.work.said]
    assert fractions == sorted(fractions)


@pytest.mark.bars
async def test_fewer_images_are_spread_over_the_dataset(made: Made) -> None:
    done = cast(ParityCompleted, await made.bench.do(request(made, images_max=6)))
    assert done.images == 6
    assert report_of(made, done).scored == 6


async def test_a_network_that_answers_otherwise_is_seen_image_by_image(made: Made) -> None:
    """The Tron is of another network than the structure now says: an honest difference of half of the classes."""
    turned = "return self.head(torch.relu(self.norm(self.conv(x))).mean((2, 3))).flip(1)"
    done = cast(ParityCompleted, await made.bench.do(request(made, structures=replaced(made, turned))))
    assert done.outputs[0].max_abs > 1e-3
    assert done.different > 0
    report = report_of(made, done)
    assert len(report.different) == done.different
    assert all(each.pytorch != each.tron and each.pytorch in CLASSES for each in report.different)
    figures = {each.key: each for each in done.figures}
    assert figures["accuracy"].pytorch != figures["accuracy"].tron


@pytest.mark.bars
@pytest.mark.parametrize(
    ("forward", "code"),
    [
        ("return self.head(x.mean((2, 3)).repeat(1, 2)[:, :4])[:, :2]", "reference_malformed"),
        ("return self.head(torch.relu(self.norm(self.conv(x))).mean((2, 3))) * float('nan')", "output_not_finite"),
        ("return self.head(torch.relu(self.norm(self.conv(x))).mean((0, 2, 3)))", "output_without_batch"),
    ],
)
async def test_a_reference_that_does_not_fit_is_refused(made: Made, forward: str, code: str) -> None:
    assert await made.bench.refused(request(made, structures=replaced(made, forward))) == code


async def test_a_structure_that_writes_its_own_verdict_gains_nothing(made: Made) -> None:
    """It may write what it likes into the files it was given to write: none of them is the report."""
    lying = """
    import os, pathlib
    for folder in (pathlib.Path(os.environ["BOX_OUTPUTS"]), pathlib.Path(".")):
        for name in ("parity-report.json", "verdict.json", "chosen.json"):
            try:
                (folder / name).write_text('{"images": 1000000, "different_count": 0}')
            except OSError:
                pass
    return self.head(torch.relu(self.norm(self.conv(x))).mean((2, 3))) + 1
    """
    done = cast(ParityCompleted, await made.bench.do(request(made, structures=replaced(made, lying))))
    assert done.images == IMAGES
    assert done.outputs[0].max_abs == pytest.approx(1, abs=1e-3)
