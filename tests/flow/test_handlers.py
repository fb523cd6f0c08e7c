"""A model's whole way through the handlers: packed images, converted weights, a test that equals plain PyTorch."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from pathlib import Path
from typing import Any, NamedTuple, cast
from uuid import UUID, uuid4

import cv2
import msgspec
import numpy as np
import onnx
import pytest
import torch
from bench import CLASSES, SIZE, Bench, network, weights

from agents.work import JobProblem
from schemas import results
from schemas.events import (
    ConversionRequested,
    DatasetImported,
    DatasetImportRequested,
    InferenceCompleted,
    InferenceRequested,
    ModelConverted,
)
from schemas.reports import ConversionReport
from schemas.specs.preprocessing import CenterCrop, CvtRGB, Resize, Step, Transpose
from schemas.values import StructureRef
from schemas.verdict.judging import interval
from schemas.verdict.replicates import decode
from storage.datasets.pack import DatasetPack
from storage.tron_file import TronFile


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A checkpoint as data-parallel training leaves it."""
    state = {f"module.{name}": value for name, value in network().state_dict().items()}
    return weights(tmp_path_factory.mktemp("weights"), {"epoch": 3, "state_dict": state})


def pictures() -> dict[str, bytes]:
    """Noisy pictures of three colours, 21 in all, by their name in the package."""
    noise = np.random.default_rng(5)
    files = {}
    for number in range(21):
        label = CLASSES[number % 3]
        image = noise.integers(0, 120, (SIZE + 4, SIZE + 8, 3)).astype(np.uint8)
        image[:, :, number % 3] += 100
        files[f"{label}/{number:02}.png"] = cv2.imencode(".png", image)[1].tobytes()
    return files


def package(files: dict[str, bytes], path: Path) -> bytes:
    with zipfile.ZipFile(path, "w") as file:
        for name, data in files.items():
            file.writestr(name, data)
    return path.read_bytes()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"))


class Converted(NamedTuple):
    request: ConversionRequested
    result: ModelConverted
    said: list[tuple[str, float]]


@pytest.fixture(scope="module")
def converted(bench: Bench, good: bytes) -> Converted:
    """One conversion that all tests of this module share: it takes seconds."""
    request = bench.conversion(good)
    result = asyncio.run(bench.do(request))
    assert bench.work is not None
    return Converted(request, cast(ModelConverted, result), bench.work.said)


async def import_pictures(bench: Bench, extra: dict[str, bytes] | None = None) -> DatasetImported:
    data = package({**pictures(), **(extra or {})}, bench.root / "package.zip")
    request = DatasetImportRequested(
        job_id=uuid4(),
        resource="cpu-light",
        dataset_id=uuid4(),
        package=bench.store.put(data),
        format="imagefolder",
    )
    return cast(DatasetImported, await bench.do(request))


def test_request(converted: ModelConverted, imported: DatasetImported, **fields: Any) -> InferenceRequested:
    base: dict[str, Any] = {
        "job_id": uuid4(),
        "resource": "device",
        "model_id": converted.model_id,
        "identity": converted.identity,
        "tron": converted.tron,
        "dataset_id": imported.dataset_id,
        "dataset_name": "colours",
        "pack": imported.pack,
        "batch_size": 4,
        "steps": CHAIN,
    }
    return InferenceRequested(**{**base, **fields})


test_request.__test__ = False  # type: ignore[attr-defined]

CHAIN: tuple[Step, ...] = (Resize(width=SIZE, height=SIZE), CvtRGB(), Transpose())


def expected(files: dict[str, bytes]) -> dict[str, list[float]]:
    """Plain PyTorch on the same pictures, with OpenCV and numpy only: probabilities by name."""
    answers = {}
    for name, data in files.items():
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        image = cv2.resize(image, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)[:, :, ::-1]
        x = torch.from_numpy((image.astype(np.float32) - 127) / 128).permute(2, 0, 1)[None]
        with torch.no_grad():
            answers[name] = torch.softmax(network()(x), 1)[0].tolist()
    return answers


