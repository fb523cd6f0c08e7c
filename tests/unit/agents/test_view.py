"""What an agent sees: bad records, newer readers, slow clocks, deaf readers, faults in the middle of a batch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from agent_scene import OBJECT

from agents import snapshot
from agents.view import AGENT_WORDS_MAX, View
from schemas.codec import TooLongError, encode
from schemas.envelope import Envelope
from schemas.events import AgentSeen, DatasetImportRequested, Event
from schemas.lifecycle import FOLD_VERSION
from schemas.topics import AGENTS, JOBS, TOPICS, topic_of
from storage.log.memory import MemoryLog, MemoryReader
from storage.log.port import Freshness, LogError, LostLogError, Message, Record


class Bench:
    """A log, views of it, and a clock that the test moves."""

    def __init__(self) -> None:
        self.log = MemoryLog({topic.name: topic.partitions for topic in TOPICS.values()})
        self.now_s = 1000.0

    async def view(self, path: Path | None = None, log: MemoryLog | None = None) -> View:
        view = View(log or self.log, lease_s=60, announce_s=5, snapshot_path=path, now=lambda: self.now_s)
        await view.open()
        return view

    async def say(
        self,
        event: Event,
        *,
        fold_version: int = FOLD_VERSION,
        key: bytes | None = None,
        topic: str | None = None,
        change: Callable[[dict[str, bytes]], None] = lambda headers: None,
    ) -> None:
        envelope = Envelope(
            id=uuid4(),
            event=event,
            time=datetime.now(UTC),
            source="/t",
            actor=UUID(int=1),
            fold_version=fold_version,
        )
        own_key, value, kept = encode(envelope)
        headers = dict(kept)
        change(headers)
        message = Message(topic or topic_of(type(event)).name, key or own_key, value, tuple(headers.items()))
        await self.log.append(message, deadline_s=1)

    async def ask(self, **changes: object) -> UUID:
        job = uuid4()
        event = DatasetImportRequested(
            job_id=job, resource="cpu-light", dataset_id=job, package=OBJECT, format="imagefolder"
        )
        await self.say(event, **changes)  # type: ignore[arg-type]
        return job


@pytest.fixture
def bench() -> Bench:
    return Bench()


def seen(agent: str, **changes: object) -> AgentSeen:
    said = {"agent": agent, "instance": uuid4(), "platform": "nvidia", "slots": {"cpu-light": 1}, **changes}
    return AgentSeen(**said)  # type: ignore[arg-type]


async def test_a_record_in_the_wrong_place_does_not_count(bench: Bench):
    view = await bench.view()
    await bench.ask(key=b"another")
    await bench.ask(topic=AGENTS.name)
    right = await bench.ask()
    await view.read(wait_s=0)
    assert set(view.table.live) == {right}


@pytest.mark.parametrize(
    "change",
    [
        lambda headers: headers.update(ce_foldversion=None),
        lambda headers: headers.update(ce_type=None),
        lambda headers: headers.update(ce_id=None),
        lambda headers: headers.update(ce_foldversion=b"9" * 5000),
        lambda headers: headers.pop("ce_time"),
    ],
)
async def test_no_record_can_end_an_agent(bench: Bench, change: Callable[[dict[str, bytes]], None]):
    view = await bench.view()
    await bench.ask(change=change)
    right = await bench.ask()
    await view.read(wait_s=0)
    assert set(view.table.live) == {right}
    assert view.newer_fold_version is None


async def test_requests_with_and_without_a_zone_stand_in_one_queue(bench: Bench):
    view = await bench.view()
    owner_jobs = {
        await bench.ask(change=lambda headers: headers.update(ce_time=b"2026-11-23T01:02:03")),
        await bench.ask(change=lambda headers: headers.update(ce_time=b"2026-11-23T03:02:03+02:00")),
        await bench.ask(),
    }
    await view.read(wait_s=0)
    assert set(view.table.live) == owner_jobs


async def test_only_the_history_can_be_of_a_newer_fold(bench: Bench):
    view = await bench.view()
    await bench.say(seen("newer"), fold_version=FOLD_VERSION + 1)
    await view.read(wait_s=0)
    assert view.newer_fold_version is None
    await bench.ask(fold_version=FOLD_VERSION + 1)
    await view.read(wait_s=0)
    assert view.newer_fold_version == FOLD_VERSION + 1


async def test_a_newer_fold_is_not_forgotten_by_a_restart(bench: Bench, tmp_path: Path):
    path = tmp_path / "jobs.snapshot"
    view = await bench.view(path)
    await bench.ask()
    await view.read(wait_s=0)
    view.save()
    await bench.ask(fold_version=FOLD_VERSION + 1)
    await view.read(wait_s=0)
    await view.close()
    again = await bench.view(path)
    await again.read(wait_s=0)
    assert len(again.table.live) == 2
    assert again.newer_fold_version == FOLD_VERSION + 1


async def test_a_fault_in_the_middle_of_a_batch_makes_no_snapshot_that_lacks_the_rest(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "jobs.snapshot"
    view = await bench.view(path)
    jobs = {await bench.ask() for _ in range(6)}
    take, taken = view.table.take, []

    def fails(envelope: Envelope, partition: int):
        if len(taken) == 3:
            raise RuntimeError("a fault of the fold")
        taken.append(partition)
        return take(envelope, partition)

    monkeypatch.setattr(view.table, "take", fails)
    with pytest.raises(RuntimeError):
        await view.read(wait_s=0)
    await view.close()
    again = await bench.view(path)
    await again.read(wait_s=0)
    assert set(again.table.live) == jobs


async def test_a_request_that_is_too_long_to_be_written_again_costs_the_snapshot_only(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def too_long(_envelope: Envelope) -> None:
        raise TooLongError("9000 bytes")

    path = tmp_path / "jobs.snapshot"
    view = await bench.view(path)
    await bench.ask()
    await view.read(wait_s=0)
    monkeypatch.setattr(snapshot, "encode", too_long)
    await view.close()
    assert not path.exists()


async def test_agents_that_left_are_forgotten(bench: Bench):
    view = await bench.view()
    for number in range(50):
        await bench.say(seen(f"pod-{number}"))
    await view.read(wait_s=0)
    assert len(view.peers(uuid4())) == 50
    bench.now_s += 16
    assert view.peers(uuid4()) == []
    assert not view._peers


class OldStamps(MemoryLog):
    """Its speakers' clocks are ten minutes slow."""

    async def append(self, message: Message, *, deadline_s: float):
        position = await super().append(message, deadline_s=deadline_s)
        kept = self._kept[position.partition]
        kept[-1] = kept[-1]._replace(time_ms=kept[-1].time_ms - 600_000)
        return position


