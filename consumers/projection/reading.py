"""A record -> what it says, or the row of a record that cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

import msgspec

from schemas.codec import DecodeError, decode, fold_version_of
from schemas.envelope import Envelope
from schemas.events import Event
from schemas.lifecycle import FOLD_VERSION
from schemas.topics import CATALOG, JOBS, topic_of
from storage.log.port import Record
from storage.views.rows import At, UndecodableRow

ERROR_CHARS_MAX = 500
HISTORIES = frozenset({CATALOG.name, JOBS.name})
"""Topics whose records are folded; the others only tell the newest word."""
TIME_MS_MAX = 253_402_300_799_000
"""The last second of the year 9999, the last one that a datetime can say."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NewerFoldError(Exception):
    """A record was written under a newer meaning of the fold than ours: guessing would make wrong rows."""


class Said(NamedTuple):
    """A record that could be read."""

    record: Record
    envelope: Envelope

    @property
    def at(self) -> At:
        return at(self.record)


def at(record: Record) -> At:
    """Where the record lies, as rows say it."""
    return At(record.partition.number, record.offset)


def read(record: Record) -> Said | UndecodableRow:
    """What the record says.

    Raises:
        NewerFoldError: stop, and start a newer version.
    """
    try:
        envelope = decode(record.value, record.headers)
        _refuse_newer(record, envelope.fold_version)
        _check_place(record, envelope)
        return Said(record, _in_utc(envelope))
    except NewerFoldError:
        raise
    except Exception as error:  # whatever the bytes do to a reader, they must not stop the log
        _refuse_newer(record, _fold_version(record))
        return UndecodableRow(
            at=at(record),
            topic=record.partition.topic,
            key=record.key,
            value=record.value,
            headers=msgspec.msgpack.encode(record.headers),
            error=f"{type(error).__name__}: {error}"[:ERROR_CHARS_MAX],
        )


def log_time(record: Record) -> datetime:
    """When the log took the record."""
    return _EPOCH + timedelta(milliseconds=min(max(record.time_ms, 0), TIME_MS_MAX))


def _fold_version(record: Record) -> int:
    """What a record that cannot be read says about its fold version; 0 where that cannot be read either."""
    try:
        return fold_version_of(record.headers)
    except (AttributeError, ValueError):
        return 0


def _refuse_newer(record: Record, version: int) -> None:
    if version > FOLD_VERSION and record.partition.topic in HISTORIES:
        raise NewerFoldError(
            f"{record.partition.topic}/{record.partition.number} offset {record.offset} has fold version {version}, "
            f"this projector knows {FOLD_VERSION}: start a newer version of it"
        )


@cache
def _topic_name(event: type[Event]) -> str:
    return topic_of(event).name


def _check_place(record: Record, envelope: Envelope) -> None:
    """One partition orders all that is said about a subject: a record that lies elsewhere must not count."""
    event = envelope.event
    if _topic_name(type(event)) != record.partition.topic:
        raise DecodeError(f"{envelope.name} does not belong into {record.partition.topic}")
    if event.subject().encode() != record.key:
        raise DecodeError(f"the key is not the subject of {envelope.name}")


def _in_utc(envelope: Envelope) -> Envelope:
    """The envelope with its time in UTC; a time without a zone is taken as UTC, whatever zone this machine is in."""
    time = envelope.time
    if time.tzinfo is UTC:
        return envelope
    aware = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    return msgspec.structs.replace(envelope, time=aware)
