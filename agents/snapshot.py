"""An agent's fold of `mo.jobs` on its own disk, so that a start need not read the whole history again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import msgspec

from agents.idset import IdSet
from agents.table import JobTable, LiveJob
from schemas.codec import decode, encode
from schemas.lifecycle import FOLD_VERSION, Job
from storage.log.port import Partition

FORMAT = 1


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
    format: int
    fold_version: int
    cluster_id: str
    positions: list[tuple[str, int, int]]
    live: list[_Live]
    ended: list[bytes]


def save(path: Path, cluster_id: str, table: JobTable, positions: dict[Partition, int]) -> None:
    """Write the snapshot whole or not at all.

    Raises:
        OSError: the disk does not take it; the old snapshot is still there.
    """
    live = [
        _Live(each.job, value, list(headers), each.partition)
        for each in table.live.values()
        for _, value, headers in [encode(each.request)]
    ]
    places = [(partition.topic, partition.number, offset) for partition, offset in positions.items()]
    content = _File(FORMAT, FOLD_VERSION, cluster_id, places, live, list(table.ended.runs()))
    beside = path.with_suffix(".new")
    with beside.open("wb") as file:
        file.write(msgspec.msgpack.encode(content))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def load(path: Path, cluster_id: str) -> Snapshot | None:
    """The snapshot, or None where none fits this log and this fold: then the log is read from its start."""
    try:
        content = msgspec.msgpack.decode(path.read_bytes(), type=_File)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
    if (content.format, content.fold_version, content.cluster_id) != (FORMAT, FOLD_VERSION, cluster_id):
        return None
    table = JobTable(IdSet(tuple(content.ended)))
    for each in content.live:
        table.adopt(LiveJob(each.job, decode(each.value, each.headers), each.partition))
    return Snapshot(table, {Partition(topic, number): offset for topic, number, offset in content.positions})
