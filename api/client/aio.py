"""The asynchronous client, and how it carries requests: aiohttp."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Self

import aiohttp
import yarl

from api.client.client import Everything
from api.client.core import Core
from api.client.credentials import token_for
from api.client.ledger import Ledger
from api.client.mode import Awaiting
from api.client.transport import ANSWER_BYTES_MAX, SOCKET_TIMEOUT_S, checked_address
from api.client.wire import (
    CHUNK_BYTES,
    Answer,
    ConnectionFailedError,
    Lines,
    ProgressCallback,
    Request,
    body_bytes,
    chunks_of,
    landing,
    opened_at,
)


class AioTransport:
    """Connections to one API, made when they are needed inside of the running loop; no proxy, no redirects."""

    def __init__(self, api_url: str, *, timeout_s: float = SOCKET_TIMEOUT_S) -> None:
        checked_address(api_url)
        self._base = api_url.rstrip("/")
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=timeout_s, sock_read=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: Request, progress: ProgressCallback | None = None) -> Answer:
        try:
            async with self._ask(request, progress) as response:
                return await _whole(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _failed(error) from error

    async def receive(self, request: Request, target: Path, progress: ProgressCallback | None = None) -> Answer:
        try:
            async with self._ask(request, None) as response:
                if response.status not in (200, 206):
                    return await _whole(response)
                answer = Answer(response.status, _headers(response), b"")
                done, total = landing(answer)
                with opened_at(target, done) as file:
                    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
                        await asyncio.to_thread(file.write, chunk)
                        done += len(chunk)
                        if progress is not None:
                            progress(done, total)
                return answer
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise _failed(error) from error

    async def follow(self, request: Request, silence_s: float) -> Lines:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=silence_s, sock_read=silence_s)
        try:
            response = await self._ask(request, None, timeout)
            if response.status == 200:
                return Lines(Answer(response.status, _headers(response), b""), _lines(response))
            async with response:
                return Lines(await _whole(response), _lines(None))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _failed(error) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _ask(
        self, request: Request, progress: ProgressCallback | None, timeout: aiohttp.ClientTimeout | None = None
    ) -> aiohttp.client._RequestContextManager:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar())
        headers = dict(request.headers)
        body: bytes | AsyncIterator[bytes] | None = request.body or None
        if request.file is not None:
            headers["Content-Length"] = str(body_bytes(request))
            body = _chunks(request, progress)
        # Paths come escaped; nothing may be escaped twice.
        url = yarl.URL(self._base + request.path, encoded=True)
        return self._session.request(
            request.method, url, headers=headers, data=body, allow_redirects=False, timeout=timeout or self._timeout
        )


async def _chunks(request: Request, progress: ProgressCallback | None) -> AsyncIterator[bytes]:
    pieces = chunks_of(request, progress)
    while chunk := await asyncio.to_thread(next, pieces, b""):
        yield chunk


async def _lines(response: aiohttp.ClientResponse | None) -> AsyncGenerator[str]:
    if response is None:
        return
    try:
        while line := await response.content.readline():
            yield line.decode(errors="replace").rstrip("\r\n")
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise _failed(error) from error
    finally:
        response.close()


async def _whole(response: aiohttp.ClientResponse) -> Answer:
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
        body += chunk
        if len(body) > ANSWER_BYTES_MAX:
            raise ConnectionFailedError(f"answer over {ANSWER_BYTES_MAX} bytes")
    return Answer(response.status, _headers(response), bytes(body))


def _headers(response: aiohttp.ClientResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _failed(error: Exception) -> ConnectionFailedError:
    return ConnectionFailedError(str(error) or type(error).__name__)


class AsyncClient(Everything[Awaiting]):
    """Mo from a coroutine: `async with AsyncClient("http://127.0.0.1:8080") as mo: await mo.models.list_trons()`.

    The same nouns and operations as `Client`; each returns a coroutine, each iteration an asynchronous iterator. Many
    tasks may share one client. `lang` (zh, en) is the language of the sentences in answers; callbacks that tell of
    progress may be called from another thread. `token` and `cache` as with `Client`.
    """

    def __init__(self, api_url: str, lang: str = "zh", *, token: str | None = None, cache: Path | None = None) -> None:
        core = Core(
            AioTransport(api_url),
            api_url=api_url,
            mode=Awaiting(),
            lang=lang,
            token=token_for(api_url) if token is None else token,
            ledger=Ledger(cache),
        )
        super().__init__(core, api_url)
        self.convert = self.models.convert
        self.infer = self.tests.infer
        self.parity = self.tests.parity
        self.compare = self.tests.compare

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._core.close()
