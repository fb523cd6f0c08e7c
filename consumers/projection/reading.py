"""A record -> what it says, or the row of a record that cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from schemas.codec import DecodeError, decode_in, fold_version_of
from schemas.envelope import Envelope
from schemas.lifecycle import FOLD_VERSION
from schemas.topics import CATALOG, JOBS
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
        envelope = decode_in(record.partition.topic, record.key, record.value, record.headers)
    except DecodeError as error:
        _refuse_newer(record, fold_version_of(record.headers))
        return UndecodableRow(
            at=at(record),
            topic=record.partition.topic,
            key=record.key,
            value=record.value,
            headers=msgspec.msgpack.encode(record.headers),
            error=str(error)[:ERROR_CHARS_MAX],
        )
    _refuse_newer(record, envelope.fold_version)
    return Said(record, envelope)


def log_time(record: Record) -> datetime:
    """When the log took the record."""
    return _EPOCH + timedelta(milliseconds=min(max(record.time_ms, 0), TIME_MS_MAX))


def _refuse_newer(record: Record, version: int) -> None:
    if version > FOLD_VERSION and record.partition.topic in HISTORIES:
        raise NewerFoldError(
            f"{record.partition.topic}/{record.partition.number} offset {record.offset} has fold version {version}, "
            f"this projector knows {FOLD_VERSION}: start a newer version of it"
        )
