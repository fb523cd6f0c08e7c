"""The projector's loop: nothing lost or counted twice, whatever is away, moved by a rival, or not ours."""

from __future__ import annotations

import asyncio
import os
import signal
from itertools import count

import pytest

from consumers.projection.reading import NewerFoldError
from consumers.projector import Projector, serve
from consumers.rebuild import rebuild
from consumers.watchdog import StuckError
from schemas.events import DatasetCreated
from schemas.topics import TOPICS
from storage.log.memory import MemoryLog
from storage.log.port import LogError, LostLogError, Message
from storage.views.port import ViewsAwayError


@pytest.fixture
def tell(teller):
    return teller()


@pytest.fixture
def store(memory_store):
    return memory_store()


def new_log() -> MemoryLog:
    return MemoryLog({topic.name: topic.partitions for topic in TOPICS.values()})


@pytest.fixture
def log():
    return new_log()


async def say(log, tell, *events, **changed):
    for event in events:
        await log.append(tell.message(event, **changed), deadline_s=1)


async def ten_jobs(log, tell):
    for number in range(10):
        job = f"job {number}"
        await say(log, tell, tell.conversion(job), tell.claimed(job), tell.converted(job))


def states(store) -> list[str]:
    return [row.state for row in store.rows["jobs"].values()]


async def test_everything_up_to_the_end_is_projected(log, tell, store):
    await ten_jobs(log, tell)
    await Projector(log, store, batch_max=4).catch_up()
    assert states(store) == ["completed"] * 10
    assert len(store.rows["products"]) == 10
    assert sum(store.next.values()) == 30


async def test_a_new_process_goes_on_where_the_old_one_was(log, tell, store):
    await say(log, tell, tell.conversion("j"), DatasetCreated(dataset_id=tell.id(1), name="a", type="classification"))
    await Projector(log, store).catch_up()
    await say(log, tell, tell.claimed("j"), DatasetCreated(dataset_id=tell.id(2), name="a", type="classification"))
    await Projector(log, store).catch_up()
    assert states(store) == ["running"]
    assert [row.code for row in store.rows["commands"].values()] == ["", "name_taken"]


async def test_a_rival_that_was_first_makes_us_read_the_state_again(log, tell, store, monkeypatch):
    await ten_jobs(log, tell)
    rivals = count()
    apply = store.apply

    async def apply_after_rival(batch, hook=None):
        if next(rivals) < 2:
            await apply(batch)
        await apply(batch)

    monkeypatch.setattr(store, "apply", apply_after_rival)
    await Projector(log, store, batch_max=7).catch_up()
    assert states(store) == ["completed"] * 10
    assert len(store.rows["products"]) == 10
    for partition, end in store.next.items():
        reached = 0
        for advance in (moved[partition] for moved in store.applied if partition in moved):
            assert advance.old == reached
            reached = advance.new
        assert reached == end


async def test_a_commit_without_an_answer_is_not_kept_twice(log, tell, store, monkeypatch):
    await ten_jobs(log, tell)
    apply, unanswered = store.apply, iter([True])

    async def apply_and_hang_up(batch, hook=None):
        await apply(batch)
        if next(unanswered, False):
            raise ViewsAwayError("hung up")

    monkeypatch.setattr(store, "apply", apply_and_hang_up)
    await Projector(log, store).catch_up()
    assert states(store) == ["completed"] * 10
    assert len(store.applied) == 1


async def test_a_database_that_is_away_is_waited_for_with_few_words(log, tell, store, caplog):
    await ten_jobs(log, tell)
    store.away = 4
    await Projector(log, store).catch_up()
    assert states(store) == ["completed"] * 10
    assert [record.message for record in caplog.records] == ["waiting: away"]


async def test_a_stop_ends_it_even_while_the_database_is_away(log, store):
    store.away = 1_000_000
    stop = asyncio.Event()
    running = asyncio.create_task(Projector(log, store).run(stop))
    async with asyncio.timeout(5):
        await store.asked.wait()
        stop.set()
        await running
    assert store.next == {}


async def test_a_running_projector_sees_what_is_said_later(log, tell, store):
    stop = asyncio.Event()
    running = asyncio.create_task(Projector(log, store).run(stop))
    await say(log, tell, tell.conversion("j"))
    async with asyncio.timeout(5):
        await store.kept.wait()
        stop.set()
        await running
    assert states(store) == ["queued"]


async def test_another_log_is_refused(log, tell, store):
    await ten_jobs(log, tell)
    await Projector(log, store).catch_up()
    before = dict(store.next)
    with pytest.raises(LostLogError, match="rebuild into a new schema"):
        await Projector(new_log(), store).catch_up()
    assert store.next == before


