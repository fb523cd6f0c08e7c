"""A network straight to a verified graph, by the same functions that conversion's children call."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from agents.conversion import export, graph
from agents.conversion.plan import Plan


def convert(network: nn.Module, shape: tuple[int, int, int], target: Path, *, max_batch: int = 8) -> Path:
    """Write the graph of a network for inputs of (channels, height, width), with a free batch, to `target`."""
    plan = Plan(
        class_name=type(network).__name__,
        state_dict_key="",
        num_classes=1,
        input_name="data",
        input_shape=shape,
        task_sizes=(),
        max_batch=max_batch,
        error_threshold=1e-4,
        merge_operators=True,
    )
    with torch.inference_mode():
        outputs = len(export.flattened(network(torch.zeros(2, *shape))))
    exported = target.with_suffix(".exported")
    export.export(network, plan, outputs, exported)
    made = graph.converted(graph.load_graph(exported), merge=True)
    graph.check_shapes(made, input_name="data", input_shape=shape, max_batch=max_batch)
    graph.write_graph(made, target)
    exported.unlink()
    return target
