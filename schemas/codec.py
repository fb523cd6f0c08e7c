"""Envelope <-> bytes: CloudEvents 1.0, binary content mode of the Kafka protocol binding, JSON body.

Source: CloudEvents Kafka protocol binding 1.0.2, sections 3.2 (binary mode) and 3.1 (`partitionkey`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

import msgspec

from schemas.envelope import Envelope
from schemas.events import CATALOGUE, Event, JobEvent
from schemas.topics import topic_of

RECORD_BYTES_MAX = 8 * 1024
"""Longest event body; anything bulkier is an object named by its digest."""

ACTORS_KEPT_MAX = 4_096
"""Parsed actor ids that are kept: few speak, and all the time."""

DIGITS_MAX = 18
"""Longest number in a header; what is longer is junk."""

Header = tuple[str, bytes]

_TYPE = re.compile(r"^mo\.([A-Za-z]+)\.v(\d+)$")
_encoder = msgspec.json.Encoder()
_decoders: dict[str, msgspec.json.Decoder[Event]] = {
    name: msgspec.json.Decoder(event) for name, event in CATALOGUE.items()
}
_types: dict[bytes, tuple[str, int]] = {}


class DecodeError(ValueError):
    """These bytes are no event that this reader understands."""


class TooLongError(ValueError):
    """The event's body is longer than `RECORD_BYTES_MAX`."""


def encode(envelope: Envelope) -> tuple[bytes, bytes, tuple[Header, ...]]:
    """Key, value and headers of a record.

    Raises:
        TooLongError: put the bulky part into an object and name it by digest.
    """
    event = envelope.event
    value = _encoder.encode(event)
    if len(value) > RECORD_BYTES_MAX:
        raise TooLongError(f"{envelope.name} is {len(value)} bytes, the limit is {RECORD_BYTES_MAX}: use an object")
    key = _key_of(event)
    subject = key.decode()
    attributes = {
        "specversion": "1.0",
        "id": str(envelope.id),
        "source": envelope.source,
        "type": f"mo.{envelope.name}.v{event.VERSION}",
        "subject": subject,
        "time": envelope.time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "partitionkey": subject,
        "actor": str(envelope.actor),
        "foldversion": str(envelope.fold_version),
        "cause": str(envelope.cause) if envelope.cause else "",
        "requestdigest": envelope.request_digest,
        "signature": envelope.signature,
    }
    headers = [(f"ce_{name}", text.encode()) for name, text in attributes.items() if text]
    return key, value, (*headers, ("content-type", b"application/json"))


def _type_of(raw: bytes) -> tuple[str, int]:
    if (known := _types.get(raw)) is not None:
        return known
    match = _TYPE.match(raw.decode(errors="replace"))
    if match is None or match[1] not in CATALOGUE:
        raise DecodeError(f"unknown event type {raw!r}")
    name, version = match[1], int(match[2])
    if version > CATALOGUE[name].VERSION:
        raise DecodeError(f"{name} v{version} is newer than this reader (v{CATALOGUE[name].VERSION}): upgrade it")
    _types[raw] = name, version
    return name, version


def decode(value: bytes | None, headers: Iterable[Header]) -> Envelope:
    """The envelope in a record; its time is in UTC, and one without a zone is taken as UTC.

    Raises:
        DecodeError: unknown or newer type, missing attribute, a body that does not fit the type; nothing else.
    """
    try:
        attributes = dict(headers)
        name, _ = _type_of(attributes["ce_type"])
        time = datetime.fromisoformat(attributes["ce_time"].decode())
        if time.tzinfo is not UTC:
            time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
        cause = attributes.get("ce_cause")
        return Envelope(
            id=msgspec.convert(attributes["ce_id"].decode(), UUID),
            event=_decoders[name].decode(value or b""),
            time=time,
            source=attributes["ce_source"].decode(),
            actor=_actor(attributes["ce_actor"]),
            fold_version=int(attributes["ce_foldversion"]),
            cause=msgspec.convert(cause.decode(), UUID) if cause else None,
            request_digest=attributes.get("ce_requestdigest", b"").decode(),
            signature=attributes.get("ce_signature", b"").decode(),
        )
    except KeyError as error:
        raise DecodeError(f"attribute {error.args[0]} is missing") from error
    except Exception as error:  # whatever the bytes do to a reader, they must not stop the log
        raise DecodeError(str(error) or type(error).__name__) from error


def decode_in(topic: str, key: bytes | None, value: bytes | None, headers: Iterable[Header]) -> Envelope:
    """The envelope in a record of the topic. One partition orders all that is said about a subject: what lies in
    another topic, or under another key than its subject, must not count for anybody.

    Raises:
        DecodeError: as `decode`, or the record lies in the wrong place.
    """
    envelope = decode(value, headers)
    event = envelope.event
    if topic_of(type(event)).name != topic:
        raise DecodeError(f"{envelope.name} does not belong into {topic}")
    if _key_of(event) != key:
        raise DecodeError(f"the key is not the subject of {envelope.name}")
    return envelope


def fold_version_of(headers: Iterable[Header]) -> int:
    """The fold version a record was written under, readable even where its type is unknown; 0 if it says none."""
    raw = dict(headers).get("ce_foldversion") or b""
    return int(raw) if raw.isdigit() and len(raw) <= DIGITS_MAX else 0


@lru_cache(ACTORS_KEPT_MAX)
def _actor(raw: bytes) -> UUID:
    return msgspec.convert(raw.decode(), UUID)


def _key_of(event: Event) -> bytes:
    """The event's subject as bytes; the encoder writes an id five times as fast as `str` does."""
    if isinstance(event, JobEvent):
        return _encoder.encode(event.job_id)[1:-1]
    return event.subject().encode()
