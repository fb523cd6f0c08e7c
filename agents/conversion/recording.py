"""Records what a network's own program computes on the way, for finding where the exported graph parts from it.

Runs in the child with the user's code, so the record is only what the structure itself reports: good for advice, never
for a verdict.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

RECORD_BYTES_MAX = 256 << 20


class _Recorder(torch.fx.Interpreter):
    """Keeps the tensors of the chosen nodes."""

    def __init__(self, module: torch.fx.GraphModule, names: set[str]) -> None:
        super().__init__(module)
        self._names = names
        self.kept: dict[str, NDArray[Any]] = {}

    def run_node(self, n: torch.fx.Node) -> Any:
        result = super().run_node(n)
        if n.name in self._names and isinstance(result, torch.Tensor):
            self.kept[n.name] = np.asarray(result.float().numpy(), order="C")
        return result


def _bytes_of(node: torch.fx.Node, batch: int) -> int:
    """What the node's tensor takes for the batch, at most; 0 where it is no tensor."""
    value = node.meta.get("val")
    if node.op != "call_function" or not isinstance(value, torch.Tensor):
        return 0
    return 4 * math.prod(axis if isinstance(axis, int) else batch for axis in value.shape)


def recorded(program: torch.export.ExportedProgram, images: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """Values of the program by the names that the exporter gives them, float32.

    Where all of them are more than `RECORD_BYTES_MAX`, every second one, or third, and so on.
    """
    module = program.module()
    sizes = {node.name: size for node in module.graph.nodes if (size := _bytes_of(node, len(images)))}
    stride = math.ceil(sum(sizes.values()) / RECORD_BYTES_MAX) if sizes else 1
    recorder = _Recorder(module, set(list(sizes)[::stride]))
    with torch.inference_mode():
        recorder.run(torch.from_numpy(images.copy()))
    return recorder.kept


def write_record(path: Path, values: dict[str, NDArray[Any]]) -> None:
    """Write the values as a file of arrays."""
    np.savez(path, **values)  # type: ignore[arg-type]
