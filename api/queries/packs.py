"""GET of what is in a dataset's version: its images, with what is said of them, its figures, drop ledger, pack."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple
from uuid import UUID

import msgspec
from aiohttp import web

from api.answers import Query, json_answer, lang_of
from api.commands.tested import product
from api.dataset_resources import DatasetFigures, DatasetRecord, LeftOut
from api.deps import deps_of
from api.errors import ApiRefusal
from api.objects import CHANGING, IMMUTABLE, disposition, send_object
from api.packs import OPEN_PACKS, Tables, image_of
from api.pictures import MEDIA, Mark, picture
from api.present import file_name
from api.queries.entities import entity_row
from api.resources import Page
from api.texts import render
from schemas.events import DatasetImported
from schemas.values import Code, ObjectRef
from storage.datasets.pack import ImageRecord

VERSION = "version"
SVG = "image/svg+xml"
LOOKED_MAX = 100_000
"""Records that one request looks at: a page may end earlier than it is full, and `next` goes on."""


class _Version(NamedTuple):
    name: str
    job_id: UUID
    pack: ObjectRef


async def list_records(request: web.Request) -> web.Response:
    """A page of a version's images: with a class, an attribute (NAME=VALUE), or a part of the name, if asked for."""
    query = Query(request, (VERSION, "limit", "cursor", "class", "attribute", "search"))
    wanted = _wanted(query.text("class"), query.text("attribute"), query.text("search"))
    tables = await _tables(request, await _version(request, query))
    start, limit = start_of(query), query.limit()

    def look() -> Page[DatasetRecord]:
        items = []
        for number, record in tables.matching(start, start + LOOKED_MAX, wanted):
            items.append(_record(number, record))
            if len(items) == limit:
                return Page(items=items, next=next_page(number + 1, len(tables.records)))
        return Page(items=items, next=next_page(start + LOOKED_MAX, len(tables.records)))

    return json_answer(await asyncio.to_thread(look))


async def get_record(request: web.Request) -> web.Response:
    """One image of a version and what is said of it, as JSON."""
    number, _, tables = await _numbered(request)
    return json_answer(_record(number, tables.record(number)))


async def get_record_image(request: web.Request) -> web.Response:
    """One image of a version, the bytes as they were uploaded."""
    number, version, tables = await _numbered(request)
    record = tables.record(number)
    data = await image_of(deps_of(request).objects, version.pack, tables, record)
    media = MEDIA.get(record.entry.rpartition(".")[2], "application/octet-stream")
    return shown_image(data, media, record, record.entry.rpartition(".")[2])


async def get_record_rendered(request: web.Request) -> web.Response:
    """One image of a version as an SVG: the original with its boxes, classes and texts drawn over it."""
    number, version, tables = await _numbered(request)
    record = tables.record(number)
    data = await image_of(deps_of(request).objects, version.pack, tables, record)
    media = MEDIA.get(record.entry.rpartition(".")[2], "application/octet-stream")
    marks = [Mark(box.x, box.y, box.width, box.height, box.label, box.crowd or box.difficult) for box in record.boxes]
    lines = [f"{task}: {label}" for task, label in record.labels.items()]
    svg = await asyncio.to_thread(picture, data, media, (record.width, record.height), marks, lines)
    return shown_image(svg, SVG, record, "svg")


async def get_figures(request: web.Request) -> web.Response:
    """What a version holds in numbers: classes, boxes, sizes, attributes, and what was dropped and why."""
    version = await _version(request, Query(request, (VERSION,)))
    tables = await _tables(request, version)
    return json_answer(DatasetFigures(job_id=version.job_id, pack=version.pack, figures=tables.info))