async def test_an_agent_with_a_slow_clock_is_there_all_the_same(bench: Bench):
    bench.log = OldStamps({topic.name: topic.partitions for topic in TOPICS.values()})
    await bench.say(seen("long-gone"))
    view = await bench.view()
    await bench.say(here := seen("slow"))
    await view.read(wait_s=0)
    assert [peer.instance for peer in view.peers(uuid4())] == [here.instance]


async def test_a_start_reads_the_last_words_of_agents_only(bench: Bench):
    for number in range(AGENT_WORDS_MAX + 500):
        await bench.say(seen(f"pod-{number}"))
    view = await bench.view()
    await view.read(wait_s=0)
    assert len(view.peers(uuid4())) == AGENT_WORDS_MAX


async def test_partitions_that_are_missing_are_said(bench: Bench):
    bench.log = MemoryLog({**{topic.name: topic.partitions for topic in TOPICS.values()}, JOBS.name: 3})
    with pytest.raises(LogError, match="provision"):
        await bench.view()


async def test_a_log_that_is_shorter_than_the_snapshot_is_refused(bench: Bench, tmp_path: Path):
    path = tmp_path / "jobs.snapshot"
    view = await bench.view(path)
    await bench.ask()
    await view.read(wait_s=0)
    await view.close()
    shorter = MemoryLog({topic.name: topic.partitions for topic in TOPICS.values()})
    shorter._cluster_id = await bench.log.cluster_id()
    with pytest.raises(LostLogError, match=r"Restore it, or remove"):
        await bench.view(path, log=shorter)


class Deaf(MemoryReader):
    """Gets nothing and no answers."""

    def _fetch(self, records_max: int) -> list[Record]:
        return []


async def test_a_reader_that_gets_no_answers_is_deaf_and_its_successor_misses_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
):
    view = await bench.view()
    before = await bench.ask()
    await view.read(wait_s=0)
    assert not view.deaf()
    assert view._reader is not None
    deaf = Deaf(bench.log, view._reader.positions())
    monkeypatch.setattr(view, "_reader", deaf)
    after = await bench.ask()
    await view.read(wait_s=0)
    assert view.deaf()
    await view.reopen()
    happened = await view.read(wait_s=0)
    assert [each.job.id for each in happened] == [after]
    assert set(view.table.live) == {before, after}
    assert not view.deaf()


@pytest.mark.parametrize(
    ("known", "deaf"),
    [
        (Freshness(0.1, caught_up=True), False),
        (Freshness(5.0, caught_up=True), True),
        (Freshness(5.0, caught_up=False), False),
        (Freshness(inf, caught_up=False), True),
    ],
)
async def test_deaf_is_who_has_nothing_to_read_and_no_answer(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, known: Freshness, deaf: bool
):
    view = await bench.view()
    monkeypatch.setattr(view, "_reader", SimpleNamespace(freshness=lambda _partition: known))
    assert view.deaf() is deaf
