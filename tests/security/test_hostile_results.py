"""What a hostile exporting child may leave for the verifying one: graphs and arrays that must be refused as data."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from graphs import SHAPE, model, plus_one, saved
from onnx import TensorProto, helper, numpy_helper

from agents.conversion.arrays import ArraysError, read_arrays
from agents.conversion.graph import check_shapes, converted, load_graph
from agents.conversion.verify import load_session
from agents.sandbox.inside import Refused


def first_weight(change: Callable[[TensorProto], Any]) -> onnx.ModelProto:
    made = plus_one()
    change(made.graph.initializer[0])
    return made


def outside(location: str) -> Callable[[TensorProto], None]:
    def change(tensor: TensorProto) -> None:
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=location)

    return change


def in_a_branch() -> onnx.ModelProto:
    """A tensor with a location, hidden in a branch."""
    constant = numpy_helper.from_array(np.ones(1, np.float32), "c")
    outside("../../etc/passwd")(constant)
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, None)
    branch = helper.make_graph([helper.make_node("Identity", ["c"], ["out"])], "b", [], [out], [constant])
    node = helper.make_node("If", ["yes"], ["y"], then_branch=branch, else_branch=branch)
    return model([node], {"yes": np.array(True)})


def in_an_attribute() -> onnx.ModelProto:
    constant = numpy_helper.from_array(np.ones(1, np.float32), "c")
    outside("/etc/passwd")(constant)
    return model([helper.make_node("Constant", [], ["y"], value=constant)])


def laughs(levels: int = 40) -> onnx.ModelProto:
    """Functions that each call the one below twice: 2^40 nodes when they are put in place."""
    made = model([helper.make_node("F0", ["x"], ["y"], domain="laugh")], domains=["laugh"])
    for level in range(levels):
        below = f"F{level + 1}" if level + 1 < levels else "G"
        nodes = [
            helper.make_node(below, ["a"], ["b"], domain="laugh"),
            helper.make_node(below, ["b"], ["c"], domain="laugh"),
        ]
        imports = [helper.make_opsetid("", 18), helper.make_opsetid("laugh", 1)]
        made.functions.append(helper.make_function("laugh", f"F{level}", ["a"], ["c"], nodes, imports))
    leaf = [helper.make_node("Identity", ["a"], ["c"])]
    made.functions.append(helper.make_function("laugh", "G", ["a"], ["c"], leaf, [helper.make_opsetid("", 18)]))
    return made


def laughs_in_branches(levels: int = 9) -> onnx.ModelProto:
    """The same with the calls in branches of the functions, two in each of two: 4^9 nodes, nested 9 deep."""
    imports = [helper.make_opsetid("", 18), helper.make_opsetid("laugh", 1)]
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, None)
    made = model([helper.make_node("F0", ["x"], ["y"], domain="laugh")], domains=["laugh"])
    for level in range(levels):
        below = f"F{level + 1}"
        calls = [helper.make_node(below, [a], [b], domain="laugh") for a, b in pairwise(["a", "b", "out"])]
        branch = helper.make_graph(calls, "b", [], [out])
        yes = helper.make_node("Constant", [], ["yes"], value=numpy_helper.from_array(np.array(True)))
        node = helper.make_node("If", ["yes"], ["c"], then_branch=branch, else_branch=branch)
        made.functions.append(helper.make_function("laugh", f"F{level}", ["a"], ["c"], [yes, node], imports))
    leaf = [helper.make_node("Identity", ["a"], ["c"])]
    made.functions.append(helper.make_function("laugh", f"F{levels}", ["a"], ["c"], leaf, imports[:1]))
    return made


def sparse(location: str = "") -> onnx.SparseTensorProto:
    values = numpy_helper.from_array(np.ones(1, np.float32), "s")
    if location:
        outside(location)(values)
    return helper.make_sparse_tensor(values, numpy_helper.from_array(np.zeros(1, np.int64), "i"), [4])


def sparse_in_an_attribute(location: str = "") -> onnx.ModelProto:
    nodes = [
        helper.make_node("Constant", [], ["s"], sparse_value=sparse(location)),
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("Add", ["flat", "s"], ["y"]),
    ]
    return model(nodes)


def sparse_weights() -> onnx.ModelProto:
    made = plus_one()
    made.graph.sparse_initializer.append(sparse("/etc/passwd"))
    return made


def in_a_default() -> onnx.ModelProto:
    """A tensor with a location, which a function has where its caller gives none."""
    constant = numpy_helper.from_array(np.ones(1, np.float32), "c")
    outside("/etc/passwd")(constant)
    made = model([helper.make_node("F", ["x"], ["y"], domain="f")], domains=["f"])
    nodes = [helper.make_node("Identity", ["a"], ["c"])]
    function = helper.make_function("f", "F", ["a"], ["c"], nodes, [helper.make_opsetid("", 18)])
    function.attribute_proto.append(helper.make_attribute("w", constant))
    made.functions.append(function)
    return made


def calls_itself() -> onnx.ModelProto:
    made = model([helper.make_node("F", ["x"], ["y"], domain="laugh")], domains=["laugh"])
    nodes = [helper.make_node("F", ["a"], ["c"], domain="laugh")]
    imports = [helper.make_opsetid("", 18), helper.make_opsetid("laugh", 1)]
    made.functions.append(helper.make_function("laugh", "F", ["a"], ["c"], nodes, imports))
    return made


def nested(levels: int = 25) -> onnx.ModelProto:
    """Branches in branches."""
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, None)
    inner = helper.make_graph([helper.make_node("Identity", ["x"], ["out"])], "b", [], [out])
    for _ in range(levels):
        node = helper.make_node("If", ["yes"], ["out"], then_branch=inner, else_branch=inner.__class__())
        inner = helper.make_graph([node], "b", [], [out])
    return model([helper.make_node("If", ["yes"], ["y"], then_branch=inner)], {"yes": np.array(True)})


def cyclic() -> onnx.ModelProto:
    nodes = [helper.make_node("Add", ["x", "b"], ["y"]), helper.make_node("Identity", ["y"], ["b"])]
    return model(nodes)


def asks_for_gigabytes() -> onnx.ModelProto:
    """A few bytes that want 17 GB when they are run, or when their constants are folded."""
    nodes = [
        helper.make_node("ConstantOfShape", ["shape"], ["huge"]),
        helper.make_node("ReduceSum", ["huge"], ["sum"], keepdims=0),
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("Add", ["flat", "sum"], ["y"]),
    ]
    return model(nodes, {"shape": np.array([1 << 16, 1 << 16], np.int64)})


def draws_numbers() -> onnx.ModelProto:
    nodes = [helper.make_node("Flatten", ["x"], ["f"]), helper.make_node("RandomNormalLike", ["f"], ["y"])]
    return model(nodes)


def text_weight(tensor: TensorProto) -> None:
    tensor.CopyFrom(helper.make_tensor("one", TensorProto.STRING, [1], [b"text"]))


def huge_weight(tensor: TensorProto) -> None:
    tensor.dims[:] = [1 << 40]


def negative_weight(tensor: TensorProto) -> None:
    tensor.dims[:] = [-1]


def two_opsets() -> onnx.ModelProto:
    made = plus_one()
    made.opset_import.append(helper.make_opsetid("", 17))
    return made


def trained() -> onnx.ModelProto:
    made = plus_one()
    made.training_info.add()
    return made


def many_nodes() -> onnx.ModelProto:
    names = ["x", *(f"v{number}" for number in range(200_001)), "y"]
    nodes = [helper.make_node("Identity", [a], [b]) for a, b in pairwise(names)]
    return model(nodes)


def text_input() -> onnx.ModelProto:
    made = plus_one()
    made.graph.input[0].type.tensor_type.elem_type = TensorProto.STRING
    return made


HOSTILE: dict[str, tuple[Callable[[], onnx.ModelProto], str]] = {
    "a location above the folder": (lambda: first_weight(outside("../../etc/passwd")), "graph_external_data"),
    "an absolute location": (lambda: first_weight(outside("/etc/passwd")), "graph_external_data"),
    "a location in the folder": (lambda: first_weight(outside("plan.json")), "graph_external_data"),
    "a location with a zero byte": (lambda: first_weight(outside("ok.bin\0../x")), "graph_external_data"),
    "a location in a branch": (in_a_branch, "graph_external_data"),
    "a location in an attribute": (in_an_attribute, "graph_external_data"),
    "a location in a sparse attribute": (lambda: sparse_in_an_attribute("/etc/passwd"), "graph_external_data"),
    "a location in sparse weights": (sparse_weights, "graph_external_data"),
    "a location in a function's default": (in_a_default, "graph_external_data"),
    "a sparse attribute": (sparse_in_an_attribute, "graph_malformed"),
    "a billion laughs": (laughs, "graph_too_large"),
    "a billion laughs in branches": (laughs_in_branches, "graph_too_large"),
    "a function that calls itself": (calls_itself, "graph_malformed"),
    "branches in branches": (nested, "graph_too_large"),
    "two hundred thousand nodes": (many_nodes, "graph_too_large"),
    "a cycle": (cyclic, "graph_malformed"),
    "gigabytes out of a few bytes": (asks_for_gigabytes, "graph_too_large"),
    "a weight of a terabyte without bytes": (lambda: first_weight(huge_weight), "graph_malformed"),
    "a weight of a negative size": (lambda: first_weight(negative_weight), "graph_malformed"),
    "a weight of text": (lambda: first_weight(text_weight), "graph_malformed"),
    "an operator of another domain": (lambda: plus_one(domain="com.microsoft"), "graph_operator_unknown"),
    "an operator that draws numbers": (draws_numbers, "graph_operator_unknown"),
    "two operator sets": (two_opsets, "graph_opset_wrong"),
    "training information": (trained, "graph_malformed"),
    "an output's name that moves the cursor": (lambda: plus_one(outputs={"y\x1b[2J": None}), "graph_malformed"),
    "an input of text": (text_input, "graph_malformed"),
}


def let_in(path: Path) -> None:
    """All that the verifying child does with a graph before it measures."""
    kept = converted(load_graph(path), merge=True)
    check_shapes(kept, input_name="x", input_shape=SHAPE, max_batch=3)
    load_session(kept.SerializeToString())


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_graph_is_refused(tmp_path: Path, name: str) -> None:
    make, code = HOSTILE[name]
    with pytest.raises(Refused) as refused:
        let_in(saved(make(), tmp_path))
    assert refused.value.code == code
    assert "\x1b" not in str(refused.value.params)


def test_the_same_checks_let_an_honest_graph_in(tmp_path: Path) -> None:
    let_in(saved(plus_one(), tmp_path))


class Evil:
    """Touches the canary when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        return Path.touch, (self.canary,)


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def header(text: str, body: bytes = b"") -> bytes:
    padded = text.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded.encode() + body


