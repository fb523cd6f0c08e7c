"""The verifying child's checks, on graphs and outputs made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from agents.conversion.plan import Plan, make_inputs
from agents.conversion.verify import (
    batch_drift,
    check_outputs,
    check_shapes,
    check_threshold,
    compare,
    converted,
    difference,
    load_graph,
    output_specs,
)
from agents.runtimes.onnxruntime import OnnxRuntime
from agents.sandbox.inside import Refused

PLAN = Plan(
    class_name="",
    state_dict_key="",
    num_classes=2,
    input_name="x",
    input_shape=(1, 2, 2),
    task_sizes=(4,),
    max_batch=3,
    error_threshold=1e-3,
    merge_operators=True,
)
INPUTS = make_inputs((1, 2, 2), (0.0,), (1.0,), 3)


def graph(batch: str | int = "batch", *, opset: int = 18, domain: str = "", name: str = "x") -> onnx.ModelProto:
    """y = flatten(x) + 1 with traces of the exporting machine."""
    nodes = [
        helper.make_node("Flatten", [name], ["flat"], domain=domain, doc_string="/home/someone/net.py"),
        helper.make_node("Add", ["flat", "one"], ["y"]),
    ]
    made = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, 1, 2, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, 4])],
        [numpy_helper.from_array(np.ones(1, np.float32), "one")],
    )
    opsets = [helper.make_opsetid("", opset), *([helper.make_opsetid(domain, 1)] if domain else [])]
    return helper.make_model(made, opset_imports=opsets, ir_version=10)


def truth(change: float = 0.0) -> dict[str, NDArray[Any]]:
    return {f"b{n}_o0": INPUTS[f"b{n}"].reshape(n, 4) + np.float32(1 + change) for n in (1, 2, 3)}


def code(call: Any, *arguments: Any) -> str:
    with pytest.raises(Refused) as refused:
        call(*arguments)
    return refused.value.code


def saved(model: onnx.ModelProto, folder: Path) -> Path:
    onnx.save(model, str(folder / "g.onnx"))
    return folder / "g.onnx"


def test_a_good_graph_passes_everything(tmp_path: Path) -> None:
    kept = converted(load_graph(saved(graph(), tmp_path)), merge=True)
    check_shapes(kept, PLAN)
    assert b"someone" not in kept.SerializeToString()
    session = OnnxRuntime().load(saved(kept, tmp_path), "nvidia")
    check_outputs(truth(), PLAN)
    differences = compare(session, INPUTS, truth(), PLAN)
    assert [each.batch for each in differences] == [1, 2, 3]
    assert check_threshold(differences, 1e-3) <= 1e-4
    assert batch_drift(truth(), PLAN) == 0.0
    assert [(spec.name, spec.shape, spec.distribution) for spec in output_specs(("y",), truth(), PLAN)] == [
        ("y", (4,), False)
    ]


def test_the_largest_difference_is_found_and_bounded(tmp_path: Path) -> None:
    session = OnnxRuntime().load(saved(graph(), tmp_path), "nvidia")
    reference = truth()
    reference["b3_o0"][2, 1] += 0.5
    differences = compare(session, INPUTS, reference, PLAN)
    assert check_threshold(differences, 1.0) == pytest.approx(0.5, abs=1e-4)
    with pytest.raises(Refused) as refused:
        check_threshold(differences, 1e-3)
    assert refused.value.code == "threshold_exceeded"
    assert refused.value.params["batch"] == "3"


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (graph(opset=17), "graph_opset_wrong"),
        (graph(domain="com.microsoft"), "graph_operator_unknown"),
    ],
)
def test_graphs_of_other_kinds_are_refused(tmp_path: Path, model: onnx.ModelProto, expected: str) -> None:
    assert code(load_graph, saved(model, tmp_path)) == expected


def test_graphs_that_read_other_files_are_refused(tmp_path: Path) -> None:
    model = graph()
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")
    (tmp_path / "g.onnx").write_bytes(model.SerializeToString())
    assert code(load_graph, tmp_path / "g.onnx") == "graph_external_data"


def test_junk_is_no_graph(tmp_path: Path) -> None:
    (tmp_path / "g.onnx").write_bytes(b"\xff junk")
    assert code(load_graph, tmp_path / "g.onnx") == "graph_malformed"


def test_a_fixed_batch_is_seen_in_the_shapes() -> None:
    assert code(check_shapes, graph(2), PLAN) == "batch_fixed"
    assert code(check_shapes, graph(name="other"), PLAN) == "graph_inputs_wrong"


def changed(**arrays: NDArray[Any]) -> dict[str, NDArray[Any]]:
    return {**truth(), **arrays}


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (changed(b1_o1=np.zeros((1, 4), np.float32)), "outputs_do_not_match_tasks"),
        ({}, "outputs_do_not_match_tasks"),
        (changed(b2_o0=np.zeros((2, 5), np.float32)), "output_size_wrong"),
        (changed(b2_o0=np.zeros((1, 8), np.float32)), "output_size_wrong"),
        (changed(b2_o0=np.zeros((2, 4), np.float64)), "output_size_wrong"),
        (changed(b3_o0=np.full((3, 4), np.nan, np.float32)), "output_not_finite"),
    ],
)
def test_outputs_that_answer_nothing_are_refused(reference: Mapping[str, NDArray[Any]], expected: str) -> None:
    if expected == "outputs_do_not_match_tasks" and reference:
        reference = {**reference, "b2_o1": reference["b1_o1"], "b3_o1": reference["b1_o1"]}
    assert code(check_outputs, reference, PLAN) == expected


def test_outputs_that_depend_on_the_batch_are_refused() -> None:
    rows = {key: value - value.mean(axis=0) for key, value in truth().items()}
    assert code(batch_drift, rows, PLAN) == "output_depends_on_batch"


class FixedSession:
    """A graph that gives what it is told to."""

    outputs = ("y",)

    def __init__(self, outputs: NDArray[Any]) -> None:
        self._outputs = outputs

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        return [self._outputs]

    def used(self) -> Any:
        raise NotImplementedError


def test_graphs_that_answer_wrongly_are_refused() -> None:
    assert code(compare, FixedSession(truth()["b2_o0"]), INPUTS, truth(), PLAN) == "batch_fixed"
    infinite = np.full((1, 4), np.inf, np.float32)
    assert code(compare, FixedSession(infinite), INPUTS, truth(), PLAN) == "output_not_finite"


def test_measures_by_hand() -> None:
    got = difference("y", 2, np.array([3.0, 4.0]), np.array([3.0, 3.0]))
    assert (got.max_abs, got.mean_abs, got.relative) == (1.0, 0.5, 0.25)
    assert got.cosine == pytest.approx(21 / (5 * np.sqrt(18)))
    zero = difference("y", 1, np.zeros(2), np.zeros(2))
    assert (zero.relative, zero.cosine) == (None, None)
