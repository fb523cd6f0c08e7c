"""Saying: what lies in the log afterwards, and what never gets there."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from producers.say import Command, Speaker
from schemas.codec import DecodeError, TooLongError, decode
from schemas.events import JobCancelRequested, StructureAdded, Upload
from schemas.lifecycle import FOLD_VERSION
from schemas.topics import TOPICS
from schemas.values import ObjectRef
from storage.log.memory import MemoryLog
from storage.log.port import AppendUnknownError, Partition

NOW = datetime(2026, 11, 23, tzinfo=UTC)
WEIGHTS = ObjectRef(f"sha256:{'0' * 64}", 1, "net.pth")


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog({topic.name: topic.partitions for topic in TOPICS.values()})


@pytest.fixture
def speaker(log: MemoryLog) -> Speaker:
    return Speaker(log, "/test", lambda: NOW, 0.01)


async def read(log: MemoryLog) -> list:
    ends = {partition: 0 for topic in TOPICS for partition in await log.end(topic)}
    return list(await (await log.open(ends)).read(records_max=100, wait_s=0))


async def test_an_event_is_kept_with_its_circumstances(log, speaker):
    event = Upload(model_id=uuid4(), name="net", weights=WEIGHTS)
    id_, actor, cause = uuid4(), uuid4(), uuid4()
    position = await speaker.say(event, id=id_, actor=actor, cause=cause, request_digest="sha256:1")
    (record,) = await read(log)
    envelope = decode(record.value, record.headers)
    assert (record.partition, record.offset) == position == (Partition("mo.catalog", 0), 0)
    assert record.key == str(event.model_id).encode()
    assert (envelope.event, envelope.id, envelope.actor, envelope.cause) == (event, id_, actor, cause)
    assert (envelope.time, envelope.source, envelope.request_digest) == (NOW, "/test", "sha256:1")
    assert envelope.fold_version == FOLD_VERSION


async def test_a_decision_has_the_commands_id_and_a_consequence_names_it_as_its_cause(log, speaker):
    command = Command(UUID(int=1), UUID(int=2), "sha256:1")
    await speaker.decide(JobCancelRequested(job_id=UUID(int=3)), command)
    await speaker.follow(JobCancelRequested(job_id=UUID(int=3)), command, UUID(int=4))
    decision, consequence = [decode(record.value, record.headers) for record in await read(log)]
    assert (decision.id, decision.cause) == (command.id, None)
    assert (consequence.id, consequence.cause) == (UUID(int=4), command.id)
    assert {each.actor for each in (decision, consequence)} == {command.actor}
    assert {each.request_digest for each in (decision, consequence)} == {"sha256:1"}


async def test_no_answer_is_passed_on_as_unknown(log, speaker):
    log.answering = False
    with pytest.raises(AppendUnknownError):
        await speaker.say(JobCancelRequested(job_id=uuid4()), id=uuid4(), actor=uuid4())


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (Upload(model_id=UUID(int=1), name="n" * 201, weights=WEIGHTS), DecodeError),
        (Upload(model_id=UUID(int=1), name="n", weights=ObjectRef("no digest", 1)), DecodeError),
        (StructureAdded(structure_id=UUID(int=1), name="", class_name="Net", source=WEIGHTS), DecodeError),
        (Upload(model_id=UUID(int=1), name="n", weights=WEIGHTS, note="n" * 9000), TooLongError),
    ],
)
async def test_what_no_reader_could_read_never_gets_into_the_log(log, speaker, event, error):
    with pytest.raises(error):
        await speaker.say(event, id=uuid4(), actor=uuid4())
    assert await read(log) == []
