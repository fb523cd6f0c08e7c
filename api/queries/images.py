"""GET of what a test or quick check said of its images: report, pages with filters, originals, pictures, flips."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import NamedTuple, get_args
from uuid import UUID

import msgspec
from aiohttp import web

from api.answers import Query, json_answer, unknown
from api.commands.objects import load
from api.deps import Deps, deps_of
from api.errors import ApiRefusal
from api.outcomes import OUTCOMES, Seen, Unnamed, Wanted, chosen
from api.packs import OPEN_PACKS, Tables, image_of
from api.pictures import MEDIA, picture
from api.present import KINDS
from api.present_images import image_outcome, lines_of, marks_of
from api.queries.jobs import job_row
from api.queries.packs import SVG, next_page, number_in, shown_image, start_of
from api.resources import Page
from api.resources_images import Change, Flip, Flips, ImageOutcome
from schemas.events import InferenceCompleted, InferenceRequested, QuickCheckCompleted
from schemas.results import Results, ResultsError, digest_of
from schemas.values import ObjectRef
from storage.datasets.pack import ImageRecord
from storage.views.rows import JobRow

RESULT_BYTES_MAX = 256 << 20
FILTERS = ("outcome", "task", "class", "found", "slice", "search")
CHANGES = get_args(Change)
KNOWN_MAX = 20


class _Done(NamedTuple):
    """A completed test or quick check: its pack, and what it left; a quick check has no report."""

    id: UUID
    pack: ObjectRef
    results: ObjectRef | None
    report: ObjectRef | None = None


async def get_result(request: web.Request) -> web.Response:
    """A completed test in total: by class, curve, confusion and slice, what was skipped, clock, backend, trials."""
    Query(request, ())
    done, deps = _done(await job_row(request, "test")), deps_of(request)
    if done.report is None:
        raise ApiRefusal(HTTPStatus.CONFLICT, "quick_check_not_scored", id=done.id)
    try:
        body = await deps.shelf.report(lambda ref: _load(deps, ref), done.report)
    except msgspec.MsgspecError as error:
        raise _unreadable(done, error) from error
    return web.Response(body=body, content_type="application/json")


async def list_images(request: web.Request) -> web.Response:
    """A page of a test's (or quick check's) images with what it made of each, in their order; filtered if asked for."""
    query = Query(request, (*FILTERS, "limit", "cursor"))
    start, limit, wanted = start_of(query), query.limit(), _wanted(query)
    done = _done(await job_row(request, "test"))
    seen = await _seen(deps_of(request), done)

    def look() -> Page[ImageOutcome]:
        numbers = chosen(seen, wanted)
        if isinstance(numbers, Unnamed):
            raise _refused(numbers)
        numbers = numbers[numbers >= start]
        page = [image_outcome(seen, number) for number in numbers[:limit].tolist()]
        return Page(items=page, next=str(numbers[limit]) if len(numbers) > limit else None)

    return json_answer(await asyncio.to_thread(look))


async def get_image(request: web.Request) -> web.Response:
    """One image of a test: answers, boxes (those below the threshold too), what is true, as JSON."""
    _, seen, number = await _numbered(request)
    return json_answer(image_outcome(seen, number, below=True))


async def get_image_original(request: web.Request) -> web.Response:
    """One image of a test, the bytes as they were uploaded into the dataset's version that was tested."""
    done, seen, number = await _numbered(request)
    record, data = await _original(request, done, seen, number)
    suffix = record.entry.rpartition(".")[2]
    return shown_image(data, MEDIA.get(suffix, "application/octet-stream"), record, suffix)


async def get_image_rendered(request: web.Request) -> web.Response:
    """One image of a test as an SVG: the original with what was found (TP, FP), missed (FN), said and read over it."""
    done, seen, number = await _numbered(request)
    record, data = await _original(request, done, seen, number)
    shown = image_outcome(seen, number)
    media = MEDIA.get(record.entry.rpartition(".")[2], "application/octet-stream")
    size, marks, lines = (record.width, record.height), marks_of(shown), lines_of(shown)
    svg = await asyncio.to_thread(picture, data, media, size, marks, lines)
    return shown_image(svg, SVG, record, "svg")


