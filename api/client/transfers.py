"""Large files over links that break: uploads in pieces (tus 1.0.0) and downloads in ranges, each going on where it was.

Written here because the one kept client library (tuspy) has retries of its own beside ours, another HTTP library for
the blocking client, no digest at the end, and knows nothing of downloads.
"""

from __future__ import annotations

import base64
import hashlib
import http
import os
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar
from urllib.parse import quote
from uuid import UUID

from api.client.answers import BUSY, Patience, checked
from api.client.errors import DamagedTransferError
from api.client.ledger import Errand, Ledger
from api.client.mode import M
from api.client.parts import part_of
from api.client.wire import CHUNK_BYTES, Answer, ConnectionFailedError, ProgressCallback, Request, Transport
from api.resources import Uploaded
from schemas.values import ObjectRef

T = TypeVar("T")

UPLOADS, OBJECTS = "/api/v1/uploads", "/api/v1/objects"
FAILURES_MAX = 10
"""In a row without a byte more. With the pauses between them longer than a server holds on to a link that died."""
STARTS_MAX = 2
_AGAIN = BUSY | {http.HTTPStatus.CONFLICT, http.HTTPStatus.LOCKED, http.HTTPStatus.REQUEST_TIMEOUT}
_GONE = frozenset({http.HTTPStatus.NOT_FOUND, http.HTTPStatus.GONE})


class Transfers(Generic[M]):
    """Uploads and downloads over one transport; `headers` go with every request."""

    def __init__(
        self, transport: Transport, mode: M, api_url: str, headers: dict[str, str], ledger: Ledger | None = None
    ) -> None:
        self._transport = transport
        self._mode = mode
        self._api_url = api_url
        self._headers = headers
        self._tus = headers | {"Tus-Resumable": "1.0.0"}
        self._ledger = ledger or Ledger()

    async def upload(self, path: Path, progress: ProgressCallback | None = None) -> Uploaded:
        """Send a file, beginning where an earlier attempt of whatever process ended.

        Raises:
            BadInputError: the file changes meanwhile. DamagedTransferError: the store got other bytes.
            ProblemError: the API refused. UnreachableError: nobody answers, again and again.
        """
        errand = Errand.of(self._api_url, path)
        sending = _Sending(self._transport, self._tus, errand, self._ledger.known(errand))
        patience = Patience(self._mode, self._api_url, FAILURES_MAX)
        while True:
            errand.check()
            try:
                answer = await sending.step(progress)
            except ConnectionFailedError as error:
                await patience.failed(error, sending.place)
                continue
            if answer.status in _GONE and sending.id is not None:
                self._ledger.forget(errand)
                sending.id = None
                await patience.failed(answer, sending.place)
            elif answer.status in _AGAIN:
                await patience.failed(answer, sending.place)
            elif digest := checked(answer).headers.get("mo-digest"):
                break
            elif answer.status == http.HTTPStatus.CREATED and sending.id is not None:
                self._ledger.remember(errand, sending.id)
            else:
                await patience.failed(answer, sending.place)
        self._ledger.forget(errand)
        if digest != (expected := await self._mode.apart(lambda: digest_of(path))):
            raise DamagedTransferError(expected, digest)
        return Uploaded(digest=digest, size_bytes=errand.size_bytes)

    async def download(self, ref: ObjectRef, target: Path, progress: ProgressCallback | None = None) -> None:
        """Write an object to `target`, which appears only when all of it is there and has the right digest.

        What has come lies beside it until then, named by the digest too: another process goes on with it, or makes
        one of its own while this one writes. Bytes that are wrong at the end are fetched once more from the beginning.

        Raises:
            DamagedTransferError: other bytes came, twice. ProblemError: the API refused.
            UnreachableError: nobody answers, again and again.
        """
        got = ""
        with part_of(target, ref.digest) as part:
            for _ in range(STARTS_MAX):
                await self._fetch(ref, part, progress)
                if (got := await self._mode.apart(lambda: digest_of(part))) == ref.digest:
                    part.replace(target)
                    return
                os.truncate(part, 0)
        raise DamagedTransferError(ref.digest, got)

    async def _fetch(self, ref: ObjectRef, part: Path, progress: ProgressCallback | None) -> None:
        patience = Patience(self._mode, self._api_url, FAILURES_MAX)
        while True:
            place = size_of(part)
            if 0 < place == ref.size_bytes:
                return
            if place > ref.size_bytes:
                os.truncate(part, 0)
                continue
            ranged = {"Range": f"bytes={place}-", "If-Range": f'"{ref.digest}"'} if place else {}
            request = Request("GET", f"{OBJECTS}/{quote(ref.digest)}", self._headers | ranged)
            try:
                answer = await self._transport.receive(request, part, progress)
            except ConnectionFailedError as error:
                await patience.failed(error, size_of(part))
                continue
            if answer.status not in BUSY:
                checked(answer)
                return
            await patience.failed(answer, place)


class _Sending:
    """One file's way into one upload: `step` is a request, `place` how far it had come before that."""

    def __init__(self, transport: Transport, headers: dict[str, str], errand: Errand, id_: UUID | None) -> None:
        self._transport = transport
        self._headers = headers
        self._errand = errand
        self._asked = False
        self.id = id_
        self.place = 0

    async def step(self, progress: ProgressCallback | None) -> Answer:
        """Begin the upload, or ask where it is and send the rest."""
        if self.id is None:
            return await self._begin()
        told = await self._transport.send(Request("HEAD", self._address, self._headers))
        if told.status >= http.HTTPStatus.BAD_REQUEST:
            return told
        self.place = _understood(told, "upload-offset", int)
        if progress is not None:
            progress(self.place, self._errand.size_bytes)
        piece = {"Upload-Offset": str(self.place), "Content-Type": "application/offset+octet-stream"}
        request = Request("PATCH", self._address, self._headers | piece, file=self._errand.path, start=self.place)
        return await self._transport.send(request, progress)

    async def _begin(self) -> Answer:
        name = base64.b64encode(self._errand.path.name.encode(errors="replace")).decode()
        announced = {"Upload-Length": str(self._errand.size_bytes), "Upload-Metadata": f"filename {name}"}
        answer = await self._transport.send(Request("POST", UPLOADS, self._headers | announced))
        if answer.status == http.HTTPStatus.CREATED:
            # only the id is taken from the address: nobody sends our bytes elsewhere
            self.id = _understood(answer, "location", lambda address: UUID(address.rpartition("/")[2]))
        return answer

    @property
    def _address(self) -> str:
        return f"{UPLOADS}/{self.id}"


def _understood(answer: Answer, name: str, read: Callable[[str], T]) -> T:
    try:
        return read(answer.headers[name])
    except (KeyError, ValueError):
        raise ConnectionFailedError(f"an answer without a right {name}: somebody else than Mo speaks there") from None


def size_of(path: Path) -> int:
    """Bytes of a file; 0 where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def digest_of(path: Path) -> str:
    """`sha256:<hex>` of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return f"sha256:{digest.hexdigest()}"
