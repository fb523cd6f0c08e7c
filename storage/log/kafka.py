"""The log in Apache Kafka, through aiokafka: idempotent producer with acks=all, manual assignment, no consumer group.

Traps this file stands in front of (aiokafka 0.14): an idempotent producer never gives up a batch in flight, so every
append has its own deadline; `getone` must never be cancelled, so only `getmany` is used; sends to a topic that does not
exist block for 40 s, so topics are checked first.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    InvalidTopicError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    OffsetOutOfRangeError,
    PolicyViolationError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
)
from aiokafka.structs import RecordMetadata

from storage.log.connection import KafkaConnection, connection_of
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

ASK_S_MAX = 10.0
"""Longest wait for an answer to a question about the log."""
_NEW_TOPIC_WAITS_S = (0.0, 0.1, 0.3, 1.0)
"""Pauses before asking again for a topic nobody knows: Kafka says that one was created before every broker has it."""
_REFUSALS = (
    ClusterAuthorizationFailedError,
    InvalidTopicError,
    MessageSizeTooLargeError,
    PolicyViolationError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
)
"""Answers to a sent record that mean that it was not kept; after any other one it may have been."""

_log = logging.getLogger(__name__)


class KafkaLog:
    """The log behind `kafka` (host:port, comma separated, or all of a connection). Connects on first use and again
    after failures.
    """

    def __init__(self, kafka: KafkaConnection | str, *, client_id: str = "mo") -> None:
        self._kafka = connection_of(kafka)
        self._bootstrap = self._kafka.bootstrap
        self._client_id = client_id
        self._producer: AIOKafkaProducer | None = None
        self._asker: AIOKafkaConsumer | None = None
        self._topics: set[str] = set()
        self._starting = asyncio.Lock()

    async def append(self, message: Message, *, deadline_s: float) -> Position:
        producer: AIOKafkaProducer | None = None
        acknowledged: asyncio.Future[RecordMetadata] | None = None
        try:
            async with asyncio.timeout(deadline_s):
                if message.topic not in self._topics:
                    await self.end(message.topic)
                producer = await self._started_producer()
                acknowledged = await producer.send(
                    message.topic, message.value, key=message.key, headers=list(message.headers)
                )
                # shielded: a cancelled wait must not cancel the batch that carries other people's records too
                metadata = await asyncio.shield(acknowledged)
        except TimeoutError as error:
            if acknowledged is None:
                raise LogError(f"Kafka at {self._bootstrap} does not answer: try again later") from error
            raise AppendUnknownError(f"no answer within {deadline_s} s: say it again under the same id") from error
        except KafkaError as error:
            if producer is not None and not isinstance(error, KafkaTimeoutError):
                # one that failed has a gap in its sequence, or no life left: every later append would fail as well
                await self._drop_producer(producer)
            if acknowledged is None or isinstance(error, _REFUSALS):
                raise LogError(f"Kafka refused a record for {message.topic}: {error!r}") from error
            raise AppendUnknownError(f"the producer failed ({error!r}): say it again under the same id") from error
        if metadata.offset < 0:
            raise AppendUnknownError("Kafka has the record but does not say where: say it again under the same id")
        return Position(Partition(message.topic, metadata.partition), metadata.offset)

    async def begin(self, topic: str) -> Mapping[Partition, int]:
        return await self._offsets(topic, newest=False)

    async def end(self, topic: str) -> Mapping[Partition, int]:
        return await self._offsets(topic, newest=True)

    async def cluster_id(self) -> str:
        admin = AIOKafkaAdminClient(**self._kafka.options(), client_id=self._client_id)
        try:
            async with asyncio.timeout(ASK_S_MAX):
                await admin.start()
                return str((await admin.describe_cluster())["cluster_id"])
        except (KafkaError, TimeoutError) as error:
            raise LogError(f"Kafka at {self._bootstrap} does not answer: {error!r}") from error
        finally:
            await admin.close()

    async def open(self, positions: Mapping[Partition, int]) -> KafkaReader:
        consumer = AIOKafkaConsumer(
            **self._kafka.options(),
            client_id=self._client_id,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
        )
        try:
            async with asyncio.timeout(ASK_S_MAX):
                await consumer.start()
        except (KafkaError, TimeoutError) as error:
            await consumer.stop()
            raise LogError(f"Kafka at {self._bootstrap} does not answer: {error!r}") from error
        except BaseException:
            await consumer.stop()
            raise
        consumer.assign([TopicPartition(*partition) for partition in positions])
        for partition, offset in positions.items():
            consumer.seek(TopicPartition(*partition), offset)
        # the client's own tasks must take their first step: stopped before it, they end its stop() in CancelledError
        await asyncio.sleep(0)
        return KafkaReader(consumer, positions)

    async def close(self) -> None:
        if self._producer is not None:
            await self._drop_producer(self._producer)
        if self._asker is not None:
            asker, self._asker = self._asker, None
            await asker.stop()

    async def _started_producer(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **self._kafka.options(),
                    client_id=self._client_id,
                    acks="all",
                    enable_idempotence=True,
                )
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer

    async def _drop_producer(self, producer: AIOKafkaProducer) -> None:
        """Replace the producer by a new one at the next append, unless somebody has done that already."""
        async with self._starting:
            ours = self._producer is producer
            self._producer = None if ours else self._producer
        if not ours:
            return
        try:
            async with asyncio.timeout(ASK_S_MAX):
                await producer.stop()
        except (KafkaError, TimeoutError) as error:
            _log.warning("the old producer did not stop cleanly: %r", error)

    async def _offsets(self, topic: str, *, newest: bool) -> dict[Partition, int]:
        try:
            async with asyncio.timeout(ASK_S_MAX):
                asker = await self._started_asker()
                numbers = await _partition_numbers(asker, topic)
                if not numbers:
                    raise LogError(f"topic {topic} does not exist: provision it first")
                asked = [TopicPartition(topic, number) for number in sorted(numbers)]
                found = await (asker.end_offsets(asked) if newest else asker.beginning_offsets(asked))
        except (KafkaError, TimeoutError) as error:
            raise LogError(f"Kafka at {self._bootstrap} does not answer: {error!r}") from error
        self._topics.add(topic)
        return {Partition(asked.topic, asked.partition): offset for asked, offset in found.items()}

    async def _started_asker(self) -> AIOKafkaConsumer:
        async with self._starting:
            if self._asker is None:
                asker = AIOKafkaConsumer(**self._kafka.options(), client_id=self._client_id, enable_auto_commit=False)
                try:
                    await asker.start()
                except BaseException:
                    await asker.stop()
                    raise
                self._asker = asker
            return self._asker


class KafkaReader:
    """Reads assigned partitions; knows when Kafka last answered for each of them."""

    def __init__(self, consumer: AIOKafkaConsumer, positions: Mapping[Partition, int]) -> None:
        self._consumer = consumer
        self._next = dict(positions)
        self._known: dict[TopicPartition, Partition] = {TopicPartition(*each): each for each in positions}
        self._polled: dict[Partition, tuple[int | None, float]] = {}

    async def read(self, *, records_max: int, wait_s: float) -> Sequence[Record]:
        try:
            batches = await self._consumer.getmany(timeout_ms=int(wait_s * 1000), max_records=records_max)
        except OffsetOutOfRangeError as error:
            raise LostLogError(f"position outside of what Kafka keeps: {error}") from error
        except KafkaError as error:
            raise LogError(f"Kafka cannot be read now: {error!r}") from error
        records: list[Record] = []
        for asked, batch in batches.items():
            partition = self._known[asked]
            records.extend(
                Record(partition, kept.offset, kept.key, kept.value, kept.headers, kept.timestamp) for kept in batch
            )
            self._next[partition] = batch[-1].offset + 1
        self._note_answers()
        return records

    def positions(self) -> Mapping[Partition, int]:
        return dict(self._next)

    def freshness(self, partition: Partition) -> Freshness:
        self._note_answers()
        seen = self._polled.get(partition)
        if seen is None:
            return Freshness(math.inf, caught_up=False)
        newest = self._consumer.highwater(TopicPartition(*partition))
        caught_up = newest is not None and self._next[partition] >= newest
        return Freshness(time.monotonic() - seen[1], caught_up)

    async def close(self) -> None:
        await self._consumer.stop()

    def _note_answers(self) -> None:
        """Turn the client's wall-clock stamp of the last answer into our monotonic clock: it moved, so it is fresh."""
        now = time.monotonic()
        for asked, partition in self._known.items():
            stamp = self._consumer.last_poll_timestamp(asked)
            if stamp is not None and self._polled.get(partition, (None, 0.0))[0] != stamp:
                self._polled[partition] = stamp, now


async def _partition_numbers(asker: AIOKafkaConsumer, topic: str) -> set[int] | None:
    """The partitions of `topic`, None when there is no such topic. What is known may be older than the topic is."""
    numbers: set[int] | None = asker.partitions_for_topic(topic)
    for wait_s in _NEW_TOPIC_WAITS_S:
        if numbers:
            break
        await asyncio.sleep(wait_s)
        await asker._client.force_metadata_update()
        numbers = asker.partitions_for_topic(topic)
    return numbers
