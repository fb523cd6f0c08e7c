"""ONNX Runtime on the CPU, one thread. Imported only in child processes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnxruntime

from agents.runtimes.base import Array, LoadError, Session, on_cpu
from schemas.events.tests import BackendUsed
from schemas.values import Platform, Precision

PROVIDER = "CPUExecutionProvider"


class OnnxRuntimeSession:
    """A graph loaded by ONNX Runtime."""

    def __init__(self, graph: Path | bytes, platform: Platform) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(
            graph if isinstance(graph, bytes) else str(graph), options, providers=[PROVIDER]
        )
        self._session.disable_fallback()
        if (effective := self._session.get_providers()) != [PROVIDER]:
            raise RuntimeError(f"ONNX Runtime took {effective} instead of {PROVIDER}: install the plain CPU build")
        self._platform: Platform = platform
        self.outputs = tuple(output.name for output in self._session.get_outputs())

    def prepare(self, count: int) -> None:
        """Nothing: batches of any size run in the same plan."""

    def run(self, feeds: Mapping[str, Array]) -> list[Array]:
        outputs: list[Array] = self._session.run(None, dict(feeds))
        return outputs

    def used(self) -> BackendUsed:
        return on_cpu("onnxruntime-cpu", onnxruntime.__version__, "fp32", self._platform)


class OnnxRuntime:
    """The CPU execution provider, without telemetry."""

    name = "onnxruntime"

    def __init__(self) -> None:
        onnxruntime.disable_telemetry_events()

    def precisions(self) -> tuple[Precision, ...]:
        return ("fp32",)

    def load(self, graph: Path | bytes, platform: Platform, precision: Precision = "fp32") -> Session:
        if precision not in self.precisions():
            raise LoadError("precision_not_available", precision=precision, available=", ".join(self.precisions()))
        try:
            return OnnxRuntimeSession(graph, platform)
        except Exception as error:  # what ONNX Runtime raises has no base of its own
            raise LoadError("graph_not_loadable", backend=self.name, error=error) from error
