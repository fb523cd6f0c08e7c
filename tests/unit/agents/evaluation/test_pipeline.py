"""A Tron of several networks in a test: a detector that runs, a classifier that looks at its best box, plug-ins."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import cv2
import msgspec
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from agents.evaluation.pipeline import evaluate
from agents.evaluation.plan import PACK_FILE, PLAN_FILE, REPORT_FILE, SUMMARY_FILE, TRON_FILE, Plan, Summary
from agents.sandbox.inside import INPUTS_VARIABLE, OUTPUTS_VARIABLE, Refused
from schemas.reports import EvaluationReport
from schemas.specs import methods
from schemas.specs.parts import Arg, TaskSpec
from schemas.specs.preprocessing import CenterCrop, CvtRGB, Resize, Step, Transpose
from schemas.tron import Input, Normalisation, Output, Provenance, SubModel, TronManifest, Verification
from schemas.values import Platform, TronIdentity
from storage.datasets.pack import PackTask, PackWriter
from storage.plugins import PluginError, register_installed
from storage.tron_file import graph_entry, write_tron

NIL, DIGEST = UUID(int=0), f"sha256:{0:064}"
COLOURS = ("red", "green", "blue")
SIZE, CELL = 16, 8
Run = Callable[..., tuple[EvaluationReport, Summary]]


def graph(nodes: list[onnx.NodeProto], outputs: dict[str, list[int]], **constants: np.ndarray) -> bytes:
    shapes = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *sides]) for name, sides in outputs.items()]
    data = helper.make_tensor_value_info("data", TensorProto.FLOAT, ["n", 3, SIZE, SIZE])
    weights = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    model = helper.make_model(
        helper.make_graph(nodes, "g", [data], shapes, weights),
        opset_imports=[helper.make_opsetid("", 18)], ir_version=8,
    )  # fmt: skip
    return model.SerializeToString()


def detector(*, levels: float = 1.0) -> bytes:
    """Four boxes, a quarter of the image each, in relative units; their scores are how bright they are."""
    nodes = [
        helper.make_node("AveragePool", ["data"], ["pooled"], kernel_shape=[CELL, CELL], strides=[CELL, CELL]),
        helper.make_node("ReduceMean", ["pooled", "axis"], ["grey"], keepdims=1),
        helper.make_node("Mul", ["grey", "levels"], ["scaled"]),
        helper.make_node("Reshape", ["scaled", "rows"], ["scores"]),
        helper.make_node("Mul", ["scores", "zeros"], ["nothing"]),
        helper.make_node("Add", ["nothing", "quarters"], ["boxes"]),
    ]
    quarters = np.array([[[0, 0, 0.5, 0.5], [0.5, 0, 1, 0.5], [0, 0.5, 0.5, 1], [0.5, 0.5, 1, 1]]], np.float32)
    return graph(
        nodes, {"boxes": [4, 4], "scores": [4, 1]}, axis=np.array([1], np.int64), rows=np.array([0, 4, 1], np.int64),
        levels=np.float32(levels), zeros=np.zeros((1, 1, 4), np.float32), quarters=quarters,
    )  # fmt: skip


def classifier() -> bytes:
    """The mean of each colour."""
    nodes = [helper.make_node("ReduceMean", ["data", "axes"], ["logits"], keepdims=0)]
    return graph(nodes, {"logits": [3]}, axes=np.array([2, 3], np.int64))


def sub(position: int, name: str, data: bytes, method: str, tasks: TaskSpec, *args: Arg) -> SubModel:
    outputs = [
        Output(name=each.name, shape=tuple(side.dim_value for side in each.type.tensor_type.shape.dim[1:]))
        for each in onnx.load_from_string(data).graph.output
    ]
    return SubModel(
        name=name,
        graph=graph_entry(position, name),
        digest=f"sha256:{hashlib.sha256(data).hexdigest()}",
        size_bytes=len(data),
        input=Input(name="data", shape=(3, SIZE, SIZE)),
        normalisation=Normalisation(mean=(0.0,) * 3, scale=(1 / 255,) * 3),
        outputs=tuple(outputs),
        tasks=(tasks,),
        max_batch=4,
        opset=18,
        args=args,
        method=method,
    )


FIND = ("find", detector(), "detection", TaskSpec("bright", ("spot",)), Arg("box_units", "ss", "relative"))
NAME = ("name", classifier(), "", TaskSpec("class", COLOURS))
CROP = Arg("crop_from", "ss", "find")


def write_pictures(path: Path) -> None:
    """Twelve pictures: a bright quarter of the colour, the rest dim and another's."""
    with PackWriter(path) as pack:
        for number in range(12):
            picture = np.zeros((60, 80, 3), np.uint8)
            label = number % 3
            # OpenCV's order: blue first. The rest is dim, larger, and of the next colour.
            picture[:, :, 2 - (label + 1) % 3] = 90
            x, y = (40 if number & 1 else 0), (30 if number & 2 else 0)
            picture[y : y + 30, x : x + 40] = 0
            picture[y : y + 30, x : x + 40, 2 - label] = 200
            data = cv2.imencode(".png", picture)[1].tobytes()
            labels = {"class": COLOURS[label]}
            pack.add(data, name=f"{number}.png", suffix="png", width=80, height=60, labels=labels)
        pack.finish((PackTask("class", COLOURS),))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Evaluates a Tron of these sub-models on twelve pictures: a bright quarter of the colour, the rest another's."""
    given, made = tmp_path / "inputs", tmp_path / "outputs"
    for folder in (given, made):
        folder.mkdir()
    monkeypatch.setenv(INPUTS_VARIABLE, str(given))
    monkeypatch.setenv(OUTPUTS_VARIABLE, str(made))
    write_pictures(given / PACK_FILE)

    def ran(
        *parts: tuple,
        main: str = "classification",
        steps: tuple[Step, ...] = (),
        batch: int = 4,
        loops: int = 1,
        platform: Platform = "nvidia",
    ):
        subs = [sub(position, *part) for position, part in enumerate(parts)]
        files = {}
        for each, part in zip(subs, parts, strict=True):
            files[each.graph] = tmp_path / f"{each.name}.onnx"
            files[each.graph].write_bytes(part[1])
        provenance = Provenance(job_id=NIL, pth_id=NIL, template_id=NIL, weights=DIGEST, template=DIGEST, structures={})
        manifest = TronManifest(
            identity=TronIdentity(platform, "r", "n", main, "v1"),
            method=main,
            sub_models=tuple(subs),
            provenance=provenance,
            verification=Verification(max_abs_error=0, error_threshold=1, batches=(1,), backend="x"),
        )
        write_tron(given / TRON_FILE, manifest, files)
        plan = Plan(
            batch_size=batch, loops=loops, precision="fp32", backend="onnxruntime", platform="nvidia", steps=steps
        )
        (given / PLAN_FILE).write_bytes(msgspec.json.encode(plan))
        home = tmp_path / f"home{len(list(tmp_path.iterdir()))}"
        home.mkdir()
        monkeypatch.chdir(home)
        evaluate(lambda _stage, _fraction: None)
        return (
            msgspec.json.decode((made / REPORT_FILE).read_bytes(), type=EvaluationReport),
            msgspec.json.decode((made / SUMMARY_FILE).read_bytes(), type=Summary),
        )

    return ran


