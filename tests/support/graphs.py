"""Small ONNX graphs made by hand, as an exporter leaves them: opset 18, one input `x` of 1 x 2 x 2 pixels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike, NDArray
from onnx import TensorProto, helper, numpy_helper

SHAPE = (1, 2, 2)


def model(
    nodes: Sequence[onnx.NodeProto],
    weights: dict[str, ArrayLike] | None = None,
    *,
    outputs: dict[str, Sequence[Any] | None] | None = None,
    batch: str | int = "batch",
    shape: Sequence[int] = SHAPE,
    opset: int = 18,
    domains: Sequence[str] = (),
    name: str = "x",
    **parts: Any,
) -> onnx.ModelProto:
    """A model of these nodes; weights that are no arrays become float32."""
    graph = helper.make_graph(
        list(nodes),
        "g",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, *shape])],
        [
            helper.make_tensor_value_info(output, TensorProto.FLOAT, axes)
            for output, axes in (outputs or {"y": [batch, 4]}).items()
        ],
        [numpy_helper.from_array(_array(value), key) for key, value in (weights or {}).items()],
    )
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10, **parts)


def _array(value: ArrayLike) -> NDArray[Any]:
    return value if isinstance(value, np.ndarray) else np.asarray(value, np.float32)


def plus_one(batch: str | int = "batch", *, name: str = "x", domain: str = "", **more: Any) -> onnx.ModelProto:
    """y = flatten(x) + 1, with traces of the exporting machine."""
    nodes = [
        helper.make_node("Flatten", [name], ["flat"], domain=domain, doc_string="/home/someone/net.py"),
        helper.make_node("Add", ["flat", "one"], ["y"]),
    ]
    domains = [domain] if domain else []
    return model(nodes, {"one": [1.0]}, batch=batch, name=name, domains=domains, **more)


def saved(made: onnx.ModelProto, folder: Path, name: str = "g.onnx") -> Path:
    """The model as a file."""
    path = folder / name
    path.write_bytes(made.SerializeToString())
    return path
