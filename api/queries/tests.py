"""GET /tests and /comparisons."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from http import HTTPStatus
from uuid import UUID

from aiohttp import web

from api.answers import Query, json_answer, lang_of, unknown
from api.commands.objects import load
from api.compare import Kept, compare, kept_of
from api.deps import Deps, deps_of
from api.errors import ApiRefusal
from api.objects import send_object
from api.present import KINDS, test_resource
from api.queries.jobs import KNOWN, job_row, job_rows
from api.resources import Page
from api.resources_tests import Test
from api.whole import gone
from schemas.values import ObjectRef
from storage.views.rows import JobRow

COMPARED_MAX = 50
REPORT_BYTES_MAX = 256 << 20
REPLICATES_BYTES_MAX = 256 << 20


async def list_tests(request: web.Request) -> web.Response:
    """A page of inference tests."""
    rows, next_ = await job_rows(request, Query(request, KNOWN), (KINDS["inference"],))
    deps, lang = deps_of(request), lang_of(request)
    progress = await deps.views.progress([row.id for row in rows])
    deleted = await _gone_parents(deps, rows)
    tests = [test_resource(row, progress.get(row.id), lang, deleted) for row in rows]
    return json_answer(Page(items=tests, next=next_))


async def get_test(request: web.Request) -> web.Response:
    """One inference test."""
    return json_answer(await _test(request))


async def get_report(request: web.Request) -> web.StreamResponse:
    """The report of a completed test: per class and per image."""
    test = await _test(request)
    return await send_object(request, _completed(test).digest, f"{test.id}.json")


async def get_comparison(request: web.Request) -> web.Response:
    """Completed tests beside the base, which is the first of them unless it is named."""
    deps, query = deps_of(request), Query(request, ("tests", "base"))
    ids = _ids(request.query.get("tests", ""))
    base_id = query.id("base") or ids[0]
    if base_id not in ids:
        raise ApiRefusal(HTTPStatus.BAD_REQUEST, "base_not_compared", id=base_id)
    rows = {row.id: row for row in await deps.views.jobs_by_ids(ids)}
    lang, deleted = lang_of(request), await _gone_parents(deps, rows.values())
    tests = [_of_row(rows.get(id_), id_, lang, deleted) for id_ in ids]
    kept = [await _kept(deps, test) for test in tests]
    return json_answer(await asyncio.to_thread(compare, tests[ids.index(base_id)], tests, kept, lang))


async def _test(request: web.Request) -> Test:
    row = await job_row(request, "test")
    progress = await deps_of(request).views.progress([row.id])
    if row.kind != KINDS["inference"]:
        raise unknown("test", row.id)
    return test_resource(row, progress.get(row.id), lang_of(request), await _gone_parents(deps_of(request), [row]))


async def _gone_parents(deps: Deps, rows: Iterable[JobRow]) -> frozenset[UUID]:
    """Those of the tests' models and datasets that were deleted since."""
    return await gone(deps, (id_ for row in rows for id_ in (row.subject_id, row.dataset_id) if id_ is not None))


def _ids(text: str) -> list[UUID]:
    """The ids in a list with commas, each once."""
    try:
        ids = list(dict.fromkeys(UUID(part) for part in text.split(",") if part))
    except ValueError:
        raise ApiRefusal(HTTPStatus.BAD_REQUEST, "query_invalid", name="tests", known="id,id,...") from None
    if not 1 <= len(ids) <= COMPARED_MAX:
        raise ApiRefusal(HTTPStatus.BAD_REQUEST, "tests_count_wrong", count=len(ids), max=COMPARED_MAX)
    return ids


def _of_row(row: JobRow | None, id_: UUID, lang: str, deleted: frozenset[UUID]) -> Test:
    if row is None or row.kind != KINDS["inference"]:
        raise unknown("test", id_)
    return test_resource(row, None, lang, deleted)


def _completed(test: Test) -> ObjectRef:
    if test.report is None:
        raise ApiRefusal(HTTPStatus.CONFLICT, "test_not_completed", id=test.id, state=test.job.state)
    return test.report


async def _kept(deps: Deps, test: Test) -> Kept:
    report = await load(deps.objects, _completed(test).digest, size_max_bytes=REPORT_BYTES_MAX)
    if test.replicates is None:
        return kept_of(report, None)
    return kept_of(report, await load(deps.objects, test.replicates.digest, size_max_bytes=REPLICATES_BYTES_MAX))
