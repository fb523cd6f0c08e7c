"""Accounts in PostgreSQL: people, and the codes with which they come in for the first time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from storage.accounts.carried import Carried
from storage.accounts.port import AccountChangedError, LastAdminError, LoginTakenError
from storage.accounts.rows import AccountRow
from storage.accounts.rules import ONE_TIME, Role, folded
from storage.accounts.said import Said
from storage.accounts.tables import ACCOUNT, account_of, like
from storage.views.tables import plain

_ADMINS = "select pg_advisory_xact_lock(hashtext('mo_accounts_admins'))"
"""Held by whoever makes or unmakes admins, so that none is the last by accident and none is the first twice."""
_HAS_ADMIN = "select exists (select 1 from account where role = 'admin' and active)"


class PostgresAccounts(Carried, Said):
    """See `storage.accounts.port.Accounts`."""

    async def add(self, account: AccountRow) -> None:
        async with self._asking() as connection:
            await _add(connection, account)

    async def add_first_admin(self, account: AccountRow, code: bytes, now: datetime) -> bool:
        async with self._asking() as connection, connection.transaction():
            await connection.execute(_ADMINS)
            holds = await connection.fetchval(
                "select exists (select 1 from code where digest = $1 and account_id is null and expires_at > $2)",
                code,
                now,
            )
            if not holds or await connection.fetchval(_HAS_ADMIN):
                return False
            await _add(connection, account)
            await connection.execute("delete from code where account_id is null")
        return True

    async def account(self, id_: UUID) -> AccountRow | None:
        return await self._account("id = $1", id_)

    async def by_login(self, login: str) -> AccountRow | None:
        return await self._account("folded = $1", plain(folded(login)))

    async def accounts(
        self, *, search: str = "", limit: int, after: str | None = None
    ) -> tuple[list[AccountRow], str | None]:
        part, after = f"%{like(search)}%", None if after is None else after.replace("\0", "")
        async with self._asking() as connection:
            records = await connection.fetch(
                f"select {ACCOUNT}, folded from account where (login ilike $1 or name ilike $1) "  # noqa: S608
                'and ($2::text is null or folded > $2 collate "C") order by folded collate "C" limit $3',
                part,
                after,
                limit + 1,
            )
        # one more than asked tells whether anything follows
        following = records[limit - 1]["folded"] if len(records) > limit else None
        return [account_of(record) for record in records[:limit]], following

    async def names(self, ids: Iterable[UUID]) -> Mapping[UUID, str]:
        async with self._asking() as connection:
            records = await connection.fetch("select id, name from account where id = any($1::uuid[])", list(ids))
        return {record["id"]: record["name"] for record in records}

    async def has_admin(self) -> bool:
        async with self._asking() as connection:
            return bool(await connection.fetchval(_HAS_ADMIN))

    async def change(
        self, id_: UUID, *, revision: int, role: Role | None = None, active: bool | None = None, name: str | None = None
    ) -> AccountRow | None:
        async with self._asking() as connection, connection.transaction():
            await connection.execute(_ADMINS)
            record = await connection.fetchrow(f"select {ACCOUNT} from account where id = $1 for update", id_)  # noqa: S608
            if record is None:
                return None
            before = account_of(record)
            if before.revision != revision:
                raise AccountChangedError(f"{before.login} has revision {before.revision}")
            after = msgspec.structs.replace(
                before,
                role=role or before.role,
                active=before.active if active is None else active,
                name=name or before.name,
                revision=revision + 1,
            )
            await connection.execute(
                "update account set role = $2, active = $3, name = $4, revision = $5 where id = $1",
                id_,
                after.role,
                after.active,
                after.name,
                after.revision,
            )
            if not await connection.fetchval(_HAS_ADMIN):
                raise LastAdminError(before.login)
            if after.role != before.role or not after.active:
                await connection.execute("delete from session where account_id = $1", id_)
        return after

    async def set_password(
        self,
        id_: UUID,
        password: str,
        *,
        old: str | None = None,
        once_until: datetime | None = None,
        but: UUID | None = None,
    ) -> bool:
        async with self._asking() as connection, connection.transaction():
            before = await connection.fetchrow("select password, once_until from account where id = $1 for update", id_)
            if before is None or (old is not None and before["password"] != old):
                return False
            await connection.execute(
                "update account set password = $2, once_until = $3 where id = $1", id_, password, once_until
            )
            await connection.execute("delete from session where account_id = $1 and id is distinct from $2", id_, but)
            if before["once_until"] is not None:
                await connection.execute(
                    "delete from token where account_id = $1 and id is distinct from $2 and created_at >= $3",
                    id_,
                    but,
                    before["once_until"] - ONE_TIME,
                )
        return True

    async def rehash(self, id_: UUID, *, old: str, new: str) -> None:
        async with self._asking() as connection:
            await connection.execute("update account set password = $3 where id = $1 and password = $2", id_, old, new)

    async def add_code(self, digest: bytes, *, account_id: UUID | None, expires_at: datetime) -> None:
        async with self._asking() as connection:
            # what was never used is thrown away some time; codes that expire last live a day
            await connection.execute(
                "delete from code where expires_at < $1::timestamptz - interval '2 days'", expires_at
            )
            await connection.execute(
                "insert into code (digest, account_id, expires_at) values ($1, $2, $3)", digest, account_id, expires_at
            )

    async def use_code(self, digest: bytes, now: datetime) -> AccountRow | None:
        async with self._asking() as connection:
            record = await connection.fetchrow(
                "delete from code where digest = $1 and account_id is not null returning account_id, expires_at", digest
            )
        if record is None or now >= record["expires_at"]:
            return None
        return await self._account("id = $1 and active", record["account_id"])

    async def _account(self, condition: str, *values: object) -> AccountRow | None:
        async with self._asking() as connection:
            record = await connection.fetchrow(f"select {ACCOUNT} from account where {condition}", *values)  # noqa: S608
        return None if record is None else account_of(record)


async def _add(connection: asyncpg.pool.PoolConnectionProxy[asyncpg.Record], account: AccountRow) -> None:
    try:
        await connection.execute(
            f"insert into account ({ACCOUNT}, folded) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",  # noqa: S608
            *msgspec.structs.astuple(account),
            folded(account.login),
        )
    except asyncpg.UniqueViolationError as error:
        raise LoginTakenError(account.login) from error
