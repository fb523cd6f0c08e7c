"""Bytes of events: what was ever written can be read, and CloudEvents tools can read it too."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from schemas.codec import RECORD_BYTES_MAX, DecodeError, TooLongError, decode, decode_in, encode, fold_version_of
from schemas.events import CATALOGUE
from schemas.topics import TOPICS, topic_of

GOLDEN = sorted((Path(__file__).parents[2] / "golden").glob("*.json"))


def record(path: Path) -> tuple[bytes, bytes, tuple[tuple[str, bytes], ...]]:
    kept = json.loads(path.read_text())
    body = json.dumps(kept["body"], ensure_ascii=False, separators=(",", ":")).encode()
    return kept["key"].encode(), body, tuple((name, text.encode()) for name, text in kept["headers"].items())


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_records_are_read_and_written_as_ever(path: Path):
    key, value, headers = record(path)
    envelope = decode(value, headers)
    # what stands behind a hyphen tells two records of one type and version apart
    assert f"{envelope.name}.v{envelope.event.VERSION}" == path.stem.partition("-")[0]
    again_key, again_value, again_headers = encode(envelope)
    assert (again_key, again_headers) == (key, headers)
    assert json.loads(again_value) == json.loads(value)


def test_agents_that_are_older_than_the_sandbox_are_understood():
    _, value, headers = record(next(path for path in GOLDEN if path.stem == "AgentSeen.v1"))
    body = {name: each for name, each in json.loads(value).items() if not name.startswith("sandbox")}
    said = decode(json.dumps(body).encode(), headers).event
    assert (said.sandbox, said.sandbox_failed) == ("", ())


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_another_cloudevents_reader_understands_them(path: Path):
    key, value, headers = record(path)
    event = from_binary(KafkaMessage(headers=dict(headers), key=key, value=value), JSONFormat(), CloudEvent)
    ours = decode(value, headers)
    assert event.get_type() == f"mo.{ours.name}.v{ours.event.VERSION}"
    assert event.get_id() == str(ours.id)
    assert event.get_subject() == ours.event.subject()
    assert event.get_time() == ours.time
    assert event.get_extension("actor") == str(ours.actor)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"ce_type": b"mo.Nothing.v1"}, "unknown event type"),
        ({"ce_type": b"mo.Upload.v99"}, "upgrade"),
        ({"ce_type": b"\xff\xfe"}, "unknown event type"),
        ({"ce_id": None}, "ce_id is missing"),
        ({"ce_id": b"seven"}, "Invalid UUID"),
        ({"ce_time": b"yesterday"}, "isoformat"),
        ({"ce_time": b"0001-01-01T00:00:00+14:00"}, "out of range"),
        ({"ce_foldversion": b"9" * 5000}, "digits"),
    ],
)
def test_a_broken_header_is_a_decode_error(change: dict[str, bytes | None], says: str):
    _, value, headers = record(next(path for path in GOLDEN if path.stem == "Upload.v1"))
    broken = {**dict(headers), **change}
    with pytest.raises(DecodeError, match=says):
        decode(value, [(name, raw) for name, raw in broken.items() if raw is not None])


@pytest.mark.parametrize("name", ["ce_type", "ce_id", "ce_time", "ce_source", "ce_actor", "ce_foldversion"])
def test_a_header_without_a_value_is_a_decode_error(name: str):
    _, value, headers = record(GOLDEN[0])
    empty = {**dict(headers), name: None}
    with pytest.raises(DecodeError):
        decode(value, empty.items())  # type: ignore[arg-type]  # Kafka has such headers
    assert fold_version_of(empty.items()) == (0 if name == "ce_foldversion" else 1)  # type: ignore[arg-type]


def test_a_body_too_deep_to_be_read_is_a_decode_error():
    _, value, headers = record(next(path for path in GOLDEN if path.stem == "JobClaimed.v1"))
    deep = b'{"added_later":' + b"[" * 100_000 + b"]" * 100_000 + b"," + value[1:]
    with pytest.raises(DecodeError):
        decode(deep, headers)


@pytest.mark.parametrize("written", ["2026-11-23T01:02:03", "2026-11-23T03:02:03+02:00", "2026-11-23T01:02:03Z"])
def test_every_time_is_in_utc_so_that_any_two_can_be_compared(written: str):
    _, value, headers = record(GOLDEN[0])
    time = decode(value, {**dict(headers), "ce_time": written.encode()}.items()).time
    assert time == datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
    assert time.tzinfo is UTC


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_record_counts_only_in_its_events_topic_and_under_its_subject(path: Path):
    key, value, headers = record(path)
    envelope = decode(value, headers)
    topic = topic_of(type(envelope.event)).name
    assert key == envelope.event.subject().encode()
    assert decode_in(topic, key, value, headers) == envelope
    for other in TOPICS.keys() - {topic}:
        with pytest.raises(DecodeError, match=f"does not belong into {other}"):
            decode_in(other, key, value, headers)
    for wrong in (None, b"", key.upper(), key + b" "):
        if wrong != key:
            with pytest.raises(DecodeError, match="not the subject"):
                decode_in(topic, wrong, value, headers)


@pytest.mark.parametrize("value", [None, b"", b"{", b"[]", b"{}", b"\x00\xff", b'{"model_id": 7}'])
def test_a_broken_body_is_a_decode_error(value: bytes | None):
    _, _, headers = record(next(path for path in GOLDEN if path.stem == "Upload.v1"))
    with pytest.raises(DecodeError):
        decode(value, headers)


def test_an_older_reader_survives_a_newer_writers_field():
    _, value, headers = record(next(path for path in GOLDEN if path.stem == "JobClaimed.v1"))
    newer = json.dumps({**json.loads(value), "added_later": 1}).encode()
    assert decode(newer, headers) == decode(value, headers)


def test_a_bulky_event_is_refused():
    _, value, headers = record(next(path for path in GOLDEN if path.stem == "ModelConverted.v1"))
    bulky = json.dumps({**json.loads(value), "toolchain": {"x": "y" * RECORD_BYTES_MAX}}).encode()
    with pytest.raises(TooLongError, match="use an object"):
        encode(decode(bulky, headers))


def test_the_fold_version_can_be_read_without_the_event():
    assert fold_version_of([("ce_type", b"mo.Unheard.v7"), ("ce_foldversion", b"12")]) == 12
    for junk in (b"many", b"", b"-2", b"9" * 5000):
        assert fold_version_of([("ce_foldversion", junk)]) == 0


def test_every_event_has_its_golden_record():
    assert {path.stem for path in GOLDEN} >= {f"{name}.v{event.VERSION}" for name, event in CATALOGUE.items()}
