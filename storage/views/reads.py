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
from storage.views.rows import (
    AgentRow,
    BusyRow,
    CertificateRow,
    CommandRow,
    EntityRow,
    JobRow,
    KeeperRow,
    ProductRow,
    ProgressRow,
    Row,
    UndecodableRow,
    WaitingRow,
)
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
    keeper_of,
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
        deleted: bool = False,
        certified: bool | None = None,
        limit: int = PAGE_ROWS,
        cursor: str | None = None,
    ) -> tuple[list[EntityRow], str | None]:
        """A page of a kind and the cursor of the following one: what is there, or with `deleted` what was deleted.

        `search`: part of the name, or start of the id. `certified`: only structures that a conversion succeeded with,
        or only those without one.

        Raises:
            CursorError: the cursor is none of ours.
        """
        wanted = _Wanted()
        wanted.add("kind = {}", kind)
        wanted.add(f"deleted_at is {'not ' if deleted else ''}null")
        if owner is not None:
            wanted.add("owner = {}", owner)
        if platform:
            wanted.add("platform = {}", platform)
        if certified is not None:
            made = "exists (select 1 from products p where p.kind = 'revision' and p.uses ? entities.id::text)"
            wanted.add(made if certified else f"not {made}")
        if search:
            like = plain(search).translate(LIKE_SPECIAL)
            wanted.add("(name ilike {} or id::text like {})", f"%{like}%", f"{like.lower()}%")
        return await self._page(ENTITIES, wanted, limit, cursor)

    async def entities_by_ids(self, ids: Iterable[UUID]) -> list[EntityRow]:
        return await self._many(ENTITIES, "id = any($1::uuid[]) order by updated_at desc, id desc", list(ids))

    async def children(self, parent_id: UUID, *, limit: int) -> tuple[list[EntityRow], int]:
        """The newest things that were made of another one and are still there, and how many there are."""
        wanted = _Wanted()
        wanted.add("parents ? {} and deleted_at is null", str(parent_id))
        return await self._some(ENTITIES, wanted, limit)

    async def jobs_upon(
        self, entity_id: UUID, *, kinds: Sequence[str], states: Sequence[str], limit: int
    ) -> tuple[list[JobRow], int]:
        """The newest jobs that work on a thing, on a child of it or with it as their dataset, and how many."""
        wanted = _Wanted()
        wanted.add("kind = any({}::text[]) and state = any({}::text[])", list(kinds), list(states))
        wanted.add(
            "(subject_id = {} or dataset_id = {} or subject_id in (select id from entities where parents ? {}))",
            entity_id,
            entity_id,
            str(entity_id),
        )
        return await self._some(JOBS, wanted, limit)

    async def newest_jobs(self, kind: str, subject_ids: Iterable[UUID]) -> dict[UUID, JobRow]:
        """The job of a kind that was asked for last, by what it works on."""
        rows = await self._many(
            JOBS, "kind = $1 and subject_id = any($2::uuid[]) order by requested_at, id", kind, list(subject_ids)
        )
        return {row.subject_id: row for row in rows}

    async def job(self, id_: UUID) -> JobRow | None:
        return await self._one(JOBS, "id = $1", id_)

    async def jobs(
        self,
        *,
        owner: UUID | None = None,
        kinds: Sequence[str] = (),
        states: Sequence[str] = (),
        subject_id: UUID | None = None,
        dataset_id: UUID | None = None,
        search: str = "",
        limit: int = PAGE_ROWS,
        cursor: str | None = None,
    ) -> tuple[list[JobRow], str | None]:
        """A page of jobs and the cursor of the following one; `kinds` are names of request events.

        `search`: part of the name of what it works on or with, or start of one of their ids or of the job's.

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
        if dataset_id is not None:
            wanted.add("dataset_id = {}", dataset_id)
        if subject_id is not None:
            wanted.add("subject_id = {}", subject_id)
        if search:
            like = plain(search).translate(LIKE_SPECIAL)
            wanted.add(
                "(id::text like {} or subject_id::text like {} or dataset_id::text like {} or exists (select 1 from "
                "entities e where e.id in (jobs.subject_id, jobs.dataset_id) and e.name ilike {}))",
                *[f"{like.lower()}%"] * 3,
                f"%{like}%",
            )
        return await self._page(JOBS, wanted, limit, cursor)

    async def waiting(self, resource: str, *, limit: int) -> list[WaitingRow]:
        """Queued jobs of a resource class, oldest first."""
        async with self._asking() as connection:
            records = await connection.fetch(
                "select id, owner, platform, requested_at from jobs where state = 'queued' and resource = $1 "
                "order by requested_at, id limit $2",
                resource,
                limit,
            )
        return [WaitingRow(*record) for record in records]

    async def busy(self) -> list[BusyRow]:
        """What runs: how many jobs by owner, agent and resource class."""
        async with self._asking() as connection:
            records = await connection.fetch(
                "select owner, agent, resource, count(*) from jobs where state = 'running' "
                "group by 1, 2, 3 order by 1, 2, 3"
            )
        return [BusyRow(*record) for record in records]

    async def jobs_by_ids(self, ids: Iterable[UUID]) -> list[JobRow]:
        return await self._many(JOBS, "id = any($1::uuid[]) order by updated_at desc, id desc", list(ids))

    async def products(self, kind: str, entity_ids: Iterable[UUID]) -> list[ProductRow]:
        """What jobs made for the entities, oldest first."""
        condition = "kind = $1 and entity_id = any($2::uuid[]) order by created_at, job_id"
        return await self._many(PRODUCTS, condition, kind, list(entity_ids))

    async def certificates(self, structure_ids: Iterable[UUID]) -> dict[UUID, CertificateRow]:
        """The first successful conversion with each of the structures that has one."""
        async with self._asking() as connection:
            records = await connection.fetch(
                "select wanted.id, made.job_id, made.created_at from unnest($1::uuid[]) as wanted(id) "
                "cross join lateral (select job_id, created_at from products where kind = 'revision' "
                "and uses ? wanted.id::text order by created_at, job_id limit 1) as made",
                list(structure_ids),
            )
        return {record[0]: CertificateRow(*record) for record in records}

    async def product(self, job_id: UUID) -> ProductRow | None:
        return await self._one(PRODUCTS, "job_id = $1", job_id)

    async def progress(self, job_ids: Iterable[UUID]) -> dict[UUID, ProgressRow]:
        rows = await self._many(PROGRESS, "job_id = any($1::uuid[])", list(job_ids))
        return {row.job_id: row for row in rows}

    async def agents(self) -> list[AgentRow]:
        return await self._many(AGENTS, "true order by agent")

    async def keeper(self) -> KeeperRow | None:
        """What the projector last said about this schema."""
        async with self._asking() as connection:
            record = await connection.fetchrow("select * from mo_control.keepers where schema = $1", self.schema)
        return None if record is None else keeper_of(record)

    async def job_counts(self) -> list[tuple[str, str, str, int]]:
        """How many jobs there are: (state, resource, platform, jobs)."""
        async with self._asking() as connection:
            records = await connection.fetch(
                "select state, resource, platform, count(*) from jobs group by 1, 2, 3 order by 1, 2, 3"
            )
        return [tuple(record) for record in records]

    async def undecodable_count(self) -> int:
        """How many records could not be read."""
        async with self._asking() as connection:
            return int(await connection.fetchval("select count(*) from undecodable"))

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

    async def _some(self, table: Table[L], wanted: _Wanted, limit: int) -> tuple[list[L], int]:
        """The newest rows, and how many there are in all."""
        rows = await self._many(
            table, f"{wanted.text} order by updated_at desc, id desc limit {limit:d}", *wanted.values
        )
        if len(rows) < limit:
            return rows, len(rows)
        async with self._asking() as connection:
            count = await connection.fetchval(
                f"select count(*) from {table.name} where {wanted.text}",  # noqa: S608 - constants
                *wanted.values,
            )
        return rows, int(count)

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