GOOD = npy(np.ones((2, 3), np.float32))
ENTRIES: dict[str, list[tuple[str, bytes]]] = {
    "another name": [("b.npy", GOOD)],
    "one more": [("a.npy", GOOD), ("b.npy", GOOD)],
    "none": [],
    "other numbers": [("a.npy", npy(np.ones(3)))],
    "text": [("a.npy", npy(np.array(["text"])))],
    "no array": [("a.npy", b"\x93NUMPY")],
    "a shape of terabytes": [("a.npy", header("{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776,)}"))],
    "a negative shape": [("a.npy", header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", b"\0" * 4))],
    "a header that is a program": [("a.npy", header("__import__('os').system('true')"))],
    "fewer bytes than its shape": [("a.npy", GOOD[:-4])],
    "more bytes than its shape": [("a.npy", GOOD + b"\0" * 4)],
    "Fortran's order": [("a.npy", npy(np.asfortranarray(np.ones((2, 3), np.float32))))],
}


@pytest.mark.parametrize("name", ENTRIES)
def test_a_hostile_file_of_arrays_is_refused(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "r.npz", "w") as file:
        for entry, data in ENTRIES[name]:
            file.writestr(entry, data)
    with pytest.raises(ArraysError):
        read_arrays(tmp_path / "r.npz", ("a",), bytes_max=1 << 20)


def test_pickles_in_a_file_of_arrays_are_not_read(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    np.savez(tmp_path / "r.npz", a=np.array([Evil(canary)], dtype=object))
    (tmp_path / "p.npz").write_bytes(pickle.dumps(Evil(canary)))
    for file in ("r.npz", "p.npz"):
        with pytest.raises(ArraysError):
            read_arrays(tmp_path / file, ("a",), bytes_max=1 << 20)
    assert not canary.exists()


def test_bombs_and_doubles_in_a_file_of_arrays_are_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.npy", npy(np.zeros(1 << 20, np.float32)))
    with zipfile.ZipFile(tmp_path / "large.npz", "w") as file:
        file.writestr("a.npy", npy(np.zeros(1 << 20, np.float32)))
    with zipfile.ZipFile(tmp_path / "twice.npz", "w") as file:
        file.writestr("a.npy", GOOD)
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("a.npy", GOOD)
    for name in ("bomb", "large", "twice"):
        with pytest.raises(ArraysError):
            read_arrays(tmp_path / f"{name}.npz", ("a",), bytes_max=1 << 20)


def test_the_same_reader_takes_an_honest_file(tmp_path: Path) -> None:
    np.savez(tmp_path / "r.npz", a=np.ones((2, 3), np.float32))
    assert read_arrays(tmp_path / "r.npz", ("a",), bytes_max=1 << 20)["a"].tolist() == [[1.0] * 3] * 2
    assert list(read_arrays(tmp_path / "r.npz", None, bytes_max=1 << 20)) == ["a"]
