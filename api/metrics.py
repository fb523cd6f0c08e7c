"""What Prometheus is told about the API: requests by route template, uploads, jobs, lag, the event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from api.deps import Deps, deps_of
from api.lag import LAG
from storage.views.port import ViewsAwayError

LATENCY_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
COUNT_EVERY_S = 10.0
"""Jobs are counted in the database at most so often, however often somebody asks."""
ANSWER_S_MAX = 5.0
BEAT_S = 0.25
UNKNOWN_ROUTE = "unknown"


class Metrics:
    """The API's own measurements, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("mo_http_requests", "Answers.", ["method", "route", "status"], registry=self.registry)
        self.seconds = Histogram(
            "mo_http_request_seconds", "Time to an answer's end.", ["method", "route"],
            buckets=LATENCY_S, registry=self.registry,
        )  # fmt: skip
        self.upload_bytes = Counter("mo_upload_bytes", "Bytes of objects that were taken in.", registry=self.registry)
        self.streams = Gauge("mo_stream_subscribers", "Open event streams.", registry=self.registry)
        self._jobs = Gauge("mo_jobs", "Jobs by state.", ["state", "resource", "platform"], registry=self.registry)
        self._queue = Gauge("mo_jobs_queued", "Jobs that wait.", ["resource", "platform"], registry=self.registry)
        self._undecodable = Gauge("mo_undecodable_records", "Records nobody could read.", registry=self.registry)
        self._records = Gauge("mo_projection_lag_records", "Records not visible.", ["topic"], registry=self.registry)
        self._lag_s = Gauge("mo_projection_lag_seconds", "For how long they wait.", ["topic"], registry=self.registry)
        self._loop_s = Gauge("mo_event_loop_lag_seconds", "How late the event loop is.", registry=self.registry)
        self._counted_s = float("-inf")

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Take one answer. `route` is the template, never the path."""
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(method, route).observe(seconds)

    async def text(self, deps: Deps, app: web.Application) -> bytes:
        """Everything, in Prometheus' text format. What cannot be asked now keeps its last value."""
        lag = app[LAG].lag
        for topic, records in lag.records().items():
            self._records.labels(topic).set(records)
        for topic, seconds in lag.seconds().items():
            self._lag_s.labels(topic).set(seconds)
        if time.monotonic() - self._counted_s >= COUNT_EVERY_S:
            await self._count(deps)
        return generate_latest(self.registry)

    async def beat(self) -> None:
        """Measure for ever how late the event loop wakes us."""
        while True:
            due_s = time.monotonic() + BEAT_S
            await asyncio.sleep(BEAT_S)
            self._loop_s.set(max(0.0, time.monotonic() - due_s))

    async def _count(self, deps: Deps) -> None:
        self._counted_s = time.monotonic()
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                counts, undecodable = await asyncio.gather(deps.views.job_counts(), deps.views.undecodable_count())
        except (ViewsAwayError, TimeoutError):
            return
        self._undecodable.set(undecodable)
        self._jobs.clear()
        self._queue.clear()
        for state, resource, platform, jobs in counts:
            self._jobs.labels(state, resource, platform).set(jobs)
            if state == "queued":
                self._queue.labels(resource, platform).set(jobs)


METRICS = web.AppKey("metrics", Metrics)


def install(app: web.Application) -> None:
    """Measure the application."""
    app[METRICS] = Metrics()
    app.cleanup_ctx.append(_beating)


async def get_metrics(request: web.Request) -> web.Response:
    """The measurements, for Prometheus."""
    text = await request.app[METRICS].text(deps_of(request), request.app)
    return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})


def route_of(request: web.Request) -> str:
    """The template of the request's route: paths hold ids, and every id would be a series of its own."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else UNKNOWN_ROUTE


async def _beating(app: web.Application) -> AsyncIterator[None]:
    beating = asyncio.create_task(app[METRICS].beat())
    yield
    beating.cancel()
    await asyncio.gather(beating, return_exceptions=True)
