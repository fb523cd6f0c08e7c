"""What every log promises, asked of each adapter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, UnknownError

from storage.log.kafka import KafkaLog, KafkaReader
from storage.log.memory import MemoryLog
from storage.log.port import AppendUnknownError, Log, LogError, LostLogError, Message, Partition, Position, Record

PARTITIONS = 3


class Bench:
    """A log, and a topic of it that only this test uses."""

    def __init__(self, log: Log, topic: str) -> None:
        self.log, self.topic = log, topic

    async def append(self, key: str, value: bytes = b"{}", **headers: bytes):
        message = Message(self.topic, key.encode(), value, tuple(headers.items()))
        return await self.log.append(message, deadline_s=10)

    async def read_all(self) -> list[Record]:
        ends = await self.log.end(self.topic)
        reader = await self.log.open(dict.fromkeys(ends, 0))
        try:
            return await read_until(reader, sum(ends.values()))
        finally:
            await reader.close()


async def read_until(reader, count: int) -> list[Record]:
    records: list[Record] = []
    async with asyncio.timeout(20):
        while len(records) < count:
            records += await reader.read(records_max=100, wait_s=0.2)
    return records


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.real)])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    topic = f"t-{uuid4()}"
    if request.param == "memory":
        yield Bench(MemoryLog({topic: PARTITIONS}), topic)
        return
    bootstrap = request.getfixturevalue("kafka_bootstrap")
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, PARTITIONS, 1)])
    log = KafkaLog(bootstrap)
    yield Bench(log, topic)
    await log.close()
    await admin.delete_topics([topic])
    await admin.close()


async def test_what_was_appended_is_read_back_byte_for_byte(bench: Bench):
    position = await bench.append("k", b"\x00\xff", ce_type=b"t", empty=b"")
    (record,) = await bench.read_all()
    assert (record.partition, record.offset) == position
    assert (record.key, record.value) == (b"k", b"\x00\xff")
    assert tuple(record.headers) == (("ce_type", b"t"), ("empty", b""))
    assert record.time_ms > 1_700_000_000_000


async def test_equal_keys_lie_in_one_partition_in_order(bench: Bench):
    for number in range(30):
        await bench.append(f"k{number % 5}", str(number).encode())
    records = await bench.read_all()
    by_key: dict[bytes, list[int]] = {}
    places: dict[bytes, set[Partition]] = {}
    for record in records:
        assert record.key is not None
        assert record.value is not None
        by_key.setdefault(record.key, []).append(int(record.value))
        places.setdefault(record.key, set()).add(record.partition)
    assert all(len(each) == 1 for each in places.values())
    assert all(each == sorted(each) for each in by_key.values())
    assert sum(map(len, by_key.values())) == 30


async def test_begin_end_and_positions_agree(bench: Bench):
    before = await bench.log.end(bench.topic)
    assert sorted(each.number for each in before) == list(range(PARTITIONS))
    assert set(before.values()) == {0}
    position = await bench.append("k")
    ends = await bench.log.end(bench.topic)
    assert ends[position.partition] == position.offset + 1
    assert set((await bench.log.begin(bench.topic)).values()) == {0}
    reader = await bench.log.open(ends)
    try:
        assert await reader.read(records_max=10, wait_s=0.05) == []
        later = await bench.append("k", b"later")
        (record,) = await read_until(reader, 1)
        assert record.value == b"later"
        assert reader.positions()[later.partition] == later.offset + 1
    finally:
        await reader.close()


async def test_a_reader_knows_when_it_is_at_the_end(bench: Bench):
    await bench.append("k")
    ends = await bench.log.end(bench.topic)
    reader = await bench.log.open(dict.fromkeys(ends, 0))
    try:
        partition = next(each for each, end in ends.items() if end)
        assert not reader.freshness(partition).caught_up
        await read_until(reader, 1)
        async with asyncio.timeout(10):
            while not all(reader.freshness(each).caught_up for each in ends):
                await reader.read(records_max=10, wait_s=0.05)
        assert all(reader.freshness(each).answered_s < 2 for each in ends)
    finally:
        await reader.close()


async def test_a_topic_that_does_not_exist_is_said_at_once(bench: Bench):
    missing = Message(f"none-{uuid4()}", b"k", b"v")
    async with asyncio.timeout(15):
        with pytest.raises(LogError, match="provision"):
            await bench.log.append(missing, deadline_s=10)
        with pytest.raises(LogError, match="provision"):
            await bench.log.end(missing.topic)


async def test_a_position_beyond_the_end_is_a_lost_log(bench: Bench):
    await bench.append("k")
    ends = await bench.log.end(bench.topic)
    reader = await bench.log.open({each: end + 5 for each, end in ends.items()})
    try:
        with pytest.raises(LostLogError):
            await read_until(reader, 1)
    finally:
        await reader.close()


async def test_the_log_has_a_name(bench: Bench):
    first = await bench.log.cluster_id()
    assert first
    assert await bench.log.cluster_id() == first


async def test_many_appends_at_once_all_arrive(bench: Bench):
    positions = await asyncio.gather(*(bench.append(f"k{number}") for number in range(200)))
    assert len(set(positions)) == 200
    assert len(await bench.read_all()) == 200


async def test_without_an_answer_nobody_knows():
    log = MemoryLog({"t": 1})
    log.answering = False
    with pytest.raises(AppendUnknownError, match="same id"):
        await log.append(Message("t", b"k", b"v"), deadline_s=0.01)


async def test_kafka_that_is_not_there_is_an_error_and_not_a_hang():
    log = KafkaLog("127.0.0.1:1")
    async with asyncio.timeout(30):
        with pytest.raises(LogError, match="does not answer"):
            await log.append(Message("t", b"k", b"v"), deadline_s=2)
        with pytest.raises(LogError, match="does not answer"):
            await log.cluster_id()
    await log.close()


@pytest.fixture
async def kafka(kafka_bootstrap: str) -> AsyncIterator[Bench]:
    """Kafka with a topic that takes no record of more than 1,000 bytes."""
    topic = f"t-{uuid4()}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, PARTITIONS, 1, topic_configs={"max.message.bytes": "1000"})])
    log = KafkaLog(kafka_bootstrap)
    yield Bench(log, topic)
    await log.close()
    await admin.delete_topics([topic])
    await admin.close()


@pytest.mark.real
async def test_a_record_that_kafka_refuses_is_refused_and_the_next_one_is_kept(kafka: Bench):
    await kafka.append("k")
    with pytest.raises(LogError, match="refused") as caught:
        await kafka.append("k", b"x" * 2000)
    assert not isinstance(caught.value, AppendUnknownError)
    # the refused record took a number in the producer's sequence: with the same producer this one would fail as well
    await kafka.append("k", b"next")
    assert [record.value for record in await kafka.read_all()] == [b"{}", b"next"]


@pytest.mark.real
async def test_a_producer_that_failed_for_good_is_replaced_once(kafka: Bench):
    await kafka.append("k")
    assert isinstance(kafka.log, KafkaLog)
    broken = kafka.log._producer
    assert broken is not None
    broken._message_accumulator.fail_all(KafkaError("Unexpected error during batch delivery"))
    answers = await asyncio.gather(*(kafka.append(f"k{number}") for number in range(20)), return_exceptions=True)
    assert {type(answer) for answer in answers} <= {LogError, Position}
    after = kafka.log._producer
    assert (await kafka.append("k", b"again")).offset > 0
    assert kafka.log._producer not in (broken, None)
    assert after in (kafka.log._producer, None)


@pytest.mark.real
async def test_an_answer_that_breaks_off_leaves_it_open_whether_the_record_was_kept(
    kafka: Bench, monkeypatch: pytest.MonkeyPatch
):
    await kafka.append("k")
    assert isinstance(kafka.log, KafkaLog)
    producer = kafka.log._producer
    assert producer is not None
    send = producer.send

    async def breaks(*told: object, **more: object) -> asyncio.Future[object]:
        await (await send(*told, **more))
        broken = asyncio.get_running_loop().create_future()
        broken.set_exception(UnknownError())
        return broken

    monkeypatch.setattr(producer, "send", breaks)
    with pytest.raises(AppendUnknownError, match="same id"):
        await kafka.append("k", b"kept")
    await kafka.append("k", b"kept")
    assert [record.value for record in await kafka.read_all()] == [b"{}", b"kept", b"kept"]


@pytest.mark.real
async def test_an_error_of_the_client_is_an_error_of_the_log_and_skips_nothing(
    kafka: Bench, monkeypatch: pytest.MonkeyPatch
):
    reader = await kafka.log.open(dict.fromkeys(await kafka.log.end(kafka.topic), 0))
    assert isinstance(reader, KafkaReader)
    await kafka.append("k", b"kept")

    async def fails(*_: object, **__: object) -> None:
        raise UnknownError

    with monkeypatch.context() as patch:
        patch.setattr(reader._consumer, "getmany", fails)
        with pytest.raises(LogError, match="cannot be read"):
            await reader.read(records_max=10, wait_s=0.1)
    assert [record.value for record in await read_until(reader, 1)] == [b"kept"]
    await reader.close()
