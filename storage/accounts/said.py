"""The chain of decisions in PostgreSQL: one writer at a time, many decisions at once."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from storage.accounts.chain import GENESIS, linked
from storage.accounts.database import AccountsDatabase
from storage.accounts.rows import AuditRow, Decision
from storage.accounts.tables import AUDIT, entry_of

_ALONE = "select pg_advisory_xact_lock(hashtext('mo_accounts_audit'))"


class Said(AccountsDatabase):
    """What was decided."""

    async def say(self, decisions: Sequence[Decision]) -> list[AuditRow]:
        rows: list[AuditRow] = []
        if not decisions:
            return rows
        async with self._asking() as connection, connection.transaction():
            await connection.execute(_ALONE)
            head = await connection.fetchrow("select position, digest from audit order by position desc limit 1")
            position, previous = (0, GENESIS) if head is None else (head["position"], head["digest"])
            for each in decisions:
                rows.append(linked(each, position + 1, previous))
                position, previous = rows[-1].position, rows[-1].digest
            await connection.executemany(
                f"insert into audit ({AUDIT}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",  # noqa: S608
                [msgspec.structs.astuple(row) for row in rows],
            )
        return rows

    async def audit(
        self, *, limit: int, before: int | None = None, actor: UUID | None = None, outcome: str = ""
    ) -> list[AuditRow]:
        async with self._asking() as connection:
            records = await connection.fetch(
                "select * from audit where ($1::bigint is null or position < $1) and ($2::uuid is null or actor = $2) "
                "and ($3 = '' or outcome = $3) order by position desc limit $4",
                before,
                actor,
                outcome,
                limit,
            )
        return [entry_of(record) for record in records]

    async def audit_from(
        self, position: int, *, limit: int, actor: UUID | None = None, outcome: str = ""
    ) -> list[AuditRow]:
        async with self._asking() as connection:
            records = await connection.fetch(
                "select * from audit where position >= $1 and ($2::uuid is null or actor = $2) "
                "and ($3 = '' or outcome = $3) order by position limit $4",
                position,
                actor,
                outcome,
                limit,
            )
        return [entry_of(record) for record in records]
