"""A fleet on real Kafka: every job is accepted once, with few claims, and no user starves."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from producers.say import Speaker
from schemas.codec import decode
from schemas.envelope import Envelope
from schemas.events import DatasetImported, DatasetImportRequested, JobClaimed
from schemas.lifecycle import Job, counted, step
from schemas.topics import JOBS
from schemas.values import ObjectRef
from storage.log.kafka import KafkaLog
from storage.log.port import Partition

pytestmark = pytest.mark.real

PROCESSES, AGENTS_EACH = 4, 5
JOBS_OF_USERS = (400, 50, 50)
CLAIMS_A_JOB_MAX = 1.3
OBJECT = ObjectRef(digest="sha256:" + "0" * 64, size_bytes=1)


@pytest.fixture
async def log(provisioned_kafka: str) -> AsyncIterator[KafkaLog]:
    log = KafkaLog(provisioned_kafka)
    yield log
    await log.close()


@asynccontextmanager
async def fleet(bootstrap: str) -> AsyncIterator[None]:
    """The agents in their processes; all of them have ended cleanly afterwards."""
    names = [f"fleet-{number}" for number in range(PROCESSES * AGENTS_EACH)]
    script = str(Path(__file__).with_name("noop_agents.py"))
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, script, bootstrap, *names[first::PROCESSES])
        for first in range(PROCESSES)
    ]
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        ended = [await process.wait() for process in processes]
    assert ended == [0] * PROCESSES


async def ask(log: KafkaLog) -> dict[UUID, int]:
    """500 jobs of three users, the big one first; job -> user."""
    speaker = Speaker(log, "/test", lambda: datetime.now(UTC), 10.0)
    users: dict[UUID, int] = {}
    for user, jobs in enumerate(JOBS_OF_USERS):
        actor = uuid4()
        said = []
        for _ in range(jobs):
            job = uuid4()
            users[job] = user
            event = DatasetImportRequested(
                job_id=job, resource="cpu-light", dataset_id=job, package=OBJECT, format="imagefolder"
            )
            said.append(speaker.say(event, id=uuid4(), actor=actor))
        await asyncio.gather(*said)
    return users


class Told:
    """What the log tells of the jobs: claims, accepted results, and whose jobs were begun in which order."""

    def __init__(self, users: dict[UUID, int]) -> None:
        self.users, self.begun = users, list[int]()
        self.claims, self.accepted = Counter[UUID](), Counter[UUID]()
        self._jobs: dict[UUID, Job | None] = {}

    def take(self, envelope: Envelope) -> None:
        event = envelope.event
        id_ = UUID(event.subject())
        before, after = self._jobs.get(id_), step(self._jobs.get(id_), envelope)
        self._jobs[id_] = after
        if isinstance(event, JobClaimed):
            self.claims[id_] += 1
            self.begun += [self.users[id_]] if counted(before, after) else []
        if isinstance(event, DatasetImported):
            self.accepted[id_] += counted(before, after)

    async def until_all_ended(self, log: KafkaLog, positions: Mapping[Partition, int]) -> None:
        reader = await log.open(positions)
        async with asyncio.timeout(120):
            while sum(self.accepted.values()) < len(self.users):
                for record in await reader.read(records_max=1000, wait_s=0.5):
                    self.take(decode(record.value, record.headers))
        await reader.close()


@pytest.mark.timeout(180)
async def test_twenty_agents_share_five_hundred_jobs_of_three_users(log: KafkaLog, provisioned_kafka: str):
    positions = await log.end(JOBS.name)
    told = Told(await ask(log))
    async with fleet(provisioned_kafka):
        await told.until_all_ended(log, positions)
    claims_a_job = sum(told.claims.values()) / len(told.users)
    last_of_small = [max(at for at, user in enumerate(told.begun) if user == small) for small in (1, 2)]
    print(f"\n{len(told.users)} jobs, {claims_a_job:.3f} claims a job, small users' last jobs begun as {last_of_small}")
    assert told.accepted == Counter(dict.fromkeys(told.users, 1))
    assert claims_a_job <= CLAIMS_A_JOB_MAX
    # in fair turns the small users' last jobs are about the 150th begun; starved, they would be among the last
    assert max(last_of_small) < 250
