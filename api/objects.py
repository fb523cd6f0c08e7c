"""Objects over HTTP: streamed in, streamed out in ranges, always as attachments."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import quote

from aiohttp import web

from api.answers import json_answer
from api.deps import deps_of
from api.errors import ApiRefusal
from api.metrics import METRICS
from api.resources import Uploaded
from storage.objects.port import CHUNK_BYTES, ObjectError

_log = logging.getLogger(__name__)

OCTETS = "application/octet-stream"
IMMUTABLE = "private, max-age=31536000, immutable"
CHANGING = "private, no-cache"
"""Of an address that stands for other bytes one day, such as the newest revision."""


class Part(NamedTuple):
    """Bytes inside of an object that are answered as if they were one. `name` tells them from others, as its ETag."""

    start: int
    stop: int
    name: str


async def post_object(request: web.Request) -> web.Response:
    """Keep the body as an object: 201 Uploaded. Equal bytes are one object, so sending them twice is harmless."""
    return await receive_object(request)


async def get_object(request: web.Request) -> web.StreamResponse:
    """An object's bytes, whole or a range."""
    digest = request.match_info["digest"]
    return await send_object(request, digest, digest.replace(":", "-"))


async def receive_object(request: web.Request) -> web.Response:
    """Stream the body into the store.

    Raises:
        ApiRefusal: the body says that it is too large.
        ObjectTooLargeError, StoreFullError: as the store.
    """
    deps = deps_of(request)
    if (request.content_length or 0) > deps.upload_bytes_max:
        raise ApiRefusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "object_too_large", size_max_bytes=deps.upload_bytes_max)
    stored = await deps.objects.put(request.content.iter_chunked(CHUNK_BYTES), size_max_bytes=deps.upload_bytes_max)
    request.app[METRICS].upload_bytes.inc(stored.size_bytes)
    return json_answer(
        Uploaded(digest=stored.digest, size_bytes=stored.size_bytes),
        HTTPStatus.CREATED,
        {"Location": f"/api/v1/objects/{stored.digest}"},
    )


async def send_object(
    request: web.Request,
    digest: str,
    name: str,
    *,
    content_type: str = OCTETS,
    caching: str = IMMUTABLE,
    part: Part | None = None,
) -> web.StreamResponse:
    """Stream an object or a part of one, or the range of it that is asked for, as an attachment called `name`.

    The last chunk is held back until the store has said that the bytes are right: a damaged object breaks off, so that
    nobody takes it for whole.

    Raises:
        ApiRefusal: the range lies outside (416).
        ObjectMissingError: there is no such object.
    """
    objects = deps_of(request).objects
    whole = part or Part(0, await objects.size(digest), digest)
    size_bytes, etag = whole.stop - whole.start, f'"{whole.name}"'
    start, stop = _range(request, size_bytes, etag)
    response = _answer((start, stop), size_bytes, content_type)
    said = {"Accept-Ranges": "bytes", "Cache-Control": caching, "Content-Disposition": disposition(name), "ETag": etag}
    response.headers.update(said)
    if request.method == "HEAD":
        await response.prepare(request)
        return response
    try:
        async for chunk in _held_back(objects.get(digest, start=whole.start + start, stop=whole.start + stop)):
            await response.prepare(request)
            await response.write(chunk)
    except ObjectError as error:
        if not response.prepared:
            raise
        # An error document would be taken for the rest of the file: all that can still be said is an end too early.
        _log.error("%s broke off: %s", digest, error)
        _cut(request)
        return response
    except ConnectionError:
        return response  # the reader went away, and may come back for the rest
    await response.prepare(request)
    await response.write_eof()
    return response


def _answer(span: tuple[int, int], size_bytes: int, content_type: str) -> web.StreamResponse:
    start, stop = span
    partial = span != (0, size_bytes)
    response = web.StreamResponse(status=HTTPStatus.PARTIAL_CONTENT if partial else HTTPStatus.OK)
    response.content_type = content_type
    if content_type != OCTETS:
        response.charset = "utf-8"
    response.content_length = stop - start
    if partial:
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size_bytes}"
    return response


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


async def _held_back(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same chunks, each one only after the next has come or the end was right."""
    held: bytes | None = None
    async for chunk in chunks:
        if held is not None:
            yield held
        held = chunk
    if held is not None:
        yield held


def _range(request: web.Request, size_bytes: int, etag: str) -> tuple[int, int]:
    """The bytes from..to that are asked for; one range, of these very bytes (If-Range), else the whole.

    Raises:
        ApiRefusal: 416.
    """
    text = request.headers.get("Range", "")
    if not text or "," in text or request.headers.get("If-Range", etag) != etag:
        return 0, size_bytes
    outside = ApiRefusal(
        HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
        "range_outside",
        headers={"Content-Range": f"bytes */{size_bytes}"},
        size_bytes=size_bytes,
    )
    try:
        wanted = request.http_range
    except ValueError:
        raise outside from None
    start = wanted.start or 0
    if start < 0:
        return max(0, size_bytes + start), size_bytes
    stop = size_bytes if wanted.stop is None else min(wanted.stop, size_bytes)
    if start >= stop:
        raise outside
    return start, stop


def disposition(name: str) -> str:
    """Content-Disposition by RFC 6266: the exact name in UTF-8, and an ASCII one for old readers."""
    plain = "".join(each if each.isascii() and each.isprintable() and each not in '"\\%' else "_" for each in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
