"""The job loop on a log in memory: claims, results, failures, cancels, leases, hand-over."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest

from agents.work import Handler, JobProblem
from agents.worker import Machine, Pace, Worker
from producers.say import Speaker
from schemas.codec import DecodeError, decode
from schemas.envelope import Envelope
from schemas.events import (
    DatasetImported,
    DatasetImportRequested,
    Event,
    JobCancelRequested,
    JobClaimed,
    JobFailed,
    JobRequest,
    JobResult,
)
from schemas.lifecycle import FOLD_VERSION, Job, step
from schemas.topics import JOBS, TOPICS
from schemas.values import ObjectRef
from storage.log.memory import MemoryLog
from storage.log.port import Message

OBJECT = ObjectRef(digest="sha256:" + "0" * 64, size_bytes=1)
PACE = Pace(lease_s=1.0, heartbeat_s=0.2, announce_s=0.2)


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
            yield SimpleNamespace(epoch=epoch, instance=instance, progress=progress)
        finally:
            self.open_now -= 1


class Scene:
    """One log, some workers, and what the log says of the jobs."""

    def __init__(self) -> None:
        self.log = MemoryLog({topic.name: topic.partitions for topic in TOPICS.values()})
        self.speaker = Speaker(self.log, "/test", lambda: datetime.now(UTC), 1.0)
        self.folders = Folders()
        self.stops: list[asyncio.Event] = []
        self.running: list[asyncio.Task[None]] = []

    def worker(self, name: str, handler: Handler, *, slots: int = 1, snapshot: Path | None = None) -> asyncio.Event:
        stop = asyncio.Event()
        worker = Worker(
            self.log,
            Speaker(self.log, f"/{name}", lambda: datetime.now(UTC), 1.0),
            Machine(name, "nvidia", {"cpu-light": slots}),
            {"DatasetImportRequested": handler},
            self.folders,
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

    async def envelopes(self) -> list[Envelope]:
        """Everything in `mo.jobs` that can be read, straight from the log's memory, also while it is cut off."""
        partitions = await self.log.end(JOBS.name)
        records = [record for each in partitions for record in self.log.slice(each, 0, 100_000)]
        found = []
        for record in records:
            with contextlib.suppress(DecodeError):
                found.append(decode(record.value, record.headers))
        return found

    async def events(self) -> list[Event]:
        return [envelope.event for envelope in await self.envelopes()]

    async def job(self, id_: UUID) -> Job | None:
        job: Job | None = None
        for envelope in await self.envelopes():
            if envelope.event.subject() == str(id_):
                job = step(job, envelope)
        return job

    async def until(self, id_: UUID, state: str) -> Job:
        async with asyncio.timeout(20):
            while (job := await self.job(id_)) is None or job.state != state:
                await self.log.wait_growth(0.05)
        return job

    async def close(self) -> None:
        for stop in self.stops:
            stop.set()
        await asyncio.gather(*self.running, return_exceptions=True)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    scene = Scene()
    yield scene
    await scene.close()


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


async def test_a_job_is_claimed_done_and_its_workspace_closed(scene: Scene):
    scene.worker("a", done)
    job = await scene.ask()
    ended = await scene.until(job, "completed")
    assert (ended.epoch, ended.agent) == (1, "a")
    scene.stops[0].set()
    await scene.running[0]
    assert scene.folders.open_now == 0


async def test_many_jobs_and_agents_end_each_job_once_with_few_claims(scene: Scene):
    for name in "abcd":
        scene.worker(name, done, slots=2)
    jobs = [await scene.ask() for _ in range(60)]
    for job in jobs:
        await scene.until(job, "completed")
    events = await scene.events()
    assert sum(isinstance(event, DatasetImported) for event in events) == 60
    assert sum(isinstance(event, JobClaimed) for event in events) <= 60 * 1.3


async def test_a_problem_is_a_failed_job_with_its_code_and_the_next_job_runs(scene: Scene):
    async def refuses_first(request: JobRequest, work) -> JobResult:
        if request.job_id == first:
            raise JobProblem("package_unreadable", file="x.zip")
        return await done(request, work)

    first = await scene.ask()
    second = await scene.ask()
    scene.worker("a", refuses_first)
    await scene.until(first, "failed")
    await scene.until(second, "completed")
    (failure,) = [event for event in await scene.events() if isinstance(event, JobFailed)]
    assert failure.reason.code == "package_unreadable"
    assert failure.reason.params == {"file": "x.zip"}


