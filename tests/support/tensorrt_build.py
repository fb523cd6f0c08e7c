"""Program: builds TensorRT-RTX engines of ONNX graphs, on a machine without a GPU too; one JSON line a graph.

Arguments: the largest batch, then graphs. A process of its own, for a native fault ends it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import tensorrt_rtx as trt

TARGET = "SM80"
"""The oldest architecture that takes fp32 matrix products; engines for newer ones are built in the same way."""


def build(path: Path, batch_max: int) -> dict[str, Any]:
    """What the parser and the builder say of the graph."""
    logger = trt.Logger(trt.Logger.ERROR)
    builder = trt.Builder(logger)
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    parser = trt.OnnxParser(network, logger)
    if not parser.parse_from_file(str(path)):
        return {"graph": path.name, "error": "; ".join(str(parser.get_error(n)) for n in range(parser.num_errors))}
    config = builder.create_builder_config()
    config.num_compute_capabilities = 1
    config.set_compute_capability(getattr(trt.ComputeCapability, TARGET), 0)
    profile = builder.create_optimization_profile()
    free = []
    for place in range(network.num_inputs):
        tensor = network.get_input(place)
        rest = tuple(tensor.shape)[1:]
        free.append(tensor.shape[0] == -1)
        profile.set_shape(tensor.name, (1, *rest), (min(4, batch_max), *rest), (batch_max, *rest))
    config.add_optimization_profile(profile)
    engine = builder.build_serialized_network(network, config)
    made = {"graph": path.name, "layers": network.num_layers, "free_batch": all(free), "bytes": 0, "error": ""}
    return {**made, "error": "not built"} if engine is None else {**made, "bytes": engine.nbytes}


if __name__ == "__main__":
    # the library logs to stdout
    lines = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for graph in sys.argv[2:]:
        print(json.dumps(build(Path(graph), int(sys.argv[1]))), file=lines, flush=True)
