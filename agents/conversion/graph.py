"""Reads the graph that a hostile child left, and turns it into the one that is kept. Every check is on plain data."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.inliner
import onnxscript.optimizer
from onnx import TensorProto, helper

from agents.conversion.plan import OPSET
from agents.sandbox.inside import Refused, listed
from schemas.reports import GraphFacts
from storage.onnx_graph import GraphError, wanted_files

NODES_MAX = 200_000
DEPTH_MAX = 16
NAME_CHARS_MAX = 200
VALUE_BYTES_MAX = 2 << 30
"""No layer of a network that fits a device has an output this large for one image."""
EXTERNAL_BYTES_MIN = 64
"""Smaller weights stay in the graph, and all that are no float32: shapes and axes are read by tools that do not open
other files."""
PAGE_BYTES = 4096
PRODUCER = "mo"

_NAME = re.compile(rf"[\w.:/-]{{1,{NAME_CHARS_MAX}}}", re.ASCII)
_NUMBERS = frozenset(
    {TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.INT64, TensorProto.INT32}
    | {TensorProto.INT8, TensorProto.UINT8, TensorProto.INT16, TensorProto.UINT16, TensorProto.BOOL}
)
_CHANCE = frozenset(
    {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli", "Multinomial"}
)


def load_graph(path: Path) -> onnx.ModelProto:
    """The graph, weights inside, standard operators only, functions inlined, small enough to be worked on.

    Raises:
        Refused: `graph_malformed`, `graph_external_data`, `graph_operator_unknown`, `graph_opset_wrong`,
            `graph_too_large`.
    """
    try:
        model = onnx.load(str(path), load_external_data=False)
    except Exception as error:
        raise Refused("graph_malformed", error=type(error).__name__) from error
    _check_size(model)
    _check_location(path)
    _check_content(model)
    try:
        model = onnx.inliner.inline_local_functions(model)
        _check_content(model)
        onnx.checker.check_model(model)
    except (onnx.checker.ValidationError, RuntimeError, ValueError) as error:
        raise Refused("graph_malformed", error=error) from error
    return model


def _check_location(path: Path) -> None:
    """All of the graph's tensors lie in it, also those in places where nobody here looks for any."""
    try:
        wanted = wanted_files(path)
    except GraphError as error:
        raise Refused("graph_malformed", error=error) from error
    if wanted:
        raise Refused("graph_external_data")


def _graphs(graph: onnx.GraphProto, depth: int = 0) -> Iterator[onnx.GraphProto]:
    """The graph and all graphs inside of its nodes."""
    if depth > DEPTH_MAX:
        raise Refused("graph_too_large", what="depth", max=DEPTH_MAX)
    yield graph
    for node in graph.node:
        for inner in inner_graphs(node):
            yield from _graphs(inner, depth + 1)


