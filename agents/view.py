"""What one agent sees: every job, every lease, every other agent, folded from the log as it reads it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from math import inf
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from agents import snapshot
from agents.claims import BLIND_S, Leases
from agents.scheduling import Peer
from agents.table import JobTable
from schemas.codec import DecodeError, TooLongError, decode_in, fold_version_of
from schemas.envelope import Envelope
from schemas.events import AgentSeen, JobLogged, JobProgressed
from schemas.lifecycle import FOLD_VERSION, Job
from schemas.topics import AGENTS, JOBS, PROGRESS
from storage.log.port import Log, LogError, LostLogError, Partition, Reader, Record

RECORDS_MAX = 2_000
PEER_ANNOUNCEMENTS_MISSED_MAX = 3
SNAPSHOT_RECORDS = 20_000
"""Records folded between two snapshots."""
AGENT_WORDS_MAX = 1_000
"""Words of agents that are read at the start; every agent speaks again within seconds."""

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
        self._told_before: Mapping[Partition, int] = {}
        self._unsaved = 0
        self._whole = True
        self._pulse = asyncio.Event()

    async def open(self) -> None:
        """Start from the snapshot where there is one, else from the beginning of the history.

        Raises:
            LostLogError: the log ends before the position that the snapshot was made at.
            LogError: the log does not answer, or not for every partition.
        """
        self._cluster_id = await self._log.cluster_id()
        positions = dict(await self._log.begin(JOBS.name))
        ends = await self._log.end(JOBS.name)
        self._start_from_snapshot(positions, ends)
        positions.update(await self._log.end(PROGRESS.name))
        if len(positions) != JOBS.partitions + PROGRESS.partitions:
            raise LogError(
                f"not every partition of {JOBS.name} and {PROGRESS.name} is there: provision them, try again"
            )
        first = await self._log.begin(AGENTS.name)
        self._told_before = await self._log.end(AGENTS.name)
        positions.update({each: max(first[each], end - AGENT_WORDS_MAX) for each, end in self._told_before.items()})
        self._reader = await self._log.open(positions)

    def _start_from_snapshot(self, positions: dict[Partition, int], ends: Mapping[Partition, int]) -> None:
        kept = snapshot.load(self._snapshot_path, self._cluster_id) if self._snapshot_path else None
        if kept is None:
            return
        if short := [each for each, offset in kept.positions.items() if ends.get(each, -1) < offset]:
            raise LostLogError(
                f"{short[0]} ends before offset {kept.positions[short[0]]}, which this agent has read: "
                f"the log was lost. Restore it, or remove {self._snapshot_path} to start over on this log"
            )
        self.table = kept.table
        positions.update(kept.positions)
        for live in self.table.running():
            self.leases.begin(live.job.id, live.job.epoch, live.partition, self._now())

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
        # the reader stands behind all of them now: a snapshot made after a fault in between would leave the rest out
        self._whole = False
        happened = [each for record in records if (each := self._take(record)) is not None]
        self._whole = True
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

    async def reopen(self) -> None:
        """Read on with a new reader, from where the old one stands.

        Raises:
            LogError: the log does not answer; the old reader is still there.
        """
        assert self._reader is not None
        fresh = await self._log.open(self._reader.positions())
        old, self._reader = self._reader, fresh
        await old.close()

    def deaf(self) -> bool:
        """Whether a partition does not answer although nothing of it waits to be read."""
        assert self._reader is not None
        known = [
            self._reader.freshness(Partition(topic.name, number))
            for topic in (JOBS, PROGRESS)
            for number in range(topic.partitions)
        ]
        return any(each.answered_s > BLIND_S and (each.caught_up or each.answered_s == inf) for each in known)

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
        self._peers = {agent: word for agent, word in self._peers.items() if word[1] >= oldest}
        return [
            Peer(
                said.instance,
                said.platform,
                {name: n - busy.get(said.instance, {}).get(name, 0) for name, n in said.slots.items()},
            )
            for said, _ in self._peers.values()
            if said.instance != me and said.state == "ready"
        ]

    def save(self) -> None:
        """Write the snapshot; a disk that refuses costs a slower start, nothing else. None is written behind a record
        of a newer fold: the next start must meet it again."""
        self._unsaved = 0
        if self._snapshot_path is None or self._reader is None:
            return
        if not self._whole or self.newer_fold_version is not None:
            return
        positions = {each: offset for each, offset in self._reader.positions().items() if each.topic == JOBS.name}
        try:
            snapshot.save(self._snapshot_path, self._cluster_id, self.table, positions)
        except (OSError, TooLongError) as error:
            _log.warning("the snapshot could not be written: %s", error)

    def _take(self, record: Record) -> Happened | None:
        partition = record.partition
        try:
            envelope = decode_in(partition.topic, record.key, record.value, record.headers)
        except DecodeError as error:
            _log.warning("%s offset %s is skipped: %s", partition, record.offset, error)
            self._note_fold(partition.topic, fold_version_of(record.headers))
            return None
        self._note_fold(partition.topic, envelope.fold_version)
        event = envelope.event
        if isinstance(event, JobProgressed):
            self.leases.heard(event.job_id, event.epoch, event.step, self._now())
            return None
        if isinstance(event, JobLogged):
            return None
        if isinstance(event, AgentSeen):
            self._peers[event.agent] = event, self._now() - self._age_s(record)
            return None
        change = self.table.take(envelope, partition.number)
        if not change.counted or change.after is None:
            return None
        self._watch(change.before, change.after, partition.number)
        return Happened(envelope, change.after)

    def _note_fold(self, topic: str, version: int) -> None:
        """Only what lies in the history is folded: a newer agent that is merely there changes nothing for this one."""
        if version > FOLD_VERSION and topic == JOBS.name:
            self.newer_fold_version = version

    def _age_s(self, record: Record) -> float:
        """How old a word is that was said before we began to listen; what comes in later is of now, whatever clock its
        speaker has."""
        if record.offset >= self._told_before.get(record.partition, 0):
            return 0.0
        return max(0.0, time.time() - record.time_ms / 1000)

    def _watch(self, before: Job | None, after: Job, partition: int) -> None:
        if after.state != "running":
            self.leases.forget(after.id)
        elif before is None or before.epoch != after.epoch:
            self.leases.begin(after.id, after.epoch, partition, self._now())
