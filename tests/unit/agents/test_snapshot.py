"""The fold on the agent's disk: what was written is read, anything else is no snapshot at all."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from agent_scene import OBJECT

from agents import snapshot
from agents.table import JobTable
from schemas.envelope import Envelope
from schemas.events import DatasetImportRequested, Event, JobCancelRequested, JobClaimed
from schemas.events.base import JobEvent
from storage.log.port import Partition

POSITIONS = {Partition("mo.jobs", number): number * 10 for number in range(12)}


def tell(table: JobTable, event: JobEvent) -> UUID:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    table.take(Envelope(id=uuid4(), event=event, time=now, source="/t", actor=UUID(int=1), fold_version=1), 3)
    return event.job_id


def ask(table: JobTable) -> UUID:
    job = uuid4()
    return tell(
        table,
        DatasetImportRequested(
            job_id=job, resource="cpu-light", dataset_id=job, package=OBJECT, format="imagefolder"
        ),
    )  # fmt: skip


@pytest.fixture
def table() -> JobTable:
    """A queued job, a running one, an ended one."""
    table = JobTable()
    ask(table)
    tell(table, JobClaimed(job_id=ask(table), epoch=1, agent="a", instance=uuid4()))
    tell(table, JobCancelRequested(job_id=ask(table)))
    return table


@pytest.fixture
def path(table: JobTable, tmp_path: Path) -> Path:
    path = tmp_path / "jobs.snapshot"
    snapshot.save(path, "cluster", table, POSITIONS)
    return path


def test_what_was_saved_is_loaded(path: Path, table: JobTable):
    kept = snapshot.load(path, "cluster")
    assert kept is not None
    assert kept.positions == POSITIONS
    assert kept.table.live == table.live
    assert kept.table.queues == table.queues
    assert list(kept.table.running()) == list(table.running())
    assert kept.table.ended.runs() == table.ended.runs()


def test_no_byte_may_be_another(path: Path):
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert snapshot.load(path, "cluster") is None, place
    for length in (0, 10, 32, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert snapshot.load(path, "cluster") is None, length


def test_a_snapshot_of_another_log_or_none_at_all_is_none(path: Path, tmp_path: Path):
    assert snapshot.load(path, "another") is None
    assert snapshot.load(tmp_path / "missing", "cluster") is None
    assert snapshot.load(tmp_path, "cluster") is None, "a folder is no snapshot"


def test_whoever_knows_more_events_reads_the_log_again(path: Path, monkeypatch: pytest.MonkeyPatch):
    class QuantizeRequested(Event, frozen=True, kw_only=True):
        pass

    newer = snapshot.reader_name({**snapshot.CATALOGUE, "QuantizeRequested": QuantizeRequested})
    assert newer != snapshot.reader_name()
    monkeypatch.setattr(snapshot, "reader_name", lambda: newer)
    assert snapshot.load(path, "cluster") is None


def test_an_interrupted_write_leaves_the_old_one(path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(_file: int) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        snapshot.save(path, "cluster", JobTable(), {})
    kept = snapshot.load(path, "cluster")
    assert kept is not None
    assert kept.positions == POSITIONS
