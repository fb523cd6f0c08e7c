"""Conversions whose graph is not what the structure computes, or not alone: through the handlers and both children."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import msgspec
import numpy as np
import pytest
import torch
from bench import CLASSES, PLAIN, SIZE, Bench, network, weights

from agents.runtimes.onnxruntime import OnnxRuntime
from schemas.events import ModelConverted
from schemas.reports import ConversionReport
from schemas.tron import Normalisation
from storage.tron_file import TronFile

LOOP = "return self.head(torch.cat([self.conv(x[i:i + 1]).mean((2, 3)) for i in range(x.shape[0])]))"
SPECIAL_CASE = """
y = self.head(self.norm(self.conv(x)).mean((2, 3)))
return y * 2 if x.shape[0] > 1 else y
"""
TWO = "return self.head(self.conv(x.reshape(2, -1, 16, 16)[:, :3]).mean((2, 3)))"
BY_PIXELS = """
y = self.head(self.conv(x).mean((2, 3)))
return y if x.sum() > 0 else -y
"""
WHILE_EXPORTED = """
y = self.head(self.norm(self.conv(x)).mean((2, 3)))
return y * 2 if torch.compiler.is_exporting() else y
"""
OF_THE_BATCH = "return self.head((self.conv(x) / self.conv(x).abs().mean()).mean((2, 3)))"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return weights(tmp_path_factory.mktemp("weights"), {"state_dict": network().state_dict()})


@pytest.mark.parametrize(
    ("forward", "code"),
    [
        (LOOP, "batch_fixed"),
        (SPECIAL_CASE, "output_depends_on_batch"),
        (TWO, "input_shape_wrong"),
        (BY_PIXELS, "export_failed"),
    ],
    ids=["a loop over the batch", "a branch on the batch", "two by reshape", "a branch on pixels"],
)
async def test_a_batch_that_is_fixed_without_a_word_is_found(
    bench: Bench, good: bytes, forward: str, code: str
) -> None:
    assert await bench.refused(bench.conversion(good, forward)) == code


async def test_the_node_where_the_export_went_wrong_is_named(bench: Bench, good: bytes) -> None:
    reason = await bench.refusal(bench.conversion(good, WHILE_EXPORTED))
    assert reason.code == "threshold_exceeded"
    assert reason.params["inputs"] == "on_random_inputs"
    assert reason.params["first"].startswith("begins_in_export: Mul ")
    assert "record" not in reason.params
    assert bench.work is not None
    assert b"values compared" in bench.work.log.text()


async def test_a_network_that_mixes_its_images_may_be_converted_for_single_images_only(
    bench: Bench, good: bytes
) -> None:
    assert await bench.refused(bench.conversion(good, OF_THE_BATCH)) == "output_depends_on_batch"
    alone = cast(ModelConverted, await bench.do(bench.conversion(good, OF_THE_BATCH, max_batch=1)))
    assert alone.max_abs_error <= 1e-4


async def test_a_threshold_below_rounding_is_refused_with_what_would_do(bench: Bench, good: bytes) -> None:
    reason = await bench.refusal(bench.conversion(good, PLAIN, threshold="1e-12"))
    assert reason.code == "threshold_exceeded"
    assert 1e-12 < float(reason.params["measured"]) < float(reason.params["proposed"]) <= 1e-4
    again = cast(ModelConverted, await bench.do(bench.conversion(good, PLAIN, threshold=reason.params["proposed"])))
    report = msgspec.json.decode(bench.store.path(again.report).read_bytes(), type=ConversionReport)
    assert report.sub_models[0].proposed_threshold == float(reason.params["proposed"])


async def test_weights_beside_the_graph_and_a_scale_inside_of_it(bench: Bench, good: bytes, tmp_path: Path) -> None:
    scale = 1 / 255
    request = bench.conversion(good, PLAIN, mean_values="0,0,0", scale_values=f"{scale},{scale},{scale}")
    request = msgspec.structs.replace(request, copy_parameters=False)
    result = cast(ModelConverted, await bench.do(request))
    with TronFile(bench.store.path(result.tron)) as file:
        sub = file.manifest.sub_models[0]
        file.extract_graph(sub, tmp_path / "graph.onnx")
    assert sub.weights is not None
    assert sub.weights.entry == "weights/tiny.bin"
    assert sub.normalisation == Normalisation(mean=(0.0,) * 3, scale=(1.0,) * 3)
    assert sub.folded == Normalisation(mean=(0.0,) * 3, scale=(scale,) * 3)
    pixels = np.random.default_rng(1).integers(0, 256, (4, 3, SIZE, SIZE)).astype(np.float32)
    answers = OnnxRuntime().load(tmp_path / "graph.onnx", "nvidia").run({"raw_data": pixels})[0]
    with torch.inference_mode():
        expected = network()(torch.from_numpy(pixels * np.float32(scale))).numpy()
    assert answers.shape == (4, len(CLASSES))
    assert answers == pytest.approx(expected, abs=1e-4)
