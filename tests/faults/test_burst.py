"""Two thousand commands while Kafka is killed: what was acknowledged is there once, what was not has one effect."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import aiohttp
import pytest
from people import bearer
from small_case import STRUCTURE, SmallCase, make

from api.client.client import Client
from consumers.rebuild import rebuild
from deploy.local import control
from deploy.settings import Settings
from schemas.codec import decode
from schemas.envelope import command_id
from schemas.topics import CATALOG, JOBS
from storage.log.kafka import KafkaLog
from storage.views.postgres import Views

pytestmark = [pytest.mark.real, pytest.mark.bars, pytest.mark.timeout(600)]

UPLOADS, TEMPLATES, JOBS_TO_CANCEL, CANCELS_EACH = 1300, 400, 30, 10
AT_ONCE = 50
KILLS_AFTER = (400, 1200)
"""Commands that are answered when Kafka is killed."""
SECONDS_MAX = 300.0
PAUSE_S = 0.3
ACKNOWLEDGED = frozenset({200, 201, 202})
AWAY = frozenset({502, 503, 504})
COMPARED = ("entities", "commands", "jobs", "products", "undecodable")
"""Tables that only the two histories feed; agents go on speaking meanwhile."""


class Command(NamedTuple):
    """A request with a key of its own."""

    path: str
    body: dict[str, Any] | None
    key: str


class Answered(NamedTuple):
    """The last answer to a command, and how often it was asked."""

    command: Command
    status: int
    document: dict[str, Any]
    tries: int


class Burst:
    """Says commands, many at once, each again and again until it is answered."""

    def __init__(self, mo: Client, commands: list[Command]) -> None:
        self._api_url, self._headers = mo.api_url, bearer(mo._core.token)
        self._left = iter(commands)
        self.answered: list[Answered] = []

    async def run(self) -> None:
        connector = aiohttp.TCPConnector(limit=AT_ONCE)
        said = aiohttp.ClientSession(self._api_url, connector=connector, headers=self._headers)
        async with said as session, asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._say_all(session))

    async def _say_all(self, session: aiohttp.ClientSession) -> None:
        for command in self._left:
            self.answered.append(await self._say(session, command))

    async def _say(self, session: aiohttp.ClientSession, command: Command) -> Answered:
        tries = 0
        while True:
            tries += 1
            try:
                headers = {"Idempotency-Key": command.key}
                async with session.post(f"/api/v1{command.path}", json=command.body, headers=headers) as response:
                    if response.status not in AWAY:
                        return Answered(command, response.status, await response.json(content_type=None), tries)
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(PAUSE_S)


async def kill_kafka(settings: Settings, burst: Burst) -> None:
    """Kill the broker after so many answers, each time when the supervisor has brought it back."""
    for exits, after in enumerate(KILLS_AFTER):
        while len(burst.answered) < after or not kafka_is_back(settings, exits):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        state = control.state(settings)
        assert state is not None
        process = state.child("kafka").process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)


def kafka_is_back(settings: Settings, exits: int) -> bool:
    state = control.state(settings)
    return state is not None and state.child("kafka").state == "ready" and state.child("kafka").exits >= exits


def sleeping_jobs(mo: Client, case: SmallCase, folder: Path) -> list[UUID]:
    """Conversions that do not end by themselves before they are cancelled."""
    path = folder / "sleeping.py"
    path.write_text("import time\ntime.sleep(3600)\n" + STRUCTURE.replace("SmallNet", "SleepingNet"))
    structure = mo.structures.add(path, "SleepingNet")
    template = mo.templates.add(case.template("sleeping", str(structure.id)))
    pth = mo.models.upload(case.weights[0], name="sleeping")
    return [mo.convert(pth.id, template.id, name="sleeping").id for _ in range(JOBS_TO_CANCEL)]


def commands_of(case: SmallCase, digest: str, structure: UUID, jobs: list[UUID]) -> list[Command]:
    uploads = [("/pth", {"name": f"burst-{number}", "digest": digest}) for number in range(UPLOADS)]
    templates = [
        ("/templates", {"document": case.template(f"burst-{number}", str(structure))}) for number in range(TEMPLATES)
    ]
    cancels = [(f"/jobs/{job}/cancel", None) for job in jobs for _ in range(CANCELS_EACH)]
    commands = [Command(path, body, uuid4().hex) for path, body in (*uploads, *templates, *cancels)]
    random.Random(5).shuffle(commands)
    return commands


async def told(log: KafkaLog) -> Counter[UUID]:
    """How often each event stands in the two histories."""
    starts = {partition: 0 for topic in (CATALOG, JOBS) for partition in await log.end(topic.name)}
    ends = {partition: end for topic in (CATALOG, JOBS) for partition, end in (await log.end(topic.name)).items()}
    found: Counter[UUID] = Counter()
    reader = await log.open(starts)
    async with asyncio.timeout(SECONDS_MAX):
        while any(reader.positions()[partition] < end for partition, end in ends.items()):
            for record in await reader.read(records_max=2000, wait_s=0.5):
                found[decode(record.value, record.headers).id] += 1
    await reader.close()
    return found


async def compare_with_a_rebuild(log: KafkaLog, dsn: str, schema: str) -> dict[str, list[Any]]:
    """The rows of the read models, which are those of a rebuild from offset 0."""
    views = await Views.open(dsn, schema)
    again = await rebuild(log, lambda name: Views.open(dsn, name), f"t_{uuid4().hex[:12]}")
    made, made_again = await views.dump(), await again.dump()
    for table in COMPARED:
        assert made[table] == made_again[table], table
    async with again._asking() as connection:
        await connection.execute(f"drop schema {again.schema} cascade")
    await again.close()
    await views.close()
    return made


async def test_acknowledged_commands_survive_kills_of_kafka_and_retried_ones_have_one_effect(
    mo: Client, system_settings: Settings, tmp_path: Path
):
    case = make(tmp_path)
    jobs = sleeping_jobs(mo, case, tmp_path)
    structure = mo.structures.find("SleepingNet")
    owner = mo.models.find_pth("sleeping").owner
    commands = commands_of(case, mo.upload(case.weights[1]).digest, structure.id, jobs)
    burst = Burst(mo, commands)
    begun = time.monotonic()
    async with asyncio.timeout(SECONDS_MAX), asyncio.TaskGroup() as group:
        group.create_task(burst.run())
        group.create_task(kill_kafka(system_settings, burst))
    took_s = time.monotonic() - begun
    again = sum(each.tries > 1 for each in burst.answered)
    print(f"\n{len(commands)} commands in {took_s:.1f} s, {again} of them said again")
    assert {each.command for each in burst.answered if each.status not in (*ACKNOWLEDGED, 409)} == set()
    assert again > 0, "Kafka was never missed: the kills came too late"

    state = control.state(system_settings)
    assert state is not None
    ended = [await asyncio.to_thread(mo.jobs.wait, job, SECONDS_MAX) for job in jobs]
    log = KafkaLog(state.kafka_bootstrap)
    records = await told(log)
    check_log(burst.answered, owner, records)
    check_cancels(burst.answered, {job.id: job.state for job in ended})
    made = await compare_with_a_rebuild(log, state.postgres_dsn, system_settings.schema)
    await log.close()
    names = Counter(row.name for row in made["entities"] if row.name.startswith("burst-"))
    expected = {command.key for command in commands if "cancel" not in command.path}
    assert len(expected) == UPLOADS + TEMPLATES
    assert sum(names.values()) == len(expected)
    ids = {str(row.id) for row in made["entities"]}
    missing = [each for each in burst.answered if "id" in each.document and "/cancel" not in each.command.path]
    assert {each.document["id"] for each in missing} <= ids


def check_log(answered: list[Answered], owner: UUID, records: Counter[UUID]) -> None:
    """An upload or a template that was acknowledged at once is in the log once, one said again at least."""
    for each in answered:
        if each.command.path.endswith("/cancel"):
            continue
        assert each.status in ACKNOWLEDGED, each
        id_ = command_id(owner, f"POST /api/v1{each.command.path}", each.command.key)
        if each.tries == 1:
            assert records[id_] == 1, each
        else:
            assert records[id_] >= 1, each


def check_cancels(answered: list[Answered], states: dict[UUID, str]) -> None:
    """A job whose cancellation was acknowledged is cancelled."""
    acknowledged = {
        UUID(each.command.path.split("/")[2])
        for each in answered
        if each.command.path.endswith("/cancel") and each.status in ACKNOWLEDGED
    }
    assert len(acknowledged) > JOBS_TO_CANCEL / 2
    assert {states[job] for job in acknowledged} == {"cancelled"}
