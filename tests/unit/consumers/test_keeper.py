"""The keeper: projectors come and go with the list, one that refuses does not stop the others, all is reported."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from consumers.keeper import REFUSED_AGAIN_S, Keeper, Opened
from consumers.projector import ForeignLogError, Projector
from consumers.watchdog import StuckError
from schemas.topics import TOPICS
from storage.log.memory import MemoryLog
from storage.views.control import Layout
from storage.views.port import ViewsAwayError


class List:
    """The list of schemas in memory."""

    def __init__(self) -> None:
        self.said: dict[str, tuple[str, str]] = {}
        self.heard = asyncio.Event()
        self.away = False
        self.closed = False

    def follow(self, told):
        self.tell = told
        return self

    async def close(self) -> None:
        self.closed = True

    async def report(self, schema: str, state: str, code: str = "") -> None:
        if self.away:
            raise ViewsAwayError("away")
        self.said[schema] = state, code
        self.heard.set()

    async def until(self, check) -> None:
        async with asyncio.timeout(5):
            while not check(self.said):
                self.heard.clear()
                await self.heard.wait()


class House:
    """A keeper over one log in memory, with a store for every schema."""

    def __init__(self, memory_store) -> None:
        self.log = MemoryLog({topic.name: topic.partitions for topic in TOPICS.values()})
        self.list, self.stores, self.closed = List(), {}, []
        self.memory_store = memory_store
        self.now_s = 0.0
        self.keeper = Keeper(self.open, self.list, clock=lambda: self.now_s, report_s=0.01)
        self.stop = asyncio.Event()

    async def open(self, schema: str) -> Opened:
        store = self.stores.setdefault(schema, self.memory_store())
        house = self

        class Closing:
            async def close(self) -> None:
                house.closed.append(schema)

        return Opened(Projector(self.log, store), Closing())

    def foreign(self, schema: str) -> None:
        self.stores[schema] = self.memory_store()
        self.stores[schema].cluster_id = "another log"

    async def ended(self) -> None:
        self.stop.set()
        async with asyncio.timeout(5):
            await self.running


@pytest.fixture
async def house(memory_store) -> AsyncIterator[House]:
    house = House(memory_store)
    house.running = asyncio.create_task(house.keeper.run(house.stop))
    await asyncio.sleep(0)
    yield house
    house.stop.set()
    await asyncio.gather(house.running, return_exceptions=True)


async def test_every_listed_schema_is_kept(house, teller):
    tell = teller()
    await house.log.append(tell.message(tell.conversion("j")), deadline_s=1)
    house.list.tell(Layout("a", frozenset({"a", "b"})))
    await house.list.until(lambda said: set(said.values()) == {("running", "")} and len(said) == 2)
    async with asyncio.timeout(5):
        for store in house.stores.values():
            await store.kept.wait()
    assert house.stores["a"].rows["jobs"] == house.stores["b"].rows["jobs"] != {}
    await house.ended()
    assert sorted(house.closed) == ["a", "b"]
    assert house.list.closed


async def test_a_schema_that_is_dropped_is_let_go(house):
    house.list.tell(Layout("a", frozenset({"a", "b"})))
    await house.list.until(lambda said: len(said) == 2)
    house.list.tell(Layout("a", frozenset({"a"})))
    house.list.said.clear()
    await house.list.until(lambda said: "a" in said and house.closed == ["b"])
    assert set(house.keeper.projectors) == {"a"}


async def test_one_that_refuses_is_said_and_the_others_go_on(house, caplog):
    house.foreign("old")
    house.list.tell(Layout("old", frozenset({"old", "new"})))
    await house.list.until(lambda said: said.get("old") == ("refused", "log_foreign") and "new" in said)
    assert house.list.said["new"] == ("running", "")
    assert "old is not kept up to date" in caplog.text
    house.stores["old"].cluster_id = await house.log.cluster_id()
    house.now_s = REFUSED_AGAIN_S
    await house.list.until(lambda said: said["old"] == ("running", ""))


async def test_when_all_refuse_the_process_ends_and_the_reason_was_said(house):
    house.foreign("a")
    house.list.tell(Layout("a", frozenset({"a"})))
    with pytest.raises(ForeignLogError):
        async with asyncio.timeout(5):
            await house.running
    assert house.list.said == {"a": ("refused", "log_foreign")}
    assert house.list.closed


async def test_a_stuck_reader_ends_the_process(house, monkeypatch):
    async def stuck(self, stop) -> None:
        raise StuckError("stands")

    monkeypatch.setattr(Projector, "run", stuck)
    house.list.tell(Layout("a", frozenset({"a"})))
    with pytest.raises(StuckError):
        async with asyncio.timeout(5):
            await house.running
    assert house.list.said == {"a": ("refused", "projector_stuck")}


async def test_a_database_that_hears_no_report_changes_nothing(house):
    house.list.away = True
    house.list.tell(Layout("a", frozenset({"a"})))
    async with asyncio.timeout(5):
        while "a" not in house.keeper.projectors or house.keeper.projectors["a"].tally.state != "running":  # noqa: ASYNC110
            await asyncio.sleep(0.001)  # nobody tells when reports are not heard
    house.list.away = False
    await house.list.until(lambda said: said == {"a": ("running", "")})
