"""What the lists, details and dependents of all decided things have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import TypeVar

from aiohttp import web

from api.answers import Query, id_of, json_answer, lang_of, thing_answer, unknown
from api.auth import actor_of
from api.deps import Deps, deps_of
from api.present import KINDS, dependent_entity, dependent_job
from api.resources import Dependents, Page, Thing
from api.whole import Show
from schemas.values import Platform
from storage.views.rows import EntityRow

T = TypeVar("T", bound=Thing)
PLATFORMS: tuple[Platform, ...] = ("nvidia", "ascend")
KNOWN = ("limit", "cursor", "mine", "search", "deleted")
LIVE = ("queued", "running")
CERTIFIED = {"true": True, "false": False}
DEPENDENTS_SHOWN_MAX = 20
"""Of each noun; the counts are whole."""
_CHILD = {"pth": "tron", "template": "tron", "structure": "template"}
"""What is made of a thing."""


async def page_of(
    request: web.Request,
    kind: str,
    show: Callable[[Deps, Sequence[EntityRow]], Awaitable[list[T]]],
    *,
    with_platform: bool = False,
    with_certified: bool = False,
) -> web.Response:
    """A page of things as the query asks for: those that are there, or with `deleted` those that were deleted."""
    more = (*(["platform"] if with_platform else []), *(["certified"] if with_certified else []))
    query = Query(request, (*KNOWN, *more))
    deps = deps_of(request)
    rows, next_ = await deps.views.entities(
        kind,
        owner=actor_of(request).id if query.flag("mine") else None,
        search=query.text("search"),
        platform=query.one_of("platform", PLATFORMS) if with_platform else "",
        deleted=query.flag("deleted"),
        certified=CERTIFIED.get(query.one_of("certified", CERTIFIED)) if with_certified else None,
        limit=query.limit(),
        cursor=query.cursor(),
    )
    return json_answer(Page(items=await show(deps, rows), next=next_))


async def entity_row(request: web.Request, kind: str) -> EntityRow:
    """The row of the id in the path, of a deleted thing too.

    Raises:
        ApiRefusal: 404.
    """
    id_ = id_of(request, kind)
    row = await deps_of(request).views.entity(id_)
    if row is None or row.kind != kind:
        raise unknown(kind, id_)
    return row


async def one_of(request: web.Request, kind: str, show: Show) -> web.Response:
    """The thing of the id in the path, with its ETag."""
    row = await entity_row(request, kind)
    return thing_answer(await show(deps_of(request), row, lang_of(request)), HTTPStatus.OK)


async def dependents_of(request: web.Request, kind: str) -> web.Response:
    """What depends on the thing of the id in the path."""
    row = await entity_row(request, kind)
    views = deps_of(request).views
    children, children_count = await views.children(row.id, limit=DEPENDENTS_SHOWN_MAX)
    # a test belongs to its model and its dataset; a PTH or a template only has the conversions that go on
    tested = (KINDS["inference"],) if kind in ("tron", "dataset") else ()
    tests, tests_count = await views.jobs_upon(row.id, kinds=tested, states=("completed",), limit=DEPENDENTS_SHOWN_MAX)
    working = tuple(KINDS.values()) if tested else (KINDS["conversion"],)
    live, live_count = await views.jobs_upon(row.id, kinds=working, states=LIVE, limit=DEPENDENTS_SHOWN_MAX)
    counts = {_CHILD[kind]: children_count} if kind in _CHILD else {}
    counts |= {"test": tests_count, "job": live_count}
    items = [dependent_entity(each) for each in children]
    items += [dependent_job(each, "test") for each in tests] + [dependent_job(each, "job") for each in live]
    return json_answer(Dependents(counts={noun: count for noun, count in counts.items() if count}, items=items))
