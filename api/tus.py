"""Resumable uploads: tus 1.0.0 with creation, creation-with-upload, expiration, termination and checksum.

Written here because no kept tus server runs on aiohttp (tuspyserver is a router for FastAPI over local files), and
because the end is ours: an upload that is whole becomes an object under its digest, and `Mo-Digest` names it.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import NamedTuple
from uuid import UUID

import aiohttp
from aiohttp import web

from api.answers import id_of, json_answer, unknown
from api.auth import actor_of
from api.deps import DEPS, Deps, deps_of
from api.errors import ApiRefusal
from api.metrics import METRICS
from api.resources import Upload as UploadResource
from api.trail import tell
from storage.objects.port import CHUNK_BYTES, ObjectError, Upload, UploadBusyError

PATH = "/api/v1/uploads"
VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,termination,checksum"
OFFSET_OCTETS = "application/offset+octet-stream"
DIGEST = "Mo-Digest"
ALGORITHMS: dict[str, Callable[[], hashlib._Hash]] = {"sha256": hashlib.sha256, "sha1": hashlib.sha1}
METADATA_CHARS_MAX = 2000
NAME_CHARS_MAX = 200
COUNT_DIGITS_MAX = 18
PACE_S_MAX, PACE_BYTES = 30.0, 16 << 10
"""A piece that brings fewer bytes in so many seconds of waiting is ended: a dead link must not hold the upload."""
SWEEP_EVERY_S = 600.0
RETRY_AFTER_S = 1
_BROKEN = (ConnectionError, aiohttp.ClientError, web.RequestPayloadError)
_BEGINNING = web.AppKey("uploads_beginning", asyncio.Lock)
"""Held from the count of the unfinished to one more of them: together they stay within `uploads_max`."""

_log = logging.getLogger(__name__)


async def options_uploads(request: web.Request) -> web.Response:
    """What this server can do of tus."""
    headers = {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(deps_of(request).upload_bytes_max),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }
    return web.Response(status=HTTPStatus.NO_CONTENT, headers=headers)


async def post_upload(request: web.Request) -> web.Response:
    """Begin an upload of a known length, perhaps with its first bytes: 201 with its address.

    `Upload-Metadata` is kept as it is and shown; nothing is ever named by it.
    """
    deps = deps_of(request)
    size_bytes = _count(request, "Upload-Length")
    _check_version(request)
    if size_bytes > deps.upload_bytes_max:
        raise ApiRefusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "object_too_large", size_max_bytes=deps.upload_bytes_max)
    label = request.headers.get("Upload-Metadata", "")
    _metadata(label)
    if request.body_exists:
        _check_type(request)
        _check_length(request, size_bytes)
    async with request.app[_BEGINNING]:
        upload = await _begin(deps, _own(deps, deps.new_id(), actor_of(request).id), size_bytes, label)
    if request.body_exists or not size_bytes:
        upload = await _first(request, upload)
    return _answer(deps, upload, HTTPStatus.CREATED, {"Location": f"{PATH}/{upload.id}"})


async def _begin(deps: Deps, id_: UUID, size_bytes: int, label: str) -> Upload:
    """A new upload, if there may be one more; whoever asks must be alone in that."""
    now = deps.clock()
    if await deps.objects.uploads.sweep(now - timedelta(seconds=deps.upload_s)) >= deps.uploads_max:
        again = {"Retry-After": str(RETRY_AFTER_S)}
        raise ApiRefusal(HTTPStatus.TOO_MANY_REQUESTS, "uploads_too_many", headers=again, uploads_max=deps.uploads_max)
    return await deps.objects.uploads.begin(id_, size_bytes=size_bytes, began_at=now, label=label)


async def head_upload(request: web.Request) -> web.Response:
    """Where an upload goes on: Upload-Offset; 423 while a piece comes in, of which nobody knows yet how long it is."""
    upload = await _known(request)
    _check_version(request)
    if upload.busy:
        # said here, not to the piece that would follow: half of that were on its way before it heard
        raise UploadBusyError(f"somebody writes to upload {upload.id}")
    headers = {"Upload-Length": str(upload.size_bytes)}
    if upload.label:
        headers["Upload-Metadata"] = upload.label
    return _answer(deps_of(request), upload, HTTPStatus.OK, headers)


async def get_upload(request: web.Request) -> web.Response:
    """How far an upload is, and the digest of the object that it became: 200 Upload."""
    upload = await _known(request)
    shown = UploadResource(
        id=upload.id,
        size_bytes=upload.size_bytes,
        offset_bytes=upload.offset_bytes,
        digest=upload.digest or None,
        file_name=_metadata(upload.label).get("filename", "")[:NAME_CHARS_MAX],
        began_at=upload.began_at,
        expires_at=_expires_at(deps_of(request), upload),
    )
    return json_answer(shown)


async def patch_upload(request: web.Request) -> web.Response:
    """Add bytes where the upload ends: 204 with the new offset, and `Mo-Digest` once it is whole.

    Whatever came before a link broke counts; with Upload-Checksum the piece counts only as a whole, unless the server
    is killed in the middle of it: then what has come counts, and the digest at the end tells. A piece without
    bytes at the end of an upload finishes one whose server died just there.
    """
    upload = await _known(request)
    offset_bytes = _count(request, "Upload-Offset")
    _check_version(request)
    _check_type(request)
    _check_length(request, upload.size_bytes - offset_bytes)
    return _answer(deps_of(request), await _append(request, upload, offset_bytes), HTTPStatus.NO_CONTENT)


async def delete_upload(request: web.Request) -> web.Response:
    """Give an upload up and forget its bytes; an object that it became stays."""
    upload = await _known(request)
    _check_version(request)
    await deps_of(request).objects.uploads.abort(upload.id)
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def post_override(request: web.Request) -> web.Response:
    """PATCH or DELETE for clients that can only POST: X-HTTP-Method-Override says which."""
    meant = {"PATCH": patch_upload, "DELETE": delete_upload}.get(request.headers.get("X-HTTP-Method-Override", ""))
    if meant is None:
        raise ApiRefusal(HTTPStatus.BAD_REQUEST, "method_override_unknown", known="PATCH, DELETE")
    response = await meant(request)
    if meant is delete_upload:
        await tell(request, actor_of(request), "allowed", action=delete_upload.__name__)
    return response


def install(app: web.Application) -> None:
    """Say the version on every answer of ours, and sweep what expired while the application runs."""
    app[_BEGINNING] = asyncio.Lock()
    app.on_response_prepare.append(_say_version)
    app.cleanup_ctx.append(_sweeping)


async def _say_version(request: web.Request, response: web.StreamResponse) -> None:
    resource = request.match_info.route.resource
    if resource is not None and resource.canonical.startswith(PATH):
        response.headers["Tus-Resumable"] = VERSION


async def _sweeping(app: web.Application) -> AsyncIterator[None]:
    sweeping = asyncio.create_task(_sweep(app[DEPS]))
    yield
    sweeping.cancel()
    await asyncio.gather(sweeping, return_exceptions=True)


async def _sweep(deps: Deps) -> None:
    while True:
        try:
            await deps.objects.uploads.sweep(deps.clock() - timedelta(seconds=deps.upload_s))
        except (ObjectError, OSError) as error:
            _log.error("what expired cannot be removed now: %s", error)
        await asyncio.sleep(SWEEP_EVERY_S)


async def _first(request: web.Request, upload: Upload) -> Upload:
    """The upload with the bytes that came with its creation. Who gets no address cannot go on: then it goes again."""
    try:
        return await _append(request, upload, 0)
    except Exception:
        with suppress(ObjectError):
            await deps_of(request).objects.uploads.abort(upload.id)
        raise


async def _append(request: web.Request, upload: Upload, offset_bytes: int) -> Upload:
    uploads, chunks, checksum = deps_of(request).objects.uploads, _paced(request, upload), _checksum(request)
    if checksum is None:
        return await uploads.append(upload.id, offset_bytes, chunks)
    return await uploads.append(upload.id, offset_bytes, checksum.over(chunks), accept=checksum.fits)


async def _paced(request: web.Request, upload: Upload) -> AsyncIterator[bytes]:
    """The body's bytes as they come. The time that we need ourselves does not count against the sender.

    Raises:
        ApiRefusal: too slow (408), expired meanwhile (410), or the link broke (400, which nobody reads).
    """
    deps, metrics = deps_of(request), request.app[METRICS]
    waited_s, come = 0.0, 0
    while True:
        if deps.clock() >= _expires_at(deps, upload):
            raise _expired(upload)
        began_s = time.monotonic()
        try:
            async with asyncio.timeout(PACE_S_MAX - waited_s):
                chunk = await request.content.read(CHUNK_BYTES)
        except TimeoutError:
            raise ApiRefusal(HTTPStatus.REQUEST_TIMEOUT, "upload_too_slow", seconds=f"{PACE_S_MAX:g}") from None
        except _BROKEN as error:
            raise ApiRefusal(HTTPStatus.BAD_REQUEST, "upload_broken_off") from error
        if not chunk:
            return
        yield chunk
        metrics.upload_bytes.inc(len(chunk))
        waited_s, come = waited_s + time.monotonic() - began_s, come + len(chunk)
        if come >= PACE_BYTES:
            waited_s, come = 0.0, 0


class _Checksum(NamedTuple):
    running: hashlib._Hash
    expected: bytes

    async def over(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            await asyncio.to_thread(self.running.update, chunk)
            yield chunk

    def fits(self) -> bool:
        return self.running.digest() == self.expected


def _checksum(request: web.Request) -> _Checksum | None:
    text = request.headers.get("Upload-Checksum")
    if text is None:
        return None
    algorithm, _, encoded = text.partition(" ")
    try:
        return _Checksum(ALGORITHMS[algorithm](), base64.b64decode(encoded.strip(), validate=True))
    except (KeyError, ValueError):
        known = ", ".join(ALGORITHMS)
        raise ApiRefusal(HTTPStatus.BAD_REQUEST, "upload_checksum_invalid", known=known) from None


def _check_version(request: web.Request) -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise ApiRefusal(
            HTTPStatus.PRECONDITION_FAILED, "tus_version_unknown", headers={"Tus-Version": VERSION}, known=VERSION
        )


def _check_type(request: web.Request) -> None:
    if request.content_type != OFFSET_OCTETS:
        raise ApiRefusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "upload_type_wrong", got=request.content_type[:100], known=OFFSET_OCTETS
        )


def _check_length(request: web.Request, room_bytes: int) -> None:
    """Refuse at once what says that it does not fit; what does not say so is cut where the upload ends."""
    if 0 <= room_bytes < (request.content_length or 0):
        raise ApiRefusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "upload_overflows", room_bytes=room_bytes)


def _count(request: web.Request, name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) <= COUNT_DIGITS_MAX):
        raise ApiRefusal(HTTPStatus.BAD_REQUEST, "upload_header_invalid", name=name)
    return int(text)


def _metadata(label: str) -> dict[str, str]:
    """`Upload-Metadata`: names, each with a value in base64 or none, with commas between.

    Raises:
        ApiRefusal: it is something else, or too long.
    """
    said: dict[str, str] = {}
    try:
        for pair in label.split(",") if label else ():
            name, _, encoded = pair.strip().partition(" ")
            if not name or not name.isascii() or name in said or len(label) > METADATA_CHARS_MAX:
                raise ValueError(name)
            said[name] = base64.b64decode(encoded, validate=True).decode(errors="replace")
    except (ValueError, binascii.Error):
        raise ApiRefusal(HTTPStatus.BAD_REQUEST, "upload_metadata_invalid", chars_max=METADATA_CHARS_MAX) from None
    return said


async def _known(request: web.Request) -> Upload:
    """The upload of the path.

    Raises:
        ApiRefusal: its time is over (410), or the person never began one of that id (404).
    """
    deps = deps_of(request)
    id_ = id_of(request, "upload")
    if not hmac.compare_digest(id_.bytes, _own(deps, id_, actor_of(request).id).bytes):
        raise unknown("upload", id_)
    upload = await deps.objects.uploads.state(id_)
    if deps.clock() >= _expires_at(deps, upload):
        raise _expired(upload)
    return upload


def _own(deps: Deps, id_: UUID, owner: UUID) -> UUID:
    """The id with its second half signed for its owner: so an upload says whose it is, in every store."""
    first = UUID(bytes=id_.bytes, version=4).bytes[: len(id_.bytes) // 2]
    signed = hmac.new(deps.token_secret.encode(), first + owner.bytes, hashlib.sha256).digest()
    return UUID(bytes=first + signed[: len(first)], version=4)


def _expired(upload: Upload) -> ApiRefusal:
    return ApiRefusal(HTTPStatus.GONE, "upload_expired", id=upload.id)


def _expires_at(deps: Deps, upload: Upload) -> datetime:
    return upload.began_at + timedelta(seconds=deps.upload_s)


def _answer(deps: Deps, upload: Upload, status: int, headers: dict[str, str] | None = None) -> web.Response:
    said = {"Upload-Offset": str(upload.offset_bytes), "Cache-Control": "no-store", **(headers or {})}
    if upload.digest:
        said[DIGEST] = upload.digest
    else:
        said["Upload-Expires"] = format_datetime(_expires_at(deps, upload), usegmt=True)
    return web.Response(status=status, headers=said)
