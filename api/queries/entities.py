"""What the lists and details of all decided things have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from aiohttp import web

from api.answers import Query, id_of, json_answer, unknown
from api.auth import actor_of
from api.deps import deps_of
from api.resources import Page
from schemas.values import Platform
from storage.views.rows import EntityRow

R = TypeVar("R")
PLATFORMS: tuple[Platform, ...] = ("nvidia", "ascend")
KNOWN = ("limit", "cursor", "mine", "search")


async def entity_rows(
    request: web.Request, kind: str, *, with_platform: bool = False
) -> tuple[list[EntityRow], str | None]:
    """A page of rows as the query asks for, and the cursor of the next one."""
    query = Query(request, (*KNOWN, "platform") if with_platform else KNOWN)
    return await deps_of(request).views.entities(
        kind,
        owner=actor_of(request).id if query.flag("mine") else None,
        search=query.text("search"),
        platform=query.one_of("platform", PLATFORMS) if with_platform else "",
        limit=query.limit(),
        cursor=query.cursor(),
    )


async def entity_row(request: web.Request, kind: str) -> EntityRow:
    """The row of the id in the path.

    Raises:
        ApiRefusal: 404.
    """
    id_ = id_of(request, kind)
    row = await deps_of(request).views.entity(id_)
    if row is None or row.kind != kind:
        raise unknown(kind, id_)
    return row


async def plain_list(request: web.Request, kind: str, present: Callable[[EntityRow], R]) -> web.Response:
    """A page of things that are their row and nothing else."""
    rows, next_ = await entity_rows(request, kind)
    return json_answer(Page(items=[present(row) for row in rows], next=next_))
