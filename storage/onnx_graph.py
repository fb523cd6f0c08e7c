"""Which files an ONNX graph wants beside it, read from the bytes alone: no library opens a graph before this is known.

ONNX lets every tensor lie in another file by a path of the graph's author's choice, and the libraries that load graphs
have followed such paths to where they should not, more than once. The walk knows the messages that can hold tensors
(onnx.proto, IR version 14) and skips everything else by its length: weights cost it neither time nor memory.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

DEPTH_MAX = 64
"""Messages inside messages: a loop's body inside of a loop's body is five deeper."""
FIELDS_MAX = 5_000_000

_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_MESSAGES: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "elsewhere"},
    "elsewhere": {},
}
"""Which fields of a message hold which messages, as far as they lead to tensors."""
_KEY, _VALUE = 1, 2
_IR_VERSION, _GRAPH, _OPSETS = 1, 7, 8

Field = tuple[int, int, int, int]
"""Number, wire type, and from where to where its content lies."""


class GraphError(ValueError):
    """The file is no ONNX graph that can be used; the text says why."""


def check_graph(path: Path, weights: PurePosixPath | None) -> None:
    """See that the file is an ONNX model which wants no file but the one beside it that is called as `weights` is.

    Raises:
        GraphError: it is none, or wants other files.
    """
    allowed = {weights.name.encode()} if weights is not None else set()
    if foreign := wanted_files(path) - allowed:
        said = ", ".join(repr(each[:80].decode("utf-8", "backslashreplace")) for each in sorted(foreign)[:3])
        raise GraphError(f"the graph wants data from {said}, which is no part of this file")


def wanted_files(path: Path) -> set[bytes]:
    """The files that the ONNX model at `path` wants beside it, as it writes them.

    Raises:
        GraphError: it is no model.
    """
    with path.open("rb") as file:
        try:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:
            raise GraphError("the graph is empty") from error
        with data:
            if not looks_like_a_model(data[:4096]):
                raise GraphError("the graph is no ONNX model")
            return set(locations(data))


def looks_like_a_model(head: bytes) -> bool:
    """Whether these first bytes of a file can be those of an ONNX model: known fields, an IR version before a graph."""
    at, version = 0, False
    while at < len(head):
        try:
            number, wire, _, stop = _field(head, at, 1 << 62)
        except GraphError:
            return False
        if number == _IR_VERSION and wire == _VARINT:
            version = True
        elif wire == _BYTES and number in (_GRAPH, _OPSETS):
            return version
        elif (number, wire) not in {(2, _BYTES), (3, _BYTES), (4, _BYTES), (5, _VARINT), (6, _BYTES), (14, _BYTES)}:
            return False
        at = stop
    return False


def locations(data: bytes | mmap.mmap) -> Iterator[bytes]:
    """The location of every tensor of the model that lies in another file, however deep in it.

    Raises:
        GraphError: the bytes are no protocol buffer, nested too deep, or too many fields.
    """
    todo = [("model", 0, len(data), 0)]
    fields = 0
    while todo:
        message, at, stop, depth = todo.pop()
        said: dict[int, list[bytes]] = {_KEY: [], _VALUE: []}
        while at < stop:
            number, wire, start, at = _field(data, at, stop)
            fields += 1
            if fields > FIELDS_MAX:
                raise GraphError(f"the graph has more than {FIELDS_MAX} fields")
            if wire != _BYTES:
                continue
            if message == "elsewhere" and number in said:
                said[number].append(data[start:at])
            elif (inner := _MESSAGES[message].get(number)) is not None:
                if depth >= DEPTH_MAX:
                    raise GraphError(f"the graph is nested deeper than {DEPTH_MAX} messages")
                todo.append((inner, start, at, depth + 1))
        if b"location" in said[_KEY]:
            yield from said[_VALUE]


def _field(data: bytes | mmap.mmap, at: int, stop: int) -> Field:
    tag, at = _varint(data, at, stop)
    number, wire = tag >> 3, tag & 7
    if wire == _VARINT:
        start, (_, at) = at, _varint(data, at, stop)
    elif wire == _BYTES:
        length, start = _varint(data, at, stop)
        at = start + length
    elif wire in (_EIGHT, _FOUR):
        start, at = at, at + (8 if wire == _EIGHT else 4)
    else:
        raise GraphError("the graph is damaged")
    if number == 0 or at > stop:
        raise GraphError("the graph is damaged or cut short")
    return number, wire, start, at


def _varint(data: bytes | mmap.mmap, at: int, stop: int) -> tuple[int, int]:
    value = shift = 0
    while at < min(stop, len(data)) and shift < 70:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise GraphError("the graph is damaged or cut short")