@pytest.mark.parametrize(("batch", "processors"), [(1, 2), (4, 2), (4, 8)])
def test_a_classifier_looks_at_the_detectors_best_box(
    run: Run, monkeypatch: pytest.MonkeyPatch, batch: int, processors: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: set(range(processors)))
    report, summary = run((*NAME, CROP), FIND, batch=batch, loops=2)
    assert (summary.accuracy, summary.images, summary.skipped) == (1.0, 12, 0)
    find, name = report.networks
    assert (find.name, find.method, find.crop_from) == ("find", "detection", None)
    assert find.boxes is not None
    assert find.boxes >= 24
    assert (name.name, name.method, name.crop_from, name.whole_images) == ("name", "classification", "find", 0)
    assert summary.inference.total_ms == pytest.approx(find.inference.total_ms + name.inference.total_ms, rel=1e-3)
    assert report.tasks[0].softmax_added


def test_without_the_crop_it_sees_the_whole_image(run: Run) -> None:
    report, summary = run(FIND, NAME)
    assert summary.accuracy == 0.0
    assert [each.whole_images for each in report.networks] == [None, None]


def test_where_nothing_is_found_the_whole_image_is_looked_at_and_counted(run: Run) -> None:
    blind = ("find", detector(levels=0.0), *FIND[2:])
    report, summary = run(blind, (*NAME, CROP))
    assert summary.accuracy == 0.0
    assert [(each.boxes, each.whole_images) for each in report.networks] == [(0, None), (None, 12)]


