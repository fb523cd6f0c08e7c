"""Says where a graph that failed parts from PyTorch: in merging, found here, or in the export, for a second look."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray

from agents.conversion.bisection import (
    Gap,
    Load,
    Probe,
    computed,
    first_diverging,
    gap_between,
    place_of,
    told,
)
from agents.conversion.inputs import Batch, Feeds, output_key
from agents.conversion.measuring import Arrays

Value = Callable[[str], NDArray[Any]]


class Side(NamedTuple):
    """A graph, and what it is fed for the same batches."""

    model: onnx.ModelProto
    input_name: str
    feeds: Feeds

    def probe(self, batch: Batch, load: Load) -> Probe:
        """Its values for a batch."""
        return Probe(self.model, {self.input_name: self.feeds[batch]}, load)


class Parting(NamedTuple):
    """The first batch and output that went wrong; `place` is empty where the exported graph is wrong already."""

    batch: Batch
    output: str
    place: str = ""


def parting(
    exported: Side, kept: Side, reference: Arrays, outputs: Sequence[str], threshold: float, load: Load
) -> Parting | None:
    """Where the kept graph went wrong; None where it gives right answers now."""
    for batch in kept.feeds:
        before, after = exported.probe(batch, load), kept.probe(batch, load)
        for number, output in enumerate(outputs):
            expected = reference[output_key(batch, number)]
            if _right(expected, after, output, threshold):
                continue
            if not _right(expected, before, output, threshold):
                return Parting(batch, output)
            shared = common(kept.model, computed(exported.model.graph))
            place = search(kept.model, exported.model, shared, gap_between(before, after), output)
            return Parting(batch, output, place or "-")
    return None


def _right(expected: NDArray[Any], values: Value, output: str, threshold: float) -> bool:
    try:
        got = values(output)
    except Exception as error:
        print(f"{output}: {type(error).__name__}: {error}", file=sys.stderr)
        return False
    return got.shape == expected.shape and bool(
        np.isfinite(got).all() and np.abs(got.astype(np.float64) - expected).max(initial=0.0) <= threshold
    )


def common(model: onnx.ModelProto, names: Mapping[str, object] | set[str]) -> list[str]:
    """The values of the graph that bear one of these names, in the graph's order."""
    return [value for value in computed(model.graph) if value in names]


def search(model: onnx.ModelProto, noted: onnx.ModelProto, values: Sequence[str], gap: Gap, output: str) -> str | None:
    """The node of `model` where two computations part, in one line; None where it cannot be said.

    `noted` has the exporter's notes on the same values. What was looked at is printed for the log.
    """
    if output not in values:
        return None
    found = first_diverging(values, computed(model.graph), gap, output)
    if found is None:
        return None
    print(told(found, values), file=sys.stderr)
    return place_of(noted.graph, found.value).told(found.gap)
