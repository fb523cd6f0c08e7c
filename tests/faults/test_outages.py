"""The ordinary bad day: a server or an agent dies or stands still in the middle of a job, and the job is done once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from small_case import make

from api.client.client import Client
from api.client.errors import ProblemError
from deploy.local import control
from deploy.local.state import StackState
from deploy.settings import Settings
from producers.say import Speaker
from schemas.codec import decode_in
from schemas.envelope import Envelope
from schemas.events import (
    AgentSeen,
    DatasetImported,
    DatasetImportRequested,
    Event,
    JobClaimed,
    JobLeaseExpired,
    JobProgressed,
    JobResult,
)
from schemas.lifecycle import Job, counted, step
from schemas.topics import AGENTS, JOBS, PROGRESS
from schemas.values import ObjectRef
from storage.log.kafka import KafkaLog
from storage.log.port import Reader

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

ROOT = Path(__file__).parents[2]
SECONDS_MAX = 60
HEARTBEATS_OF_A_LEASE = 8
"""More than fit into one lease of the system of the tests (3 s, one each 0.5 s)."""
OBJECT = ObjectRef(digest="sha256:" + "0" * 64, size_bytes=1)


class Story:
    """What was said about jobs and agents since it began."""

    def __init__(self, log: KafkaLog, reader: Reader) -> None:
        self._reader = reader
        self.said: list[Envelope] = []
        self.speaker = Speaker(log, "/test", lambda: datetime.now(UTC), 30.0)

    async def until(self, check: Callable[[], bool]) -> None:
        """Read on until the check holds."""
        async with asyncio.timeout(SECONDS_MAX):
            while not check():
                for record in await self._reader.read(records_max=500, wait_s=0.2):
                    self.said.append(decode_in(record.partition.topic, record.key, record.value, record.headers))

    def of(self, job: UUID, event: type[Event]) -> list[Event]:
        """What was said of the job, in order."""
        return [each.event for each in self.said if isinstance(each.event, event) and each.event.subject() == str(job)]

    def heard_of(self, agent: str) -> bool:
        return any(isinstance(each.event, AgentSeen) and each.event.agent == agent for each in self.said)

    def fold(self, job: UUID) -> Job | None:
        state: Job | None = None
        for each in self.said:
            if each.event.subject() == str(job):
                state = step(state, each)
        return state

    def in_state(self, job: UUID, state: str, epoch: int = 1) -> bool:
        now = self.fold(job)
        return now is not None and (now.state, now.epoch) == (state, epoch)

    def accepted(self, job: UUID) -> list[JobResult]:
        """The results that counted."""
        state, results = None, []
        for each in self.said:
            if each.event.subject() == str(job):
                before, state = state, step(state, each)
                if isinstance(each.event, JobResult) and counted(before, state):
                    results.append(each.event)
        return results

    async def ask(self) -> UUID:
        """A job for the agents of `held_agents.py` only."""
        job = uuid4()
        event = DatasetImportRequested(
            job_id=job, resource="cpu-light", platform="ascend", dataset_id=job, package=OBJECT, format="imagefolder"
        )
        await self.speaker.say(event, id=uuid4(), actor=uuid4())
        return job


@pytest.fixture
async def story(system_settings: Settings) -> AsyncIterator[Story]:
    log = KafkaLog(stack(system_settings).kafka_bootstrap)
    positions = {place: end for topic in (JOBS, PROGRESS, AGENTS) for place, end in (await log.end(topic.name)).items()}
    reader = await log.open(positions)
    yield Story(log, reader)
    await reader.close()
    await log.close()


class Release:
    """The file that lets held jobs go on."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def now(self) -> None:
        self.path.touch()


@pytest.fixture
def release(tmp_path: Path) -> Release:
    return Release(tmp_path / "go-on")


class Agents:
    """Processes of `held_agents.py`, one agent each."""

    def __init__(self) -> None:
        self._processes: dict[str, asyncio.subprocess.Process] = {}

    @classmethod
    @asynccontextmanager
    async def running(cls, settings: Settings, release: Release, story: Story, *names: str) -> AsyncIterator[Agents]:
        """The agents, at work; all of them end cleanly afterwards."""
        agents = cls()
        script = str(Path(__file__).with_name("held_agents.py"))
        told = (stack(settings).kafka_bootstrap, str(settings.lease_s), str(release.path))
        for name in names:
            agents._processes[name] = await asyncio.create_subprocess_exec(
                sys.executable, script, *told, name, env={**os.environ, "PYTHONPATH": str(ROOT)}
            )
        try:
            await story.until(lambda: agents.dead() or all(story.heard_of(name) for name in names))
            assert not agents.dead()
            yield agents
        finally:
            for name in names:
                agents.signal(name, signal.SIGCONT)
                agents.signal(name, signal.SIGTERM)
            ended = [await each.wait() for each in agents._processes.values()]
        assert ended == [0] * len(names)

    def dead(self) -> bool:
        return any(process.returncode is not None for process in self._processes.values())

    def signal(self, name: str, number: signal.Signals) -> None:
        if self._processes[name].returncode is None:
            self._processes[name].send_signal(number)

    async def end(self, name: str) -> None:
        self.signal(name, signal.SIGTERM)
        await self._processes[name].wait()


def stack(settings: Settings) -> StackState:
    state = control.state(settings)
    assert state is not None
    return state


def kill(settings: Settings, child: str) -> int:
    """Kill -9; how often the child has ended unexpectedly so far."""
    report = stack(settings).child(child)
    assert report.process is not None
    os.kill(report.process.pid, signal.SIGKILL)
    return report.exits


