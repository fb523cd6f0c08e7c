"""A scale inside of the first weights: the same answers from unscaled images, or nothing changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from graphs import model
from onnx import helper

from agents.conversion.folding import fold_scale
from agents.conversion.verify import load_session

SCALE = (1 / 255, 1 / 128, 2.0)
SHAPE = (3, 4, 4)
NUMBERS = np.random.default_rng(7)


def made(nodes: list[onnx.NodeProto], axes: list[Any], **weights: Any) -> onnx.ModelProto:
    return model(nodes, weights, shape=SHAPE, outputs={"y": axes})


def conv(group: int = 1, **attributes: Any) -> onnx.ModelProto:
    weights = NUMBERS.normal(size=(6, 3 // group, 3, 3)).astype(np.float32)
    node = helper.make_node("Conv", ["x", "w", "b"], ["y"], group=group, pads=[1, 1, 1, 1], **attributes)
    return made([node], ["batch", 6, 4, 4], w=weights, b=NUMBERS.normal(size=6).astype(np.float32))


def gemm(*, transposed: bool) -> onnx.ModelProto:
    weights = NUMBERS.normal(size=(5, 48) if transposed else (48, 5)).astype(np.float32)
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w"], ["y"], transB=int(transposed)),
    ]
    return made(nodes, ["batch", 5], w=weights)


def twice() -> onnx.ModelProto:
    """A convolution whose weights are also read elsewhere."""
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["first"], pads=[1, 1, 1, 1]),
        helper.make_node("Conv", ["first", "w"], ["y"], pads=[1, 1, 1, 1]),
    ]
    return made(nodes, ["batch", 3, 4, 4], w=NUMBERS.normal(size=(3, 3, 3, 3)).astype(np.float32))


@pytest.mark.parametrize(
    "graph",
    [conv(), conv(3), gemm(transposed=True), gemm(transposed=False), twice()],
    ids=["conv", "depthwise conv", "gemm", "gemm untransposed", "shared weights"],
)
def test_unscaled_images_give_the_same_answers(graph: onnx.ModelProto) -> None:
    pixels = NUMBERS.integers(0, 256, (2, *SHAPE)).astype(np.float32)
    scaled = pixels * np.array(SCALE, np.float32)[:, None, None]
    before = load_session(graph.SerializeToString()).run({"x": scaled})[0]
    assert fold_scale(graph, mean=(0, 0, 0), scale=SCALE)
    after = load_session(graph.SerializeToString()).run({"x": pixels})[0]
    assert after == pytest.approx(before, rel=1e-4, abs=1e-4)
    onnx.checker.check_model(graph, full_check=True)


def padded_first() -> onnx.ModelProto:
    nodes = [helper.make_node("Relu", ["x"], ["r"]), helper.make_node("Conv", ["r", "w"], ["y"], pads=[1, 1, 1, 1])]
    return made(nodes, ["batch", 3, 4, 4], w=NUMBERS.normal(size=(3, 3, 3, 3)).astype(np.float32))


def read_twice() -> onnx.ModelProto:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("Add", ["c", "x"], ["y"]),
    ]
    return made(nodes, ["batch", 3, 4, 4], w=NUMBERS.normal(size=(3, 3, 3, 3)).astype(np.float32))


@pytest.mark.parametrize(
    ("graph", "mean", "scale"),
    [
        (conv(), (1.0, 0.0, 0.0), SCALE),
        (conv(), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
        (padded_first(), (0.0, 0.0, 0.0), SCALE),
        (read_twice(), (0.0, 0.0, 0.0), SCALE),
    ],
    ids=["a mean", "nothing to fold", "another operator first", "the input is read twice"],
)
def test_what_is_not_exactly_the_same_is_left_alone(
    graph: onnx.ModelProto, mean: tuple[float, ...], scale: tuple[float, ...]
) -> None:
    before = graph.SerializeToString(deterministic=True)
    assert not fold_scale(graph, mean=mean, scale=scale)
    assert graph.SerializeToString(deterministic=True) == before