async def test_a_log_that_lost_its_end_is_refused(log, tell, store):
    await ten_jobs(log, tell)
    await Projector(log, store).catch_up()
    shorter = new_log()
    shorter._cluster_id = await log.cluster_id()
    with pytest.raises(LostLogError, match=r"was read up to \d+ and ends at 0: the log lost records"):
        await Projector(shorter, store).catch_up()


async def test_a_history_that_lost_its_beginning_is_refused(log, tell, store, monkeypatch):
    begin = log.begin

    async def later(topic):
        return {partition: offset + (topic == "mo.jobs") for partition, offset in (await begin(topic)).items()}

    monkeypatch.setattr(log, "begin", later)
    with pytest.raises(LostLogError, match="begins at 1"):
        await Projector(log, store).catch_up()


async def test_a_newer_fold_stops_behind_what_we_understand(log, tell, store):
    await say(log, tell, tell.conversion("j"))
    await say(log, tell, tell.claimed("j"), fold_version=2)
    await say(log, tell, tell.converted("j"))
    with pytest.raises(NewerFoldError, match="start a newer version"):
        await Projector(log, store).catch_up()
    assert states(store) == ["queued"]
    assert sum(store.next.values()) == 1


async def test_bytes_that_nobody_understands_pass_once(log, tell, store):
    good = tell.message(tell.conversion("j"))
    for message in (good, Message("mo.jobs", good.key, b"\x00", ()), tell.message(tell.claimed("j"))):
        await log.append(message, deadline_s=1)
    await Projector(log, store, batch_max=1).catch_up()
    assert states(store) == ["running"]
    assert len(store.rows["undecodable"]) == 1


class Deaf:
    """A reader that gets nothing; with `hangs` it does not even come back."""

    def __init__(self, reader, hangs):
        self.reader, self.hangs = reader, hangs

    async def read(self, **_):
        await (asyncio.Event().wait() if self.hangs else asyncio.sleep(0))
        return []

    def positions(self):
        return self.reader.positions()

    async def close(self):
        await self.reader.close()


@pytest.mark.parametrize(("hangs", "said"), [(False, "stands at 0"), (True, "hangs")])
async def test_a_reader_that_gets_nothing_is_noticed(log, tell, store, monkeypatch, hangs, said):
    await ten_jobs(log, tell)
    opened = log.open

    async def open_deaf(positions):
        return Deaf(await opened(positions), hangs)

    monkeypatch.setattr(log, "open", open_deaf)
    ticking = count(step=1.0)
    projector = Projector(log, store, stuck_s=0.0 if hangs else 20.0, look_s=1.0, clock=lambda: next(ticking))
    with pytest.raises(StuckError, match=said):
        await projector.catch_up()


async def test_a_log_that_comes_and_goes_is_not_a_stuck_reader(log, tell, store, monkeypatch):
    await ten_jobs(log, tell)
    opened, begin, stop = log.open, log.begin, asyncio.Event()
    looks = None

    async def open_deaf(positions):
        nonlocal looks
        looks = count()
        return Deaf(await opened(positions), hangs=False)

    async def now_and_then(topic):
        if looks is not None and topic == next(iter(TOPICS)):
            look = next(looks)
            if look == 20:
                stop.set()
            if look % 2:
                raise LogError("away")
        return await begin(topic)

    monkeypatch.setattr(log, "open", open_deaf)
    monkeypatch.setattr(log, "begin", now_and_then)
    ticking = count(step=10.0)
    await Projector(log, store, stuck_s=30.0, look_s=1.0, clock=lambda: next(ticking)).run(stop)
    assert next(looks) == 21


async def test_a_rebuild_is_equal(log, tell, store, memory_store):
    await ten_jobs(log, tell)
    await Projector(log, store, batch_max=3).catch_up()
    built = {}

    async def views_for(schema):
        return built.setdefault(schema, memory_store())

    again = await rebuild(log, views_for, "rm_v2")
    assert again is built["rm_v2"]
    assert again.rows == store.rows
    assert again.next == store.next


async def test_a_signal_ends_the_service_cleanly(log, store):
    serving = asyncio.create_task(serve(Projector(log, store)))
    async with asyncio.timeout(5):
        await store.asked.wait()
        os.kill(os.getpid(), signal.SIGTERM)
        assert await serving == 0


async def test_a_lost_log_ends_the_service_with_words(log, store, caplog):
    store.cluster_id = "another"
    assert await serve(Projector(log, store)) == 1
    assert "connect to the old one" in caplog.text
