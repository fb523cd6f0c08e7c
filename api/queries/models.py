"""GET /pth and /trons."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from api import whole
from api.answers import Query, json_answer, lang_of
from api.commands.objects import load
from api.deps import deps_of
from api.errors import ApiRefusal
from api.objects import CHANGING, send_object
from api.present import file_name
from api.queries.entities import dependents_of, entity_row, one_of, page_of
from api.reports import VerificationReport
from api.resources import Tron
from api.texts import render
from api.tron_files import manifest_of
from schemas.reports import ReportError, decode_conversion_report

REPORT_BYTES_MAX = 64 << 20


async def list_pth(request: web.Request) -> web.Response:
    """A page of PTH models."""
    return await page_of(request, "pth", whole.pths)


async def get_pth(request: web.Request) -> web.Response:
    """One PTH model."""
    return await one_of(request, "pth", whole.pth)


async def get_pth_dependents(request: web.Request) -> web.Response:
    """Tron models made of the PTH model, and conversions that go on."""
    return await dependents_of(request, "pth")


async def get_pth_file(request: web.Request) -> web.StreamResponse:
    """The weights as they were uploaded."""
    pth = await whole.pth(deps_of(request), await entity_row(request, "pth"), lang_of(request))
    name = pth.weights.name or pth.name
    stem, dot, suffix = name.rpartition(".")
    return await send_object(request, pth.weights.digest, file_name(stem, suffix) if dot else file_name(name, "pth"))


async def list_trons(request: web.Request) -> web.Response:
    """A page of Tron models with their revisions."""
    return await page_of(request, "tron", whole.trons, with_platform=True)


async def get_tron(request: web.Request) -> web.Response:
    """One Tron model with its revisions."""
    return await one_of(request, "tron", whole.tron)


async def get_tron_dependents(request: web.Request) -> web.Response:
    """Tests of the model, and jobs on it that go on."""
    return await dependents_of(request, "tron")


async def get_tron_manifest(request: web.Request) -> web.Response:
    """What the newest revision's file says of itself: the JSON that describes the model."""
    tron = await with_file(request)
    if tron.unusable is not None:
        raise ApiRefusal.of(HTTPStatus.CONFLICT, tron.unusable)
    manifest = await manifest_of(deps_of(request).objects, tron.revisions[0].tron)
    return web.Response(body=manifest, content_type="application/json")


async def get_tron_file(request: web.Request) -> web.StreamResponse:
    """The newest revision's file."""
    tron = await with_file(request)
    return await send_object(request, tron.revisions[0].tron.digest, tron.file_name, caching=CHANGING)


async def with_file(request: web.Request) -> Tron:
    """The Tron model of the id in the path, which has a file."""
    tron = await whole.tron(deps_of(request), await entity_row(request, "tron"), lang_of(request))
    if not tron.revisions:
        raise ApiRefusal(HTTPStatus.CONFLICT, "revision_missing", id=tron.id)
    return tron


async def get_tron_report(request: web.Request) -> web.Response:
    """How a revision was verified: the newest one, unless another is named."""
    deps, lang = deps_of(request), lang_of(request)
    query = Query(request, ("revision",))
    tron = await with_file(request)
    wanted = query.one_of("revision", [str(each.revision) for each in tron.revisions])
    chosen = next(each for each in tron.revisions if wanted in ("", str(each.revision)))
    if chosen.report is None or chosen.job_id is None:
        raise ApiRefusal(HTTPStatus.CONFLICT, "report_missing", revision=chosen.revision)
    data = await load(deps.objects, chosen.report.digest, size_max_bytes=REPORT_BYTES_MAX)
    try:
        report = decode_conversion_report(data)
    except ReportError as error:
        raise ApiRefusal(HTTPStatus.UNPROCESSABLE_ENTITY, "report_unreadable", error=error) from error
    return json_answer(
        VerificationReport(
            model_id=tron.id,
            job_id=chosen.job_id,
            revision=chosen.revision,
            report=report,
            messages=[render(notice, lang) for part in report.sub_models for notice in part.notices],
        )
    )
