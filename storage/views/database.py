"""The database behind the read models: its connections, its schema, and which errors mean "away"."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Self

import asyncpg

from storage.views.port import ViewsAwayError

ANSWER_S_MAX = 30.0
"""Longest wait for a connection or for one statement."""
POOL_SIZE_MAX = 8
_SCHEMA_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.TransactionRollbackError,
    asyncpg.PostgresSystemError,
    # what the driver says when a connection is cut just as it begins to use it
    asyncpg.InternalClientError,
)
"""Errors that say nothing about the statement: the same one may succeed later."""

MISSING = (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError)
"""What is said of a schema that is not there yet, or not any more."""

TROUBLE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""Everything that the driver raises."""


def schema_name(text: str) -> str:
    """The text, if it may name a schema: it becomes part of statements.

    Raises:
        ValueError: it may not.
    """
    if _SCHEMA_NAME.fullmatch(text) is None:
        raise ValueError(f"schema {text!r}: use a small letter, then up to 30 small letters, digits or _")
    return text


def channel_of(schema: str) -> str:
    """The channel on which every change of the schema's positions is announced."""
    return f"mo_views_{schema}"


def says_away(error: BaseException) -> bool:
    """Whether the error means that the database could not be asked, rather than that it said no."""
    if isinstance(error, asyncpg.InterfaceError):
        # the driver's own errors: a lost connection is one, and so is a value that cannot be encoded (a ValueError)
        return not isinstance(error, ValueError)
    return isinstance(error, _AWAY)


async def connect(dsn: str, schema: str) -> asyncpg.Connection[asyncpg.Record]:
    """One connection of its own that sees the schema's tables."""
    return await asyncpg.connect(
        dsn, timeout=ANSWER_S_MAX, command_timeout=ANSWER_S_MAX, server_settings={"search_path": schema}
    )


async def _nothing_to_reset(_connection: object) -> None:
    """Our statements leave nothing behind in a session; asyncpg's own reset would be one more round trip for each."""


class Connections:
    """A pool of connections that see one schema. Nothing is connected before the first question."""

    SYNCHRONOUS_COMMIT = "off"
    """Whether commits wait for the disk: those of rows that the log gives again need not."""

    def __init__(self, dsn: str, schema: str, pool_size_max: int) -> None:
        self._dsn, self._pool_size_max = dsn, pool_size_max
        self.schema = schema
        self._pool: asyncpg.Pool[asyncpg.Record]
        self._leaving: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(cls, dsn: str, schema: str, *, pool_size_max: int = POOL_SIZE_MAX) -> Self:
        """Connections to `schema` of the database `dsn`.

        Unless `SYNCHRONOUS_COMMIT` says so, commits do not wait for the disk: a crash of the database may lose the
        newest ones, but never a part of one; positions and rows go back together, the log gives the records again.

        Raises:
            ValueError: the schema's name may not be one.
        """
        opened = cls(dsn, schema_name(schema), pool_size_max)
        opened._pool = await opened._new_pool()
        return opened

    async def move_to(self, schema: str) -> None:
        """Ask another schema from now on; questions under way end where they began."""
        before, self.schema = self._pool, schema_name(schema)
        self._pool = await self._new_pool()
        leaving = asyncio.create_task(before.close())
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

    async def close(self) -> None:
        await asyncio.gather(self._pool.close(), *self._leaving)

    async def _new_pool(self) -> asyncpg.Pool[asyncpg.Record]:
        return await asyncpg.create_pool(
            self._dsn,
            min_size=0,
            max_size=self._pool_size_max,
            timeout=ANSWER_S_MAX,
            command_timeout=ANSWER_S_MAX,
            server_settings={"search_path": self.schema, "synchronous_commit": self.SYNCHRONOUS_COMMIT},
            reset=_nothing_to_reset,
        )

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[asyncpg.pool.PoolConnectionProxy[asyncpg.Record]]:
        """A connection; what means "away" leaves as `ViewsAwayError`."""
        try:
            async with self._pool.acquire(timeout=ANSWER_S_MAX) as connection:
                yield connection
        except MISSING as error:
            raise ViewsAwayError(f"schema {self.schema} is not there ({error}): run `mo provision`") from error
        except TROUBLE as error:
            if says_away(error):
                raise ViewsAwayError(f"PostgreSQL does not answer ({error!r}): start it, or try again later") from error
            raise


class Database(Connections):
    """One schema of read models; made by `migrate`."""

    async def migrate(self) -> None:
        """Make the tables that are missing; harmless when they are there and when two do it at once."""
        statements = files("storage.views").joinpath("sql/schema.sql").read_text().format(schema=self.schema)
        async with self._asking() as connection, connection.transaction():
            # "if not exists" alone is not safe when two create the same thing at the same moment
            await connection.execute("select pg_advisory_xact_lock(hashtext($1))", channel_of(self.schema))
            await connection.execute(statements)

    async def reset(self) -> None:
        """Throw the whole read model away and make an empty one."""
        async with self._asking() as connection:
            await connection.execute(f"drop schema if exists {self.schema} cascade")
        await self._pool.expire_connections()
        await self.migrate()
