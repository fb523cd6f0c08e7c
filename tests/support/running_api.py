"""The API on loopback in a thread of its own: a log in memory, the real projector, real read models in PostgreSQL."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from aiohttp import web
from people import passwords, people

from api.app import create_app, serving
from api.deps import Deps
from consumers.projector import Projector
from producers.say import Speaker
from schemas.topics import TOPICS
from storage.log.memory import MemoryLog
from storage.objects.local import LocalObjects
from storage.views.postgres import Views
from storage.views.watcher import Watcher

AGENT_SECRET = "agent-secret"
START_S_MAX = 30.0
STOP_S_MAX = 30.0


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def running_api(postgres_dsn: str, folder: Path) -> Iterator[str]:
    """The address of an API with an empty log, which knows the token of `people`; both are gone afterwards."""
    loop = asyncio.new_event_loop()
    stop, started = asyncio.Event(), threading.Event()
    said: list[str | BaseException] = []

    async def serve() -> None:
        try:
            async with _serving(postgres_dsn, folder) as address:
                said.append(address)
                started.set()
                await stop.wait()
        except BaseException as error:
            said.append(error)
            started.set()
            raise

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert started.wait(START_S_MAX), "the API did not start"
    assert isinstance(said[0], str), said[0]
    try:
        yield said[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(STOP_S_MAX)
        loop.close()


@asynccontextmanager
async def _serving(dsn: str, folder: Path) -> AsyncIterator[str]:
    schema = f"t_{uuid4().hex[:12]}"
    log = MemoryLog({topic.name: topic.partitions for topic in TOPICS.values()})
    views = await Views.open(dsn, schema)
    await views.migrate()
    watcher = await Watcher.open(dsn, schema)
    deps = Deps(
        views=views,
        watcher=watcher,
        log=log,
        speaker=Speaker(log, "/test", _now, 5.0),
        objects=LocalObjects(folder / "objects"),
        agent_secret=AGENT_SECRET,
        token_secret="token-secret",
        accounts=people(),
        passwords=passwords(),
        upload_bytes_max=1 << 20,
        clock=_now,
        new_id=uuid4,
        read_wait_s=0.2,
    )
    projected = asyncio.Event()
    projecting = asyncio.create_task(Projector(log, views).run(projected))
    runner = serving(create_app(deps))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        projected.set()
        await projecting
        await runner.cleanup()
        async with views._asking() as connection:
            await connection.execute(f"drop schema {schema} cascade")
        await watcher.close()
        await views.close()