async def list_dropped(request: web.Request) -> web.Response:
    """A page of what a version's import left out, and why."""
    query = Query(request, (VERSION, "limit", "cursor", "code"))
    tables = await _tables(request, await _version(request, query))
    start, limit, code, lang = start_of(query), query.limit(), query.text("code"), lang_of(request)

    def look() -> Page[LeftOut]:
        items = []
        for number, each in tables.left_out(start, start + LOOKED_MAX, code):
            message = render(Code(each.code, each.params), lang)
            items.append(LeftOut(name=each.name, code=each.code, params=each.params, message=message))
            if len(items) == limit:
                return Page(items=items, next=next_page(number + 1, len(tables.dropped)))
        return Page(items=items, next=next_page(start + LOOKED_MAX, len(tables.dropped)))

    return json_answer(await asyncio.to_thread(look))


async def get_dataset_file(request: web.Request) -> web.StreamResponse:
    """A version's pack: a zip with the images, `records.jsonl`, `dropped.jsonl` and `dataset.json`."""
    query = Query(request, (VERSION,))
    version = await _version(request, query)
    caching = IMMUTABLE if query.text(VERSION) else CHANGING
    return await send_object(request, version.pack.digest, file_name(version.name, "zip"), caching=caching)


async def _version(request: web.Request, query: Query) -> _Version:
    """The version that the query names, else the newest one; of a deleted dataset too.

    Raises:
        ApiRefusal: 404 no such dataset, 422 no such version.
    """
    row = await entity_row(request, "dataset")
    made = await product(deps_of(request), "dataset_version", row.id, query.id(VERSION))
    return _Version(row.name, made.job_id, msgspec.json.decode(made.document, type=DatasetImported).pack)


async def _tables(request: web.Request, version: _Version) -> Tables:
    return await request.app[OPEN_PACKS].tables(deps_of(request).objects, version.pack)


async def _numbered(request: web.Request) -> tuple[int, _Version, Tables]:
    version = await _version(request, Query(request, (VERSION,)))
    tables = await _tables(request, version)
    return number_in(request, len(tables.records)), version, tables


def number_in(request: web.Request, count: int) -> int:
    """The number in the path.

    Raises:
        ApiRefusal: 404, it is none of so many.
    """
    text = request.match_info["number"]
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else count
    if number >= count:
        raise ApiRefusal(HTTPStatus.NOT_FOUND, "record_unknown", number=text[:20], records=count)
    return number


def _wanted(class_: str, attribute: str, search: str) -> Callable[[ImageRecord], bool]:
    name, has_value, value = attribute.partition("=")
    if attribute and not has_value:
        raise ApiRefusal(HTTPStatus.BAD_REQUEST, "query_invalid", name="attribute", known="NAME=VALUE")
    part = search.casefold()

    def fits(record: ImageRecord) -> bool:
        if class_ and class_ not in record.labels.values() and all(box.label != class_ for box in record.boxes):
            return False
        if attribute and record.attributes.get(name) != value:
            return False
        return part in record.name.casefold()

    return fits


def start_of(query: Query) -> int:
    """The number that the cursor of a page names."""
    text = query.cursor() or "0"
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise ApiRefusal(HTTPStatus.BAD_REQUEST, "query_invalid", name="cursor", known="next")
    return int(text)


def next_page(number: int, count: int) -> str | None:
    """The cursor of the page that begins with that number, of so many."""
    return str(number) if number < count else None


def _record(number: int, record: ImageRecord) -> DatasetRecord:
    return DatasetRecord(
        number=number,
        name=record.name,
        width=record.width,
        height=record.height,
        sha256=record.sha256,
        labels=record.labels,
        boxes=list(record.boxes),
        attributes=record.attributes,
    )


def shown_image(data: bytes, media: str, record: ImageRecord, suffix: str) -> web.Response:
    """Bytes that a browser shows and of which it runs nothing."""
    name = disposition(file_name(record.name.rpartition("/")[2], suffix))
    if media in (*MEDIA.values(), SVG):
        name = name.replace("attachment", "inline", 1)
    headers = {
        "Cache-Control": "private, no-cache",
        "Content-Disposition": name,
        "ETag": f'"{record.sha256}-{suffix}"',
    }
    return web.Response(body=data, content_type=media, headers=headers)
