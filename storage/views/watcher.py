"""Waiting until the read models have seen a record: one listening connection, woken by the projector's commits."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from storage.log.port import Partition
from storage.views.database import channel_of, schema_name
from storage.views.listener import Listener

if TYPE_CHECKING:
    from storage.views.listener import Link

ANSWER_S_MAX = 5.0

_Notice = list[tuple[str, int, int]]


class Watcher:
    """Knows how far the read models are, without asking over and over. Connects by itself, again and again."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._next: dict[Partition, int] = {}
        self._waiting: dict[asyncio.Future[None], tuple[Partition, int]] = {}
        self._listener: Listener | None = None

    @classmethod
    async def open(cls, dsn: str, schema: str) -> Watcher:
        """A watcher at work; the database may still be away."""
        watcher = cls(dsn)
        await watcher.move_to(schema)
        return watcher

    async def move_to(self, schema: str) -> None:
        """Watch another schema from now on; whoever waits goes on waiting, for that one."""
        before, self._next = self._listener, {}
        known = self._next

        async def read(link: Link) -> None:
            records = await link.fetch("select topic, partition, next from offsets", timeout=ANSWER_S_MAX)
            self._moved(known, [tuple(record) for record in records])

        def told(payload: str) -> None:
            if payload:
                self._moved(known, msgspec.json.decode(payload, type=_Notice))
            else:
                self._listener.look()  # type: ignore[union-attr]

        name = schema_name(schema)
        self._listener = Listener(self._dsn, name, channel_of(name), read=read, told=told, begun=known.clear)
        if before is not None:
            await before.close()

    async def close(self) -> None:
        if self._listener is not None:
            await self._listener.close()

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

    def _moved(self, known: dict[Partition, int], positions: _Notice) -> None:
        if known is not self._next:
            return
        for topic, number, next_ in positions:
            partition = Partition(topic, number)
            known[partition] = max(next_, known.get(partition, 0))
        for passed, (partition, offset) in self._waiting.items():
            if not passed.done() and known.get(partition, 0) > offset:
                passed.set_result(None)
