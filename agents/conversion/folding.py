"""Folds a scale of the normalisation into the graph's first weights, where that is the same function exactly.

(W (s x) = (W s) x.) A mean is never folded: behind it a convolution pads with zeros that mean the average pixel, and no
constant bias is the same at the border. What is not folded stays in the manifest and is done before the graph.
"""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper

_WEIGHT = 1


def fold_scale(model: onnx.ModelProto, *, mean: tuple[float, ...], scale: tuple[float, ...]) -> bool:
    """Put `scale` (one number a channel) into the first Conv or Gemm, in place; False (and no change) where it cannot.

    It can where every mean is 0 and all that reads the input is one Conv, or one Flatten before one Gemm, with
    weights in the graph.
    """
    if any(mean) or all(factor == 1 for factor in scale):
        return False
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    inputs = [value.name for value in model.graph.input if value.name not in weights]
    if len(inputs) != 1:
        return False
    node, factors = _first(model.graph, inputs[0], np.array(scale))
    if node is None or node.input[_WEIGHT] not in weights:
        return False
    kept = weights[node.input[_WEIGHT]]
    if kept.data_type != TensorProto.FLOAT:
        return False
    values = numpy_helper.to_array(kept).astype(np.float64)
    scaled = _conv(node, values, factors) if node.op_type == "Conv" else _gemm(node, values, factors)
    if scaled is None:
        return False
    _replace(model.graph, node, kept, scaled.astype(np.float32))
    return True


def _readers(graph: onnx.GraphProto, name: str) -> list[onnx.NodeProto] | None:
    """The nodes that read the value; None where it is an output, or a branch of a node may read it."""
    if any(value.name == name for value in graph.output):
        return None
    branching = any(attribute.HasField("g") or attribute.graphs for node in graph.node for attribute in node.attribute)
    return None if branching else [node for node in graph.node if name in node.input]


def _first(
    graph: onnx.GraphProto, name: str, scale: NDArray[np.float64]
) -> tuple[onnx.NodeProto | None, NDArray[np.float64]]:
    """The one node with weights that reads the input, and the factors of what it reads."""
    shape = next(value for value in graph.input if value.name == name).type.tensor_type.shape.dim
    readers = _readers(graph, name)
    if readers is None or len(readers) != 1 or list(readers[0].input).count(name) != 1 or readers[0].input[0] != name:
        return None, scale
    if readers[0].op_type == "Conv":
        return readers[0], scale
    if readers[0].op_type != "Flatten" or any(a.name == "axis" and a.i != 1 for a in readers[0].attribute):
        return None, scale
    flat = readers[0].output[0]
    behind = _readers(graph, flat)
    if behind is None or len(behind) != 1 or behind[0].op_type != "Gemm" or behind[0].input[0] != flat:
        return None, scale
    return behind[0], np.repeat(scale, shape[2].dim_value * shape[3].dim_value)


def _attribute(node: onnx.NodeProto, name: str, default: int) -> int:
    return next((int(each.i) for each in node.attribute if each.name == name), default)


def _conv(node: onnx.NodeProto, weights: NDArray[np.float64], scale: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Weights (outputs, channels of a group, ...), each input channel times its factor."""
    group = _attribute(node, "group", 1)
    outputs, channels = weights.shape[:2]
    if outputs % group or channels * group != len(scale):
        return None
    of_output = np.repeat(scale.reshape(group, channels), outputs // group, axis=0)
    return weights * of_output.reshape(outputs, channels, *[1] * (weights.ndim - 2))


def _gemm(node: onnx.NodeProto, weights: NDArray[np.float64], scale: NDArray[np.float64]) -> NDArray[np.float64] | None:
    if _attribute(node, "transA", 0) or weights.ndim != 2:
        return None
    transposed = bool(_attribute(node, "transB", 0))
    if weights.shape[1 if transposed else 0] != len(scale):
        return None
    return weights * (scale[None, :] if transposed else scale[:, None])


def _replace(graph: onnx.GraphProto, node: onnx.NodeProto, old: TensorProto, values: NDArray[np.float32]) -> None:
    """The node reads the new values; the old ones stay where something else reads them."""
    shared = sum(list(each.input).count(old.name) for each in graph.node) > 1
    if not shared:
        old.CopyFrom(numpy_helper.from_array(values, old.name))
        return
    taken = {each.name for each in graph.initializer}
    name = next(name for number in range(len(taken) + 1) if (name := f"{old.name}_scaled{number}") not in taken)
    graph.initializer.append(numpy_helper.from_array(values, name))
    node.input[_WEIGHT] = name
