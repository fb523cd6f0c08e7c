"""What every runtime promises: load a graph, run it, and say truthfully what ran."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from schemas.events.tests import BackendUsed
from schemas.values import Platform

Array = NDArray[Any]


class Session(Protocol):
    """A loaded graph."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs, in the graph's order."""
        ...

    def run(self, feeds: Mapping[str, Array]) -> list[Array]:
        """All outputs in the graph's order for one batch of inputs by name."""
        ...

    def used(self) -> BackendUsed:
        """What really runs, and why it is not what the platform promises where the two differ."""
        ...


class Runtime(Protocol):
    """Loads graphs."""

    def load(self, graph: Path | bytes, platform: Platform) -> Session:
        """The graph (an ONNX file with its weights inside or beside it, or its bytes), ready to run for a job of
        `platform`."""
        ...
