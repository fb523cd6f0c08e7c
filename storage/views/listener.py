"""One listening connection, kept for ever: read after every connection and at every look, told in between."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import asyncpg

from storage.views.database import MISSING, TROUBLE, connect, says_away

CHECK_S = 5.0
"""Pause between two looks at whether the connection still lives; a look also reads."""
RECONNECT_S = 0.2
RECONNECT_S_MAX = 2.0

_log = logging.getLogger(__name__)

if TYPE_CHECKING:
    Link = asyncpg.Connection[asyncpg.Record]


class Listener:
    """Listens first and reads then: what changes in between is told twice, never missed.

    `begun` is called before the first read of every connection, `told` with every payload.
    """

    def __init__(
        self,
        dsn: str,
        schema: str,
        channel: str,
        *,
        read: Callable[[Link], Awaitable[None]],
        told: Callable[[str], None],
        begun: Callable[[], None] = lambda: None,
    ) -> None:
        self._dsn, self._schema, self._channel = dsn, schema, channel
        self._read, self._payload, self._begun = read, told, begun
        self._look = asyncio.Event()
        self._task = asyncio.create_task(self._listen(), name=f"listen {channel}")

    def look(self) -> None:
        """Read again, soon."""
        self._look.set()

    async def close(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _listen(self) -> None:
        pause_s = RECONNECT_S
        while True:
            try:
                link = await connect(self._dsn, self._schema)
                try:
                    self._begun()
                    link.add_termination_listener(lambda _: self._look.set())
                    await link.add_listener(self._channel, self._told)  # type: ignore[arg-type]
                    await self._read(link)
                    pause_s = RECONNECT_S
                    await self._keep(link)
                finally:
                    link.terminate()
            except TROUBLE as error:
                if not says_away(error) and not isinstance(error, MISSING):
                    _log.error("listening on %s: %r", self._channel, error)
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, RECONNECT_S_MAX)

    async def _keep(self, link: Link) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(CHECK_S):
                    await self._look.wait()
            self._look.clear()
            await self._read(link)

    def _told(self, _link: object, _pid: int, _channel: str, payload: str) -> None:
        self._payload(payload)
