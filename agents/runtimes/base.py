"""What every runtime promises: load a graph, run it, and say truthfully what ran."""

from __future__ import annotations

import platform as machine
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec
from numpy.typing import NDArray

from schemas.events.tests import BackendUsed
from schemas.values import Code, Platform, Precision

Array = NDArray[Any]

_NOT_THE_PLATFORM: dict[Platform, str] = {"nvidia": "no_nvidia_runtime", "ascend": "no_ascend_runtime"}


class LoadError(ValueError):
    """A runtime cannot run this graph here as asked; `code` says why."""

    def __init__(self, code: str, **params: object) -> None:
        self.code = Code(code, {name: str(value)[:500] for name, value in params.items()})
        super().__init__(f"{code} {self.code.params}")


class Session(Protocol):
    """A loaded graph."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs, in the graph's order."""
        ...

    def prepare(self, count: int) -> None:
        """Make ready for batches of `count`, so that the clock around the next `run` sees nothing but computing."""
        ...

    def run(self, feeds: Mapping[str, Array]) -> list[Array]:
        """All outputs in the graph's order for one batch of inputs by name. The arrays belong to the caller."""
        ...

    def used(self) -> BackendUsed:
        """What really runs, and why it is not what the platform promises where the two differ."""
        ...


class Runtime(Protocol):
    """Loads graphs."""

    @property
    def name(self) -> str:
        """Its name as a backend that can be asked for."""
        ...

    def precisions(self) -> tuple[Precision, ...]:
        """What it computes in on this machine."""
        ...

    def load(self, graph: Path | bytes, platform: Platform, precision: Precision = "fp32") -> Session:
        """The graph (an ONNX file with its weights inside or beside it, or its bytes), ready to run for a job of
        `platform` in exactly this precision.

        Raises:
            LoadError: `precision_not_available`, `graph_not_loadable`.
        """
        ...


def cpu_name() -> str:
    """The processor's name as Linux gives it, else its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or machine.machine()


def on_cpu(
    backend: str,
    version: str,
    precision: Precision,
    platform: Platform,
    layers: dict[str, int] | msgspec.UnsetType = msgspec.UNSET,
) -> BackendUsed:
    """What a runtime that computes on the processor says of a job that was meant for a device."""
    return BackendUsed(
        backend=backend,
        version=version[:200],
        precision=precision,
        device=f"cpu: {cpu_name()}"[:200],
        on_platform=False,
        fallbacks=(Code(_NOT_THE_PLATFORM[platform]),),
        layers=layers,
    )
