"""GET /stream: what happens, as server-sent events, read from the log once for all readers of this process."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

import msgspec
from aiohttp import web

from api.answers import Query, lang_of, position_text
from api.auth import actor_of
from api.deps import DEPS
from api.errors import RETRY_AFTER_S, ApiRefusal
from api.feed import READERS_MAX, Frame, Hub, Steady, Subscription, Wanted
from api.metrics import METRICS
from api.people import still
from api.resources import Happened
from schemas.codec import DecodeError, decode_in
from schemas.events import Event, JobEvent, JobFailed, JobLogged, JobProgressed
from schemas.topics import CATALOG, JOBS, PROGRESS
from storage.accounts.port import AccountsAwayError
from storage.log.port import Log, LogError, LostLogError, Partition, Position, Reader, Record

STREAM_TOPICS = frozenset(
    {"models", "structures", "templates", "dictionary", "datasets", "tests", "jobs", "progress", "logs"}
)
"""The nouns whose events are told; tests, conversions and imports are told as jobs too. Log lines are told only to
those who name them."""
UNASKED = STREAM_TOPICS - {"logs"}
PING_S = 15
RETRY_MS = 1_000
READ_S = 0.1
"""Longest wait for records: held progress is let through between two reads."""
RECORDS_MAX = 500
AGAIN_S = 1.0
HOLDS_EVERY_S = 10.0
WRITE_S_MAX = 30.0
"""A reader that takes nothing for so long is let go."""
HUB = web.AppKey("hub", Hub)

_log = logging.getLogger(__name__)


async def get_stream(request: web.Request) -> web.StreamResponse:
    """The stream, from now on or from behind Last-Event-ID; `resync` says that something was left out.

    Raises:
        ApiRefusal: 503 there are too many readers.
    """
    query = Query(request, ("topics", "entity", "recent", "ping"))
    wanted = Wanted(_topics(query), query.id("entity"))
    ping_s = _ping_s(query)
    hub = request.app[HUB]
    who = actor_of(request)
    last_id = request.headers.get("Last-Event-ID", "")
    reader = hub.subscribe(wanted, last_id, recent=query.flag("recent"), whose=(who.id, who.proof_id))
    if reader is None:
        again = {"Retry-After": str(RETRY_AFTER_S)}
        raise ApiRefusal(HTTPStatus.SERVICE_UNAVAILABLE, "stream_full", headers=again, readers_max=READERS_MAX)
    response = web.StreamResponse(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
    response.content_type, response.charset = "text/event-stream", "utf-8"
    streams = request.app[METRICS].streams
    streams.inc()
    try:
        await response.prepare(request)
        await _serve(response, hub, reader, lang_of(request), ping_s, lambda: still(request, who))
    except (ConnectionError, TimeoutError) as error:
        _log.debug("a reader of the stream left: %r", error)
    finally:
        streams.dec()
        hub.leave(reader)
    return response


async def _serve(
    response: web.StreamResponse,
    hub: Hub,
    reader: Subscription,
    lang: str,
    ping_s: float,
    holds: Callable[[], Awaitable[bool]],
) -> None:
    """Write what happens until either side ends it, or the session does: this process says so at once, others are
    noticed within `HOLDS_EVERY_S`."""
    first, looked_s = await reader.take(0), time.monotonic()
    await _write(response, f"retry: {RETRY_MS}\n".encode() + _event("hello", hub.id(first.after)))
    taken = first
    while True:
        texts = [_event("resync", hub.id(taken.after))] if taken.resync else []
        texts += [_message(hub, frame, lang) for frame in taken.frames]
        if texts:
            await _write(response, b"".join(texts))
        if reader.ended:
            return
        taken = await reader.take(ping_s)
        if time.monotonic() - looked_s >= HOLDS_EVERY_S:
            try:
                if not await holds():
                    return
            except AccountsAwayError as error:
                _log.warning("whether a reader's session holds is asked again: %s", error)
            looked_s = time.monotonic()
        if not taken.resync and not taken.frames and not reader.ended:
            await _write(response, b": ping\n\n")


async def _write(response: web.StreamResponse, data: bytes) -> None:
    async with asyncio.timeout(WRITE_S_MAX):
        await response.write(data)


def _event(name: str, id_: str) -> bytes:
    return f"event: {name}\nid: {id_}\ndata: {{}}\n\n".encode()


def _message(hub: Hub, frame: Frame, lang: str) -> bytes:
    return b"id: " + hub.id(frame.number).encode() + b"\ndata: " + frame.text(lang) + b"\n\n"


def _topics(query: Query) -> frozenset[str]:
    named = frozenset(query.text("topics").split(",")) - {""}
    if unknown := named - STREAM_TOPICS:
        known = ", ".join(sorted(STREAM_TOPICS))
        raise ApiRefusal(HTTPStatus.BAD_REQUEST, "query_invalid", name="topics", known=known, got=min(unknown)[:100])
    return named or UNASKED


def _ping_s(query: Query) -> int:
    return int(query.one_of("ping", [str(seconds) for seconds in range(1, PING_S + 1)]) or PING_S)


def told(event: Event, time_: Any, position: Position) -> Happened:
    """The event as a message: what it is about, where it lies; of perishable ones what they say."""
    noun = type(event).__module__.rpartition(".")[2]
    topics = {noun} | ({"jobs"} if isinstance(event, JobEvent) else set())
    data: dict[str, Any] = {}
    if isinstance(event, JobProgressed | JobLogged):
        topics = {"progress" if isinstance(event, JobProgressed) else "logs"}
        data = msgspec.to_builtins(event)
    named = {name: getattr(event, name) for name in event.__struct_fields__ if name.endswith("_id")}
    subject = UUID(event.subject())
    others = {each for each in named.values() if isinstance(each, UUID)} - {subject}
    return Happened(
        topics=sorted(topics),
        name=type(event).__name__,
        ids=[subject, *sorted(others)],
        position=position_text(position),
        time=time_,
        data=data,
        reason=event.reason if isinstance(event, JobFailed) else None,
    )


class Feeder:
    """Reads what is said from now on into the hub, and goes on after every outage where it was."""

    def __init__(self, log: Log, hub: Hub) -> None:
        self._log, self._hub = log, hub
        self._steady = Steady()
        self._positions: Mapping[Partition, int] | None = None

    async def run(self) -> None:
        """Read for ever."""
        while True:
            try:
                await self._follow()
            except LostLogError as error:
                _log.warning("the stream starts over: %s", error)
                self._positions = None
            except LogError as error:
                _log.warning("the stream waits for the log: %s", error)
            except Exception:
                _log.exception("the stream's reader failed")
            await asyncio.sleep(AGAIN_S)

    async def _follow(self) -> None:
        reader = await self._open()
        try:
            while True:
                for record in await reader.read(records_max=RECORDS_MAX, wait_s=READ_S):
                    self._take(record)
                self._positions = reader.positions()
                for held in self._steady.due(time.monotonic()):
                    self._hub.publish(held)
        finally:
            await reader.close()

    async def _open(self) -> Reader:
        if self._positions is not None:
            return await self._log.open(self._positions)
        ends: dict[Partition, int] = {}
        for topic in (CATALOG, JOBS, PROGRESS):
            ends.update(await self._log.end(topic.name))
        reader = await self._log.open(ends)
        self._positions = ends
        # whoever listens already may have missed what was said before these ends
        self._hub.resync()
        return reader

    def _take(self, record: Record) -> None:
        try:
            envelope = decode_in(record.partition.topic, record.key, record.value, record.headers)
        except DecodeError:
            return
        event = envelope.event
        happened = told(event, envelope.time, Position(record.partition, record.offset))
        if isinstance(event, JobProgressed):
            now = self._steady.take(event.job_id, happened, time.monotonic())
            if now is None:
                return
        elif isinstance(event, JobEvent) and not isinstance(event, JobLogged):
            self._steady.forget(event.job_id)
        self._hub.publish(happened)


async def _feed(app: web.Application) -> AsyncIterator[None]:
    feeding = asyncio.create_task(Feeder(app[DEPS].log, app[HUB]).run())
    yield
    feeding.cancel()
    await asyncio.gather(feeding, return_exceptions=True)


async def _end_readers(app: web.Application) -> None:
    app[HUB].close()


def install(app: web.Application) -> None:
    """Feed the application's readers while it runs; end them before it waits for its answers to end."""
    app[HUB] = Hub(app[DEPS].new_id().hex[:12])
    app.cleanup_ctx.append(_feed)
    app.on_shutdown.append(_end_readers)
