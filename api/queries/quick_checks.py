"""GET /quick-checks."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from api.answers import json_answer
from api.errors import ApiRefusal
from api.objects import send_object
from api.present_quick import quick_check_resource
from api.queries.jobs import one_of_kind, page_of_kind
from api.test_forms import QuickCheck


async def list_quick_checks(request: web.Request) -> web.Response:
    """A page of quick checks."""
    return await page_of_kind(request, "quick_check", quick_check_resource)


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
    return await one_of_kind(request, "quick_check", "test", quick_check_resource)