async def until_back(settings: Settings, child: str, exits: int) -> None:
    """Wait until the supervisor has started the child again and everything is ready."""
    async with asyncio.timeout(SECONDS_MAX):
        while not (  # noqa: ASYNC110 - the supervisor is another process
            stack(settings).ready and stack(settings).child(child).exits > exits
        ):
            await asyncio.sleep(0.05)


def until_completed(mo: Client, job: UUID) -> None:
    """Wait until the API knows the job, which was not asked for through it, and knows that it has ended."""
    deadline_s = time.monotonic() + SECONDS_MAX
    ended = None
    while ended is None and time.monotonic() < deadline_s:
        try:
            ended = mo.jobs.wait(job, SECONDS_MAX)
        except ProblemError:
            time.sleep(0.1)
    assert ended is not None
    assert ended.state == "completed"


def renamed(structure: Path, name: str) -> Path:
    """The network under a name of its own, for the system is shared by many tests."""
    structure.write_text(structure.read_text().replace("SmallNet", name))
    return structure


def processes(settings: Settings) -> dict[str, object]:
    return {child.name: child.process for child in stack(settings).children}


async def test_kafka_killed_during_a_job_expires_nothing(system_settings: Settings, story: Story, release: Release):
    async with Agents.running(system_settings, release, story, "held-1", "held-2"):
        job = await story.ask()
        await story.until(lambda: story.in_state(job, "running"))
        await until_back(system_settings, "kafka", kill(system_settings, "kafka"))
        heard = len(story.of(job, JobProgressed))
        # the witnesses, three agents with the system's own, could have let it run out since
        await story.until(lambda: len(story.of(job, JobProgressed)) >= heard + 2 * HEARTBEATS_OF_A_LEASE)
        release.now()
        await story.until(lambda: story.in_state(job, "completed"))
    assert story.of(job, JobLeaseExpired) == []
    # both may have reached for it at once
    assert {claim.epoch for claim in story.of(job, JobClaimed) if isinstance(claim, JobClaimed)} == {1}
    assert len(story.accepted(job)) == 1


async def test_an_agent_that_stood_still_does_not_end_a_job_that_is_another_ones(
    system_settings: Settings, story: Story, release: Release
):
    async with Agents.running(system_settings, release, story, "still-1", "still-2") as agents:
        job = await story.ask()
        await story.until(lambda: story.in_state(job, "running"))
        first = story.fold(job)
        assert first is not None
        zombie, other = first.agent, {"still-1": "still-2", "still-2": "still-1"}[first.agent]
        agents.signal(zombie, signal.SIGSTOP)
        await story.until(lambda: story.in_state(job, "running", epoch=2))
        agents.signal(zombie, signal.SIGCONT)
        # it may be late, and it may be said by somebody who never learns: the log's order decides
        assert first.instance is not None
        late = DatasetImported(
            job_id=job, epoch=1, instance=first.instance, dataset_id=job, pack=OBJECT, images=9, classes=9
        )
        await story.speaker.say(late, id=uuid4(), actor=uuid4())
        await story.until(lambda: late in story.of(job, DatasetImported))
        release.now()
        await story.until(lambda: story.in_state(job, "completed", epoch=2))
        await agents.end(other)
        # the one that stood still is well again, and has said whatever it had to say
        second = await story.ask()
        await story.until(lambda: story.in_state(second, "completed"))
    (result,) = story.accepted(job)
    assert (result.epoch, result.instance) != (1, first.instance)
    now = story.fold(second)
    assert now is not None
    assert now.agent == zombie


async def test_postgres_killed_and_back_has_missed_nothing(
    system_settings: Settings, story: Story, mo: Client, release: Release, tmp_path: Path
):
    release.now()
    before = processes(system_settings)
    async with Agents.running(system_settings, release, story, "pg-1"):
        exits = kill(system_settings, "postgres")
        jobs = [await story.ask() for _ in range(20)]
        await story.until(lambda: all(story.in_state(job, "completed") for job in jobs))
        await until_back(system_settings, "postgres", exits)
        for job in jobs:
            await asyncio.to_thread(until_completed, mo, job)
    # what is said through the API goes round again: written, projected, read
    structure = renamed(make(tmp_path).structure, "PostgresNet")
    added = await asyncio.to_thread(mo.structures.add, structure, "PostgresNet")
    assert (await asyncio.to_thread(mo.structures.get, added.id)).id == added.id
    after = processes(system_settings)
    assert {name for name in after if after[name] != before[name]} == {"postgres"}, "they heal without a new start"


async def test_the_api_killed_while_a_job_needs_it_costs_the_job_nothing(
    system_settings: Settings, story: Story, mo: Client, tmp_path: Path
):
    case = make(tmp_path)
    structure = await asyncio.to_thread(mo.structures.add, renamed(case.structure, "ApiNet"), "ApiNet")
    template = await asyncio.to_thread(mo.templates.add, case.template("outage", str(structure.id)))
    pth = await asyncio.to_thread(mo.models.upload, case.weights[0], name="outage")
    job = await asyncio.to_thread(mo.convert, pth.id, template.id, name="outage")
    await story.until(lambda: any(each.stage not in ("", "fetch") for each in story.of(job.id, JobProgressed)))
    report = stack(system_settings).child("api")
    assert report.process is not None
    # first deaf and then dead: whatever the agent wants to store meets one or the other
    os.kill(report.process.pid, signal.SIGSTOP)
    await story.until(lambda: any(each.stage == "pack" for each in story.of(job.id, JobProgressed)))
    await until_back(system_settings, "api", kill(system_settings, "api"))
    ended = await asyncio.to_thread(mo.jobs.wait, job.id, SECONDS_MAX)
    assert (ended.state, ended.epoch) == ("completed", 1), ended.message
    await story.until(lambda: story.in_state(job.id, "completed"))
    assert len(story.accepted(job.id)) == 1
    assert len(story.of(job.id, JobClaimed)) == 1
