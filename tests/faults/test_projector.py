"""Projectors that are killed all the time, two at once: nothing is lost, nothing is counted twice."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from consumers.rebuild import rebuild
from deploy.provision import provision
from schemas.codec import encode
from schemas.envelope import Envelope
from schemas.events import DatasetImported, DatasetImportRequested, Event, JobClaimed, JobLeaseExpired
from schemas.topics import JOBS, TOPICS
from schemas.values import ObjectRef
from storage.log.kafka import KafkaLog
from storage.log.port import Message
from storage.views.postgres import Views
from storage.views.watcher import Watcher

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
JOBS_ASKED, RIVALS, DEATHS_MIN = 290, 2, 12
SECONDS_MAX = 120
OBJECT = ObjectRef(digest="sha256:" + "0" * 64, size_bytes=1)
ACTOR = UUID(int=1)


def life(job: UUID, dataset: UUID) -> Iterator[tuple[UUID, Event]]:
    """A job that is asked for twice, expires once and is done twice, by a zombie first: ids and events in order."""
    zombie, owner, asked = uuid4(), uuid4(), uuid4()
    request = DatasetImportRequested(
        job_id=job, resource="cpu-light", dataset_id=dataset, package=OBJECT, format="imagefolder"
    )
    yield asked, request
    yield asked, request
    yield uuid4(), JobClaimed(job_id=job, epoch=1, agent="zombie", instance=zombie)
    yield uuid4(), JobLeaseExpired(job_id=job, epoch=1, progressed=True)
    yield uuid4(), JobClaimed(job_id=job, epoch=2, agent="owner", instance=owner)
    for epoch, instance, images in ((1, zombie, 1), (2, owner, 2)):
        yield (
            uuid4(),
            DatasetImported(
                job_id=job, epoch=epoch, instance=instance, dataset_id=dataset, pack=OBJECT, images=images, classes=1
            ),
        )


async def say(log: KafkaLog, id_: UUID, event: Event) -> None:
    envelope = Envelope(id=id_, event=event, time=datetime.now(UTC), source="/test", actor=ACTOR, fold_version=1)
    key, value, headers = encode(envelope)
    await log.append(Message(JOBS.name, key, value, headers), deadline_s=30)


async def say_all(log: KafkaLog, dataset: UUID) -> list[UUID]:
    """2,030 job events, and now and then some that nobody can read."""
    jobs = [uuid4() for _ in range(JOBS_ASKED)]
    for chapter in zip(*(life(job, dataset) for job in jobs), strict=True):
        await asyncio.gather(*(say(log, *told) for told in chapter))
        await log.append(Message(JOBS.name, b"junk", b"\x00\xff", ()), deadline_s=30)
    return jobs


class Rivals:
    """Projector processes: whoever dies is replaced, until told to be calm."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = (sys.executable, str(Path(__file__).with_name("projector_process.py")), *arguments)
        self._seeds, self._random = count(), random.Random(7)
        self._alive: set[asyncio.subprocess.Process] = set()
        self._calm = asyncio.Event()
        self.deaths = 0
        self.enough = asyncio.Event()

    async def keep_one(self) -> int:
        """One rival after another; the exit status of the last."""
        while True:
            mood = "calm" if self._calm.is_set() else "deadly"
            process = await asyncio.create_subprocess_exec(
                *self._arguments, str(next(self._seeds)), mood, env={**os.environ, "PYTHONPATH": str(ROOT)}
            )
            self._alive.add(process)
            if mood == "deadly" and self._calm.is_set():
                process.kill()
            # most die of their own hand at a named point; this one dies at any moment
            killer = asyncio.get_running_loop().call_later(self._random.uniform(1, 6), self._kill, process)
            status = await process.wait()
            killer.cancel()
            self._alive.discard(process)
            if status != -signal.SIGKILL:
                return status
            self.deaths += 1
            if self.deaths >= DEATHS_MIN:
                self.enough.set()

    def _kill(self, process: asyncio.subprocess.Process) -> None:
        if not self._calm.is_set():
            process.kill()

    def be_calm(self) -> None:
        """Nobody is killed any more; the deadly ones that are alive are the last to die."""
        self._calm.set()
        for process in self._alive:
            process.kill()

    def stop(self) -> None:
        for process in self._alive:
            process.terminate()


@pytest.fixture
async def log(kafka_bootstrap: str) -> AsyncIterator[KafkaLog]:
    await provision(kafka_bootstrap, TOPICS.values(), replication=1)
    log = KafkaLog(kafka_bootstrap)
    yield log
    await log.close()


async def test_killed_rivals_lose_nothing_and_count_nothing_twice(
    log: KafkaLog, kafka_bootstrap: str, postgres_dsn: str
):
    schema, dataset = f"t_{uuid4().hex[:12]}", uuid4()
    rivals = Rivals(kafka_bootstrap, postgres_dsn, schema)
    running = [asyncio.create_task(rivals.keep_one()) for _ in range(RIVALS)]
    async with asyncio.timeout(SECONDS_MAX):
        jobs = await say_all(log, dataset)
        while not rivals.enough.is_set():
            # go on giving them something to die over
            jobs += await say_all(log, dataset)
        rivals.be_calm()
        ends = {partition: end for topic in TOPICS for partition, end in (await log.end(topic)).items() if end}
        watcher = await Watcher.open(postgres_dsn, schema)
        for partition, end in ends.items():
            assert await watcher.wait_position(partition, end - 1, timeout_s=SECONDS_MAX)
        await watcher.close()
        rivals.stop()
        assert await asyncio.gather(*running) == [0] * RIVALS
    await compare(log, postgres_dsn, schema, dataset, jobs)


async def compare(log: KafkaLog, dsn: str, schema: str, dataset: UUID, jobs: list[UUID]) -> None:
    """What was made under fire, against what was said and against a rebuild from offset 0."""
    views = await Views.open(dsn, schema)
    again = await rebuild(log, lambda name: Views.open(dsn, name), f"{schema}_again")
    made = await views.products("dataset_version", [dataset])
    assert {row.job_id for row in made} == set(jobs)
    assert all(b'"images":2' in row.document for row in made), "a zombie's result was taken"
    assert {row.state for row in await views.jobs_by_ids(jobs)} == {"completed"}
    assert len(await views.jobs_by_ids(jobs)) == len(jobs)
    assert await views.dump() == await again.dump()
    assert await views.positions() == await again.positions()
    for each in (views, again):
        async with each._asking() as connection:
            await connection.execute(f"drop schema {each.schema} cascade")
        await each.close()
