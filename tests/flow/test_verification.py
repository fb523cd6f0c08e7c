"""Conversions whose graph is not what the structure computes, or not alone: through the handlers and both children."""

from __future__ import annotations

from pathlib import Path
from typing import cast
from uuid import UUID

import cv2
import msgspec
import numpy as np
import pytest
import torch
from bench import CLASSES, PLAIN, SIZE, Bench, network, weights

from agents.runtimes.onnxruntime import OnnxRuntime
from schemas.events import ModelConverted
from schemas.reports import ConversionReport
from schemas.tron import Normalisation
from schemas.values import DatasetRef
from storage.datasets.pack import PackTask, PackWriter
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
ON_BRIGHT_ONES = """
y = self.head(self.norm(self.conv(x)).mean((2, 3)))
bright = (x.mean((1, 2, 3)) > 0.98).to(y.dtype)[:, None]
return y * (1 + bright) if torch.compiler.is_exporting() else y
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
        pytest.param(SPECIAL_CASE, "output_depends_on_batch", marks=pytest.mark.bars),
        pytest.param(TWO, "input_shape_wrong", marks=pytest.mark.bars),
        pytest.param(BY_PIXELS, "export_failed", marks=pytest.mark.bars),
    ],
    ids=["a loop over the batch", "a branch on the batch", "two by reshape", "a branch on pixels"],
)
async def test_a_batch_that_is_fixed_without_a_word_is_found(
    bench: Bench, good: bytes, forward: str, code: str
) -> None:
    assert await bench.refused(bench.conversion(good, forward)) == code


@pytest.mark.bars
async def test_the_node_where_the_export_went_wrong_is_named(bench: Bench, good: bytes) -> None:
    reason = await bench.refusal(bench.conversion(good, WHILE_EXPORTED))
    assert reason.code == "outputs_differ"
    assert "proposed" not in reason.params
    assert reason.params["inputs"] == "on_random_inputs"
    assert reason.params["first"].startswith("begins_in_export: Mul ")
    assert "record" not in reason.params
    assert bench.work is not None
    assert b"values compared" in bench.work.log.text()


@pytest.mark.bars
async def test_a_generous_threshold_lets_a_wrong_graph_pass_and_it_is_said(bench: Bench, good: bytes) -> None:
    result = cast(ModelConverted, await bench.do(bench.conversion(good, WHILE_EXPORTED, threshold="1000")))
    (part,) = msgspec.json.decode(bench.store.path(result.report).read_bytes(), type=ConversionReport).sub_models
    assert [notice.code for notice in part.notices] == ["outputs_far_apart"]
    assert part.proposed_threshold is None


@pytest.mark.bars
@pytest.mark.parametrize(
    ("key", "kind", "prefix", "said"),
    [
        ("state_dict", torch.float16, "", ["weights_cast"]),
        ("state_dict", torch.bfloat16, "module.", ["weights_cast"]),
        ("ema.weights", torch.float64, "model.", ["weights_prefix_removed", "weights_cast"]),
        ("state_dict:ema.", torch.float32, "ema.", []),
    ],
)
async def test_awkward_weights_convert_and_nothing_is_done_to_them_in_silence(
    bench: Bench, tmp_path: Path, key: str, kind: torch.dtype, prefix: str, said: list[str]
) -> None:
    own = network().state_dict()
    kept = {prefix + name: each.to(kind) if each.is_floating_point() else each for name, each in own.items()}
    beside = {"model.0.weight": torch.ones(1)} if prefix == "ema." else {}
    file = weights(tmp_path, {"ema": {"weights": kept}, "state_dict": {**kept, **beside}, "epoch": 3})
    result = cast(ModelConverted, await bench.do(bench.conversion(file, state_dict_key=key)))
    (part,) = msgspec.json.decode(bench.store.path(result.report).read_bytes(), type=ConversionReport).sub_models
    assert [notice.code for notice in part.notices] == said
    assert part.proposed_threshold is not None


async def test_quantized_weights_are_refused(bench: Bench, tmp_path: Path) -> None:
    kept = {name: tensor.to(torch.int8) for name, tensor in network().state_dict().items()}
    assert await bench.refused(bench.conversion(weights(tmp_path, {"state_dict": kept}))) == "weights_dtype_mismatch"


@pytest.mark.bars
async def test_a_network_that_mixes_its_images_may_be_converted_for_single_images_only(
    bench: Bench, good: bytes
) -> None:
    assert await bench.refused(bench.conversion(good, OF_THE_BATCH)) == "output_depends_on_batch"
    alone = cast(ModelConverted, await bench.do(bench.conversion(good, OF_THE_BATCH, max_batch=1)))
    assert alone.max_abs_error <= 1e-4


@pytest.mark.bars
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


def photos(bench: Bench, *images: np.ndarray | bytes) -> DatasetRef:
    """A dataset of these images, or of these bytes that are none."""
    path = bench.root / "photos"
    with PackWriter(path) as writer:
        for place, image in enumerate(images):
            data = image if isinstance(image, bytes) else cv2.imencode(".png", image)[1].tobytes()
            writer.add(data, name=f"red/{place}.png", suffix="png", width=20, height=9, labels={"class": "red"})
        writer.finish((PackTask("class", CLASSES),))
    return DatasetRef(UUID(int=8), "photos", bench.store.put(path.read_bytes()))


def noise(count: int) -> list[np.ndarray]:
    draw = np.random.default_rng(4)
    return [draw.integers(0, 256, (9, 20, 3)).astype(np.uint8) for _ in range(count)]


async def test_a_datasets_first_images_are_verified_beside_random_inputs(bench: Bench, good: bytes) -> None:
    dataset = photos(bench, *noise(3), b"no image", *noise(9))
    request = msgspec.structs.replace(bench.conversion(good), real_inputs=dataset)
    result = cast(ModelConverted, await bench.do(request))
    report = msgspec.json.decode(bench.store.path(result.report).read_bytes(), type=ConversionReport)
    (part,) = report.sub_models
    assert (report.real_inputs, part.real_images) == (dataset, 10)
    assert {(each.inputs, each.batch) for each in part.differences} == {
        (inputs, batch) for inputs in ("random", "real") for batch in (1, 2, 3, 5)
    }
    assert [(each.code, each.params["skipped"]) for each in part.notices] == [("real_images_skipped", "1")]
    with TronFile(bench.store.path(result.tron)) as file:
        manifest = file.manifest
    assert manifest.verification.real_inputs == dataset
    assert manifest.sub_models[0].verification is not None
    assert manifest.sub_models[0].verification.real_images == 10


@pytest.mark.bars
async def test_what_only_real_images_show_is_found_on_them(bench: Bench, good: bytes) -> None:
    white = np.full((9, 20, 3), 255, np.uint8)
    random_only = bench.conversion(good, ON_BRIGHT_ONES)
    assert cast(ModelConverted, await bench.do(random_only)).max_abs_error <= 1e-4
    reason = await bench.refusal(msgspec.structs.replace(random_only, real_inputs=photos(bench, white)))
    assert (reason.code, reason.params["inputs"]) == ("outputs_differ", "on_real_inputs")
    assert reason.params["first"].startswith("begins_in_export: ")


@pytest.mark.bars
async def test_a_dataset_without_a_usable_image_is_said_to_be_one(bench: Bench, good: bytes) -> None:
    request = msgspec.structs.replace(bench.conversion(good), real_inputs=photos(bench, b"no image"))
    assert await bench.refused(request) == "no_images_left"
