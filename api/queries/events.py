"""GET /entities/{id}/events: all that was ever said about one thing or job, read from the log itself."""

from __future__ import annotations

import time
from http import HTTPStatus
from uuid import UUID

import msgspec
from aiohttp import web

from api.answers import Query, id_of, json_answer, position_text
from api.deps import Deps, deps_of
from api.errors import ApiRefusal
from api.resources import Said, Story
from schemas.codec import DecodeError, decode_in
from schemas.topics import CATALOG, JOBS
from storage.log.port import LostLogError, Partition, Position, Record

RECORDS_MAX = 2_000
SCANNED_MAX = 50_000
"""Records of the partition that one question looks at; `next` goes on behind them."""
SCAN_S_MAX = 3.0
READ_WAIT_S = 0.5


async def get_events(request: web.Request) -> web.Response:
    """What was said about the thing, oldest first, behind the offset `after`.

    Raises:
        ApiRefusal: 404 nothing has that id, 400 `after` is none of ours.
        LogError: the log does not answer.
    """
    query = Query(request, ("limit", "after"))
    limit, after, id_ = query.limit(), _after(query), id_of(request, "entity")
    deps = deps_of(request)
    partition = await _partition_of(deps, id_)
    return json_answer(await _scan(deps, partition, str(id_).encode(), after, limit))


def _after(query: Query) -> int:
    text = query.text("after")
    if not text:
        return -1
    if not (text.isascii() and text.isdecimal()) or int(text) >= 2**63:
        raise ApiRefusal(HTTPStatus.BAD_REQUEST, "query_invalid", name="after", known="next")
    return int(text)


async def _partition_of(deps: Deps, id_: UUID) -> Partition:
    """Where the thing's whole life is told: one partition orders it."""
    if (job := await deps.views.job(id_)) is not None:
        return Partition(JOBS.name, job.at.partition)
    if await deps.views.entity(id_) is not None:
        return Partition(CATALOG.name, 0)
    raise ApiRefusal(HTTPStatus.NOT_FOUND, "entity_unknown", id=id_)


async def _scan(deps: Deps, partition: Partition, key: bytes, after: int, limit: int) -> Story:
    begin = (await deps.log.begin(partition.topic))[partition]
    end = (await deps.log.end(partition.topic))[partition]
    at = max(begin, after + 1)
    if at >= end:
        return Story(items=[], next=None)
    stop_offset, stop_s = min(end, at + SCANNED_MAX), time.monotonic() + SCAN_S_MAX
    found: list[Said] = []
    reader = await deps.log.open({partition: at})
    try:
        while at < stop_offset and time.monotonic() < stop_s:
            for record in await reader.read(records_max=RECORDS_MAX, wait_s=READ_WAIT_S):
                at = record.offset + 1
                if record.key == key and (said := _said(record)) is not None:
                    found.append(said)
                if len(found) == limit or at >= stop_offset:
                    return await _story(deps, found, str(at - 1) if at < end else None)
    except LostLogError as error:
        raise ApiRefusal(HTTPStatus.BAD_REQUEST, "query_invalid", name="after", known="next") from error
    finally:
        await reader.close()
    return await _story(deps, found, str(at - 1) if at < end else None)


async def _story(deps: Deps, found: list[Said], next_: str | None) -> Story:
    names = await deps.names.of(deps.accounts, (each.actor for each in found))
    return Story(items=[msgspec.structs.replace(each, actor_name=names[each.actor]) for each in found], next=next_)


def _said(record: Record) -> Said | None:
    try:
        envelope = decode_in(record.partition.topic, record.key, record.value, record.headers)
    except DecodeError:
        return None
    return Said(
        id=envelope.id,
        name=envelope.name,
        position=position_text(Position(record.partition, record.offset)),
        time=envelope.time,
        actor=envelope.actor,
        source=envelope.source,
        cause=envelope.cause,
        data=msgspec.to_builtins(envelope.event),
    )
