"""One log in memory, some workers on it, and what the log says of their jobs; the log can be meddled with."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID, uuid4

from agents.attempt import Workspaces
from agents.joblog import JobLog
from agents.work import Handler
from agents.worker import Machine, Pace, Worker
from producers.say import Speaker
from schemas.codec import DecodeError, decode_in
from schemas.envelope import Envelope
from schemas.events import DatasetImported, DatasetImportRequested, Event, JobRequest, JobResult
from schemas.lifecycle import Job, step
from schemas.topics import JOBS, TOPICS
from schemas.values import ObjectRef
from storage.log.memory import MemoryLog, MemoryReader
from storage.log.port import Message, Partition, Position

OBJECT = ObjectRef(digest="sha256:" + "0" * 64, size_bytes=1)
PACE = Pace(lease_s=1.0, heartbeat_s=0.2, announce_s=0.2)


Keep = Callable[[], Awaitable[Position]]
"""Appends the record that the meddler was asked about."""


class MeddledLog(MemoryLog):
    """`meddle(event's name, keep)` stands between a speaker and the log; `reader` makes readers of another kind."""

    def __init__(self, topics: Mapping[str, int]) -> None:
        super().__init__(topics)
        self.meddle: Callable[[str, Keep], Awaitable[Position]] | None = None
        self.reader: Callable[[MeddledLog, Mapping[Partition, int]], MemoryReader] = MemoryReader

    async def append(self, message: Message, *, deadline_s: float) -> Position:
        async def keep() -> Position:
            return await super(MeddledLog, self).append(message, deadline_s=deadline_s)

        name = dict(message.headers).get("ce_type", b"mo..").decode().split(".")[1]
        return await keep() if self.meddle is None else await self.meddle(name, keep)

    async def open(self, positions: Mapping[Partition, int]) -> MemoryReader:
        return self.reader(self, positions)


class Folders:
    """Workspaces without files; counts what is open."""

    def __init__(self) -> None:
        self.open_now = 0

    @asynccontextmanager
    async def open(
        self, request: JobRequest, epoch: int, instance: UUID, progress: Callable[[str, float], None]
    ) -> AsyncIterator[SimpleNamespace]:
        self.open_now += 1
        try:
            yield SimpleNamespace(epoch=epoch, instance=instance, progress=progress, log=JobLog())
        finally:
            self.open_now -= 1


class Scene:
    """One log, some workers, and what the log says of the jobs."""

    def __init__(self) -> None:
        self.log = MeddledLog({topic.name: topic.partitions for topic in TOPICS.values()})
        self.speaker = Speaker(self.log, "/test", lambda: datetime.now(UTC), 1.0)
        self.folders = Folders()
        self.stops: list[asyncio.Event] = []
        self.running: list[asyncio.Task[None]] = []

    def worker(
        self,
        name: str,
        handler: Handler,
        *,
        slots: int = 1,
        snapshot: Path | None = None,
        places: Workspaces | None = None,
        sandbox_failed: tuple[str, ...] = (),
    ) -> asyncio.Event:
        stop = asyncio.Event()
        worker = Worker(
            self.log,
            Speaker(self.log, f"/{name}", lambda: datetime.now(UTC), 1.0),
            Machine(name, "nvidia", {"cpu-light": slots}, sandbox_failed=sandbox_failed),
            {"DatasetImportRequested": handler},
            places or self.folders,
            pace=PACE,
            snapshot_path=snapshot,
        )
        self.stops.append(stop)
        self.running.append(asyncio.create_task(worker.run(stop)))
        return stop

    async def ask(self, owner: UUID | None = None) -> UUID:
        job = uuid4()
        event = DatasetImportRequested(
            job_id=job, resource="cpu-light", dataset_id=job, package=OBJECT, format="imagefolder"
        )
        await self.speaker.say(event, id=uuid4(), actor=owner or uuid4())
        return job

    async def envelopes(self, topic: str = JOBS.name) -> list[Envelope]:
        """All that can be read in the topic, straight from the log's memory, also while it is cut off."""
        partitions = await self.log.end(topic)
        records = [record for each in partitions for record in self.log.slice(each, 0, 100_000)]
        found = []
        for record in records:
            with contextlib.suppress(DecodeError):
                found.append(decode_in(topic, record.key, record.value, record.headers))
        return found

    async def events(self, topic: str = JOBS.name) -> list[Event]:
        return [envelope.event for envelope in await self.envelopes(topic)]

    async def until_said(self, event: type[Event], topic: str = JOBS.name, **fields: object) -> Event:
        """The first event of the type with these fields."""
        async with asyncio.timeout(20):
            while True:
                for each in await self.events(topic):
                    if isinstance(each, event) and all(getattr(each, name) == value for name, value in fields.items()):
                        return each
                await self.log.wait_growth(0.05)

    async def job(self, id_: UUID) -> Job | None:
        job: Job | None = None
        for envelope in await self.envelopes():
            if envelope.event.subject() == str(id_):
                job = step(job, envelope)
        return job

    async def until(self, id_: UUID, state: str, *, epoch: int = 0) -> Job:
        """The job as soon as it is in the state, in that epoch or a later one."""
        async with asyncio.timeout(20):
            while (job := await self.job(id_)) is None or job.state != state or job.epoch < epoch:
                await self.log.wait_growth(0.05)
        return job

    async def close(self) -> None:
        for stop in self.stops:
            stop.set()
        await asyncio.gather(*self.running, return_exceptions=True)


async def done(request: JobRequest, work) -> JobResult:
    assert isinstance(request, DatasetImportRequested)
    work.progress("reading", 0.5)
    return DatasetImported(
        job_id=request.job_id,
        epoch=work.epoch,
        instance=work.instance,
        dataset_id=request.dataset_id,
        pack=OBJECT,
        images=1,
        classes=1,
    )


async def forever(request: JobRequest, work) -> JobResult:
    await asyncio.Event().wait()
    raise AssertionError
