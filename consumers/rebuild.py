"""A second read model beside the first: everything projected again from offset 0 into another schema."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from consumers.projector import Projector
from schemas.topics import TOPICS
from storage.log.port import Log, Partition
from storage.views.port import Store

PROGRESS_EVERY_S = 0.2

S = TypeVar("S", bound=Store)
OnProgress = Callable[[int, int], None]
"""Called with how many records are projected, and how many there are to project."""


async def rebuild(
    log: Log, views_for: Callable[[str], Awaitable[S]], schema: str, *, on_progress: OnProgress | None = None
) -> S:
    """The read models of `schema`, at the log's end of now. Objects are never read, the live schema is never touched.

    One that was interrupted, however roughly, goes on where it stopped. The caller closes what comes back.
    """
    views = await views_for(schema)
    catching_up = asyncio.create_task(Projector(log, views).catch_up())
    try:
        if on_progress is not None:
            await _show(log, views, catching_up, on_progress)
        await catching_up
    finally:
        catching_up.cancel()
    return views


async def _show(log: Log, views: Store, catching_up: asyncio.Task[None], on_progress: OnProgress) -> None:
    begins: dict[Partition, int] = {}
    ends: dict[Partition, int] = {}
    for topic in TOPICS:
        begins.update(await log.begin(topic))
        ends.update(await log.end(topic))
    total = sum(ends.values()) - sum(begins.values())
    while not catching_up.done():
        await asyncio.wait({catching_up}, timeout=PROGRESS_EVERY_S)
        if catching_up.done() and catching_up.exception() is not None:
            return
        positions = await views.positions()
        done = sum(min(positions.get(each, 0), end) - begins[each] for each, end in ends.items() if each in positions)
        on_progress(min(max(done, 0), total), total)
