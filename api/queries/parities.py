"""GET /parities."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from api.answers import Query, json_answer, lang_of, unknown
from api.deps import deps_of
from api.errors import ApiRefusal
from api.objects import send_object
from api.present import KINDS
from api.present_parity import parity_resource
from api.queries.jobs import KNOWN, job_row, job_rows
from api.reports import Parity
from api.resources import Page


async def list_parities(request: web.Request) -> web.Response:
    """A page of parity jobs."""
    rows, next_ = await job_rows(request, Query(request, KNOWN), (KINDS["parity"],))
    progress = await deps_of(request).views.progress([row.id for row in rows])
    items = [parity_resource(row, progress.get(row.id), lang_of(request)) for row in rows]
    return json_answer(Page(items=items, next=next_))


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
    row = await job_row(request, "parity")
    if row.kind != KINDS["parity"]:
        raise unknown("parity", row.id)
    progress = await deps_of(request).views.progress([row.id])
    return parity_resource(row, progress.get(row.id), lang_of(request))
