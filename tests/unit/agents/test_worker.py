"""The job loop on a log in memory: claims, results, failures, cancels, leases, hand-over."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest
from agent_scene import PACE, Keep, Scene, done, forever

from agents import view, worker
from agents.work import JobProblem
from schemas.codec import decode
from schemas.events import (
    AgentSeen,
    DatasetImported,
    JobCancelRequested,
    JobClaimed,
    JobFailed,
    JobLeaseExpired,
    JobRequest,
    JobResult,
)
from schemas.lifecycle import FOLD_VERSION
from schemas.topics import AGENTS, JOBS
from schemas.values import Code
from storage.log.memory import MemoryReader
from storage.log.port import AppendUnknownError, LogError, Message, Position


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
            raise JobProblem("object_damaged", retriable=True)
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


@pytest.mark.parametrize("error", [AppendUnknownError("no answer"), LogError("refused"), RuntimeError("a fault")])
@pytest.mark.parametrize("kept", [True, False])
async def test_a_claim_that_goes_wrong_neither_loses_the_job_nor_the_slot(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, error: Exception, kept: bool
):
    monkeypatch.setattr(worker, "CLAIM_AGAIN_S", 0.1)
    claims = 0

    async def meddle(name: str, keep: Keep) -> Position:
        nonlocal claims
        if name == "JobClaimed":
            claims += 1
            if claims == 1:
                if kept:
                    await keep()
                raise error
        return await keep()

    scene.log.meddle = meddle
    scene.worker("a", done)
    first, second = await scene.ask(), await scene.ask()
    assert [(await scene.until(job, "completed")).epoch for job in (first, second)] == [1, 1]


async def test_a_claim_is_known_from_the_log_before_its_answer_comes(scene: Scene):
    answered = asyncio.Event()

    async def meddle(name: str, keep: Keep) -> Position:
        position = await keep()
        if name == "JobClaimed":
            await answered.wait()
        return position

    scene.log.meddle = meddle
    scene.worker("a", done)
    first, second = await scene.ask(), await scene.ask()
    for job in (first, second):
        assert (await scene.until(job, "completed")).epoch == 1
    answered.set()


async def test_an_agent_that_stops_waits_for_its_claims_and_hands_the_jobs_back(scene: Scene):
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def meddle(name: str, keep: Keep) -> Position:
        if name == "JobClaimed":
            asked.set()
            await go_on.wait()
        return await keep()

    scene.log.meddle = meddle
    stop = scene.worker("a", forever)
    job = await scene.ask()
    await asked.wait()
    stop.set()
    await scene.until_said(AgentSeen, AGENTS.name, state="draining")
    go_on.set()
    await scene.until(job, "queued", epoch=1)
    await scene.running[0]
    words = [event for event in await scene.events(AGENTS.name) if isinstance(event, AgentSeen)]
    assert words[-1].state == "stopped"
    assert scene.folders.open_now == 0


async def test_an_agent_without_a_sandbox_claims_nothing_and_says_why(scene: Scene):
    scene.worker("unsafe", done, sandbox_failed=("reading",))
    job = await scene.ask()
    await scene.until_said(AgentSeen, AGENTS.name, state="draining", sandbox_failed=("reading",))
    scene.worker("safe", done)
    await scene.until(job, "completed")
    claims = [event for event in await scene.events() if isinstance(event, JobClaimed)]
    assert {event.agent for event in claims} == {"safe"}


async def test_an_agent_that_cannot_do_jobs_does_not_use_up_their_attempts(scene: Scene):
    async def full(request: JobRequest, work) -> JobResult:
        raise JobProblem("agent_disk", retriable=True, error="no space left")

    scene.worker("full", full)
    first = await scene.ask()
    await scene.until_said(JobFailed, job_id=first)
    scene.worker("well", done)
    jobs = [first, *[await scene.ask() for _ in range(20)]]
    for job in jobs:
        await scene.until(job, "completed")
    failures = [event for event in await scene.events() if isinstance(event, JobFailed)]
    assert len(failures) == 1


async def test_a_structure_that_says_the_agents_own_reasons_sends_nobody_to_rest(scene: Scene):
    async def forged(request: JobRequest, work) -> JobResult:
        if request.job_id == first:
            raise JobProblem.of(Code("agent_disk", {"error": "said by the child's problem file"}))
        return await done(request, work)

    first = await scene.ask()
    scene.worker("a", forged)
    await scene.until(first, "failed")
    async with asyncio.timeout(worker.REST_S * 0.8):
        await scene.until(await scene.ask(), "completed")


async def test_a_log_that_cannot_be_read_for_a_moment_costs_no_job(scene: Scene):
    failing = asyncio.Event()

    class Stumbling(MemoryReader):
        async def read(self, *, records_max: int, wait_s: float):
            if failing.is_set():
                failing.clear()
                raise LogError("a broker that does not know what it wants")
            return await super().read(records_max=records_max, wait_s=wait_s)

    release = asyncio.Event()

    async def waits(request: JobRequest, work) -> JobResult:
        await release.wait()
        return await done(request, work)

    scene.log.reader = Stumbling
    scene.worker("a", waits)
    job = await scene.ask()
    await scene.until(job, "running")
    failing.set()
    async with asyncio.timeout(10):
        while failing.is_set():
            await scene.log.wait_growth(0.05)
    release.set()
    assert (await scene.until(job, "completed")).epoch == 1


async def test_a_reader_that_went_deaf_is_replaced(scene: Scene, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(worker, "DEAF_S_MAX", 0.2)
    monkeypatch.setattr(view, "BLIND_S", 0.1)
    monkeypatch.setattr(worker, "READ_WAIT_S", 0.05)
    readers: list[MemoryReader] = []

    class Deaf(MemoryReader):
        def _fetch(self, records_max: int):
            return [] if readers[0] is self else super()._fetch(records_max)

    def reader(log, positions) -> MemoryReader:
        readers.append(Deaf(log, positions))
        return readers[-1]

    scene.log.reader = reader
    scene.worker("a", done)
    assert (await scene.until(await scene.ask(), "completed")).epoch == 1


async def test_whoever_does_not_understand_the_log_any_more_lets_no_lease_run_out(scene: Scene):
    scene.worker("dies", forever)
    job = await scene.ask()
    await scene.until(job, "running")
    scene.running[0].cancel()
    await asyncio.gather(scene.running[0], return_exceptions=True)
    headers = (("ce_type", b"mo.JobSplit.v1"), ("ce_foldversion", str(FOLD_VERSION + 1).encode()))
    await scene.log.append(Message(JOBS.name, b"k", b"{}", headers), deadline_s=1)
    scene.worker("older", done)
    await scene.until_said(AgentSeen, AGENTS.name, state="incompatible")
    deadline = asyncio.get_running_loop().time() + 3 * PACE.lease_s
    while asyncio.get_running_loop().time() < deadline:
        await scene.log.wait_growth(0.1)
    assert not [event for event in await scene.events() if isinstance(event, JobLeaseExpired)]
