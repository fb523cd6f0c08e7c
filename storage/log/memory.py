"""The log in memory: one process, no durability; for tests and for trying things out."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping, Sequence
from uuid import uuid4
from zlib import crc32

from storage.log.port import (
    AppendUnknownError,
    Freshness,
    LogError,
    LostLogError,
    Message,
    Partition,
    Position,
    Record,
)


class MemoryLog:
    """A log of the given topics (name -> number of partitions).

    `answering` set to False is a log that is cut off: fetches wait, appends end in `AppendUnknownError`.
    """

    def __init__(self, topics: Mapping[str, int]) -> None:
        self._kept: dict[Partition, list[Record]] = {
            Partition(topic, number): [] for topic, partitions in topics.items() for number in range(partitions)
        }
        self._partitions = dict(topics)
        self._cluster_id = f"memory-{uuid4()}"
        self._grown = asyncio.Condition()
        self.answering = True

    async def append(self, message: Message, *, deadline_s: float) -> Position:
        if message.topic not in self._partitions:
            raise LogError(f"topic {message.topic} does not exist: provision it first")
        if not self.answering:
            await asyncio.sleep(deadline_s)
            raise AppendUnknownError(f"no answer within {deadline_s} s: say it again under the same id")
        partition = Partition(message.topic, crc32(message.key) % self._partitions[message.topic])
        async with self._grown:
            kept = self._kept[partition]
            offset = len(kept)
            now_ms = int(time.time() * 1000)
            kept.append(Record(partition, offset, message.key, message.value, message.headers, now_ms))
            self._grown.notify_all()
        return Position(partition, offset)

    async def begin(self, topic: str) -> Mapping[Partition, int]:
        return dict.fromkeys(await self.end(topic), 0)

    async def end(self, topic: str) -> Mapping[Partition, int]:
        if topic not in self._partitions:
            raise LogError(f"topic {topic} does not exist: provision it first")
        return {partition: len(kept) for partition, kept in self._kept.items() if partition.topic == topic}

    async def cluster_id(self) -> str:
        return self._cluster_id

    async def open(self, positions: Mapping[Partition, int]) -> MemoryReader:
        return MemoryReader(self, positions)

    async def close(self) -> None:
        """Nothing to close; readers may go on."""

    def slice(self, partition: Partition, start: int, records_max: int) -> Sequence[Record]:
        """Up to `records_max` records from `start`.

        Raises:
            LostLogError: `start` lies after the end.
        """
        kept = self._kept[partition]
        if start > len(kept):
            raise LostLogError(f"{partition} ends at {len(kept)}, position {start} was read before: another log?")
        return kept[start : start + records_max]

    async def wait_growth(self, wait_s: float) -> None:
        """Return when something is appended, at the latest after `wait_s` seconds."""
        try:
            async with asyncio.timeout(wait_s), self._grown:
                await self._grown.wait()
        except TimeoutError:
            return


class MemoryReader:
    """Reads a `MemoryLog`."""

    def __init__(self, log: MemoryLog, positions: Mapping[Partition, int]) -> None:
        self._log = log
        self._next = dict(positions)
        self._answered: float | None = None

    async def read(self, *, records_max: int, wait_s: float) -> Sequence[Record]:
        if not (records := self._fetch(records_max)):
            await self._log.wait_growth(wait_s)
            records = self._fetch(records_max)
        return records

    def _fetch(self, records_max: int) -> list[Record]:
        if not self._log.answering:
            return []
        self._answered = time.monotonic()
        records: list[Record] = []
        for partition, start in self._next.items():
            records.extend(self._log.slice(partition, start, records_max - len(records)))
        for record in records:
            self._next[record.partition] = record.offset + 1
        return records

    def positions(self) -> Mapping[Partition, int]:
        return dict(self._next)

    def freshness(self, partition: Partition) -> Freshness:
        answered_s = math.inf if self._answered is None else time.monotonic() - self._answered
        return Freshness(answered_s, not self._log.slice(partition, self._next[partition], 1))

    async def close(self) -> None:
        """Nothing to close."""
