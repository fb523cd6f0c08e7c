"""What one agent sees: every job, every lease, every other agent, folded from the log as it reads it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from agents import snapshot
from agents.claims import BLIND_S, Leases
from agents.scheduling import Peer
from agents.table import JobTable
from schemas.codec import DecodeError, decode, fold_version_of
from schemas.envelope import Envelope
from schemas.events import AgentSeen, JobProgressed
from schemas.lifecycle import FOLD_VERSION, Job
from schemas.topics import AGENTS, JOBS, PROGRESS
from storage.log.port import Log, LostLogError, Partition, Reader, Record

RECORDS_MAX = 2_000
PEER_ANNOUNCEMENTS_MISSED_MAX = 3
SNAPSHOT_RECORDS = 20_000
"""Records folded between two snapshots."""

_log = logging.getLogger(__name__)


class Happened(NamedTuple):
    """An event that counted, and the job after it."""

    envelope: Envelope
    job: Job


class View:
    """Reads `mo.jobs`, `mo.job-progress` and `mo.agents` by itself, without any group; `now` is monotonic seconds."""

    def __init__(
        self, log: Log, *, lease_s: float, announce_s: float, snapshot_path: Path | None, now: Callable[[], float]
    ) -> None:
        self.table = JobTable()
        self.leases = Leases(lease_s)
        self.newer_fold_version: int | None = None
        self._log = log
        self._now = now
        self._snapshot_path = snapshot_path
        self._peer_ttl_s = announce_s * PEER_ANNOUNCEMENTS_MISSED_MAX
        self._peers: dict[str, tuple[AgentSeen, float]] = {}
        self._reader: Reader | None = None
        self._cluster_id = ""
        self._unsaved = 0
        self._pulse = asyncio.Event()

    async def open(self) -> None:
        """Start from the snapshot where there is one, else from the beginning of the history.

        Raises:
            LostLogError: the log ends before the position that the snapshot was made at.
        """
        self._cluster_id = await self._log.cluster_id()
        positions = dict(await self._log.begin(JOBS.name))
        kept = snapshot.load(self._snapshot_path, self._cluster_id) if self._snapshot_path else None
        if kept is not None:
            ends = await self._log.end(JOBS.name)
            if short := [each for each, offset in kept.positions.items() if ends.get(each, -1) < offset]:
                raise LostLogError(
                    f"{short[0]} ends before offset {kept.positions[short[0]]}, which this agent has read: "
                    f"the log was lost. Restore it, or remove {self._snapshot_path} to start over on this log"
                )
            self.table = kept.table
            positions.update(kept.positions)
            for live in self.table.running():
                self.leases.begin(live.job.id, live.job.epoch, live.partition, self._now())
        positions.update(await self._log.end(PROGRESS.name))
        positions.update(await self._log.begin(AGENTS.name))
        self._reader = await self._log.open(positions)

    async def close(self) -> None:
        """Save what was folded, and stop reading."""
        if self._reader is not None:
            self.save()
            await self._reader.close()
            self._reader = None

    async def read(self, *, wait_s: float) -> list[Happened]:
        """Fold what the log has now; the events that counted, in order."""
        assert self._reader is not None
        records = await self._reader.read(records_max=RECORDS_MAX, wait_s=wait_s)
        happened = [each for record in records if (each := self._take(record)) is not None]
        if records:
            pulse, self._pulse = self._pulse, asyncio.Event()
            pulse.set()
            self._unsaved += len(records)
            if self._unsaved >= SNAPSHOT_RECORDS:
                self.save()
        return happened

    async def changed(self, wait_s: float) -> None:
        """Return after the next records were folded, at the latest after `wait_s` seconds."""
        try:
            async with asyncio.timeout(wait_s):
                await self._pulse.wait()
        except TimeoutError:
            return

    def seen(self, number: int) -> bool:
        """Whether the partition's history and heartbeats both answered lately and were read to their end."""
        assert self._reader is not None
        freshness = [self._reader.freshness(Partition(topic.name, number)) for topic in (JOBS, PROGRESS)]
        return all(each.caught_up and each.answered_s <= BLIND_S for each in freshness)

    def sees_everything(self) -> bool:
        """Whether every partition of the history and the heartbeats is seen."""
        return all(self.seen(number) for number in range(JOBS.partitions))

    def passed(self, partition: Partition, offset: int) -> bool:
        """Whether the record at `offset` has been folded."""
        assert self._reader is not None
        return self._reader.positions()[partition] > offset

    def peers(self, me: UUID) -> list[Peer]:
        """The other agents that spoke lately and take jobs, with their free slots."""
        busy: dict[UUID | None, dict[str, int]] = {}
        for live in self.table.running():
            slots = busy.setdefault(live.job.instance, {})
            slots[live.job.resource] = slots.get(live.job.resource, 0) + 1
        oldest = self._now() - self._peer_ttl_s
        return [
            Peer(
                said.instance,
                said.platform,
                {name: n - busy.get(said.instance, {}).get(name, 0) for name, n in said.slots.items()},
            )
            for said, heard_s in self._peers.values()
            if said.instance != me and said.state == "ready" and heard_s >= oldest
        ]

    def save(self) -> None:
        """Write the snapshot; a disk that refuses costs a slower start, nothing else."""
        self._unsaved = 0
        if self._snapshot_path is None or self._reader is None:
            return
        positions = {each: offset for each, offset in self._reader.positions().items() if each.topic == JOBS.name}
        try:
            snapshot.save(self._snapshot_path, self._cluster_id, self.table, positions)
        except OSError as error:
            _log.warning("the snapshot could not be written: %s", error)

    def _take(self, record: Record) -> Happened | None:
        if (fold_version := fold_version_of(record.headers)) > FOLD_VERSION:
            self.newer_fold_version = fold_version
        try:
            envelope = decode(record.value, record.headers)
        except DecodeError as error:
            _log.warning("%s offset %s is skipped: %s", record.partition, record.offset, error)
            return None
        event = envelope.event
        if isinstance(event, JobProgressed):
            self.leases.heard(event.job_id, event.epoch, event.step, self._now())
            return None
        if isinstance(event, AgentSeen):
            age_s = max(0.0, time.time() - record.time_ms / 1000)
            self._peers[event.agent] = event, self._now() - age_s
            return None
        change = self.table.take(envelope, record.partition.number)
        if not change.counted or change.after is None:
            return None
        self._watch(change.before, change.after, record.partition.number)
        return Happened(envelope, change.after)

    def _watch(self, before: Job | None, after: Job, partition: int) -> None:
        if after.state != "running":
            self.leases.forget(after.id)
        elif before is None or before.epoch != after.epoch:
            self.leases.begin(after.id, after.epoch, partition, self._now())
