"""How quick the bus is: `python tests/benchmarks/bus.py [--finished-jobs 1000000] [--only visible|projector|agent]`.

Every figure stands beside a peer measured in the same run: a command's way to the read models beside a bare record's
way through Kafka, the projector beside only reading the same records, an agent's start beside one with a snapshot.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from uuid import UUID, uuid4

import aiohttp

from agents.view import View
from consumers.projector import Projector
from deploy.local import control
from deploy.local.apps import APPS, App
from deploy.local.home import Home
from deploy.local.state import StackState
from deploy.provision import provision
from deploy.settings import Settings
from producers.say import Speaker
from schemas.events import DatasetImported, DatasetImportRequested, Event, JobClaimed
from schemas.topics import JOBS, TOPICS
from schemas.values import ObjectRef
from storage.log.kafka import KafkaLog
from storage.log.port import Message
from storage.views.postgres import Views

OBJECT = ObjectRef(digest="sha256:" + "0" * 64, size_bytes=1)
ROUNDS = 300
WARM_UP_ROUNDS = 20
PROJECTED_JOBS = 20_000
AT_ONCE = 2_000


@asynccontextmanager
async def stack(apps: tuple[App, ...]) -> AsyncIterator[tuple[StackState, Home]]:
    """A stack of its own in a temporary home."""
    with tempfile.TemporaryDirectory(prefix="mo-bench-") as home:
        os.chmod(home, 0o711)  # noqa: PTH101 PostgreSQL's own user must pass through
        settings = Settings.from_env({"MO_HOME": home})
        state = await control.up(settings, on_event=lambda _what, _happened: None, apps=apps)
        try:
            yield state, Home(settings.home)
        finally:
            await control.down(settings)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share lies (nearest rank)."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def report(name: str, values: Sequence[float], unit: str = "ms") -> None:
    """One line: median and p99."""
    print(f"{name:<42} p50 {median(values):8.2f} {unit}   p99 {percentile(values, 0.99):8.2f} {unit}")


async def visible() -> None:
    """Submit to visible beside produce to read, turn by turn."""
    without_agent = tuple(app for app in APPS if not app.name.startswith("agent"))
    async with stack(without_agent) as (state, home), aiohttp.ClientSession(state.api_url) as http:
        http.headers["Authorization"] = f"Bearer {home.token.read_text()}"
        log = KafkaLog(state.kafka_bootstrap)
        probe = "bench-raw"
        await _topic(state.kafka_bootstrap, probe)
        reader = await log.open(await log.end(probe))
        async with http.post("/api/v1/objects", data=b"weights") as answer:
            digest = (await answer.json())["digest"]
        raw_ms, submit_ms = [], []
        for _ in range(ROUNDS + WARM_UP_ROUNDS):
            start = time.perf_counter()
            await log.append(Message(probe, b"k", b"x" * 300), deadline_s=10)
            while not await reader.read(records_max=10, wait_s=1.0):
                pass
            raw_ms.append((time.perf_counter() - start) * 1000)
            start = time.perf_counter()
            async with http.post("/api/v1/pth", json={"name": "bench", "digest": digest}) as answer:
                assert answer.status == 201, await answer.text()
                await answer.read()
            submit_ms.append((time.perf_counter() - start) * 1000)
        await reader.close()
        await log.close()
    raw_ms, submit_ms = raw_ms[WARM_UP_ROUNDS:], submit_ms[WARM_UP_ROUNDS:]
    report("raw: append to read", raw_ms)
    report("command: POST to visible in the read models", submit_ms)
    p99 = percentile(submit_ms, 0.99) / percentile(raw_ms, 0.99)
    print(f"ratio p50 {median(submit_ms) / median(raw_ms):.2f}  p99 {p99:.2f}  (goal: at most 3)")


async def _topic(bootstrap: str, name: str) -> None:
    from schemas.topics import Topic

    await provision(bootstrap, [Topic(name, 1, -1)], replication=1)


async def finish_jobs(bootstrap: str, jobs: int) -> float:
    """Put `jobs` whole lives (request, claim, result) into the log; records a second."""
    log = KafkaLog(bootstrap)
    speaker = Speaker(log, "/bench", lambda: datetime.now(UTC), 120.0)
    actor, instance = uuid4(), uuid4()

    start = time.perf_counter()
    for first in range(0, jobs, AT_ONCE):
        lives = [_life(uuid4(), instance) for _ in range(min(AT_ONCE, jobs - first))]
        for said in zip(*lives, strict=True):
            await asyncio.gather(*(speaker.say(event, id=uuid4(), actor=actor) for event in said))
    await log.close()
    return 3 * jobs / (time.perf_counter() - start)


def _life(job: UUID, instance: UUID) -> tuple[Event, ...]:
    return (
        DatasetImportRequested(
            job_id=job, resource="cpu-light", dataset_id=job, package=OBJECT, format="imagefolder"
        ),
        JobClaimed(job_id=job, epoch=1, agent="bench", instance=instance),
        DatasetImported(
            job_id=job, epoch=1, instance=instance, dataset_id=job, pack=OBJECT, images=1, classes=1
        ),
    )  # fmt: skip


async def projector() -> None:
    """Projecting beside reading the same records without doing anything."""
    async with stack(()) as (state, _):
        await provision(state.kafka_bootstrap, TOPICS.values(), replication=1)
        await finish_jobs(state.kafka_bootstrap, PROJECTED_JOBS)
        log = KafkaLog(state.kafka_bootstrap)
        records = 3 * PROJECTED_JOBS
        start = time.perf_counter()
        reader = await log.open(dict.fromkeys(await log.end(JOBS.name), 0))
        left = records
        while left:
            left -= len(await reader.read(records_max=1000, wait_s=1.0))
        await reader.close()
        read_s = time.perf_counter() - start
        views = await Views.open(state.postgres_dsn, "bench")
        start = time.perf_counter()
        await Projector(log, views).catch_up()
        projected_s = time.perf_counter() - start
        await views.close()
        await log.close()
    print(f"reading only                               {records / read_s:10,.0f} events/s")
    print(
        f"projector                                  {records / projected_s:10,.0f} events/s  (goal: at least 20,000)"
    )
    print(f"ratio {read_s / projected_s:.2f}")


async def start_agent(bootstrap: str, snapshot: str) -> None:
    """What an agent does at its start: read and fold up to the end. Prints seconds and peak memory (in a child)."""
    log = KafkaLog(bootstrap)
    start = time.perf_counter()
    path = Path(snapshot) if snapshot else None
    view = View(log, lease_s=60, announce_s=5, snapshot_path=path, now=time.monotonic)
    await view.open()
    while not view.sees_everything():
        await view.read(wait_s=0.2)
    seconds = time.perf_counter() - start
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{seconds:8.2f} s   peak {peak_mb:7.0f} MB   {len(view.table.ended):,} finished jobs known")
    await view.close()
    await log.close()


async def agent(finished_jobs: int) -> None:
    """An agent's start with a long history, without and with its snapshot."""
    async with stack(()) as (state, _):
        await provision(state.kafka_bootstrap, TOPICS.values(), replication=1)
        rate = await finish_jobs(state.kafka_bootstrap, finished_jobs)
        print(f"{finished_jobs:,} finished jobs written at {rate:,.0f} records/s")
        with tempfile.TemporaryDirectory() as folder:
            snapshot = str(Path(folder) / "jobs.snapshot")
            for name, path in (
                ("without snapshot", ""),
                ("making the snapshot", snapshot),
                ("with snapshot", snapshot),
            ):
                print(f"agent start, {name:<22}", end="", flush=True)
                command = [sys.executable, __file__, "--agent-of", state.kafka_bootstrap, "--snapshot", path]
                await asyncio.to_thread(subprocess.run, command, check=True)


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--finished-jobs", type=int, default=1_000_000)
    parser.add_argument("--only", choices=("visible", "projector", "agent"))
    parser.add_argument("--agent-of", default="", help=argparse.SUPPRESS)
    parser.add_argument("--snapshot", default="", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.agent_of:
        asyncio.run(start_agent(asked.agent_of, asked.snapshot))
        return
    print(f"{os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}")
    if asked.only in (None, "visible"):
        asyncio.run(visible())
    if asked.only in (None, "projector"):
        asyncio.run(projector())
    if asked.only in (None, "agent"):
        asyncio.run(agent(asked.finished_jobs))


if __name__ == "__main__":
    main()
