"""The walk through an ONNX file finds every tensor that lies elsewhere, in every place that the format has."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import helper
from small_tron import graph

from storage.onnx_graph import _MESSAGES, GraphError, check_graph, locations, looks_like_a_model

KINDS = {
    "ModelProto": "model", "GraphProto": "graph", "TrainingInfoProto": "training", "FunctionProto": "function",
    "NodeProto": "node", "AttributeProto": "attribute", "SparseTensorProto": "sparse", "TensorProto": "tensor",
    "StringStringEntryProto": "elsewhere",
}  # fmt: skip


def elsewhere(location: str) -> onnx.TensorProto:
    tensor = onnx.TensorProto(name=location, data_type=1, dims=[1], data_location=onnx.TensorProto.EXTERNAL)
    tensor.external_data.add(key="offset", value="0")
    tensor.external_data.add(key="location", value=location)
    return tensor


def in_every_place() -> onnx.ModelProto:
    """A model with a tensor elsewhere in every place that the format has for tensors."""
    sparse = onnx.SparseTensorProto(values=elsewhere("sparse values"), indices=elsewhere("sparse indices"))
    inner = helper.make_graph([], "inner", [], [], [elsewhere("branch")])
    node = onnx.NodeProto(op_type="If")
    node.attribute.append(onnx.AttributeProto(name="t", type=4, t=elsewhere("attribute")))
    node.attribute.append(onnx.AttributeProto(name="ts", type=9, tensors=[elsewhere("attributes")]))
    node.attribute.append(onnx.AttributeProto(name="g", type=5, g=inner))
    node.attribute.append(onnx.AttributeProto(name="gs", type=10, graphs=[inner]))
    node.attribute.append(onnx.AttributeProto(name="s", type=11, sparse_tensor=sparse))
    node.attribute.append(onnx.AttributeProto(name="ss", type=12, sparse_tensors=[sparse]))
    main = helper.make_graph([node], "main", [], [], [elsewhere("initializer")], sparse_initializer=[sparse])
    model = helper.make_model(main, opset_imports=[helper.make_opsetid("", 18)])
    function = model.functions.add(name="f", domain="d")
    function.node.append(node)
    function.attribute_proto.append(onnx.AttributeProto(name="default", type=4, t=elsewhere("default")))
    training = model.training_info.add()
    training.initialization.initializer.append(elsewhere("initialization"))
    training.algorithm.initializer.append(elsewhere("algorithm"))
    return model


def test_tensors_elsewhere_are_found_in_every_place() -> None:
    found = {location.decode() for location in locations(in_every_place().SerializeToString())}
    assert found == {
        "sparse values", "sparse indices", "branch", "attribute", "attributes", "initializer", "default",
        "initialization", "algorithm",
    }  # fmt: skip


def test_the_walk_knows_every_way_to_a_tensor_that_the_installed_format_has() -> None:
    """A newer format must not have more of them than we know."""
    below = reachable(onnx.ModelProto.DESCRIPTOR, {})
    leading = {"TensorProto"}
    while more := {name for name, inner in below.items() if leading & set(inner.values())} - leading:
        leading |= more
    assert leading <= set(KINDS)
    for name in leading - {"TensorProto"}:
        ways = {number: KINDS[inner] for number, inner in below[name].items() if inner in leading}
        assert _MESSAGES[KINDS[name]] == ways, name


def reachable(message: Any, known: dict[str, dict[int, str]]) -> dict[str, dict[int, str]]:
    """The messages inside of `message`, and those inside of them: field number -> message."""
    if message.name not in known:
        inner = [(field.number, field.message_type) for field in message.fields if field.message_type]
        known[message.name] = {number: each.name for number, each in inner}
        for _, each in inner:
            reachable(each, known)
    return known


def test_a_location_said_twice_or_backwards_is_found() -> None:
    entry = onnx.StringStringEntryProto(key="location", value="a").SerializeToString()
    backwards = b"\x12\x01b" + b"\x0a\x08location"
    repeated = entry + b"\x12\x01c"
    tensor = b"".join(b"\x6a" + bytes([len(each)]) + each for each in (entry, backwards, repeated))
    graph_bytes = b"\x2a" + bytes([len(tensor)]) + tensor
    model = b"\x08\x0a" + b"\x3a" + bytes([len(graph_bytes)]) + graph_bytes
    assert set(locations(model)) == {b"a", b"b", b"c"}


def test_only_the_weights_beside_it_are_allowed(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(graph("net.bin"))
    check_graph(path, PurePosixPath("weights/net.bin"))
    for allowed in (None, PurePosixPath("weights/other.bin")):
        with pytest.raises(GraphError, match=r"wants data from 'net\.bin'"):
            check_graph(path, allowed)


@pytest.mark.parametrize(
    "location", ["*/_ORT_MEM_ADDR_/*", "net.bin\0../../etc/passwd", "./net.bin", "NET.BIN", "net.bin "]
)
def test_what_only_looks_like_the_weights_is_refused(tmp_path: Path, location: str) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(graph(location))
    with pytest.raises(GraphError, match="wants data from"):
        check_graph(path, PurePosixPath("weights/net.bin"))


@pytest.mark.parametrize("data", [b"", b"PK\3\4", b"hello, world", bytes(100), b"\x08\x0a", graph()[:-10]])
def test_what_is_no_model_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(data)
    with pytest.raises(GraphError):
        check_graph(path, None)


def test_nesting_without_end_is_refused() -> None:
    inner = b""
    for _ in range(200):
        inner = field(5, field(6, field(1, inner)))
    with pytest.raises(GraphError, match="nested deeper"):
        list(locations(field(7, field(1, inner))))


def field(number: int, content: bytes) -> bytes:
    length, text = len(content), b""
    while length >= 0x80:
        text += bytes([length & 0x7F | 0x80])
        length >>= 7
    return bytes([number << 3 | 2]) + text + bytes([length]) + content


@given(st.binary(max_size=300))
def test_any_bytes_are_walked_or_refused(data: bytes) -> None:
    looks_like_a_model(data)
    try:
        found = list(locations(data))
    except GraphError:
        return
    assert all(isinstance(each, bytes) for each in found)


def test_heads_of_models_look_like_models() -> None:
    assert looks_like_a_model(graph())
    assert looks_like_a_model(graph()[:40])
    # Empty texts are fields too: who made it, its version, its domain and remarks.
    assert looks_like_a_model(b"\x08\x0a\x12\x02mo\x1a\x00\x22\x00\x32\x00\x3a\x02\x0a\x00")
    assert not looks_like_a_model(b"")
