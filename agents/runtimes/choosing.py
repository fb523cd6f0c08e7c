"""Which runtime does a test: the one that was asked for, or for `auto` the fastest in a short, recorded trial.

A trial costs about `TRIAL_S` a candidate. Whoever measures speed names a backend; `auto` is for everybody else.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from agents.runtimes.base import Array, LoadError, Runtime, Session
from schemas.events.tests import Backend, Trial
from schemas.values import Code, Platform, Precision

TRIAL_S = 0.5
_MODULES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "openvino": ("agents.runtimes.openvino", "OpenVino"),
        "onnxruntime": ("agents.runtimes.onnxruntime", "OnnxRuntime"),
    }
)
"""By the backend's name, in the order in which `auto` tries them."""


class Graph(NamedTuple):
    """A graph to run: where it lies, its input's name and shape (channels, height, width)."""

    path: Path
    input: str
    shape: tuple[int, int, int]


class Choice(NamedTuple):
    """The runtime's sessions for the graphs, in their order, and the trial that chose it (nothing if it was named)."""

    sessions: tuple[Session, ...]
    trials: tuple[Trial, ...]


def runtime(name: str) -> Runtime:
    """The runtime of this name.

    Raises:
        LoadError: `backend_missing`: it is not installed on this machine.
    """
    module, kind = _MODULES[name]
    try:
        made: Runtime = getattr(importlib.import_module(module), kind)()
    except ImportError as error:
        raise LoadError("backend_missing", backend=name, error=error) from error
    return made


def choose(
    backend: Backend, precision: Precision, graphs: Sequence[Graph], platform: Platform, batch_size: int
) -> Choice:
    """The sessions for these graphs.

    Args:
        backend: a runtime's name, which is then taken or refused, never replaced; or `auto`.
        precision: what all of them must compute in.
        batch_size: how many images the trial's batches have.

    Raises:
        LoadError: the named runtime cannot do it, or none of them can.
    """
    if backend != "auto":
        return Choice(_loaded(backend, precision, graphs, platform), ())
    best: tuple[float, tuple[Session, ...]] | None = None
    trials = []
    for name in _MODULES:
        try:
            sessions = _loaded(name, precision, graphs, platform)
            infer_ms = sum(_infer_ms(*each, batch_size) for each in zip(sessions, graphs, strict=True))
        except LoadError as error:
            trials.append(Trial(name, precision, None, error.code))
            continue
        trials.append(Trial(name, precision, round(infer_ms, 4)))
        if best is None or infer_ms < best[0]:
            best = infer_ms, sessions
    if best is None:
        raise LoadError(_worst(trials).code, **_worst(trials).params)
    return Choice(best[1], tuple(trials))


def _loaded(name: str, precision: Precision, graphs: Sequence[Graph], platform: Platform) -> tuple[Session, ...]:
    taken = runtime(name)
    return tuple(taken.load(graph.path, platform, precision) for graph in graphs)


def _infer_ms(session: Session, graph: Graph, batch_size: int) -> float:
    """Milliseconds an image, the quickest of some batches: what disturbs a machine only ever makes it slower.

    Raises:
        LoadError: `graph_fails_at_batch`.
    """
    images: Array = np.random.default_rng(0).random((batch_size, *graph.shape), np.float32)
    try:
        session.prepare(batch_size)
        session.run({graph.input: images})
    except Exception as error:  # what runtimes raise has no base of its own
        raise LoadError("graph_fails_at_batch", batch=batch_size, error=error) from error
    times: list[float] = []
    while sum(times) < TRIAL_S:
        begun = time.perf_counter()
        session.run({graph.input: images})
        times.append(time.perf_counter() - begun)
    return min(times) * 1000 / batch_size


def _worst(trials: Sequence[Trial]) -> Code:
    """Why none could: that the precision is not there says more than that a runtime is missing."""
    problems = [each.problem for each in trials if each.problem is not None]
    return next((each for each in problems if each.code == "precision_not_available"), problems[0])
