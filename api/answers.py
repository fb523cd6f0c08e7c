"""Requests into types, resources into JSON, positions into headers and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import TypeVar
from uuid import UUID

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from api.deps import deps_of
from api.errors import ApiRefusal
from api.resources import Thing
from api.texts import language_of
from schemas.topics import TOPICS
from storage.log.port import Partition, Position

W = TypeVar("W")

PAGE_ROWS = 50
PAGE_ROWS_MAX = 200
SEARCH_CHARS_MAX = 200
JSON_BYTES_MAX = 4 << 20
"""Longest JSON body: a template with tens of thousands of classes fits."""
MIN_POSITION = "Min-Position"
POSITION = "Mo-Position"
STALE = "Mo-Stale"
COMMAND_ID = web.RequestKey("command_id", UUID)
"""The id of the command that a write is, for the log."""
_STALE = web.RequestKey("stale", bool)


def lang_of(request: web.Request) -> str:
    """The reader's language."""
    return language_of(request.headers.get("Accept-Language", ""))


def json_answer(resource: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """The resource as JSON."""
    return web.Response(
        status=status, body=msgspec.json.encode(resource), content_type="application/json", headers=headers
    )


def thing_answer(thing: Thing, status: int, headers: Mapping[str, str] | None = None) -> web.Response:
    """A decided thing as JSON, with the ETag that an edit or a deletion must name.

    The tag tells decisions about the thing apart, not answers: what jobs made of it meanwhile does not change it.
    """
    return json_answer(thing, status, {**(headers or {}), "ETag": thing.etag})


async def wish_of(request: web.Request, kind: type[W]) -> W:
    """The body as a wish.

    Raises:
        ApiRefusal: no JSON (400, 415), or JSON that does not fit (422), unknown fields included.
    """
    if request.content_type != "application/json":
        raise ApiRefusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "content_type_not_json", got=request.content_type)
    body = await request.read()
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise ApiRefusal(HTTPStatus.UNPROCESSABLE_ENTITY, "body_invalid", detail=str(error)[:300]) from error
    except msgspec.DecodeError as error:
        raise ApiRefusal(HTTPStatus.BAD_REQUEST, "body_not_json", detail=str(error)[:300]) from error


def id_of(request: web.Request, noun: str) -> UUID:
    """The id in the path; what is no id names nothing."""
    text = request.match_info["id"]
    try:
        return UUID(text)
    except ValueError:
        raise unknown(noun, text) from None


def unknown(noun: str, id_: object) -> ApiRefusal:
    """404: nothing has that id; codes are pth_unknown, tron_unknown, job_unknown, ..."""
    return ApiRefusal(HTTPStatus.NOT_FOUND, f"{noun}_unknown", id=str(id_)[:100])


class Query:
    """The query parameters of a list; one that the route does not know is refused, not ignored."""

    def __init__(self, request: web.Request, known: Collection[str]) -> None:
        self._given = request.query
        for name in self._given:
            if name not in known or len(self._given.getall(name)) > 1:
                raise ApiRefusal(HTTPStatus.BAD_REQUEST, "query_unknown", name=name[:100], known=", ".join(known))

    def text(self, name: str) -> str:
        text = self._given.get(name, "")
        if len(text) > SEARCH_CHARS_MAX:
            raise _bad_query(name, f"<= {SEARCH_CHARS_MAX}")
        return text

    def one_of(self, name: str, allowed: Collection[str]) -> str:
        if (text := self.text(name)) and text not in allowed:
            raise _bad_query(name, ", ".join(sorted(allowed)))
        return text

    def flag(self, name: str) -> bool:
        text = self.text(name).lower()
        if text not in ("", "true", "false", "1", "0"):
            raise _bad_query(name, "true, false")
        return text in ("true", "1")

    def id(self, name: str) -> UUID | None:
        try:
            return UUID(self.text(name)) if name in self._given else None
        except ValueError:
            raise _bad_query(name, "UUID") from None

    def limit(self) -> int:
        text = self.text("limit")
        if not text:
            return PAGE_ROWS
        if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= PAGE_ROWS_MAX:
            raise _bad_query("limit", f"1..{PAGE_ROWS_MAX}")
        return int(text)

    def cursor(self) -> str | None:
        return self.text("cursor") or None


def _bad_query(name: str, known: str) -> ApiRefusal:
    return ApiRefusal(HTTPStatus.BAD_REQUEST, "query_invalid", name=name, known=known)


def position_text(position: Position) -> str:
    """`topic/partition/offset`, as `Mo-Position` and `Min-Position` carry it."""
    return f"{position.partition.topic}/{position.partition.number}/{position.offset}"


def read_position(text: str) -> Position:
    """The position in a header.

    Raises:
        ApiRefusal: it is none.
    """
    match text.split("/"):
        case [topic, number, offset] if topic in TOPICS and _is_count(number) and _is_count(offset):
            return Position(Partition(topic, int(number)), int(offset))
    raise ApiRefusal(HTTPStatus.BAD_REQUEST, "position_invalid", got=text[:100])


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= len(str(2**63))


@web.middleware
async def read_your_writes(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let a read wait until it can see the position that it names; an answer that cannot is marked as stale."""
    text = request.headers.get(MIN_POSITION)
    if text is None or request.method not in ("GET", "HEAD"):
        return await handler(request)
    deps = deps_of(request)
    position = read_position(text)
    seen = await deps.watcher.wait_position(position.partition, position.offset, timeout_s=deps.read_wait_s)
    request[_STALE] = not seen
    return await handler(request)


async def mark_stale(request: web.Request, response: web.StreamResponse) -> None:
    """Say on the answer that the position the reader named had not been reached."""
    if request.get(_STALE):
        response.headers[STALE] = "true"
