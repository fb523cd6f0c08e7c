"""Child process of `verify_file`: one graph, once, on zeros, with little memory and time: a graph is anybody's."""

from __future__ import annotations

import resource
import sys

import msgspec

MEMORY_BYTES_MAX = 8 << 30
"""Of address space, of which ONNX Runtime reserves more than it uses."""
SECONDS_MAX = 100


class TrialAsked(msgspec.Struct, frozen=True):
    """The graph's file, the name of its input and the input's shape (channels, height, width)."""

    graph: str
    input: str
    shape: tuple[int, int, int]


class TrialTold(msgspec.Struct, frozen=True):
    """The shapes of the outputs without the batch, whether all their values are finite, and what ran."""

    outputs: dict[str, tuple[int, ...]]
    finite: bool
    runtime: str

    def said(self) -> str:
        """In one line."""
        shapes = ", ".join(f"{name} {'x'.join(map(str, shape))}" for name, shape in self.outputs.items())
        return f"{self.runtime}: {shapes}" + ("" if self.finite else " (not finite)")


def _try(asked: TrialAsked) -> TrialTold:
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(asked.graph, options, providers=["CPUExecutionProvider"])
    outputs = session.run(None, {asked.input: np.zeros((1, *asked.shape), np.float32)})
    names = [output.name for output in session.get_outputs()]
    return TrialTold(
        outputs={name: tuple(output.shape[1:]) for name, output in zip(names, outputs, strict=True)},
        finite=all(bool(np.isfinite(output).all()) for output in outputs),
        runtime=f"ONNX Runtime {onnxruntime.__version__}",
    )


def main() -> None:
    """Read what is asked from stdin, write what came of it to stdout."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_MAX, SECONDS_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    told = _try(msgspec.json.decode(sys.stdin.buffer.read(), type=TrialAsked))
    sys.stdout.buffer.write(msgspec.json.encode(told))


if __name__ == "__main__":
    main()
