"""One attempt on a bad day: places that cannot be opened, handlers that misbehave, results that nobody could read."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID, uuid4

import msgspec
import pytest
from agent_scene import OBJECT, Keep, Scene, done, forever

from agents.joblog import JobLog
from agents.work import JobProblem
from schemas.events import (
    DatasetImported,
    JobCancelled,
    JobCancelRequested,
    JobFailed,
    JobLogged,
    JobProgressed,
    JobRequest,
    JobResult,
)
from schemas.lifecycle import counted, step
from schemas.topics import PROGRESS
from schemas.values import ObjectRef
from storage.log.port import AppendUnknownError, Position


class Places:
    """Workspaces whose opening is what the test says."""

    def __init__(self, opening: Callable[[], object]) -> None:
        self._opening = opening
        self.asked, self.opened = asyncio.Event(), False

    @asynccontextmanager
    async def open(
        self, request: JobRequest, epoch: int, instance: UUID, progress: Callable[[str, float], None]
    ) -> AsyncIterator[SimpleNamespace]:
        self.asked.set()
        result = self._opening()
        if asyncio.iscoroutine(result):
            await result
        self.opened = True
        yield SimpleNamespace(epoch=epoch, instance=instance, progress=progress, log=JobLog())


def raising(error: BaseException) -> Callable[[], object]:
    def opening() -> object:
        raise error

    return opening


async def never() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("error", "code", "retriable"),
    [
        (OSError(errno.ENOSPC, "no space left"), "agent_disk", True),
        (OSError(errno.ECONNRESET, "reset"), "job_crashed", False),
        (ZeroDivisionError("by zero"), "job_crashed", False),
        (JobProblem("objects_unreachable", retriable=True), "objects_unreachable", True),
        (asyncio.CancelledError("from within"), "job_crashed", False),
    ],
)
@pytest.mark.parametrize("where", ["place", "handler"])
async def test_whatever_goes_wrong_is_said_at_once(
    scene: Scene, error: BaseException, code: str, retriable: bool, where: str
):
    async def raises(request: JobRequest, work) -> JobResult:
        raise error

    if where == "place":
        scene.worker("a", done, places=Places(raising(error)))
    else:
        scene.worker("a", raises)
    job = await scene.ask()
    failure = await scene.until_said(JobFailed, job_id=job)
    assert isinstance(failure, JobFailed)
    assert (failure.reason.code, failure.retriable) == (code, retriable)


async def test_a_job_is_cancelled_while_its_place_is_being_opened(scene: Scene):
    places = Places(never)
    scene.worker("a", done, places=places)
    job = await scene.ask()
    await places.asked.wait()
    await scene.speaker.say(JobCancelRequested(job_id=job), id=uuid4(), actor=uuid4())
    await scene.until(job, "cancelled")
    assert not places.opened


async def test_an_agent_that_stops_hands_back_a_job_whose_place_is_being_opened(scene: Scene):
    places = Places(never)
    stop = scene.worker("a", done, places=places)
    job = await scene.ask()
    await places.asked.wait()
    stop.set()
    await scene.until(job, "queued", epoch=1)


async def test_progress_that_is_not_a_number_does_not_silence_the_heartbeats(scene: Scene):
    async def dizzy(request: JobRequest, work) -> JobResult:
        work.progress("reading", float("nan"))
        return await forever(request, work)

    scene.worker("a", dizzy)
    job = await scene.ask()
    said = await scene.until_said(JobProgressed, PROGRESS.name, job_id=job, stage="reading")
    assert isinstance(said, JobProgressed)
    assert said.fraction == 0.0


async def test_a_result_that_nobody_could_read_is_a_failed_job(scene: Scene):
    async def careless(request: JobRequest, work) -> JobResult:
        result = await done(request, work)
        assert isinstance(result, DatasetImported)
        return msgspec.structs.replace(result, pack=msgspec.structs.replace(OBJECT, name="x" * 201))

    scene.worker("a", careless)
    job = await scene.ask()
    await scene.until(job, "failed")
    failure = await scene.until_said(JobFailed, job_id=job)
    assert isinstance(failure, JobFailed)
    assert failure.reason.code == "job_crashed"


@pytest.mark.parametrize("kept", [True, False])
async def test_a_result_without_an_answer_is_said_until_it_is_there_and_counts_once(scene: Scene, kept: bool):
    told = 0

    async def meddle(name: str, keep: Keep) -> Position:
        nonlocal told
        if name != "DatasetImported":
            return await keep()
        told += 1
        if told < 3:
            if kept:
                await keep()
            raise AppendUnknownError("no answer")
        return await keep()

    scene.log.meddle = meddle
    scene.worker("a", done)
    job = await scene.ask()
    assert (await scene.until(job, "completed")).epoch == 1
    fold, accepted = None, 0
    for envelope in await scene.envelopes():
        before, fold = fold, step(fold, envelope)
        accepted += counted(before, fold) and isinstance(envelope.event, DatasetImported)
    assert accepted == 1
    assert told == (1 if kept else 3)


class Kept:
    """Workspaces with a folder and a log, whose objects are what the test says."""

    def __init__(self, folder: Path, keep: Callable[[Path], Awaitable[ObjectRef]]) -> None:
        self._folder, self._keep = folder, keep

    @asynccontextmanager
    async def open(
        self, request: JobRequest, epoch: int, instance: UUID, progress: Callable[[str, float], None]
    ) -> AsyncIterator[SimpleNamespace]:
        async def keep(path: Path, name: str) -> ObjectRef:
            return await self._keep(path)

        log = JobLog()
        log.say("begins")
        yield SimpleNamespace(
            epoch=epoch, instance=instance, progress=progress, log=log, folder=self._folder, keep=keep
        )


async def chatty(request: JobRequest, work) -> JobResult:
    work.log.take(b"out of the child\n")
    if request.format == "imagefolder":
        raise JobProblem("image_broken", name="x")
    return await done(request, work)


async def test_a_failed_attempt_leaves_its_log_and_tells_its_lines_meanwhile(scene: Scene, tmp_path: Path):
    texts: list[str] = []

    async def keep(path: Path) -> ObjectRef:
        texts.append(await asyncio.to_thread(path.read_text))
        return OBJECT

    scene.worker("a", chatty, places=Kept(tmp_path, keep))
    job = await scene.ask()
    failure = await scene.until_said(JobFailed, job_id=job)
    assert isinstance(failure, JobFailed)
    assert failure.log == OBJECT
    (text,) = texts
    assert text.splitlines()[:2] == ["[mo] begins", "out of the child"]
    assert "image_broken" in text


async def test_lines_are_told_while_the_job_runs_and_a_cancelled_attempt_leaves_its_log(scene: Scene, tmp_path: Path):
    async def keep(path: Path) -> ObjectRef:
        return OBJECT

    scene.worker("a", forever, places=Kept(tmp_path, keep))
    job = await scene.ask()
    told = await scene.until_said(JobLogged, PROGRESS.name, job_id=job)
    assert isinstance(told, JobLogged)
    assert (told.first_line, told.lines) == (0, ("[mo] begins",))
    await scene.speaker.say(JobCancelRequested(job_id=job), id=uuid4(), actor=uuid4())
    ended = await scene.until_said(JobCancelled, job_id=job)
    assert isinstance(ended, JobCancelled)
    assert ended.log == OBJECT


async def test_a_log_that_cannot_be_kept_costs_the_job_nothing(scene: Scene, tmp_path: Path):
    async def keep(path: Path) -> ObjectRef:
        raise OSError(errno.ENOSPC, "full")

    scene.worker("a", done, places=Kept(tmp_path, keep))
    await scene.until(await scene.ask(), "completed")
