"""The stream: who hears what, what is told to those who missed something, and that it ends and heals."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.feed import PROGRESS_S_MIN, QUEUE_MAX, READERS_MAX, RING_MAX, Hub, Steady, Wanted
from api.resources import Happened
from api.stream import HUB, Feeder
from schemas.events import JobFailed, JobLogged, JobProgressed
from schemas.topics import CATALOG
from schemas.values import Code
from storage.log.memory import MemoryLog
from storage.log.port import LogError, LostLogError

NOW = datetime(2026, 1, 2, tzinfo=UTC)
JOB, OTHER = UUID(int=1), UUID(int=2)
INSTANCE = UUID(int=7)
ALL = Wanted(frozenset({"jobs"}))


def happened(number: int = 0, id_: UUID = JOB, topic: str = "jobs") -> Happened:
    return Happened(topics=[topic], name=f"e{number}", ids=[id_], position="mo.jobs/0/0", time=NOW)


def hub(messages: int = 0) -> Hub:
    made = Hub("boot")
    for number in range(messages):
        made.publish(happened(number))
    return made


async def names(reader) -> list[str]:
    return [frame.happened.name for frame in (await reader.take(0)).frames]


async def test_a_reader_hears_its_topics_and_its_entity_from_now_on():
    ours = hub(3)
    everything, one = ours.subscribe(ALL, ""), ours.subscribe(Wanted(frozenset({"jobs"}), OTHER), "")
    ours.publish(happened(3))
    ours.publish(happened(4, OTHER))
    ours.publish(happened(5, OTHER, "models"))
    assert await names(everything) == ["e3", "e4"]
    assert await names(one) == ["e4"]


async def test_who_comes_back_goes_on_where_it_was():
    ours = hub(9)
    taken = await ours.subscribe(ALL, "boot-6").take(0)
    assert ([frame.happened.name for frame in taken.frames], taken.resync, taken.after) == (
        ["e6", "e7", "e8"],
        False,
        6,
    )
    assert await names(ours.subscribe(ALL, "boot-9")) == []


@pytest.mark.parametrize("last_id", ["before-6", "boot-10", "boot-x", "boot-", "nonsense", f"boot-{'9' * 400}"])
async def test_who_comes_back_with_another_id_starts_over(last_id: str):
    taken = await hub(9).subscribe(ALL, last_id).take(0)
    assert (taken.resync, taken.frames, taken.after) == (True, [], 9)


async def test_who_comes_back_too_late_starts_over():
    ours = hub(RING_MAX + 5)
    assert (await ours.subscribe(ALL, "boot-4").take(0)).resync
    assert not (await ours.subscribe(ALL, f"boot-{RING_MAX}").take(0)).resync


async def test_a_slow_reader_starts_over_and_hears_what_comes_then():
    ours = hub()
    slow = ours.subscribe(ALL, "")
    for number in range(QUEUE_MAX + 3):
        ours.publish(happened(number))
    taken = await slow.take(0)
    assert taken.resync
    assert [frame.happened.name for frame in taken.frames] == [f"e{QUEUE_MAX + 1}", f"e{QUEUE_MAX + 2}"]
    assert taken.after == QUEUE_MAX + 1


async def test_what_is_recent_comes_first_where_it_is_asked_for():
    ours = hub(QUEUE_MAX + 2)
    assert (await names(ours.subscribe(ALL, "", recent=True)))[0] == "e2"


async def test_after_a_gap_in_the_log_everybody_starts_over():
    ours = hub(3)
    reader = ours.subscribe(ALL, "")
    ours.resync()
    assert (await reader.take(0)).resync
    assert (await ours.subscribe(ALL, "boot-3").take(0)).resync
    assert not (await ours.subscribe(ALL, ours.id(4)).take(0)).resync


def test_there_are_only_so_many_readers():
    ours = hub()
    readers = [ours.subscribe(ALL, "") for _ in range(READERS_MAX)]
    assert ours.subscribe(ALL, "") is None
    ours.leave(readers[0])
    assert ours.subscribe(ALL, "") is not None


def test_progress_of_a_job_is_let_through_now_and_then_the_newest_always():
    steady = Steady()
    assert steady.take(JOB, happened(0), 0.0) is not None
    assert steady.take(OTHER, happened(0, OTHER), 0.0) is not None
    assert steady.take(JOB, happened(1), 0.1) is None
    assert steady.take(JOB, happened(2), 0.2) is None
    assert steady.due(0.2) == []
    assert [each.name for each in steady.due(PROGRESS_S_MIN)] == ["e2"]
    assert steady.take(JOB, happened(3), PROGRESS_S_MIN + 0.1) is None
    steady.forget(JOB)
    assert steady.due(9.0) == []


class Stream:
    """One connection: events as (name, id, data)."""

    def __init__(self, answer) -> None:
        self.answer = answer

    async def next(self) -> tuple[str, str, Any]:
        fields: dict[str, str] = {}
        async with asyncio.timeout(10):
            while line := (await self.answer.content.readline()).decode().rstrip("\n"):
                name, _, value = line.partition(": ")
                fields[name] = value
        return fields.get("event", "message"), fields.get("id", ""), json.loads(fields.get("data", "{}"))


@asynccontextmanager
async def listening(api, query: str = "", **headers: str) -> AsyncIterator[Stream]:
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    async with api.session.get(f"/api/v1/stream{query}", headers=headers) as answer:
        assert answer.status == 200, await answer.read()
        yield Stream(answer)


@pytest.fixture
async def fed(api):
    """The API once its stream reads the log."""
    async with asyncio.timeout(10), listening(api) as stream:
        while (await stream.next())[0] != "resync" and not api.app[HUB]._floor:
            pass
    return api


async def test_the_stream_tells_what_is_said_and_where_to_see_it(fed):
    async with listening(fed, "?topics=models") as stream:
        assert stream.answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert stream.answer.headers["Cache-Control"] == "no-store"
        assert stream.answer.headers["X-Accel-Buffering"] == "no"
        assert (await stream.next())[0] == "hello"
        pth = await fed.pth()
        event, id_, data = await stream.next()
    assert (event, data["name"], data["ids"], data["topics"]) == ("message", "Upload", [str(pth)], ["models"])
    assert data["position"] == f"{CATALOG.name}/0/0"
    async with listening(fed, "?topics=models", Last_Event_ID=id_) as stream:
        other = await fed.pth()
        assert (await stream.next())[0] == "hello"
        assert (await stream.next())[2]["ids"] == [str(other)]


async def test_a_jobs_story_is_told_with_reasons_as_sentences(fed):
    job = UUID((await fed.conversion())["id"])
    async with listening(fed, f"?entity={job}&topics=jobs,progress,logs") as stream:
        await stream.next()
        await fed.claimed(job)
        told = {"job_id": job, "epoch": 1, "instance": INSTANCE}
        for event in (
            JobProgressed(**told, agent="a", step=1, stage="export", fraction=0.5),
            JobLogged(**told, first_line=0, lines=("one", "two")),
            JobFailed(**told, reason=Code("job_child_died", {"signal": "9"})),
        ):
            await fed.speaker.say(event, id=uuid4(), actor=INSTANCE)
        heard = [(await stream.next())[2] for _ in range(4)]
    by_name = {each["name"]: each for each in heard}
    assert by_name.keys() == {"JobClaimed", "JobProgressed", "JobLogged", "JobFailed"}
    assert by_name["JobProgressed"]["data"]["stage"] == "export"
    assert by_name["JobLogged"]["data"]["lines"] == ["one", "two"]
    assert by_name["JobFailed"]["reason"]["code"] == "job_child_died"
    assert "signal 9" in by_name["JobFailed"]["message"]


async def test_silence_is_broken_by_pings(fed):
    async with listening(fed, "?ping=1") as stream:
        assert (await stream.next())[0] == "hello"
        assert await stream.next() == ("message", "", {})


@pytest.mark.parametrize("query", ["topics=jobs,colours", "entity=x", "ping=0", "ping=99", "colour=blue"])
async def test_streams_that_mean_nothing_are_refused(api, query):
    answer = await api.get(f"/stream?{query}")
    assert answer.status == 400


async def test_readers_are_told_the_end_at_once_when_the_api_stops(fed):
    async with listening(fed) as stream:
        await stream.next()
        async with asyncio.timeout(3):
            await asyncio.gather(fed._runner.cleanup(), stream.answer.read())


class Sore(MemoryLog):
    """A log whose readers fail as often as the test says."""

    faults: list[Exception]

    async def open(self, positions):
        reader = await super().open(positions)
        read = reader.read

        async def failing(**options):
            if self.faults:
                raise self.faults.pop(0)
            return await read(**options)

        reader.read = failing
        return reader


@pytest.mark.parametrize(("fault", "missed"), [(LogError("away"), False), (LostLogError("gone"), True)])
async def test_the_feeder_goes_on_after_an_outage(api, monkeypatch, fault: Exception, missed: bool):
    monkeypatch.setattr("api.stream.AGAIN_S", 0)
    log = Sore(api.log._partitions)
    log._kept = api.log._kept
    log._grown = api.log._grown
    log.faults = []
    ours = Hub("boot")
    feeding = asyncio.create_task(Feeder(log, ours).run())
    reader = ours.subscribe(Wanted(frozenset({"models"})), "")
    try:
        assert (await reader.take(10)).resync
        await api.pth("before")
        assert len((await reader.take(10)).frames) == 1
        log.faults = [fault, RuntimeError("whatever"), LogError("away")]
        # no record wakes a reader that failed
        while log.faults:
            await log.wait_growth(0.01)
        if missed:
            assert (await reader.take(10)).resync
        await api.pth("after")
        taken = await reader.take(10)
        assert [frame.happened.name for frame in taken.frames] == ["Upload"]
        assert not taken.resync
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)
