"""OpenVINO on the CPU, one thread, in exactly the precision that was asked for. Imported only in child processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import openvino

from agents.runtimes.base import Array, LoadError, Session, on_cpu
from schemas.events.tests import BackendUsed
from schemas.values import Platform, Precision

DEVICE = "CPU"
SIZES_MAX = 2
"""Batch sizes that stay compiled at once: a test has full batches and one last one."""
_HINTS: Mapping[Precision, str] = MappingProxyType({"fp32": "f32", "bf16": "bf16"})
_CAPABILITIES: Mapping[Precision, str] = MappingProxyType({"fp32": "FP32", "bf16": "BF16"})
_PRECISION_OF: Mapping[str, Precision] = MappingProxyType(
    {"f32": "fp32", "f16": "fp16", "bf16": "bf16", "i8": "int8", "u8": "int8"}
)
_NOT_COMPUTING = frozenset({"Input", "Output", "Const", "Reorder", "Convert"})
"""Layers that only bring numbers from one form into another, whose own precision says nothing."""


class OpenVinoSession:
    """A graph loaded by OpenVINO; compiled for each batch size, since fixed shapes run faster than free ones."""

    def __init__(self, core: Any, graph: Path | bytes, platform: Platform, precision: Precision) -> None:
        self._core, self._platform, self._precision = core, platform, precision
        self._model: Any = core.read_model(graph if isinstance(graph, bytes) else str(graph))
        self._compiled: dict[int, Any] = {}
        self._effective: Precision = precision
        self._layers: Counter[str] = Counter()
        self.outputs = tuple(output.get_any_name() for output in self._model.outputs)

    def prepare(self, count: int) -> None:
        self._of(count)

    def run(self, feeds: Mapping[str, Array]) -> list[Array]:
        count = len(next(iter(feeds.values())))
        found = self._of(count).infer({name: np.ascontiguousarray(each) for name, each in feeds.items()})
        return [np.asarray(each) for each in found.to_tuple()]

    def used(self) -> BackendUsed:
        return on_cpu("openvino-cpu", openvino.__version__, self._effective, self._platform, dict(self._layers))

    def _of(self, count: int) -> Any:
        if count not in self._compiled:
            while len(self._compiled) >= SIZES_MAX:
                self._compiled.pop(next(iter(self._compiled)))
            self._compiled[count] = self._compile(count)
        return self._compiled[count]

    def _compile(self, count: int) -> Any:
        model = self._model.clone()
        model.reshape({each.get_any_name(): [count, *list(each.get_partial_shape())[1:]] for each in model.inputs})
        hints = {
            "INFERENCE_PRECISION_HINT": _HINTS[self._precision],
            "INFERENCE_NUM_THREADS": 1,
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
            "ENABLE_CPU_PINNING": False,
        }
        compiled = self._core.compile_model(model, DEVICE, hints)
        self._layers = _precisions(compiled.get_runtime_model())
        # asked for bf16, a processor without it takes f32 and says so only here
        self._effective = _PRECISION_OF[str(compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name())]
        return compiled.create_infer_request()


def _precisions(running: Any) -> Counter[str]:
    found: Counter[str] = Counter()
    for layer in running.get_ops():
        about = layer.get_rt_info()
        if str(about["layerType"].astype(str)) not in _NOT_COMPUTING:
            kind = str(about["runtimePrecision"].astype(str))
            found[_PRECISION_OF.get(kind, kind)] += 1
    return found


class OpenVino:
    """OpenVINO's CPU plug-in. Its own default would be bf16 where the processor has it, which is never called fp32."""

    name = "openvino"

    def __init__(self) -> None:
        self._core: Any = openvino.Core()

    def precisions(self) -> tuple[Precision, ...]:
        able = set(self._core.get_property(DEVICE, "OPTIMIZATION_CAPABILITIES"))
        return tuple(precision for precision, word in _CAPABILITIES.items() if word in able)

    def load(self, graph: Path | bytes, platform: Platform, precision: Precision = "fp32") -> Session:
        if precision not in (able := self.precisions()):
            raise LoadError("precision_not_available", precision=precision, available=", ".join(able))
        try:
            session = OpenVinoSession(self._core, graph, platform, precision)
            session.prepare(1)
        except RuntimeError as error:
            raise LoadError("graph_not_loadable", backend=self.name, error=error) from error
        if (got := session.used().precision) != precision:
            raise LoadError("precision_not_available", precision=precision, available=got)
        return session
