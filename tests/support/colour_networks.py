"""Tiny networks that see colours, and pictures for them: what they answer can be counted on one's fingers."""

from __future__ import annotations

import hashlib
from typing import Any

import cv2
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from schemas.specs.parts import Arg, TaskSpec
from schemas.tron import Input, Normalisation, Output, SubModel
from storage.datasets.pack import Box
from storage.tron_file import graph_entry

SIZE, CELL = 32, 8
RED, BLUE = 2, 0
"""In OpenCV's order."""


def model(nodes: list[onnx.NodeProto], outputs: dict[str, list[int]], **constants: Any) -> onnx.ModelProto:
    shapes = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *sides]) for name, sides in outputs.items()]
    data = helper.make_tensor_value_info("data", TensorProto.FLOAT, ["n", 3, SIZE, SIZE])
    weights = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "g", [data], shapes, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


def detector() -> onnx.ModelProto:
    """A box for each of sixteen cells; class `spot` as bright as the cell is in red, `blob` in blue."""
    cells = SIZE // CELL
    boxes = [[x * CELL, y * CELL, (x + 1) * CELL, (y + 1) * CELL] for y in range(cells) for x in range(cells)]
    nodes = [
        helper.make_node("AveragePool", ["data"], ["pooled"], kernel_shape=[CELL, CELL], strides=[CELL, CELL]),
        helper.make_node("Gather", ["pooled", "colours"], ["two"], axis=1),
        helper.make_node("Reshape", ["two", "flat"], ["rows"]),
        helper.make_node("Transpose", ["rows"], ["scores"], perm=[0, 2, 1]),
        helper.make_node("ReduceSum", ["scores", "last"], ["sums"], keepdims=1),
        helper.make_node("Mul", ["sums", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "grid"], ["boxes"]),
    ]
    return model(
        nodes,
        {"boxes": [16, 4], "scores": [16, 2]},
        colours=np.array([0, 2]),
        flat=np.array([0, 2, 16]),
        last=np.array([2]),
        zero=np.float32(0),
        grid=np.array([boxes], np.float32),
    )


def reader() -> onnx.ModelProto:
    """Four columns of the image, each an A (red), a B (blue), or blank (dark)."""
    nodes = [
        helper.make_node("AveragePool", ["data"], ["pooled"], kernel_shape=[SIZE, CELL], strides=[SIZE, CELL]),
        helper.make_node("Gather", ["pooled", "colours"], ["two"], axis=1),
        helper.make_node("Squeeze", ["two", "rows"], ["flat"]),
        helper.make_node("Transpose", ["flat"], ["seen"], perm=[0, 2, 1]),
        helper.make_node("ReduceMax", ["seen", "last"], ["most"], keepdims=1),
        helper.make_node("Sub", ["half", "most"], ["dark"]),
        helper.make_node("Concat", ["seen", "dark"], ["columns"], axis=2),
    ]
    return model(
        nodes,
        {"columns": [4, 3]},
        colours=np.array([0, 2]),
        rows=np.array([2]),
        last=np.array([2]),
        half=np.float32(0.4),
    )


def classifier() -> onnx.ModelProto:
    """The mean of each colour."""
    return model(
        [helper.make_node("ReduceMean", ["data", "axes"], ["logits"], keepdims=0)],
        {"logits": [3]},
        axes=np.array([2, 3]),
    )


def sub(made: onnx.ModelProto, method: str, task: TaskSpec, *args: Arg) -> SubModel:
    data = made.SerializeToString()
    outputs = [
        Output(name=each.name, shape=tuple(side.dim_value for side in each.type.tensor_type.shape.dim[1:]))
        for each in made.graph.output
    ]
    return SubModel(
        name="net",
        graph=graph_entry(0, "net"),
        digest=f"sha256:{hashlib.sha256(data).hexdigest()}",
        size_bytes=len(data),
        input=Input(name="data", shape=(3, SIZE, SIZE)),
        normalisation=Normalisation(mean=(0.0,) * 3, scale=(1 / 255,) * 3),
        outputs=tuple(outputs),
        tasks=(task,),
        max_batch=64,
        opset=18,
        args=args,
        method=method,
    )


def picture(*squares: tuple[int, int, int, int], scale: int = 1) -> bytes:
    """Dark, with cells (x, y) of a colour (OpenCV's: 0 is blue) and a brightness; `scale` times as large."""
    image = np.zeros((SIZE, SIZE, 3), np.uint8)
    for x, y, colour, bright in squares:
        image[y * CELL : (y + 1) * CELL, x * CELL : (x + 1) * CELL, colour] = bright
    data: bytes = cv2.imencode(".png", cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST))[
        1
    ].tobytes()
    return data


def box(x: int, y: int, label: str, scale: int = 1, **more: Any) -> Box:
    side = CELL * scale
    return Box(label=label, x=x * side, y=y * side, width=side, height=side, **more)
