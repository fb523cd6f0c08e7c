"""A second read model beside the first: everything projected again from offset 0 into another schema."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from consumers.projector import Projector
from storage.log.port import Log
from storage.views.port import Store

S = TypeVar("S", bound=Store)


async def rebuild(log: Log, views_for: Callable[[str], Awaitable[S]], schema: str) -> S:
    """The read models of `schema`, at the log's end of now. Objects are never read, the live schema is never touched.

    One that was interrupted goes on where it stopped. The caller closes what comes back.
    """
    views = await views_for(schema)
    await Projector(log, views).catch_up()
    return views
