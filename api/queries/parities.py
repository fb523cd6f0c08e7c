"""GET /parities."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from api.answers import json_answer
from api.errors import ApiRefusal
from api.objects import send_object
from api.present_parity import parity_resource
from api.queries.jobs import one_of_kind, page_of_kind
from api.reports import Parity


async def list_parities(request: web.Request) -> web.Response:
    """A page of parity jobs."""
    return await page_of_kind(request, "parity", parity_resource)


async def get_parity(request: web.Request) -> web.Response:
    """One parity job."""
    return json_answer(await _parity(request))


async def get_parity_report(request: web.Request) -> web.StreamResponse:
    """Its whole report: every output, every figure, the images that got another answer."""
    parity = await _parity(request)
    if parity.report is None:
        raise ApiRefusal(HTTPStatus.CONFLICT, "test_not_completed", id=parity.id, state=parity.job.state)
    return await send_object(request, parity.report.digest, f"{parity.id}.json")


async def _parity(request: web.Request) -> Parity:
    return await one_of_kind(request, "parity", "parity", parity_resource)