async def test_a_fault_of_the_handler_is_a_failed_job_too(scene: Scene):
    async def broken(request: JobRequest, work) -> JobResult:
        raise ZeroDivisionError("by zero")

    scene.worker("a", broken)
    job = await scene.ask()
    await scene.until(job, "failed")
    (failure,) = [event for event in await scene.events() if isinstance(event, JobFailed)]
    assert failure.reason.code == "job_crashed"


async def test_a_retriable_problem_is_tried_again(scene: Scene):
    async def second_time(request: JobRequest, work) -> JobResult:
        if work.epoch == 1:
            raise JobProblem("objects_unreachable", retriable=True)
        return await done(request, work)

    scene.worker("a", second_time)
    job = await scene.ask()
    assert (await scene.until(job, "completed")).epoch == 2


async def test_cancel_ends_a_running_job_and_frees_the_slot(scene: Scene):
    async def stuck_first(request: JobRequest, work) -> JobResult:
        return await (forever if request.job_id == first else done)(request, work)

    first = await scene.ask()
    scene.worker("a", stuck_first)
    await scene.until(first, "running")
    await scene.speaker.say(JobCancelRequested(job_id=first), id=uuid4(), actor=uuid4())
    await scene.until(first, "cancelled")
    second = await scene.ask()
    await scene.until(second, "completed")


async def test_a_stopped_agent_hands_its_job_back_at_once(scene: Scene):
    stop = scene.worker("a", forever)
    job = await scene.ask()
    await scene.until(job, "running")
    stop.set()
    await scene.until(job, "queued")
    scene.worker("b", done)
    assert (await scene.until(job, "completed")).agent == "b"


async def test_a_dead_agents_job_is_taken_over_after_its_lease(scene: Scene):
    scene.worker("a", forever)
    job = await scene.ask()
    await scene.until(job, "running")
    scene.running[0].cancel()
    await asyncio.gather(scene.running[0], return_exceptions=True)
    scene.worker("b", done)
    ended = await scene.until(job, "completed")
    assert (ended.epoch, ended.agent) == (2, "b")


async def test_while_the_log_is_cut_off_nothing_expires_and_results_wait(scene: Scene):
    release = asyncio.Event()

    async def waits(request: JobRequest, work) -> JobResult:
        await release.wait()
        return await done(request, work)

    scene.worker("a", waits)
    scene.worker("b", waits)
    job = await scene.ask()
    await scene.until(job, "running")
    scene.log.answering = False
    release.set()
    await asyncio.sleep(PACE.lease_s * 2)
    running = await scene.job(job)
    assert running is not None
    assert (running.state, running.epoch) == ("running", 1)
    scene.log.answering = True
    assert (await scene.until(job, "completed")).epoch == 1


async def test_an_event_of_a_newer_fold_stops_claims(scene: Scene):
    scene.worker("a", done)
    headers = (("ce_type", b"mo.JobSplit.v1"), ("ce_foldversion", str(FOLD_VERSION + 1).encode()))
    await scene.log.append(Message(JOBS.name, b"k", b"{}", headers), deadline_s=1)
    states: list[str] = []
    reader = await scene.log.open(dict.fromkeys(await scene.log.end("mo.agents"), 0))
    async with asyncio.timeout(10):
        while "incompatible" not in states:
            records = await reader.read(records_max=100, wait_s=0.1)
            states += [decode(record.value, record.headers).event.state for record in records]
    job = await scene.ask()
    await asyncio.sleep(0.5)
    kept = await scene.job(job)
    assert kept is not None
    assert kept.state == "queued"


async def test_a_snapshot_shortens_the_next_start(scene: Scene, tmp_path: Path):
    path = tmp_path / "jobs.snapshot"
    stop = scene.worker("a", done, snapshot=path)
    job = await scene.ask()
    await scene.until(job, "completed")
    stop.set()
    await scene.running[0]
    assert path.exists()
    scene.worker("a", done, snapshot=path)
    assert (await scene.until(await scene.ask(), "completed")).agent == "a"
    same = await scene.job(job)
    assert same is not None
    assert same.epoch == 1
