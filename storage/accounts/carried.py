"""Sessions and tokens in PostgreSQL: looked up by digest on every request, ended at once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from storage.accounts import rules
from storage.accounts.database import AccountsDatabase
from storage.accounts.port import TooManyTokensError
from storage.accounts.rows import AccountRow, Bearer, SessionRow, Signed, TokenRow
from storage.accounts.tables import SESSION, TOKEN, session_of, token_of

_ACCOUNT = ", ".join(f"a.{name} as a_{name}" for name in AccountRow.__struct_fields__)
_LIVES = "s.created_at > $2 and s.seen_at > $3 and a.active"


class Carried(AccountsDatabase):
    """What people and their programs carry."""

    async def add_session(self, session: SessionRow, *, password: str | None = None) -> bool:
        async with self._asking() as connection, connection.transaction():
            owner = await connection.fetchrow(
                "select password, once_until from account where id = $1 and active for update", session.account_id
            )
            if owner is None or (password is not None and owner["password"] != password):
                return False
            if password is not None and owner["once_until"] is not None:
                await connection.execute("update account set password = '' where id = $1", session.account_id)
            await connection.execute(
                f"insert into session ({SESSION}) values ($1, $2, $3, $4, $5, $6, $7)",  # noqa: S608
                *msgspec.structs.astuple(session),
            )
            await connection.execute(
                "delete from session where id in (select id from session where account_id = $1 "
                "order by seen_at desc, id desc offset $2)",
                session.account_id,
                rules.SESSIONS_MAX,
            )
        return True

    async def session(self, digest: bytes, now: datetime) -> Signed | None:
        async with self._asking() as connection:
            record = await connection.fetchrow(
                f"select s.*, {_ACCOUNT} from session s join account a on a.id = s.account_id "  # noqa: S608
                f"where s.digest = $1 and {_LIVES}",
                digest,
                now - rules.LIFE,
                now - rules.IDLE,
            )
            if record is None:
                return None
            session = session_of(record)
            if now - session.seen_at >= rules.SEEN_EVERY:
                session = msgspec.structs.replace(session, seen_at=now)
                await connection.execute("update session set seen_at = $2 where id = $1", session.id, now)
        return Signed(session, _owner(record))

    async def session_lives(self, id_: UUID, now: datetime) -> bool:
        async with self._asking() as connection:
            return bool(
                await connection.fetchval(
                    "select exists (select 1 from session s join account a on a.id = s.account_id "  # noqa: S608
                    f"where s.id = $1 and {_LIVES})",
                    id_,
                    now - rules.LIFE,
                    now - rules.IDLE,
                )
            )

    async def sessions(self, account_id: UUID, now: datetime) -> list[SessionRow]:
        async with self._asking() as connection:
            records = await connection.fetch(
                "select * from session where account_id = $1 and created_at > $2 and seen_at > $3 "
                "order by seen_at desc, id desc",
                account_id,
                now - rules.LIFE,
                now - rules.IDLE,
            )
        return [session_of(record) for record in records]

    async def end_session(self, account_id: UUID, id_: UUID) -> bool:
        return await self._ended("session", account_id, id_)

    async def add_token(self, token: TokenRow) -> None:
        async with self._asking() as connection, connection.transaction():
            await connection.execute("select 1 from account where id = $1 for update", token.account_id)
            there = await connection.fetchval("select count(*) from token where account_id = $1", token.account_id)
            if there >= rules.TOKENS_MAX:
                raise TooManyTokensError(token.name)
            await connection.execute(
                f"insert into token ({TOKEN}) values ($1, $2, $3, $4, $5, $6, $7, $8)",  # noqa: S608
                *msgspec.structs.astuple(token),
            )

    async def token(self, id_: UUID, digest: bytes, now: datetime) -> Bearer | None:
        async with self._asking() as connection:
            record = await connection.fetchrow(
                f"select t.*, {_ACCOUNT} from token t join account a on a.id = t.account_id "  # noqa: S608
                "where t.id = $1 and t.digest = $2 and t.expires_at > $3 and a.active",
                id_,
                digest,
                now,
            )
            if record is None:
                return None
            token = token_of(record)
            if token.used_at is None or now - token.used_at >= rules.SEEN_EVERY:
                token = msgspec.structs.replace(token, used_at=now)
                await connection.execute("update token set used_at = $2 where id = $1", token.id, now)
        return Bearer(token, _owner(record))

    async def token_lives(self, id_: UUID, now: datetime) -> bool:
        async with self._asking() as connection:
            return bool(
                await connection.fetchval(
                    "select exists (select 1 from token t join account a on a.id = t.account_id "
                    "where t.id = $1 and t.expires_at > $2 and a.active)",
                    id_,
                    now,
                )
            )

    async def tokens(self, account_id: UUID) -> list[TokenRow]:
        async with self._asking() as connection:
            records = await connection.fetch(
                "select * from token where account_id = $1 order by created_at desc, id desc", account_id
            )
        return [token_of(record) for record in records]

    async def end_token(self, account_id: UUID, id_: UUID) -> bool:
        return await self._ended("token", account_id, id_)

    async def _ended(self, table: str, account_id: UUID, id_: UUID) -> bool:
        async with self._asking() as connection:
            ended = await connection.fetchval(
                f"delete from {table} where id = $1 and account_id = $2 returning id",  # noqa: S608
                id_,
                account_id,
            )
        return ended is not None


def _owner(record: asyncpg.Record) -> AccountRow:
    return AccountRow(**{name: record[f"a_{name}"] for name in AccountRow.__struct_fields__})