async def test_the_whole_way(bench: Bench, converted: Converted) -> None:
    broken = {"red/broken.jpg": b"\xff\xd8 no picture", "readme.txt": b"hello"}
    imported = await import_pictures(bench, broken)
    assert (imported.images, imported.classes, imported.dropped) == (21, 3, 2)
    assert imported.reasons == {"no_class_folder": 1, "not_an_image": 1}

    # 21 images in batches of 4 leave a last batch of one; two loops must not be scored twice.
    tested = cast(InferenceCompleted, await bench.do(test_request(converted.result, imported, loops=2)))
    assert tested.results is not None
    found = results.decode(bench.store.path(tested.results).read_bytes())
    truth = expected(pictures())
    assert set(found.names) == set(truth)
    labels, top, scores = results.columns(found.classified[0])
    assert labels is not None
    for place, name in enumerate(found.names):
        probabilities = truth[name]
        assert labels[place] == CLASSES.index(name.split("/")[0])
        assert scores[place].tolist() == pytest.approx(sorted(probabilities, reverse=True), abs=1e-4)
        assert top[place, 0] == int(np.argmax(probabilities))
    top1 = np.mean([CLASSES[int(np.argmax(row))] == name.split("/")[0] for name, row in truth.items()])
    assert tested.accuracy == tested.tasks[0].top1 == pytest.approx(top1)
    assert 0 < top1 < 1, "a case where everything is right or wrong proves little"
    assert tested.tasks[0].top5 is None
    assert (tested.images, tested.skipped) == (21, 0)
    assert tested.inference.total_ms == pytest.approx(tested.inference.mean_ms * 42)
    assert tested.used.on_platform is False
    assert [code.code for code in tested.used.fallbacks] == ["no_nvidia_runtime"]
    assert_replicates(bench, tested, found)


def assert_replicates(bench: Bench, tested: InferenceCompleted, found: results.Results) -> None:
    """What verdicts are made of is the results' own answers, image by image."""
    assert tested.replicates is not None
    kept = decode(bench.store.path(tested.replicates).read_bytes())
    labels, top, _ = results.columns(found.classified[0])
    right = {results.digest_of(found, place): top[place, 0] == labels[place] for place in range(found.images)}
    assert list(kept.figures()) == ["top1/class"]
    digests = [f"sha256:{row.tobytes().hex()}" for row in kept.digests]
    assert dict(zip(digests, kept.marks("top1/class").tolist(), strict=True)) == right
    around = interval(kept, "top1/class")
    assert around is not None
    assert around.low < tested.accuracy < around.high


def test_a_conversion_leaves_a_merged_graph_and_a_report(bench: Bench, converted: Converted, tmp_path: Path) -> None:
    result = converted.result
    fractions = [fraction for _, fraction in converted.said]
    assert fractions == sorted(fractions)
    assert converted.said[-1] == ("done", 1.0)
    assert result.max_abs_error <= 1e-4
    assert result.tron.name == "colours_tiny_classification_v2.tron"
    report = msgspec.json.decode(bench.store.path(result.report).read_bytes(), type=ConversionReport)
    part = report.sub_models[0]
    assert {each.batch for each in part.differences} == {1, 2, 3, 5}
    assert "BatchNormalization" in part.exported.operators
    assert "BatchNormalization" not in part.converted.operators
    with TronFile(bench.store.path(result.tron)) as file:
        sub = file.manifest.sub_models[0]
        file.extract_graph(sub, tmp_path / "graph.onnx")
    assert sub.outputs[0].shape == (3,)
    assert sub.outputs[0].distribution is False
    graph = onnx.load(str(tmp_path / "graph.onnx"))
    assert graph.graph.input[0].type.tensor_type.shape.dim[0].dim_param
    assert b"structure" not in (tmp_path / "graph.onnx").read_bytes()


async def test_the_same_request_gives_the_same_file(bench: Bench, converted: Converted) -> None:
    again = cast(ModelConverted, await bench.do(converted.request))
    assert again.tron.digest == converted.result.tron.digest


async def test_imports_are_repeatable_and_hold_the_original_bytes(bench: Bench) -> None:
    first, second = await import_pictures(bench), await import_pictures(bench)
    assert first.pack.digest == second.pack.digest
    with DatasetPack(bench.store.path(first.pack)) as pack:
        assert {record.name: pack.image(record) for record in pack.records} == pictures()


async def test_tests_that_cannot_be_run_say_why(bench: Bench, converted: Converted) -> None:
    imported = await import_pictures(bench)
    for fields, code in (
        ({"batch_size": 6}, "batch_size_over_max"),
        ({"precision": "int8"}, "precision_not_available"),
        ({"steps": (CvtRGB(), Transpose())}, "chain_shape_wrong"),
        ({"steps": (Transpose(), CvtRGB())}, "transpose_not_last"),
        ({"steps": (CenterCrop(500, 500), Transpose())}, "no_images_left"),
        ({"pack": converted.result.tron}, "pack_unreadable"),
        ({"tron": imported.pack}, "tron_unreadable"),
    ):
        assert await bench.refused(test_request(converted.result, imported, **fields)) == code
    other = package({"cat/1.png": pictures()["red/02.png"]}, bench.root / "cats.zip")
    request = DatasetImportRequested(
        job_id=uuid4(), resource="cpu-light", dataset_id=uuid4(), package=bench.store.put(other), format="imagefolder"
    )
    cats = cast(DatasetImported, await bench.do(request))
    assert await bench.refused(test_request(converted.result, cats)) == "classes_do_not_match"


