"""What every log promises: append, read, end. Kafka is one adapter, a dictionary in memory another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

Header = tuple[str, bytes]


class Partition(NamedTuple):
    """One ordered part of a topic."""

    topic: str
    number: int


class Record(NamedTuple):
    """A kept record. `offset` is its place in the partition, `time_ms` when the log took it (the log's clock)."""

    partition: Partition
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]
    time_ms: int


class Position(NamedTuple):
    """Where an appended record lies."""

    partition: Partition
    offset: int


class Message(NamedTuple):
    """A record to append. The key decides the partition: equal keys, one partition, in order."""

    topic: str
    key: bytes
    value: bytes
    headers: tuple[Header, ...] = ()


class Freshness(NamedTuple):
    """How well a reader knows a partition.

    `answered_s` is how long ago (monotonic seconds) the log last answered a fetch of the partition, infinite before
    the first answer; `caught_up` whether everything the log had then has been read.
    """

    answered_s: float
    caught_up: bool


class LogError(Exception):
    """The log said no, or could not be asked: nothing was appended."""


class AppendUnknownError(LogError):
    """No answer within the deadline: the record may be in the log or not. Say it again under the same id."""


class LostLogError(LogError):
    """The log is not the one that was read before: another cluster, or shorter than the position read."""


class Reader(Protocol):
    """Reads the partitions it was opened on, in order within each; never commits anything."""

    async def read(self, *, records_max: int, wait_s: float) -> Sequence[Record]:
        """At most `records_max` records; after `wait_s` seconds without any, an empty sequence.

        Raises:
            LostLogError: a position lies outside of what the log keeps.
            LogError: nothing could be read, and nothing was skipped: read again.
        """
        ...

    def positions(self) -> Mapping[Partition, int]:
        """The next offset of each partition that `read` will return."""
        ...

    def freshness(self, partition: Partition) -> Freshness:
        """How well the partition is known right now."""
        ...

    async def close(self) -> None: ...


class Log(Protocol):
    """The log itself."""

    async def append(self, message: Message, *, deadline_s: float) -> Position:
        """Keep one record durably.

        Raises:
            LogError: it was not kept.
            AppendUnknownError: no answer within `deadline_s`.
        """
        ...

    async def begin(self, topic: str) -> Mapping[Partition, int]:
        """The offset of the oldest record that each partition of the topic still keeps.

        Raises:
            LogError: the topic does not exist or the log does not answer.
        """
        ...

    async def end(self, topic: str) -> Mapping[Partition, int]:
        """The offset after the newest record of each partition of the topic.

        Raises:
            LogError: the topic does not exist or the log does not answer.
        """
        ...

    async def cluster_id(self) -> str:
        """Which log this is; stored beside positions, so that another log is noticed."""
        ...

    async def open(self, positions: Mapping[Partition, int]) -> Reader:
        """A reader that starts at the given offsets."""
        ...

    async def close(self) -> None: ...
