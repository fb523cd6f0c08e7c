"""Objects through the API's gateway: how agents reach them, with one job's token and no key of any store."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from uuid import UUID

import aiohttp
import msgspec

from storage.objects.names import hex_of
from storage.objects.port import (
    CHUNK_BYTES,
    ObjectDamagedError,
    ObjectError,
    ObjectMissingError,
    ObjectTooLargeError,
    StoreAwayError,
    Stored,
    StoreFullError,
)

GATEWAY = "/api/v1/gateway"
CONNECT_S_MAX = 10.0
SILENCE_S_MAX = 120.0
"""Longest time without a byte; whole transfers may take as long as they need."""
GRANT_S_MAX = 30.0
GRANT_PAUSE_S = 0.5
_NOT_YET = frozenset({HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
"""The API has not read the claim yet, or cannot read it now."""


class GatewayAwayError(StoreAwayError):
    """The API cannot be reached, or broke off: try again."""


class GatewayRefusedError(ObjectError):
    """The API says no to this job's token, or to the agent."""


class _Uploaded(msgspec.Struct):
    digest: str
    size_bytes: int


class _Granted(msgspec.Struct):
    token: str


class _Problem(msgspec.Struct):
    code: str


class GatewayObjects:
    """See `ObjectStore`. Reads what the job's request names; what it writes gets its name from the API."""

    def __init__(self, api_url: str, token: str) -> None:
        self._url = f"{api_url.rstrip('/')}{GATEWAY}/objects"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._session: aiohttp.ClientSession | None = None

    async def put(self, chunks: AsyncIterator[bytes], *, size_max_bytes: int) -> Stored:
        body = _Body(chunks, size_max_bytes)
        try:
            async with self._opened().put(self._url, data=body.read()) as answer:
                await _check(answer, "the result")
                said = msgspec.json.decode(await answer.read(), type=_Uploaded)
        except (aiohttp.ClientError, TimeoutError, msgspec.MsgspecError) as error:
            # What went wrong while reading our own chunks comes back wrapped as a broken connection.
            raise body.failure or _away(error) from error
        if (said.digest, said.size_bytes) != (body.digest, body.size_bytes):
            raise ObjectDamagedError(f"{body.digest} was stored as {said.digest}: send it again")
        return Stored(said.digest, said.size_bytes)

    async def size(self, digest: str) -> int:
        try:
            async with self._opened().head(self._address(digest)) as answer:
                await _check(answer, digest)
                return answer.content_length or 0
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _away(error) from error

    async def get(self, digest: str, *, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        whole = start == 0 and stop is None
        if stop is not None and stop <= start:
            await self.size(digest)
            return
        headers = {} if whole else {"Range": f"bytes={start}-{'' if stop is None else stop - 1}"}
        running = hashlib.sha256()
        try:
            async with self._opened().get(self._address(digest), headers=headers) as answer:
                if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                    return
                await _check(answer, digest)
                async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
                    await asyncio.to_thread(running.update, chunk)
                    yield chunk
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _away(error) from error
        if whole and (found := f"sha256:{running.hexdigest()}") != digest:
            raise ObjectDamagedError(f"{digest} came as {found}: fetch it again")

    async def link(self, digest: str, *, expires_s: float) -> str | None:  # noqa: ARG002 - as the port says
        return None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = _session(self._headers)
        return self._session

    def _address(self, digest: str) -> str:
        return f"{self._url}/sha256:{hex_of(digest)}"


class GatewayGrants:
    """Gets a job's token for the agent that runs it: (job, epoch, instance) -> the objects of that job.

    The API reads claims from its read models, so a fresh claim may be unknown there for a moment: asked again for
    `GRANT_S_MAX`, as it is while the API is away.
    """

    def __init__(
        self, api_url: str, agent_secret: str, *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._api_url = api_url
        self._headers = {"Authorization": f"Bearer {agent_secret}"}
        self._pause = pause

    async def __call__(self, job_id: UUID, epoch: int, instance: UUID) -> GatewayObjects:
        """The job's objects.

        Raises:
            GatewayAwayError: no answer, or no claim of that epoch and instance, within `GRANT_S_MAX`.
            GatewayRefusedError: the agent's secret is wrong, or there is no such job.
        """
        url = f"{self._api_url.rstrip('/')}{GATEWAY}/jobs/{job_id}/grant"
        wish = {"epoch": epoch, "instance": str(instance)}
        deadline_s = time.monotonic() + GRANT_S_MAX
        async with _session(self._headers) as session:
            while True:
                try:
                    async with session.post(url, json=wish) as answer:
                        if answer.status not in _NOT_YET:
                            await _check(answer, f"job {job_id}")
                            granted = msgspec.json.decode(await answer.read(), type=_Granted)
                            return GatewayObjects(self._api_url, granted.token)
                        cause: object = f"it answers {answer.status}"
                except (aiohttp.ClientError, TimeoutError, msgspec.MsgspecError) as error:
                    cause = error
                if time.monotonic() >= deadline_s:
                    raise _away(cause)
                await self._pause(GRANT_PAUSE_S)


class _Body:
    """An upload's bytes on their way, counted and hashed; `failure` is what ended them early."""

    def __init__(self, chunks: AsyncIterator[bytes], size_max_bytes: int) -> None:
        self._chunks = chunks
        self._size_max_bytes = size_max_bytes
        self._running = hashlib.sha256()
        self.size_bytes = 0
        self.failure: Exception | None = None

    @property
    def digest(self) -> str:
        return f"sha256:{self._running.hexdigest()}"

    async def read(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._chunks:
                self.size_bytes += len(chunk)
                if self.size_bytes > self._size_max_bytes:
                    raise ObjectTooLargeError(f"more than {self._size_max_bytes} bytes came in; nothing was kept")
                await asyncio.to_thread(self._running.update, chunk)
                yield chunk
        except Exception as error:
            self.failure = error
            raise


def _session(headers: dict[str, str]) -> aiohttp.ClientSession:
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S_MAX, sock_read=SILENCE_S_MAX)
    return aiohttp.ClientSession(headers=headers, timeout=timeout, auto_decompress=False)


def _away(cause: object) -> GatewayAwayError:
    return GatewayAwayError(f"the API's object gateway cannot be used now ({cause}): try again")


async def _check(answer: aiohttp.ClientResponse, what: str) -> None:
    """Raise what the answer's status means; successes pass."""
    status = answer.status
    if status < HTTPStatus.BAD_REQUEST:
        return
    if status == HTTPStatus.NOT_FOUND:
        raise ObjectMissingError(f"the gateway does not know {what}")
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        raise ObjectTooLargeError(f"the gateway takes no object as large as {what}; nothing was kept")
    if status == HTTPStatus.INSUFFICIENT_STORAGE:
        raise StoreFullError("no space is left for objects: make room on the API's machine")
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise GatewayRefusedError(f"the gateway refuses {what}: the token ran out, or the job is another's by now")
    if await _code(answer) == "object_damaged_in_store":
        raise ObjectDamagedError(f"the stored bytes of {what} are damaged: upload the object again")
    raise GatewayAwayError(f"the gateway answered {status} for {what}: try again")


async def _code(answer: aiohttp.ClientResponse) -> str:
    try:
        return msgspec.json.decode(await answer.read(), type=_Problem).code
    except msgspec.MsgspecError:
        return ""