async def get_flips(request: web.Request) -> web.Response:
    """The images of which a test and its base differ: one is right and the other wrong, or their boxes' F1 differs."""
    query = Query(request, ("base", "test", "task", "change", "limit", "cursor"))
    start, limit = start_of(query), query.limit()
    change = query.one_of("change", CHANGES)
    base, test = [await _named(request, query, name) for name in ("base", "test")]
    deps = deps_of(request)
    before, after = [await _seen(deps, done) for done in (base, test)]
    task = _common_task(before, after, query.text("task"))

    def look() -> Flips:
        assert base.results is not None
        assert test.results is not None
        found = deps.shelf.difference(base.results, test.results, task, before, after)
        lost, won = found.change < 0, found.change > 0
        rows = {"lost": lost, "won": won}.get(change, lost | won).nonzero()[0]
        items = [
            Flip(
                change="lost" if lost[row] else "won",
                difference=float(found.change[row]),
                base=image_outcome(before, int(found.base[row])),
                test=image_outcome(after, int(found.test[row])),
            )
            for row in rows[start : start + limit].tolist()
        ]
        return Flips(
            base=base.id,
            test=test.id,
            task=task,
            images=found.images,
            lost=int(lost.sum()),
            won=int(won.sum()),
            items=items,
            next=next_page(start + limit, len(rows)),
        )

    return json_answer(await asyncio.to_thread(look))


def _wanted(query: Query) -> Wanted:
    return Wanted(
        outcome=query.one_of("outcome", OUTCOMES),
        task=query.text("task"),
        true=query.text("class"),
        found=query.text("found"),
        slice=query.text("slice"),
        search=query.text("search"),
    )


def _refused(unnamed: Unnamed) -> ApiRefusal:
    return ApiRefusal(
        HTTPStatus.BAD_REQUEST, "query_invalid", name=unnamed.name, known=", ".join(unnamed.known[:KNOWN_MAX])
    )


def _common_task(base: Seen, test: Seen, task: str) -> str:
    """The task that is meant, else the first one that both tests have."""
    common = [each for each in base.tasks if each in test.tasks]
    if task in common:
        return task
    if task or not common:
        raise _refused(Unnamed("task", common))
    return common[0]


async def _named(request: web.Request, query: Query, name: str) -> _Done:
    id_ = query.id(name)
    if id_ is None:
        raise ApiRefusal(HTTPStatus.BAD_REQUEST, "query_invalid", name=name, known="UUID")
    row = await deps_of(request).views.job(id_)
    if row is None:
        raise unknown("test", id_)
    done = _done(row)
    if done.report is None:
        raise ApiRefusal(HTTPStatus.UNPROCESSABLE_ENTITY, "quick_check_not_compared", id=done.id)
    return done


def _done(row: JobRow) -> _Done:
    """The test or quick check in the row.

    Raises:
        ApiRefusal: it is another job (404), or has not completed (409).
    """
    if row.kind not in (KINDS["inference"], KINDS["quick_check"]):
        raise unknown("test", row.id)
    if row.result is None:
        raise ApiRefusal(HTTPStatus.CONFLICT, "test_not_completed", id=row.id, state=row.state)
    if row.kind == KINDS["quick_check"]:
        looked = msgspec.json.decode(row.result, type=QuickCheckCompleted)
        return _Done(row.id, looked.pack, looked.results)
    asked = msgspec.json.decode(row.request, type=InferenceRequested)
    left = msgspec.json.decode(row.result, type=InferenceCompleted)
    return _Done(row.id, asked.pack, left.results, left.report)


async def _load(deps: Deps, ref: ObjectRef) -> bytes:
    return await load(deps.objects, ref.digest, size_max_bytes=RESULT_BYTES_MAX)


async def _seen(deps: Deps, done: _Done) -> Seen:
    if done.results is None:
        raise ApiRefusal(HTTPStatus.CONFLICT, "test_has_no_images", id=done.id)
    try:
        return await deps.shelf.seen(lambda ref: _load(deps, ref), done.results)
    except ResultsError as error:
        raise _unreadable(done, error) from error


def _unreadable(done: _Done, error: Exception) -> ApiRefusal:
    return ApiRefusal(HTTPStatus.UNPROCESSABLE_ENTITY, "result_unreadable", id=done.id, detail=str(error)[:200])


async def _numbered(request: web.Request) -> tuple[_Done, Seen, int]:
    Query(request, ())
    done = _done(await job_row(request, "test"))
    seen = await _seen(deps_of(request), done)
    return done, seen, number_in(request, seen.results.images)


async def _original(request: web.Request, done: _Done, seen: Seen, number: int) -> tuple[ImageRecord, bytes]:
    """The image's record in the pack that was tested, and its bytes."""
    objects = deps_of(request).objects
    tables = await request.app[OPEN_PACKS].tables(objects, done.pack)
    record = await asyncio.to_thread(_record, tables, seen.results, number)
    if record is None:
        raise ApiRefusal(HTTPStatus.CONFLICT, "pack_unreadable", digest=done.pack.digest, detail="other images")
    return record, await image_of(objects, done.pack, tables, record)


def _record(tables: Tables, results: Results, number: int) -> ImageRecord | None:
    """The image's record: names may be there twice, and so may files.

    Results have the dataset's order without what was skipped: the record comes not before the image's number.
    """
    name, digest = results.names[number], digest_of(results, number)
    fits = tables.matching(number, len(tables.records), lambda each: (each.name, each.sha256) == (name, digest))
    return next((found for _, found in fits), None)
