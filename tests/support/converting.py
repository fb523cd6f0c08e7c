"""A network straight to a verified graph, by the same functions that conversion's children call."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
from torch import nn

from agents.conversion import answers, export, exporting, graph
from agents.conversion.plan import Plan


class _Asked(NamedTuple):
    """The part of a conversion's plan that exporting reads."""

    input_name: str
    input_shape: tuple[int, int, int]
    max_batch: int


def convert(network: nn.Module, shape: tuple[int, int, int], target: Path, *, max_batch: int = 8) -> Path:
    """Write the graph of a network for inputs of (channels, height, width), with a free batch, to `target`."""
    asked = cast(Plan, _Asked("data", shape, max_batch))
    said = export.answer(network, np.zeros((2, *shape), np.float32))
    exported = target.with_suffix(".exported")
    wanted = answers.names(said, taken="data")
    exporting.export(network if answers.is_flat(said) else answers.Flat(network).eval(), asked, wanted, exported)
    made = graph.converted(graph.load_graph(exported), merge=True)
    graph.check_shapes(made, input_name="data", input_shape=shape, max_batch=max_batch)
    graph.write_graph(made, target)
    exported.unlink()
    return target
