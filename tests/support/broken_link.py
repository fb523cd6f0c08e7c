"""A TCP link on loopback that breaks: cut in both directions once so many bytes have gone through it, or when told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable

PIECE_BYTES = 256 << 10
START_S_MAX = 10.0


class BrokenLink:
    """A proxy in a thread of its own. `cuts` are numbers of bytes, up and down together and over all connections.

    `on_cut` is called, in that thread, with how many cuts there have been; new connections wait for its end.
    """

    def __init__(self, port: int, cuts: Iterable[int], on_cut: Callable[[int], None] = lambda _: None) -> None:
        self._target = port
        self._cuts = sorted(cuts)
        self._on_cut = on_cut
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._down = False
        self.carried_bytes = 0
        self.broken = 0

    def __enter__(self) -> str:
        self._thread.start()
        assert self._ready.wait(START_S_MAX)
        return f"http://127.0.0.1:{self.port}"

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    def break_off(self) -> None:
        """Cut it, and let nobody through until it is mended."""
        self._down = True
        self._loop.call_soon_threadsafe(self._cut)

    def mend(self) -> None:
        """New connections go through again."""
        self._down = False

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        self._cut()
        mine = asyncio.current_task()
        await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not mine), return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._down:
            writer.transport.abort()
            return
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, up_writer}
        self._writers |= ends
        await asyncio.gather(self._carry(reader, up_writer), self._carry(up_reader, writer))
        self._writers -= ends

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(PIECE_BYTES):
                if self._cuts and self.carried_bytes + len(piece) >= self._cuts[0]:
                    writer.write(piece[: max(0, self._cuts[0] - self.carried_bytes)])
                    self._cuts.pop(0)
                    self.broken += 1
                    self._cut()
                    self._on_cut(self.broken)
                    return
                self.carried_bytes += len(piece)
                writer.write(piece)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    def _cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