async def test_a_hostile_checkpoint_is_not_executed(bench: Bench, tmp_path: Path) -> None:
    canary = tmp_path / "canary"

    class Evil:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return Path.touch, (canary,)  # type: ignore[return-value]

    torch.save({"state_dict": Evil()}, tmp_path / "w.pth")
    with pytest.raises(JobProblem) as raised:
        await bench.do(bench.conversion((tmp_path / "w.pth").read_bytes()))
    assert raised.value.reason.code == "weights_hold_code"
    assert "weights_only" not in json.dumps(raised.value.reason.params)
    assert not canary.exists()


async def test_a_structure_that_is_not_given_or_has_no_such_class_is_refused(bench: Bench, good: bytes) -> None:
    request = bench.conversion(good)
    assert await bench.refused(msgspec.structs.replace(request, structures=())) == "structure_not_given"
    renamed = msgspec.structs.replace(request.structures[0], class_name="Other")
    assert await bench.refused(msgspec.structs.replace(request, structures=(renamed,))) == "structure_class_missing"


HEADS = """
from torch import nn


class Heads(nn.Module):
    def __init__(self, width, num_classes, depth=1):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, padding=1)
        self.first, self.second = nn.Linear(width, num_classes), nn.Linear(width, num_classes)

    def forward(self, x):
        y = self.conv(x).mean((2, 3))
        return {"colour": self.first(y), "shade": self.second(y)}
"""


@pytest.mark.bars
async def test_two_networks_in_one_file_with_their_weights_beside_the_graphs(
    bench: Bench, tmp_path: Path, good: bytes
) -> None:
    """A Lightning-like checkpoint with two networks; one has two heads and a width that only the checkpoint knows."""
    space: dict[str, Any] = {}
    exec(HEADS, space)
    torch.manual_seed(4)
    state = torch.load(io.BytesIO(good), weights_only=True)["state_dict"]
    heads = {f"model.{name}": value for name, value in space["Heads"](32, 3).state_dict().items()}
    data = weights(tmp_path, {"state_dict": state, "heads": heads, "hyper_parameters": {"width": 32}})
    request = bench.conversion(data)
    template = msgspec.json.decode(bench.store.path(request.template).read_bytes())
    (first,) = template["sub_templates"]
    second = {**first, "name": "two heads", "state_dict_key": "heads", "architecture": str(UUID(int=8))}
    second["tasks"] = [{**first["tasks"][0], "name": name} for name in ("colour", "shade")]
    template["sub_templates"].append(second)
    config = bench.store.put(b"width: 4")
    request = msgspec.structs.replace(
        request,
        template=bench.store.put(msgspec.json.encode(template)),
        structures=(
            msgspec.structs.replace(request.structures[0], type_config=config),
            StructureRef(UUID(int=8), "Heads", bench.store.put(HEADS.encode())),
        ),
        copy_parameters=False,
        merge_operators=False,
    )
    result = cast(ModelConverted, await bench.do(request))
    assert bench.work is not None
    fractions = [fraction for _, fraction in bench.work.said]
    assert fractions == sorted(fractions)
    report = msgspec.json.decode(bench.store.path(result.report).read_bytes(), type=ConversionReport)
    assert [part.arguments["width"] for part in report.sub_models] == [
        "4 <- type_config",
        "32 <- checkpoint.hyper_parameters.width",
    ]
    assert [[notice.code for notice in part.notices][:1] for part in report.sub_models] == [
        [],
        ["weights_prefix_removed"],
    ]
    assert "BatchNormalization" in report.sub_models[0].converted.operators
    with TronFile(bench.store.path(result.tron)) as file:
        _, two = file.manifest.sub_models
        assert [output.name for output in two.outputs] == ["colour", "shade"]
        assert two.weights is not None
        file.extract_graph(two, tmp_path / "graph.onnx")
    with pytest.raises(JobProblem) as raised:
        await bench.do(msgspec.structs.replace(request, structures=request.structures[:1]))
    assert raised.value.reason.params["sub_model"] == "two heads"
