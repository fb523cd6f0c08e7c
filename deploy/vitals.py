"""/livez, /readyz and /metrics of the projector and of agents, on this machine's loopback address only."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from agents.tally import SECONDS
from agents.worker import Worker
from consumers.projector import Projector
from deploy.local.home import LOOPBACK

BEAT_S = 0.25
_log = logging.getLogger(__name__)

State = Callable[[], tuple[bool, dict[str, object]]]
"""Whether the process is ready, and what it says about itself."""


class LoopLag(Collector):
    """How late the event loop last woke us, in seconds."""

    def __init__(self) -> None:
        self._seconds = 0.0

    async def run(self) -> None:
        """Measure for ever."""
        while True:
            due_s = time.monotonic() + BEAT_S
            await asyncio.sleep(BEAT_S)
            self._seconds = max(0.0, time.monotonic() - due_s)

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("mo_event_loop_lag_seconds", "How late the event loop is.", value=self._seconds)


class ProjectorVitals(Collector):
    """What the projectors of this process do, by schema."""

    def __init__(self, projectors: Mapping[str, Projector]) -> None:
        self._projectors = projectors

    def collect(self) -> Iterator[Metric]:
        records = CounterMetricFamily("mo_projected_records", "Records projected.", labels=["schema"])
        batches = CounterMetricFamily("mo_projected_batches", "Batches committed.", labels=["schema"])
        conflicts = CounterMetricFamily("mo_projection_conflicts", "Batches lost to a rival.", labels=["schema"])
        undecodable = CounterMetricFamily("mo_projected_undecodable", "Records nobody could read.", labels=["schema"])
        behind = GaugeMetricFamily("mo_projection_lag_records", "Records not projected.", labels=["schema", "topic"])
        behind_s = GaugeMetricFamily("mo_projection_lag_seconds", "How long they wait.", labels=["schema", "topic"])
        for schema, projector in self._projectors.items():
            tally = projector.tally
            records.add_metric([schema], tally.records)
            batches.add_metric([schema], tally.batches)
            conflicts.add_metric([schema], tally.conflicts)
            undecodable.add_metric([schema], tally.undecodable)
            for topic, number in tally.lag.records().items():
                behind.add_metric([schema, topic], number)
            for topic, seconds in tally.lag.seconds().items():
                behind_s.add_metric([schema, topic], seconds)
        yield from (records, batches, conflicts, undecodable, behind, behind_s)

    def state(self) -> tuple[bool, dict[str, object]]:
        """Ready when something is kept and nothing is away."""
        states = {schema: projector.tally.state for schema, projector in self._projectors.items()}
        ready = bool(states) and all(state in ("running", "catching_up") for state in states.values())
        return ready, {"schemas": states}


class AgentVitals(Collector):
    """What an agent sees and does."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def collect(self) -> Iterator[Metric]:
        jobs = GaugeMetricFamily(
            "mo_agent_jobs", "Live jobs as this agent sees them.", labels=["state", "resource", "platform"]
        )
        live = (each.job for each in self._worker.view.table.live.values())
        for lane, number in Counter((job.state, job.resource, job.platform or "") for job in live).items():
            jobs.add_metric([*lane], number)
        tally = self._worker.tally
        claims = CounterMetricFamily("mo_agent_claims", "Claims the log decided.", labels=["outcome"])
        claims.add_metric(["won"], tally.claims_won)
        claims.add_metric(["lost"], tally.claims_lost)
        yield from (jobs, claims)
        yield CounterMetricFamily(
            "mo_agent_leases_expired", "Leases of others that this agent saw run out.", value=tally.leases_expired
        )
        seconds = HistogramMetricFamily("mo_agent_attempt_seconds", "How long attempts took.", labels=["kind"])
        for kind, counts in tally.attempts.items():
            seconds.add_metric([kind], _cumulative(counts), sum_value=tally.seconds[kind])
        yield seconds

    def state(self) -> tuple[bool, dict[str, object]]:
        """Ready when every partition is seen, without which nothing is claimed."""
        ready = self._worker.tally.began and self._worker.view.sees_everything()
        return ready, {"sees_everything": ready}


@asynccontextmanager
async def served(port: int, vitals: Collector, state: State) -> AsyncIterator[None]:
    """Serve while the block runs; port 0 serves nothing. A port that is taken costs the vitals, not the process."""
    if not port:
        yield
        return
    registry, loop_lag = CollectorRegistry(), LoopLag()
    registry.register(vitals)
    registry.register(loop_lag)
    app = web.Application()
    app.router.add_get("/livez", lambda _: _json({"alive": True}))
    app.router.add_get("/readyz", lambda _: _ready(state))
    app.router.add_get("/metrics", lambda _: _metrics(registry))
    runner = web.AppRunner(app, access_log=None)
    beating = asyncio.create_task(loop_lag.run())
    try:
        await runner.setup()
        try:
            await web.TCPSite(runner, LOOPBACK, port).start()
        except OSError as error:
            _log.error("metrics cannot be served on port %s: %s", port, error)
        yield
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        await runner.cleanup()


async def _json(answer: dict[str, object], status: int = 200) -> web.Response:
    return web.json_response(answer, status=status)


async def _ready(state: State) -> web.Response:
    ready, more = state()
    return await _json({"ready": ready, **more}, 200 if ready else 503)


async def _metrics(registry: CollectorRegistry) -> web.Response:
    return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _cumulative(counts: list[int]) -> list[tuple[str, float]]:
    """Counts by bucket as Prometheus wants them: each with everything below it."""
    bounds = [*(str(bound) for bound in SECONDS), "+Inf"]
    return [(bound, float(sum(counts[: number + 1]))) for number, bound in enumerate(bounds)]
