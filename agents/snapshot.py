"""An agent's fold of `mo.jobs` on its own disk, so that a start need not read the whole history again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from agents.idset import IdSet
from agents.table import JobTable, LiveJob
from schemas.codec import DecodeError, decode, encode
from schemas.events import CATALOGUE, Event
from schemas.lifecycle import FOLD_VERSION, Job
from storage.log.port import Partition

FORMAT = 2
DIGEST_BYTES = 32


class Snapshot(NamedTuple):
    """A table and the next offset of every partition that it was folded from."""

    table: JobTable
    positions: dict[Partition, int]


class _Live(msgspec.Struct, array_like=True):
    job: Job
    value: bytes
    headers: list[tuple[str, bytes]]
    partition: int


class _File(msgspec.Struct):
    reader: str
    cluster_id: str
    positions: list[tuple[str, int, int]]
    live: list[_Live]
    ended: list[bytes]


def reader_name(catalogue: Mapping[str, type[Event]] = CATALOGUE) -> str:
    """Who can go on from a snapshot: a reader of the same fold and the same events. One that knows an event more would
    never hear of those that the writer of the snapshot skipped."""
    events = sorted(f"{name}.v{event.VERSION}" for name, event in catalogue.items())
    return f"{FORMAT} {FOLD_VERSION} {' '.join(Job.__struct_fields__)} {' '.join(events)}"


def save(path: Path, cluster_id: str, table: JobTable, positions: dict[Partition, int]) -> None:
    """Write the snapshot whole or not at all.

    Raises:
        OSError: the disk does not take it; the old snapshot is still there.
        TooLongError: a request is longer than an event may be; somebody wrote it past the speaker.
    """
    live = [
        _Live(each.job, value, list(headers), each.partition)
        for each in table.live.values()
        for _, value, headers in [encode(each.request)]
    ]
    places = [(partition.topic, partition.number, offset) for partition, offset in positions.items()]
    content = msgspec.msgpack.encode(_File(reader_name(), cluster_id, places, live, list(table.ended.runs())))
    beside = path.with_suffix(".new")
    with beside.open("wb") as file:
        file.write(hashlib.sha256(content).digest())
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def load(path: Path, cluster_id: str) -> Snapshot | None:
    """The snapshot, or None where none fits this log and this reader: then the log is read from its start."""
    try:
        kept = path.read_bytes()
        if hashlib.sha256(memoryview(kept)[DIGEST_BYTES:]).digest() != kept[:DIGEST_BYTES]:
            return None
        content = msgspec.msgpack.decode(memoryview(kept)[DIGEST_BYTES:], type=_File)
        if (content.reader, content.cluster_id) != (reader_name(), cluster_id):
            return None
        table = JobTable(IdSet(tuple(content.ended)))
        for each in content.live:
            table.adopt(LiveJob(each.job, decode(each.value, each.headers), each.partition))
    except (OSError, msgspec.MsgspecError, DecodeError):
        return None
    return Snapshot(table, {Partition(topic, number): offset for topic, number, offset in content.positions})
