"""The schema `accounts`: its connections, and migrations that only go forward."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

import asyncpg

from storage.accounts.port import AccountsAwayError, AccountsError
from storage.views.database import Connections
from storage.views.port import ViewsAwayError

SCHEMA = "accounts"
_NUMBERED = re.compile(r"(\d{4})_\w+\.sql")


class SchemaNewerError(AccountsError):
    """The database was migrated by a newer version of this program."""


def migrations() -> list[tuple[int, str]]:
    """Number and statements of every migration, in their order."""
    found = [
        (_NUMBERED.fullmatch(each.name), each) for each in files("storage.accounts").joinpath("migrations").iterdir()
    ]
    return sorted((int(match[1]), each.read_text("utf-8")) for match, each in found if match is not None)


class AccountsDatabase(Connections):
    """Connections to the schema. Commits wait for the disk: nobody gives these rows again."""

    SYNCHRONOUS_COMMIT = "on"

    async def migrate(self) -> list[int]:
        """Run the migrations that have not been run, each whole or not at all; returns their numbers.

        Harmless when nothing is left to do and when two do it at once.

        Raises:
            SchemaNewerError: one has been run that this version does not have.
        """
        known, done = migrations(), []
        async with self._asking() as connection, connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(hashtext($1))", f"mo_{self.schema}")
            await connection.execute(f"create schema if not exists {self.schema}")
            await connection.execute(
                f"create table if not exists {self.schema}.migration "
                "(number int primary key, run_at timestamptz not null default now())"
            )
            run = {record[0] for record in await connection.fetch(f"select number from {self.schema}.migration")}  # noqa: S608
            if newer := sorted(run - {number for number, _ in known}):
                raise SchemaNewerError(f"migrations {newer} of schema {self.schema} are unknown here: upgrade Mo")
            for number, statements in known:
                if number not in run:
                    await connection.execute(statements)
                    await connection.execute(f"insert into {self.schema}.migration (number) values ($1)", number)  # noqa: S608
                    done.append(number)
        return done

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[asyncpg.pool.PoolConnectionProxy[asyncpg.Record]]:
        try:
            async with super()._asking() as connection:
                yield connection
        except ViewsAwayError as error:
            raise AccountsAwayError(str(error)) from error
