"""Which schemas of read models there are and which one is read: one tiny schema of its own, `mo_control`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

import asyncpg
import msgspec

from storage.views.database import Connections, schema_name
from storage.views.listener import Listener
from storage.views.port import ViewsError
from storage.views.rows import KeeperRow
from storage.views.tables import keeper_of

CONTROL = "mo_control"
"""Schema and channel."""
FLIP_S_MAX = 10.0
"""How long a flip holds the old schema still until the new one has reached it."""
LOOK_S = 0.05
_NUMBERED = re.compile(r"(.*\D)(\d+)")

if TYPE_CHECKING:
    from storage.views.listener import Link

    _Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record] | Link


class ControlError(ViewsError):
    """No: `code` says why, with its parameters."""

    def __init__(self, code: str, text: str, **params: object) -> None:
        super().__init__(text)
        self.code = code
        self.params = {name: str(value) for name, value in params.items()}


class Layout(NamedTuple):
    """The schema that is read, and all that are kept up to date."""

    active: str
    listed: frozenset[str]


class ListedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A listed schema."""

    schema: str
    active: bool
    listed_at: datetime
    keeper: KeeperRow | None


class Control(Connections):
    """Reads and changes the layout. Every method may raise `ViewsAwayError`."""

    async def migrate(self, first: str) -> None:
        """Make the tables that are missing; `first` is listed and read where nothing is yet."""
        async with self._asking() as connection, connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(hashtext($1))", CONTROL)
            await connection.execute(files("storage.views").joinpath("sql/control.sql").read_text())
            if await connection.fetchval("select count(*) from mo_control.active_schema") == 0:
                await connection.execute("insert into mo_control.schemas (schema) values ($1)", schema_name(first))
                await connection.execute("insert into mo_control.active_schema (schema) values ($1)", first)
                await _announce(connection)

    async def layout(self) -> Layout:
        """What is listed and what is read."""
        async with self._asking() as connection:
            return await _layout(connection)

    async def listed(self) -> list[ListedRow]:
        """The listed schemas, oldest first, with what their projector last said."""
        async with self._asking() as connection:
            active = (await _layout(connection)).active
            records = await connection.fetch(
                "select s.schema, s.listed_at, k.state, k.code, k.seen_at from mo_control.schemas as s "
                "left join mo_control.keepers as k using (schema) order by s.listed_at, s.schema"
            )
        return [
            ListedRow(
                schema=each["schema"],
                active=each["schema"] == active,
                listed_at=each["listed_at"],
                keeper=keeper_of(each) if each["state"] is not None else None,
            )
            for each in records
        ]

    async def next_name(self) -> str:
        """The name of the next rebuild: that of one that was begun and not finished, else one more than the newest."""
        async with self._asking() as connection:
            layout = await _layout(connection)
            stem, number = _numbered(layout.active)
            there = await connection.fetch("select nspname from pg_namespace where nspname ~ $1", f"^{stem}[0-9]+$")
        numbers = {_numbered(each)[1] for each in layout.listed if _numbered(each)[0] == stem}
        begun = {int(record["nspname"].removeprefix(stem)) for record in there} - numbers
        newest = max(numbers, default=number)
        return f"{stem}{max((each for each in begun if each > newest), default=newest + 1)}"

    async def add(self, schema: str) -> None:
        """List a schema: the projector keeps it up to date from now on. Harmless when it is listed already."""
        async with self._asking() as connection, connection.transaction():
            await connection.execute(
                "insert into mo_control.schemas (schema) values ($1) on conflict do nothing", schema_name(schema)
            )
            await _announce(connection)

    async def flip(self, schema: str, topics: Sequence[str]) -> str:
        """Let `schema` be the one that is read, once it has all that the old one has of `topics`. Returns the old one.

        Raises:
            ControlError: it is not listed (schema_unknown), or did not catch up in time (schema_behind).
        """
        async with self._asking() as connection, connection.transaction():
            await connection.execute("select 1 from mo_control.active_schema for update")
            layout = await _layout(connection)
            if schema not in layout.listed:
                raise _unknown(schema, layout)
            state = await connection.fetchval("select state from mo_control.keepers where schema = $1", layout.active)
            # an old schema whose log was lost can never be reached, and that is why somebody wants to leave it
            if schema != layout.active and state != "refused":
                await _catch_up(connection, layout.active, schema, topics)
            await connection.execute("update mo_control.active_schema set schema = $1", schema)
            await _announce(connection)
        return layout.active

    async def drop(self, schema: str) -> None:
        """Remove a schema with everything in it; the log can make it again.

        Raises:
            ControlError: it is the one that is read (schema_active), or there is none (schema_unknown).
        """
        async with self._asking() as connection, connection.transaction():
            await connection.execute("select 1 from mo_control.active_schema for update")
            layout = await _layout(connection)
            if schema == layout.active:
                raise ControlError("schema_active", f"{schema} is read: flip to another one first", schema=schema)
            begun = await connection.fetchval("select to_regclass($1)", f"{schema_name(schema)}.log_identity")
            if schema not in layout.listed and begun is None:
                raise _unknown(schema, layout)
            await connection.execute("delete from mo_control.schemas where schema = $1", schema)
            await connection.execute(f"drop schema if exists {schema} cascade")
            await _announce(connection)

    async def report(self, schema: str, state: str, code: str = "") -> None:
        """Say how keeping a schema goes; one that is not listed any more is not heard."""
        async with self._asking() as connection:
            await connection.execute(
                "insert into mo_control.keepers select schema, $2, $3, now() from mo_control.schemas "
                "where schema = $1 on conflict (schema) do update "
                "set state = excluded.state, code = excluded.code, seen_at = now()",
                schema,
                state,
                code,
            )

    def follow(self, told: Callable[[Layout], None]) -> Listener:
        """Tell the layout, now and whenever it changes, until closed. Connects by itself, again and again."""
        known: list[Layout] = []

        async def read(link: Link) -> None:
            layout = await _layout(link)
            if known != [layout]:
                known[:] = [layout]
                told(layout)

        listener = Listener(self._dsn, CONTROL, CONTROL, read=read, told=lambda _: listener.look())
        return listener