def test_a_crop_that_the_chain_cannot_take_leaves_the_image_out(run: Run) -> None:
    steps = (CenterCrop(width=50, height=40), Resize(width=SIZE, height=SIZE), CvtRGB(), Transpose())
    with pytest.raises(Refused) as refused:
        run(FIND, (*NAME, CROP), steps=steps)
    assert refused.value.code == "no_images_left"
    assert refused.value.params["reasons"] == "image_smaller_than_crop: 12"


def test_the_steps_of_the_test_are_those_of_what_is_scored(run: Run) -> None:
    steps = (Resize(width=SIZE, height=SIZE, interpolation="area"), CvtRGB(), Transpose())
    report, _ = run(FIND, NAME, steps=steps)
    find, name = report.networks
    assert (report.steps, name.steps) == (steps, steps)
    assert find.steps == (Resize(width=SIZE, height=SIZE), CvtRGB(), Transpose())


def test_a_model_for_another_platform_is_not_tested_as_one_of_this(run: Run) -> None:
    with pytest.raises(Refused, match="platform_not_available"):
        run(FIND, platform="ascend")


def test_a_model_without_classes_of_images_cannot_be_scored(run: Run) -> None:
    with pytest.raises(Refused) as refused:
        run(FIND, main="detection")
    assert refused.value.code == "model_not_scorable"


SPEC = """
from schemas.specs.builtin_methods import DETECTION_ARGS
from schemas.specs.method_spec import ArgSpec, Layout, MethodSpec

SPEC = MethodSpec(
    name="corners",
    family="detection",
    meaning="Corners as parts of the input, and one number a class.",
    args=(*DETECTION_ARGS, ArgSpec(name="grow", kind="sf", default=0.0, meaning="Pixels added at each side.")),
    layouts=(Layout(outputs="N,4; N,C"),),
    decode="corner_net.decode:decode",
)
"""
DECODE = """
import numpy as np
from agents.evaluation.methods.base import scored

def decode(outputs, head):
    corners, scores = outputs
    grow = np.array([-1, -1, 1, 1]) * head.args["grow"]
    return scored(corners * head.sides + grow, scores, head)
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with a method, as an installer leaves it in a folder of the path."""
    folder = tmp_path / "site"
    (folder / "corner_net").mkdir(parents=True)
    (folder / "corner_net" / "__init__.py").write_text("")
    (folder / "corner_net" / "spec.py").write_text(SPEC)
    (folder / "corner_net" / "decode.py").write_text(DECODE)
    about = folder / "corner_net-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: corner-net\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[mo.methods]\ncorners = corner_net.spec:SPEC\n")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(methods, "_METHODS", dict(methods._METHODS))
    yield folder
    for name in [each for each in sys.modules if each.split(".")[0] == "corner_net"]:
        del sys.modules[name]


def test_a_plug_in_detects_like_one_of_ours(installed: Path, run: Run) -> None:
    assert register_installed() == ("corners",)
    assert "corner_net.decode" not in sys.modules, "its decoding is for job children"
    outputs = [(4, 4), (4, 1)]
    assert methods.output_problem("corners", (), (FIND[3],), outputs) is None
    assert methods.method_problems("corners", []) == ()
    report, summary = run((*FIND[:2], "corners", FIND[3]), (*NAME, CROP))
    assert summary.accuracy == 1.0
    assert report.networks[0].method == "corners"
    grown = (*FIND[:2], "corners", FIND[3], Arg("grow", "sf", 100.0))
    assert run(grown, (*NAME, CROP))[1].accuracy == 0.0, "its argument is obeyed: such boxes are whole images"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("SPEC = 3", "must be a MethodSpec"),
        ("import not_there", "No module named"),
        (SPEC.replace('"corners"', '"detection"'), "must be a MethodSpec of that name"),
        (SPEC.replace("N,4; N,C", "n,4"), "is no dimension"),
    ],
)
def test_a_plug_in_that_cannot_be_used_is_named_with_its_package(installed: Path, spec: str, said: str) -> None:
    (installed / "corner_net" / "spec.py").write_text(spec)
    with pytest.raises(PluginError, match=said) as refused:
        register_installed()
    assert "corner-net" in str(refused.value)


def test_the_documented_example_is_the_one_that_is_tested() -> None:
    import agents.evaluation.methods as documented

    shown = "\n".join(line.removeprefix("    ") for line in (documented.__doc__ or "").splitlines())
    assert SPEC.strip() in shown
    assert DECODE.strip() in shown
