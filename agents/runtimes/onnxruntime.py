"""ONNX Runtime on the CPU, one thread. Imported only in child processes."""

from __future__ import annotations

import platform as machine
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnxruntime

from agents.runtimes.base import Array, Session
from schemas.events.tests import BackendUsed
from schemas.values import Code, Platform

PROVIDER = "CPUExecutionProvider"
_NO_RUNTIME: dict[Platform, str] = {"nvidia": "no_nvidia_runtime", "ascend": "no_ascend_runtime"}


def cpu_name() -> str:
    """The processor's name as Linux gives it, else its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or machine.machine()


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

    def run(self, feeds: Mapping[str, Array]) -> list[Array]:
        outputs: list[Array] = self._session.run(None, dict(feeds))
        return outputs

    def used(self) -> BackendUsed:
        return BackendUsed(
            backend="onnxruntime-cpu",
            version=onnxruntime.__version__,
            precision="fp32",
            device=f"cpu: {cpu_name()}"[:200],
            on_platform=False,
            fallbacks=(Code(_NO_RUNTIME[self._platform]),),
        )


class OnnxRuntime:
    """The CPU execution provider, without telemetry."""

    def __init__(self) -> None:
        onnxruntime.disable_telemetry_events()

    def load(self, graph: Path | bytes, platform: Platform) -> Session:
        return OnnxRuntimeSession(graph, platform)
