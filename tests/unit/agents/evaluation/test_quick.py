"""A quick check of a detector: boxes without truths."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from uuid import UUID

import cv2
import msgspec
import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from agents.evaluation import quick, quick_plan
from agents.evaluation.plan import PLAN_FILE, RESULTS_FILE, SUMMARY_FILE, TRON_FILE, Plan
from agents.evaluation.quick_plan import IMAGES_FILE, QuickSummary
from agents.sandbox.inside import INPUTS_VARIABLE, OUTPUTS_VARIABLE, Refused
from schemas.results import decode, detected
from schemas.specs.parts import Arg, TaskSpec
from schemas.tron import Input, Normalisation, Output, Provenance, SubModel, TronManifest, Verification
from schemas.values import TronIdentity
from storage.tron_file import graph_entry, write_tron

SIZE = 16
DIGEST = f"sha256:{0:064}"


def detector() -> bytes:
    """One box, the left half of the image; its score is the image's mean."""
    nodes = [
        helper.make_node("ReduceMean", ["data", "axes"], ["mean"], keepdims=0),
        helper.make_node("Reshape", ["mean", "rows"], ["scores"]),
        helper.make_node("Mul", ["scores", "zeros"], ["nothing"]),
        helper.make_node("Add", ["nothing", "half"], ["boxes"]),
    ]
    constants = {
        "axes": np.array([1, 2, 3], np.int64), "rows": np.array([-1, 1, 1], np.int64),
        "zeros": np.zeros((1, 1, 4), np.float32), "half": np.array([[[0, 0, 0.5, 1]]], np.float32),
    }  # fmt: skip
    made = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, ["n", 3, SIZE, SIZE])],
        [
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, ["n", 1, 4]),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 1, 1]),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    return model.SerializeToString()


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The child's inputs, with a detector and three pictures in them, and its outputs."""
    return furnished(tmp_path, monkeypatch, ("find",))


def furnished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]) -> tuple[Path, Path]:
    """As `folders`, with a detector of each name; all name their task alike."""
    given, made, home = tmp_path / "inputs", tmp_path / "outputs", tmp_path / "home"
    for folder in (given, made, home):
        folder.mkdir()
    monkeypatch.setenv(INPUTS_VARIABLE, str(given))
    monkeypatch.setenv(OUTPUTS_VARIABLE, str(made))
    monkeypatch.chdir(home)
    data = detector()
    (tmp_path / "find.onnx").write_bytes(data)
    subs = tuple(SubModel(
        name=name, graph=graph_entry(place, name), digest=f"sha256:{hashlib.sha256(data).hexdigest()}",
        size_bytes=len(data), input=Input(name="data", shape=(3, SIZE, SIZE)),
        normalisation=Normalisation(mean=(0.0,) * 3, scale=(1 / 255,) * 3),
        outputs=(Output(name="boxes", shape=(1, 4)), Output(name="scores", shape=(1, 1))),
        tasks=(TaskSpec("bright", ("spot",) if not place else ("dot",)),), max_batch=4, opset=18, method="detection",
        args=(Arg("box_units", "ss", "relative"),),
    ) for place, name in enumerate(names))  # fmt: skip
    nil = UUID(int=0)
    manifest = TronManifest(
        identity=TronIdentity("nvidia", "r", "n", "detection", "v1"), method="detection", sub_models=subs,
        provenance=Provenance(
            job_id=nil, pth_id=nil, template_id=nil, weights=DIGEST, template=DIGEST, structures={}
        ),
        verification=Verification(max_abs_error=0, error_threshold=1, batches=(1,), backend="x"),
    )  # fmt: skip
    write_tron(given / TRON_FILE, manifest, {sub.graph: tmp_path / "find.onnx" for sub in subs})
    plan = Plan(batch_size=2, loops=1, precision="fp32", backend="onnxruntime", platform="nvidia", steps=())
    (given / PLAN_FILE).write_bytes(msgspec.json.encode(plan))
    with zipfile.ZipFile(given / IMAGES_FILE, "w") as package:
        for number in range(3):
            picture = np.full((20, 40, 3), 200, np.uint8)
            package.writestr(f"{number}.png", cv2.imencode(".png", picture)[1].tobytes())
    return given, made


def test_a_detectors_boxes_are_kept_and_nobody_says_which_are_right(folders: tuple[Path, Path]) -> None:
    quick.check(lambda _stage, _fraction: None)
    results = decode((folders[1] / RESULTS_FILE).read_bytes())
    (part,) = results.detected
    found = detected(part)
    assert (part.task, part.classes, found.truths, found.outcomes) == ("bright", ("spot",), None, None)
    assert found.found.offsets.tolist() == [0, 1, 2, 3]
    assert np.allclose(found.found.boxes, [[0, 0, 20, 20]] * 3)
    assert np.allclose(found.scores, 200 / 255, atol=1e-3)
    summary = msgspec.json.decode((folders[1] / SUMMARY_FILE).read_bytes(), type=QuickSummary)
    assert (summary.images, summary.skipped, summary.used.precision) == (3, 0, "fp32")


def test_detectors_of_one_task_name_are_told_apart_by_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, made = furnished(tmp_path, monkeypatch, ("find", "seek"))
    quick.check(lambda _stage, _fraction: None)
    results = decode((made / RESULTS_FILE).read_bytes())
    assert [(part.task, part.classes) for part in results.detected] == [
        ("find/bright", ("spot",)),
        ("seek/bright", ("dot",)),
    ]


def test_too_many_images_are_a_dataset(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    assert quick_plan.IMAGES_MAX >= 100
    monkeypatch.setattr(quick, "IMAGES_MAX", 2)
    with pytest.raises(Refused) as refused:
        quick.check(lambda _stage, _fraction: None)
    assert (refused.value.code, refused.value.params) == ("quick_check_too_large", {"images": "3", "max": "2"})
