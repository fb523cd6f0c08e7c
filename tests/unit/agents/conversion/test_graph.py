"""Graphs made by hand: what is let in, what is kept of them, weights in a file of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from graphs import SHAPE, model, plus_one, saved
from onnx import helper

from agents.conversion.graph import check_shapes, converted, facts, load_graph, write_graph
from agents.runtimes.onnxruntime import OnnxRuntime
from agents.sandbox.inside import Refused


def code(call: Any, *arguments: Any, **named: Any) -> str:
    with pytest.raises(Refused) as refused:
        call(*arguments, **named)
    return refused.value.code


def test_no_trace_of_the_exporting_machine_is_kept(tmp_path: Path) -> None:
    made = plus_one(doc_string="by someone", producer_name="someone's tool")
    made.metadata_props.add(key="path", value="/home/someone")
    made.graph.node[0].metadata_props.add(key="trace", value="someone.py line 3")
    for merge in (True, False):
        kept = converted(load_graph(saved(made, tmp_path)), merge=merge)
        assert b"someone" not in kept.SerializeToString()


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (plus_one(opset=17), "graph_opset_wrong"),
        (plus_one(domain="com.microsoft"), "graph_operator_unknown"),
    ],
)
def test_graphs_of_other_kinds_are_refused(tmp_path: Path, made: onnx.ModelProto, expected: str) -> None:
    assert code(load_graph, saved(made, tmp_path)) == expected


def test_junk_is_no_graph(tmp_path: Path) -> None:
    (tmp_path / "g.onnx").write_bytes(b"\xff junk")
    assert code(load_graph, tmp_path / "g.onnx") == "graph_malformed"


def shapes(made: onnx.ModelProto, max_batch: int = 3) -> None:
    check_shapes(made, input_name="x", input_shape=SHAPE, max_batch=max_batch)


def test_a_fixed_batch_is_seen_in_the_shapes() -> None:
    shapes(plus_one())
    assert code(shapes, plus_one(2)) == "batch_fixed"
    assert code(shapes, plus_one(outputs={"y": [2, 4]})) == "batch_fixed"
    shapes(plus_one(1), max_batch=1)


def test_the_input_is_the_one_that_was_asked_for() -> None:
    assert code(shapes, plus_one(name="other")) == "graph_inputs_wrong"
    assert code(shapes, plus_one(shape=(1, 4, 1))) == "graph_inputs_wrong"
    wrong = plus_one()
    wrong.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.INT64
    assert code(shapes, wrong) == "graph_inputs_wrong"
    text = plus_one()
    text.graph.output[0].type.tensor_type.elem_type = onnx.TensorProto.STRING
    assert code(shapes, text) == "graph_malformed"


def wide() -> onnx.ModelProto:
    """y = flatten(x) W + 1, W large enough for a file of its own."""
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w", "one"], ["y"]),
    ]
    weights = {"w": np.arange(4 * 400, dtype=np.float32).reshape(4, 400) / 400, "one": np.ones(400, np.float32)}
    return model(nodes, weights, outputs={"y": ["batch", 400]})


def test_facts_count_nodes_operators_and_weights() -> None:
    got = facts(wide())
    assert (got.nodes, got.operators, got.parameters) == (2, {"Flatten": 1, "Gemm": 1}, 4 * 400 + 400)
    assert got.size_bytes > 4 * got.parameters


def test_weights_in_a_file_of_their_own_give_the_same_answers(tmp_path: Path) -> None:
    whole, split = tmp_path / "whole", tmp_path / "split"
    whole.mkdir()
    split.mkdir()
    write_graph(wide(), whole / "g.onnx")
    write_graph(wide(), split / "g.onnx", split / "net.bin")
    assert (split / "g.onnx").stat().st_size < 2000
    assert (split / "net.bin").stat().st_size >= 4 * (4 * 400 + 400)
    locations = {
        entry.value
        for tensor in onnx.load(str(split / "g.onnx"), load_external_data=False).graph.initializer
        for entry in tensor.external_data
        if entry.key == "location"
    }
    assert locations == {"net.bin"}
    images = {"x": np.random.default_rng(1).normal(size=(3, *SHAPE)).astype(np.float32)}
    answers = [OnnxRuntime().load(folder / "g.onnx", "nvidia").run(images)[0] for folder in (whole, split)]
    assert np.array_equal(*answers)
    onnx.checker.check_model(str(split / "g.onnx"), full_check=True)


def test_the_same_graph_gives_the_same_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_graph(wide(), tmp_path / name / "g.onnx", tmp_path / name / "net.bin")
    for file in ("g.onnx", "net.bin"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
