"""Finds the node where two computations of one network part, by intermediate values that both have.

The search halves the graph's order. It supposes that what has parted stays apart; where it does not (a ReLU may cut a
difference away, branches run side by side) the found node is still one whose inputs agree and whose output does not,
but an earlier one may exist. What was looked at is printed into the job's log.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray

from agents.conversion.graph import inner_graphs, plain
from agents.runtimes.base import Session

SHARE = 0.1
"""A value has parted where it is off by this share of what the output is off, both relative to their own size."""
SCOPES = "pkg.torch.onnx.name_scopes"

Gap = Callable[[str], float]
Load = Callable[[bytes], Session]


class Found(NamedTuple):
    """The value whose inputs agree and which does not, how far it is off (relative), and all that was looked at."""

    value: str
    gap: float
    seen: dict[str, float]


class Place(NamedTuple):
    """A node for people: operator, its name, the module of the network that it comes from ("" if unknown)."""

    operator: str
    name: str
    scope: str
    position: int
    nodes: int

    def told(self, gap: float) -> str:
        """In one line that needs no language: `Conv node_conv2d (features.0) 1/23, 0.12`."""
        scope = f" ({self.scope})" if self.scope else ""
        return f"{self.operator} {self.name}{scope} {self.position}/{self.nodes}, {gap:.3g}"


def relative_gap(expected: NDArray[Any], got: NDArray[Any]) -> float:
    """The largest difference over the largest magnitude; infinite where shapes differ or only one is not finite."""
    if expected.shape != got.shape:
        return math.inf
    a, b = expected.astype(np.float64), got.astype(np.float64)
    finite = np.isfinite(a)
    if (finite != np.isfinite(b)).any():
        return math.inf
    gap = float(np.abs(a[finite] - b[finite]).max(initial=0.0))
    return gap / max(float(np.abs(a[finite]).max(initial=0.0)), float(np.finfo(np.float32).tiny))


def first_diverging(values: Sequence[str], inputs_of: Mapping[str, Sequence[str]], gap: Gap, last: str) -> Found | None:
    """The value at which the two part on the way to `last`, or None where `last` does not differ at all.

    `values` are those that both have, in the order of computation; `inputs_of` names for each value of the graph what
    it is computed from.
    """
    seen: dict[str, float] = {}

    def look(value: str) -> float:
        if value not in seen:
            seen[value] = gap(value)
        return seen[value]

    bound = look(last) if math.isinf(look(last)) else SHARE * look(last)
    if bound == 0:
        return None
    known = set(values)
    agreed, parted = -1, values.index(last)
    while parted - agreed > 1:
        middle = (agreed + parted) // 2
        if look(values[middle]) >= bound:
            parted = middle
        else:
            agreed = middle
    found = values[parted]
    while earlier := [each for each in _nearest(found, known, inputs_of) if look(each) >= bound]:
        found = earlier[0]
    return Found(found, look(found), seen)


def _nearest(value: str, known: set[str], inputs_of: Mapping[str, Sequence[str]]) -> list[str]:
    """The known values that `value` is computed from, through those that are not known."""
    found, waiting, met = [], list(inputs_of.get(value, ())), {value}
    while waiting:
        name = waiting.pop()
        if name in met:
            continue
        met.add(name)
        if name in known:
            found.append(name)
        else:
            waiting += inputs_of.get(name, ())
    return found


def computed(graph: onnx.GraphProto) -> dict[str, tuple[str, ...]]:
    """Every value that a node of the graph computes -> what that node reads, in the graph's order."""
    return {name: tuple(node.input) for node in graph.node for name in node.output if name}


def place_of(graph: onnx.GraphProto, value: str) -> Place:
    """The node that computes the value; `graph` still has the exporter's notes, if it is to know the module."""
    position, node = next((at, each) for at, each in enumerate(graph.node, 1) if value in each.output)
    scopes = next((note.value for note in node.metadata_props if note.key == SCOPES), "")
    names = [part.strip("'\" ") for part in scopes.strip("[]").split(",")]
    # The last scope is the operation itself, the one before it the module that it stands in.
    scope = names[-2] if len(names) > 1 else ""
    return Place(plain(node.op_type), plain(node.name), plain(scope), position, len(graph.node))


class Probe:
    """Values inside of a graph for one batch: only the nodes are run that the value is computed from."""

    def __init__(self, model: onnx.ModelProto, feeds: Mapping[str, NDArray[Any]], load: Load) -> None:
        self._model = onnx.ModelProto()
        self._model.CopyFrom(model)
        self._nodes = list(model.graph.node)
        self._feeds, self._load = feeds, load

    def __call__(self, value: str) -> NDArray[Any]:
        """The value.

        Raises:
            Exception: whatever the runtime raises where the graph cannot be run.
        """
        del self._model.graph.output[:], self._model.graph.node[:]
        self._model.graph.node.extend(_leading_to(value, self._nodes))
        self._model.graph.output.append(onnx.ValueInfoProto(name=value))
        return self._load(self._model.SerializeToString()).run(self._feeds)[0]


def _leading_to(value: str, nodes: Sequence[onnx.NodeProto]) -> list[onnx.NodeProto]:
    needed, found = {value}, []
    for node in reversed(nodes):
        if needed.isdisjoint(node.output):
            continue
        found.append(node)
        needed.update(node.input)
        for graph in inner_graphs(node):
            needed.update(name for each in graph.node for name in each.input)
    return found[::-1]


def gap_between(expected: Callable[[str], NDArray[Any]], got: Callable[[str], NDArray[Any]]) -> Gap:
    """How far a value is off between two; a value that one of them cannot give counts as apart."""

    def gap(value: str) -> float:
        try:
            return relative_gap(expected(value), got(value))
        except Exception as error:
            print(f"{value}: {type(error).__name__}", file=sys.stderr)
            return math.inf

    return gap


def told(found: Found, values: Iterable[str]) -> str:
    """The table of what was looked at, in the graph's order, for the log."""
    rows = [f"  {plain(name)}  {found.seen[name]:.3g}" for name in values if name in found.seen]
    return "\n".join(["values compared (relative difference):", *rows])