async def _layout(connection: _Connection) -> Layout:
    records = await connection.fetch(
        "select s.schema, a.schema is not null as active from mo_control.schemas as s "
        "left join mo_control.active_schema as a using (schema)"
    )
    active = next((record["schema"] for record in records if record["active"]), "")
    return Layout(active, frozenset(record["schema"] for record in records))


async def _announce(connection: _Connection) -> None:
    await connection.execute(f"notify {CONTROL}")


async def _catch_up(connection: _Connection, old: str, new: str, topics: Sequence[str]) -> None:
    """Hold the old schema's positions still and wait until the new one has reached them."""
    await connection.execute(f"lock table {schema_name(old)}.offsets in exclusive mode")
    end = asyncio.get_running_loop().time() + FLIP_S_MAX
    while True:
        behind = await connection.fetchval(
            "select coalesce(sum(greatest(o.next - coalesce(n.next, 0), 0)), 0) "  # noqa: S608 - checked names
            f"from {old}.offsets as o left join {schema_name(new)}.offsets as n using (topic, partition) "
            "where o.topic = any($1::text[])",
            list(topics),
        )
        if behind == 0:
            return
        if asyncio.get_running_loop().time() > end:
            raise ControlError(
                "schema_behind",
                f"{new} is {behind} records behind {old}: wait for it (mo projections list), or look at the projector",
                schema=new,
                records=behind,
            )
        await asyncio.sleep(LOOK_S)


def _numbered(schema: str) -> tuple[str, int]:
    match = _NUMBERED.fullmatch(schema)
    return (match[1], int(match[2])) if match else (f"{schema}_v", 1)


def _unknown(schema: str, layout: Layout) -> ControlError:
    listed = ", ".join(sorted(layout.listed))
    return ControlError("schema_unknown", f"there is no schema {schema}; listed are {listed}", schema=schema)
