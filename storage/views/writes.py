"""Writing read models: one batch, one transaction, guarded by the positions that it moves."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from storage.log.port import Partition
from storage.views.database import Database, channel_of
from storage.views.port import Advance, Batch, Hook, OffsetConflictError, Point
from storage.views.rows import EntityRow, JobRow
from storage.views.tables import AGENTS, COMMANDS, ENTITIES, JOBS, PRODUCTS, PROGRESS, UNDECODABLE

NOTICE_BYTES_MAX = 7_900
"""PostgreSQL refuses a notification's payload of 8000 bytes."""

_BEGIN = """
    insert into offsets (topic, partition, next)
    select topic, partition, 0 from unnest($1::text[], $2::int4[]) as given(topic, partition)
    on conflict do nothing
"""
# rows are locked in one order, so that two rivals wait for each other instead of dying of a deadlock
_MOVE = """
    with mine as (
        select kept.topic, kept.partition, given.new from offsets as kept
        join unnest($1::text[], $2::int4[], $3::int8[], $4::int8[]) as given(topic, partition, old, new)
            on kept.topic = given.topic and kept.partition = given.partition and kept.next = given.old
        order by kept.topic, kept.partition
        for update of kept
    ), moved as (
        update offsets as kept set next = mine.new from mine
        where kept.topic = mine.topic and kept.partition = mine.partition
        returning 1
    )
    select (select count(*) from moved), pg_notify($5, $6)
"""
"""Moves the positions and announces them; the announcement goes out with the commit, or not at all."""


class Writes(Database):
    """The projector's side."""

    async def identity(self, cluster_id: str) -> str:
        """The log these rows were made of; `cluster_id` becomes it if none is known yet."""
        async with self._asking() as connection, connection.transaction():
            await connection.execute(
                "insert into log_identity (cluster_id) values ($1) on conflict do nothing", cluster_id
            )
            return str(await connection.fetchval("select cluster_id from log_identity"))

    async def live_jobs(self, ids: Iterable[UUID]) -> dict[UUID, JobRow]:
        """The rows of those of the jobs that are known, to fold on from."""
        async with self._asking() as connection:
            records = await connection.fetch(
                f"select {JOBS.columns} from jobs where id = any($1::uuid[])",  # noqa: S608 - constants
                list(ids),
            )
        return {row.id: row for row in map(JOBS.row_of, records)}

    async def known_entities(self, ids: Iterable[UUID]) -> dict[UUID, EntityRow]:
        """The rows of those of the decided things that are known, to fold on from."""
        async with self._asking() as connection:
            records = await connection.fetch(
                f"select {ENTITIES.columns} from entities where id = any($1::uuid[])",  # noqa: S608 - constants
                list(ids),
            )
        return {row.id: row for row in map(ENTITIES.row_of, records)}

    async def apply(self, batch: Batch, hook: Hook | None = None) -> None:
        """Keep the batch's rows and positions, all or nothing.

        Raises:
            OffsetConflictError: a stored position is not the batch's old one; nothing was kept.
            ViewsAwayError: the database did not answer; it may have been kept or not.
        """
        async with self._asking() as connection:
            async with connection.transaction():
                await _reach(hook, "before_update")
                await _move(connection, batch.advances, self.schema)
                await _reach(hook, "after_update")
                for table, rows in _changes(batch):
                    if rows:
                        await connection.execute(table.upsert, *table.arrays(rows))
                await _reach(hook, "before_commit")
            await _reach(hook, "after_commit")


def notice(advances: Mapping[Partition, Advance]) -> str:
    """The announcement of new positions: JSON [[topic, number, next], ...]; empty when they do not fit."""
    text = msgspec.json.encode([(*partition, advance.new) for partition, advance in advances.items()])
    return text.decode() if len(text) <= NOTICE_BYTES_MAX else ""


def _changes(batch: Batch) -> tuple[tuple[Any, Any], ...]:
    return (
        (COMMANDS, batch.commands),
        (ENTITIES, batch.entities),
        (JOBS, batch.jobs),
        (PRODUCTS, batch.products),
        (PROGRESS, batch.progress),
        (AGENTS, batch.agents),
        (UNDECODABLE, batch.undecodable),
    )


async def _move(
    connection: asyncpg.pool.PoolConnectionProxy[asyncpg.Record], advances: Mapping[Partition, Advance], schema: str
) -> None:
    fresh = sorted(partition for partition, advance in advances.items() if advance.old == 0)
    if fresh:
        await connection.execute(_BEGIN, [each.topic for each in fresh], [each.number for each in fresh])
    moved = await connection.fetchval(
        _MOVE,
        [partition.topic for partition in advances],
        [partition.number for partition in advances],
        [advance.old for advance in advances.values()],
        [advance.new for advance in advances.values()],
        channel_of(schema),
        notice(advances),
    )
    if moved != len(advances):
        raise OffsetConflictError(f"somebody else projects too: {moved} of {len(advances)} positions could be moved")


async def _reach(hook: Hook | None, point: Point) -> None:
    if hook is not None and inspect.isawaitable(waiting := hook(point)):
        await waiting