def inner_graphs(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    """The graphs inside of a node (branches, loop bodies), not those inside of them."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def _every_graph(model: onnx.ModelProto) -> Iterator[onnx.GraphProto]:
    """Every graph of the model, those in branches and functions too."""
    yield from _graphs(model.graph)
    for function in model.functions:
        yield from _graphs_of(function)


def _graphs_of(function: onnx.FunctionProto) -> Iterator[onnx.GraphProto]:
    for node in function.node:
        for inner in inner_graphs(node):
            yield from _graphs(inner, 1)


def _nodes_of(function: onnx.FunctionProto) -> Iterator[onnx.NodeProto]:
    yield from function.node
    for graph in _graphs_of(function):
        yield from graph.node


def _nodes(model: onnx.ModelProto) -> Iterator[onnx.NodeProto]:
    """Every node of the model, those in branches and functions too."""
    for graph in _graphs(model.graph):
        yield from graph.node
    for function in model.functions:
        yield from _nodes_of(function)


def _tensors(model: onnx.ModelProto) -> Iterator[TensorProto]:
    """Every tensor of the model, wherever it lies."""
    for graph in _every_graph(model):
        yield from graph.initializer
    for attribute in _attributes(model):
        if attribute.HasField("t"):
            yield attribute.t
        yield from attribute.tensors


def _attributes(model: onnx.ModelProto) -> Iterator[onnx.AttributeProto]:
    """Every attribute of the model: of its nodes, and what its functions have where a node says nothing."""
    for node in _nodes(model):
        yield from node.attribute
    for function in model.functions:
        yield from function.attribute_proto


def _check_size(model: onnx.ModelProto) -> None:
    """Few enough nodes, also after its functions are put in the places where they are called."""
    named = {(each.domain, each.name): each for each in model.functions}
    if len(named) != len(model.functions):
        raise Refused("graph_malformed", error="a function is defined twice")
    sizes: dict[tuple[str, str], int] = {}
    waiting: set[tuple[str, str]] = set()

    def size(nodes: Iterator[onnx.NodeProto]) -> int:
        return sum(max(1, called(key)) if (key := (node.domain, node.op_type)) in named else 1 for node in nodes)

    def called(key: tuple[str, str]) -> int:
        if key in waiting or len(waiting) > NODES_MAX:
            raise Refused("graph_malformed", error="a function calls itself")
        if key not in sizes:
            waiting.add(key)
            sizes[key] = min(NODES_MAX + 1, size(_nodes_of(named[key])))
            waiting.discard(key)
        return sizes[key]

    try:
        whole = size(node for graph in _graphs(model.graph) for node in graph.node)
    except RecursionError as error:
        raise Refused("graph_too_large", what="functions", max=DEPTH_MAX) from error
    if whole > NODES_MAX:
        raise Refused("graph_too_large", what="nodes", max=NODES_MAX)


def _check_content(model: onnx.ModelProto) -> None:
    """Weights lie inside and have the bytes that their shapes say; operators are those of the standard."""
    opsets = [entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")]
    if opsets != [OPSET]:
        raise Refused("graph_opset_wrong", opset=listed(list(map(str, opsets))) or "-", wanted=OPSET)
    for tensor in _tensors(model):
        _check_tensor(tensor)
    sparse = any(graph.sparse_initializer for graph in _every_graph(model)) or any(
        each.HasField("sparse_tensor") or each.sparse_tensors for each in _attributes(model)
    )
    if sparse or model.training_info:
        raise Refused("graph_malformed", error="sparse weights or training information")
    functions = {(each.domain, each.name) for each in model.functions}
    operators = {(node.domain, node.op_type) for node in _nodes(model)} - functions
    foreign = {f"{domain}::{name}" for domain, name in operators if domain not in ("", "ai.onnx")}
    if strange := sorted(foreign | {name for _, name in operators if name in _CHANCE}):
        raise Refused("graph_operator_unknown", operators=listed([plain(name) for name in strange]))
    if not all(_NAME.fullmatch(value.name) for value in (*model.graph.input, *model.graph.output)):
        raise Refused("graph_malformed", error="names of inputs or outputs")


def _check_tensor(tensor: TensorProto) -> None:
    if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
        raise Refused("graph_external_data")
    if tensor.data_type not in _NUMBERS or any(axis < 0 for axis in tensor.dims):
        raise Refused("graph_malformed", error=f"a weight of type {tensor.data_type}")
    count = math.prod(tensor.dims)
    if tensor.HasField("raw_data"):
        right = len(tensor.raw_data) == count * helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    else:
        right = len(getattr(tensor, helper.tensor_dtype_to_field(tensor.data_type))) == count
    if not right:
        raise Refused("graph_malformed", error="a weight's shape does not fit its bytes")


def plain(name: str) -> str:
    """A name out of the graph that may be shown to people: no control characters, not long."""
    return "".join(each if each.isprintable() else "?" for each in name[:NAME_CHARS_MAX])


def _bare(graph: onnx.GraphProto) -> None:
    """Take away names of files, lines and modules of the exporting machine: they say nothing about the model."""
    del graph.metadata_props[:], graph.quantization_annotation[:]
    graph.doc_string = ""
    for value in (*graph.input, *graph.output, *graph.value_info, *graph.initializer):
        del value.metadata_props[:]
        value.doc_string = ""
    for node in graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
        for attribute in node.attribute:
            attribute.doc_string = ""
        for inner in inner_graphs(node):
            _bare(inner)


def converted(model: onnx.ModelProto, *, merge: bool) -> onnx.ModelProto:
    """The graph as it is kept: normalisations and constants folded if `merge`, no traces of the exporting machine.

    Raises:
        Refused: `graph_malformed`: the result does not pass ONNX's full check; `graph_too_large`.
    """
    try:
        result: onnx.ModelProto = onnxscript.optimizer.optimize(model) if merge else _copy(model)
        del result.metadata_props[:]
        for field in ("producer_version", "doc_string", "domain"):
            result.ClearField(field)
        result.producer_name = PRODUCER
        _bare(result.graph)
        onnx.checker.check_model(result, full_check=True)
        inferred = onnx.shape_inference.infer_shapes(result, data_prop=True)
    except Exception as error:
        raise Refused("graph_malformed", error=error) from error
    _check_values(inferred)
    return result


def _copy(model: onnx.ModelProto) -> onnx.ModelProto:
    copied = onnx.ModelProto()
    copied.CopyFrom(model)
    return copied


def _check_values(model: onnx.ModelProto) -> None:
    """No value between nodes is absurdly large for one image: a few bytes of graph can ask for all of the memory."""
    for graph in _graphs(model.graph):
        for value in (*graph.value_info, *graph.output):
            axes = [axis.dim_value if axis.HasField("dim_value") else 1 for axis in value.type.tensor_type.shape.dim]
            if math.prod(axes) * 4 > VALUE_BYTES_MAX:
                raise Refused("graph_too_large", what=f"{plain(value.name)} {axes}", max=VALUE_BYTES_MAX)


def facts(model: onnx.ModelProto) -> GraphFacts:
    """Counts for the report."""
    operators = Counter(node.op_type for node in model.graph.node)
    return GraphFacts(
        nodes=len(model.graph.node),
        size_bytes=model.ByteSize(),
        operators=dict(sorted(operators.items())),
        parameters=sum(math.prod(t.dims) for t in model.graph.initializer if t.data_type == TensorProto.FLOAT),
    )


def dimensions(value: onnx.ValueInfoProto) -> list[str | int]:
    """The axes: a name where one is free ("" where nothing is known), else its length."""
    return [
        axis.dim_value if axis.HasField("dim_value") else axis.dim_param
        for axis in value.type.tensor_type.shape.dim
    ]  # fmt: skip


def check_shapes(model: onnx.ModelProto, *, input_name: str, input_shape: tuple[int, ...], max_batch: int) -> None:
    """The graph has the one float32 input that was asked for, its batch axis is free, and so are its outputs'.

    Raises:
        Refused: `graph_inputs_wrong`, `batch_fixed`, `graph_malformed` (an output that is no tensor of numbers).
    """
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    shapes = [dimensions(value) for value in inputs]
    right = [value.name for value in inputs] == [input_name] and shapes[0][1:] == list(input_shape)
    if not right or inputs[0].type.tensor_type.elem_type != TensorProto.FLOAT:
        raise Refused("graph_inputs_wrong", inputs=str([(v.name, s) for v, s in zip(inputs, shapes, strict=True)]))
    if max_batch > 1 and not isinstance(shapes[0][0], str):
        raise Refused("batch_fixed", batch=shapes[0][0])
    for value in model.graph.output:
        if value.type.tensor_type.elem_type not in _NUMBERS:
            raise Refused("graph_malformed", error=f"output {value.name} is no tensor of numbers")
        shape = dimensions(value)
        if max_batch > 1 and shape and isinstance(shape[0], int):
            raise Refused("batch_fixed", batch=shape[0], output=value.name)


def output_dtypes(model: onnx.ModelProto) -> tuple[str, ...]:
    """NumPy's names for the outputs' types, in order."""
    return tuple(
        str(np.dtype(helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type))) for value in model.graph.output
    )


def write_graph(model: onnx.ModelProto, graph: Path, weights: Path | None = None) -> None:
    """Write the graph; with `weights`, its weights into that file beside it, by whose name the graph refers to them.

    Same graph, same bytes. `model` loses the weights that were split off.
    """
    if weights is not None:
        with weights.open("wb") as file:
            _split(model.graph, file, weights.name)
    graph.write_bytes(model.SerializeToString(deterministic=True))


def _split(graph: onnx.GraphProto, file: Any, location: str) -> None:
    for tensor in graph.initializer:
        data = tensor.raw_data if tensor.HasField("raw_data") else onnx.numpy_helper.to_array(tensor).tobytes()
        if tensor.data_type != TensorProto.FLOAT or len(data) < EXTERNAL_BYTES_MIN:
            continue
        # Large ones begin on a page of their own: a runtime may map them as they lie in the file.
        file.write(b"\0" * (-file.tell() % (PAGE_BYTES if len(data) >= PAGE_BYTES else EXTERNAL_BYTES_MIN)))
        offset = file.tell()
        file.write(data)
        tensor.ClearField("raw_data")
        tensor.ClearField(helper.tensor_dtype_to_field(tensor.data_type))
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", location), ("offset", offset), ("length", len(data))):
            tensor.external_data.add(key=key, value=str(value))
