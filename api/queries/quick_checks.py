"""GET /quick-checks."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from api.answers import Query, json_answer, lang_of, unknown
from api.deps import deps_of
from api.errors import ApiRefusal
from api.objects import send_object
from api.present import KINDS
from api.present_quick import quick_check_resource
from api.queries.jobs import KNOWN, job_row, job_rows
from api.resources import Page
from api.test_forms import QuickCheck


async def list_quick_checks(request: web.Request) -> web.Response:
    """A page of quick checks."""
    rows, next_ = await job_rows(request, Query(request, KNOWN), (KINDS["quick_check"],))
    progress = await deps_of(request).views.progress([row.id for row in rows])
    items = [quick_check_resource(row, progress.get(row.id), lang_of(request)) for row in rows]
    return json_answer(Page(items=items, next=next_))


async def get_quick_check(request: web.Request) -> web.Response:
    """One quick check."""
    return json_answer(await _check(request))


async def get_results(request: web.Request) -> web.StreamResponse:
    """What was answered to each image: MessagePack of `schemas.results.Results`."""
    check = await _check(request)
    if check.results is None:
        raise ApiRefusal(HTTPStatus.CONFLICT, "test_not_completed", id=check.id, state=check.job.state)
    return await send_object(request, check.results.digest, f"{check.id}.results")


async def _check(request: web.Request) -> QuickCheck:
    row = await job_row(request, "test")
    if row.kind != KINDS["quick_check"]:
        raise unknown("test", row.id)
    progress = await deps_of(request).views.progress([row.id])
    return quick_check_resource(row, progress.get(row.id), lang_of(request))
