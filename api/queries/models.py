"""GET /pth and /trons."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from api.answers import json_answer
from api.deps import deps_of
from api.errors import ApiRefusal
from api.objects import send_object
from api.present import file_name, pth_resource, tron_resource
from api.queries.entities import entity_row, entity_rows, plain_list
from api.resources import Page, Tron

REVISION = "revision"


async def list_pth(request: web.Request) -> web.Response:
    """A page of PTH models."""
    return await plain_list(request, "pth", pth_resource)


async def get_pth(request: web.Request) -> web.Response:
    """One PTH model."""
    return json_answer(pth_resource(await entity_row(request, "pth")))


async def get_pth_file(request: web.Request) -> web.StreamResponse:
    """The weights as they were uploaded."""
    pth = pth_resource(await entity_row(request, "pth"))
    name = pth.weights.name or pth.name
    stem, dot, suffix = name.rpartition(".")
    return await send_object(request, pth.weights.digest, file_name(stem, suffix) if dot else file_name(name, "pth"))


async def list_trons(request: web.Request) -> web.Response:
    """A page of Tron models with their revisions."""
    rows, next_ = await entity_rows(request, "tron", with_platform=True)
    products = await deps_of(request).views.products(REVISION, [row.id for row in rows])
    return json_answer(Page(items=[tron_resource(row, products) for row in rows], next=next_))


async def get_tron(request: web.Request) -> web.Response:
    """One Tron model with its revisions."""
    return json_answer(await _tron(request))


async def get_tron_file(request: web.Request) -> web.StreamResponse:
    """The newest revision's file."""
    tron = await _tron(request)
    if not tron.revisions:
        raise ApiRefusal(HTTPStatus.CONFLICT, "revision_missing", id=tron.id)
    return await send_object(request, tron.revisions[0].tron.digest, tron.file_name)


async def _tron(request: web.Request) -> Tron:
    row = await entity_row(request, "tron")
    return tron_resource(row, await deps_of(request).views.products(REVISION, [row.id]))
