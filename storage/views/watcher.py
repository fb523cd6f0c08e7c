"""Waiting until the read models have seen a record: one listening connection, woken by the projector's commits."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import asyncpg
import msgspec

from storage.log.port import Partition
from storage.views.database import TROUBLE, channel_of, connect, says_away, schema_name

CHECK_S = 5.0
"""Pause between two looks at whether the connection still lives; a look also reads the positions."""
ANSWER_S_MAX = 5.0
RECONNECT_S = 0.2
RECONNECT_S_MAX = 2.0

_log = logging.getLogger(__name__)
_Notice = list[tuple[str, int, int]]


class Watcher:
    """Knows how far the read models are, without asking over and over. Connects by itself, again and again."""

    def __init__(self, dsn: str, schema: str) -> None:
        self._dsn = dsn
        self._schema = schema_name(schema)
        self._next: dict[Partition, int] = {}
        self._waiting: dict[asyncio.Future[None], tuple[Partition, int]] = {}
        self._look = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, dsn: str, schema: str) -> Watcher:
        """A watcher at work; the database may still be away."""
        watcher = cls(dsn, schema)
        watcher._task = asyncio.create_task(watcher._watch(), name=f"watch {schema}")
        return watcher

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def wait_position(self, partition: Partition, offset: int, *, timeout_s: float) -> bool:
        """True as soon as the record at `offset` has been projected; False after `timeout_s` without that."""
        if self._next.get(partition, 0) > offset:
            return True
        passed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[passed] = partition, offset
        try:
            async with asyncio.timeout(timeout_s):
                await passed
        except TimeoutError:
            return False
        finally:
            del self._waiting[passed]
        return True

    async def _watch(self) -> None:
        pause_s = RECONNECT_S
        while True:
            try:
                connection = await connect(self._dsn, self._schema)
                try:
                    self._next.clear()
                    await self._listen(connection)
                    pause_s = RECONNECT_S
                    await self._keep(connection)
                finally:
                    connection.terminate()
            except TROUBLE as error:
                if not says_away(error) and not isinstance(error, asyncpg.UndefinedTableError):
                    _log.error("watching %s: %r", self._schema, error)
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, RECONNECT_S_MAX)

    async def _listen(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        """Listen first and read the positions then: what moves in between is told twice, never missed."""
        connection.add_termination_listener(lambda _: self._look.set())
        await connection.add_listener(channel_of(self._schema), self._told)  # type: ignore[arg-type]
        await self._read(connection)

    async def _keep(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(CHECK_S):
                    await self._look.wait()
            self._look.clear()
            await self._read(connection)

    async def _read(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        records = await connection.fetch("select topic, partition, next from offsets", timeout=ANSWER_S_MAX)
        self._moved([tuple(record) for record in records])

    def _told(self, _connection: object, _pid: int, _channel: str, payload: str) -> None:
        if not payload:
            self._look.set()
            return
        self._moved(msgspec.json.decode(payload, type=_Notice))

    def _moved(self, positions: _Notice) -> None:
        for topic, number, next_ in positions:
            partition = Partition(topic, number)
            self._next[partition] = max(next_, self._next.get(partition, 0))
        for passed, (partition, offset) in self._waiting.items():
            if not passed.done() and self._next.get(partition, 0) > offset:
                passed.set_result(None)
