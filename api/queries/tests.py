"""GET /tests and /comparisons."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from http import HTTPStatus
from uuid import UUID

from aiohttp import web

from api.answers import Query, json_answer, lang_of, unknown
from api.commands.objects import load
from api.compare import compare
from api.deps import Deps, deps_of
from api.errors import ApiRefusal
from api.kept import Kept
from api.objects import send_object
from api.owners import named, named_one
from api.present import KINDS, test_resource
from api.queries.jobs import KNOWN, job_row, job_rows
from api.resources import Page
from api.resources_tests import ComparedCurve, Curves, Test
from api.whole import gone
from schemas.values import ObjectRef
from storage.views.rows import JobRow

COMPARED_MAX = 50
OBJECT_BYTES_MAX = 256 << 20
"""Of a report or of replicates."""


async def list_tests(request: web.Request) -> web.Response:
    """A page of inference tests."""
    rows, next_ = await job_rows(request, Query(request, KNOWN), (KINDS["inference"],))
    deps, lang = deps_of(request), lang_of(request)
    progress = await deps.views.progress([row.id for row in rows])
    deleted = await _gone_parents(deps, rows)
    tests = [test_resource(row, progress.get(row.id), lang, deleted) for row in rows]
    return json_answer(Page(items=await named(deps, tests), next=next_))


async def get_test(request: web.Request) -> web.Response:
    """One inference test."""
    return json_answer(await _test(request))


async def get_report(request: web.Request) -> web.StreamResponse:
    """The report of a completed test: per class and per image."""
    test = await _test(request)
    return await send_object(request, _completed(test).digest, f"{test.id}.json")


async def get_comparison(request: web.Request) -> web.Response:
    """Completed tests beside the base, which is the first of them unless it is named."""
    query = Query(request, ("tests", "base"))
    ids = _ids(request.query.get("tests", ""))
    base_id = query.id("base") or ids[0]
    if base_id not in ids:
        raise ApiRefusal(HTTPStatus.BAD_REQUEST, "base_not_compared", id=base_id)
    tests, kept = await _compared(request, ids)
    judge = deps_of(request).shelf.verdicts
    made = await asyncio.to_thread(compare, tests[ids.index(base_id)], tests, kept, judge, lang_of(request))
    return json_answer(made)


async def get_curves(request: web.Request) -> web.Response:
    """One class of completed tests: precision over recall (detection) or bars (classification), to lay over another."""
    query = Query(request, ("tests", "class"))
    tests, kept = await _compared(request, _ids(request.query.get("tests", "")))
    every = [
        (test, task, curve)
        for test, own in zip(tests, kept, strict=True)
        for task, curves in own.curves.items()
        for curve in curves
    ]
    classes = list(dict.fromkeys(curve.name for _, _, curve in every))
    wanted = query.text("class") or (classes[0] if classes else "")
    found = [
        ComparedCurve(
            test=test.id,
            task=task,
            name=curve.name,
            ap=curve.ap,
            precision=curve.precision,
            recall=curve.recall,
            f1=curve.f1,
            points=list(curve.points),
            scores=list(curve.scores),
        )
        for test, task, curve in every
        if curve.name == wanted
    ]
    return json_answer(Curves(classes=classes, curves=found))


async def _compared(request: web.Request, ids: list[UUID]) -> tuple[list[Test], list[Kept]]:
    """The completed tests with these ids, and what they left."""
    deps, lang = deps_of(request), lang_of(request)
    rows = {row.id: row for row in await deps.views.jobs_by_ids(ids)}
    deleted = await _gone_parents(deps, rows.values())
    tests = await named(deps, [_of_row(rows.get(id_), id_, lang, deleted) for id_ in ids])

    async def load_all(ref: ObjectRef) -> bytes:
        return await load(deps.objects, ref.digest, size_max_bytes=OBJECT_BYTES_MAX)

    return tests, [await deps.shelf.of(load_all, _completed(test), test.replicates) for test in tests]


async def _test(request: web.Request) -> Test:
    row = await job_row(request, "test")
    progress = await deps_of(request).views.progress([row.id])
    if row.kind != KINDS["inference"]:
        raise unknown("test", row.id)
    deps = deps_of(request)
    test = test_resource(row, progress.get(row.id), lang_of(request), await _gone_parents(deps, [row]))
    return await named_one(deps, test)


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
    if row is not None and row.kind == KINDS["quick_check"]:
        raise ApiRefusal(HTTPStatus.UNPROCESSABLE_ENTITY, "quick_check_not_compared", id=id_)
    if row is None or row.kind != KINDS["inference"]:
        raise unknown("test", id_)
    return test_resource(row, None, lang, deleted)


def _completed(test: Test) -> ObjectRef:
    if test.report is None:
        raise ApiRefusal(HTTPStatus.CONFLICT, "test_not_completed", id=test.id, state=test.job.state)
    return test.report
