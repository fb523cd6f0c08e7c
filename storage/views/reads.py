"""Reading read models: single rows, lists newest first, positions."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from storage.log.port import Partition
from storage.views.database import Database
from storage.views.port import CursorError
from storage.views.rows import AgentRow, CommandRow, EntityRow, JobRow, ProductRow, ProgressRow, Row, UndecodableRow
from storage.views.tables import (
    AGENTS,
    COMMANDS,
    ENTITIES,
    JOBS,
    PERISHABLE,
    PRODUCTS,
    PROGRESS,
    TABLES,
    UNDECODABLE,
    Table,
    plain,
)

R = TypeVar("R", bound=Row)
L = TypeVar("L", EntityRow, JobRow)

PAGE_ROWS = 50
LIKE_SPECIAL = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


class _Wanted:
    """Conditions of a question; `{}` in a clause stands for the next value."""

    def __init__(self) -> None:
        self.clauses = ["true"]
        self.values: list[Any] = []

    def add(self, clause: str, *values: object) -> None:
        first = len(self.values) + 1
        self.clauses.append(clause.format(*(f"${first + number}" for number in range(len(values)))))
        self.values += values

    @property
    def text(self) -> str:
        return " and ".join(self.clauses)


class Reads(Database):
    """The API's side. Ids that are not known are left out or None; lists are newest update first."""

    async def command(self, event_id: UUID) -> CommandRow | None:
        return await self._one(COMMANDS, "event_id = $1", event_id)

    async def entity(self, id_: UUID) -> EntityRow | None:
        return await self._one(ENTITIES, "id = $1", id_)

    async def entities(
        self,
        kind: str,
        *,
        owner: UUID | None = None,
        search: str = "",
        platform: str = "",
        limit: int = PAGE_ROWS,
        cursor: str | None = None,
    ) -> tuple[list[EntityRow], str | None]:
        """A page of a kind and the cursor of the following one. `search`: part of the name, or start of the id.

        Raises:
            CursorError: the cursor is none of ours.
        """
        wanted = _Wanted()
        wanted.add("kind = {}", kind)
        if owner is not None:
            wanted.add("owner = {}", owner)
        if platform:
            wanted.add("platform = {}", platform)
        if search:
            like = plain(search).translate(LIKE_SPECIAL)
            wanted.add("(name ilike {} or id::text like {})", f"%{like}%", f"{like.lower()}%")
        return await self._page(ENTITIES, wanted, limit, cursor)

    async def entities_by_ids(self, ids: Iterable[UUID]) -> list[EntityRow]:
        return await self._many(ENTITIES, "id = any($1::uuid[]) order by updated_at desc, id desc", list(ids))

    async def job(self, id_: UUID) -> JobRow | None:
        return await self._one(JOBS, "id = $1", id_)

    async def jobs(
        self,
        *,
        owner: UUID | None = None,
        kinds: Sequence[str] = (),
        states: Sequence[str] = (),
        subject_id: UUID | None = None,
        limit: int = PAGE_ROWS,
        cursor: str | None = None,
    ) -> tuple[list[JobRow], str | None]:
        """A page of jobs and the cursor of the following one; `kinds` are names of request events.

        Raises:
            CursorError: the cursor is none of ours.
        """
        wanted = _Wanted()
        if owner is not None:
            wanted.add("owner = {}", owner)
        if kinds:
            wanted.add("kind = any({}::text[])", list(kinds))
        if states:
            wanted.add("state = any({}::text[])", list(states))
        if subject_id is not None:
            wanted.add("subject_id = {}", subject_id)
        return await self._page(JOBS, wanted, limit, cursor)

    async def jobs_by_ids(self, ids: Iterable[UUID]) -> list[JobRow]:
        return await self._many(JOBS, "id = any($1::uuid[]) order by updated_at desc, id desc", list(ids))

    async def products(self, kind: str, entity_ids: Iterable[UUID]) -> list[ProductRow]:
        """What jobs made for the entities, oldest first."""
        condition = "kind = $1 and entity_id = any($2::uuid[]) order by created_at, job_id"
        return await self._many(PRODUCTS, condition, kind, list(entity_ids))

    async def product(self, job_id: UUID) -> ProductRow | None:
        return await self._one(PRODUCTS, "job_id = $1", job_id)

    async def progress(self, job_ids: Iterable[UUID]) -> dict[UUID, ProgressRow]:
        rows = await self._many(PROGRESS, "job_id = any($1::uuid[])", list(job_ids))
        return {row.job_id: row for row in rows}

    async def agents(self) -> list[AgentRow]:
        return await self._many(AGENTS, "true order by agent")

    async def undecodable(self, limit: int) -> list[UndecodableRow]:
        """The newest records of each partition that could not be read."""
        return await self._many(UNDECODABLE, "true order by at_offset desc, topic, at_partition limit $1", limit)

    async def positions(self) -> dict[Partition, int]:
        """The next offset of each partition that was ever projected."""
        async with self._asking() as connection:
            records = await connection.fetch("select topic, partition, next from offsets order by topic, partition")
        return {Partition(topic, number): next_ for topic, number, next_ in records}

    async def dump(self) -> dict[str, list[Row]]:
        """Every row of every table that a rebuild gives back, ordered by its key."""
        return {
            table.name: await self._many(table, f"true order by {', '.join(table.key)}")
            for table in TABLES
            if table.name not in PERISHABLE
        }

    async def _many(self, table: Table[R], condition: str, *values: object) -> list[R]:
        async with self._asking() as connection:
            records = await connection.fetch(
                f"select {table.columns} from {table.name} where {condition}",  # noqa: S608 - constants
                *values,
            )
        return [table.row_of(record) for record in records]

    async def _one(self, table: Table[R], condition: str, *values: object) -> R | None:
        rows = await self._many(table, condition, *values)
        return rows[0] if rows else None

    async def _page(
        self, table: Table[L], wanted: _Wanted, limit: int, cursor: str | None
    ) -> tuple[list[L], str | None]:
        if cursor is not None:
            wanted.add("(updated_at, id) < ({}, {})", *_place(cursor))
        # one row more than asked tells whether anything follows
        condition = f"{wanted.text} order by updated_at desc, id desc limit {limit + 1:d}"
        rows = await self._many(table, condition, *wanted.values)
        if len(rows) <= limit:
            return rows, None
        return rows[:limit], _cursor(rows[limit - 1])


def _cursor(last: EntityRow | JobRow) -> str:
    return urlsafe_b64encode(msgspec.msgpack.encode((last.updated_at, last.id))).decode()


def _place(cursor: str) -> tuple[datetime, UUID]:
    try:
        return msgspec.msgpack.decode(urlsafe_b64decode(cursor.encode()), type=tuple[datetime, UUID])
    except (ValueError, msgspec.MsgspecError) as error:
        raise CursorError("this cursor is none of ours: start the list again without one") from error
