"""Carries requests over HTTP/1.1 with the standard library: one connection, kept alive, no proxy."""

from __future__ import annotations

import http.client
from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from api.client.errors import BadInputError
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

SOCKET_TIMEOUT_S = 60.0
ANSWER_BYTES_MAX = 64 << 20
LINE_BYTES_MAX = 1 << 20


class HttpTransport:
    """One connection to one API; not for several threads at once.

    Raises:
        BadInputError: the address is not http(s)://host[:port][/prefix].
    """

    def __init__(self, api_url: str, *, timeout_s: float = SOCKET_TIMEOUT_S) -> None:
        parts = checked_address(api_url)
        self._api_url = api_url
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname or "", parts.port, timeout=timeout_s)
        self._prefix = parts.path.rstrip("/")

    async def send(self, request: Request, progress: ProgressCallback | None = None) -> Answer:
        response = self._ask(request, progress)
        try:
            return self._whole(response)
        except (OSError, http.client.HTTPException) as error:
            raise self._failed(error) from error

    async def receive(self, request: Request, target: Path, progress: ProgressCallback | None = None) -> Answer:
        response = self._ask(request, None)
        try:
            if response.status not in (http.client.OK, http.client.PARTIAL_CONTENT):
                return self._whole(response)
            answer = Answer(response.status, _headers(response), b"")
            self._into(response, answer, target, progress)
            return answer
        except (ConnectionError, TimeoutError, http.client.HTTPException) as error:
            raise self._failed(error) from error

    async def follow(self, request: Request, silence_s: float) -> Lines:
        apart = HttpTransport(self._api_url, timeout_s=silence_s)
        response = apart._ask(request, None)
        if response.status != http.client.OK:
            answer = apart._whole(response)
            await apart.close()
            return Lines(answer, apart._lines(None))
        return Lines(Answer(response.status, _headers(response), b""), apart._lines(response))

    async def _lines(self, response: http.client.HTTPResponse | None) -> AsyncGenerator[str]:
        try:
            while response is not None and (line := response.readline(LINE_BYTES_MAX)):
                yield line.decode(errors="replace").rstrip("\r\n")
        except (OSError, http.client.HTTPException) as error:
            raise self._failed(error) from error
        finally:
            self._connection.close()

    async def close(self) -> None:
        self._connection.close()

    def _ask(self, request: Request, progress: ProgressCallback | None) -> http.client.HTTPResponse:
        headers = dict(request.headers)
        body = request.body or None
        if request.file is not None:
            headers["Content-Length"] = str(body_bytes(request))
        elif request.method not in ("GET", "HEAD") and body is None:
            headers["Content-Length"] = "0"
        try:
            self._connection.request(
                request.method,
                self._prefix + request.path,
                chunks_of(request, progress) if request.file is not None else body,
                headers,
            )
        except (BrokenPipeError, ConnectionResetError) as error:
            # A server that refuses a big upload answers and closes before it has read everything: the answer says why.
            return self._early_answer(error)
        except (OSError, http.client.HTTPException) as error:
            raise self._failed(error) from error
        return self._response()

    def _early_answer(self, cause: OSError) -> http.client.HTTPResponse:
        try:
            response = self._connection.getresponse()
        except (OSError, http.client.HTTPException):
            raise self._failed(cause) from cause
        return response

    def _response(self) -> http.client.HTTPResponse:
        try:
            return self._connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise self._failed(error) from error

    def _whole(self, response: http.client.HTTPResponse) -> Answer:
        body = response.read(ANSWER_BYTES_MAX + 1)
        if len(body) > ANSWER_BYTES_MAX:
            raise self._failed(ValueError(f"answer over {ANSWER_BYTES_MAX} bytes"))
        return Answer(response.status, _headers(response), body)

    def _into(
        self, response: http.client.HTTPResponse, answer: Answer, target: Path, progress: ProgressCallback | None
    ) -> None:
        done, total = landing(answer)
        with opened_at(target, done) as file:
            while chunk := response.read(CHUNK_BYTES):
                file.write(chunk)
                done += len(chunk)
                if progress is not None:
                    progress(done, total)
        if done < total:
            raise self._failed(EOFError(f"{done} of {total} bytes"))

    def _failed(self, error: Exception) -> ConnectionFailedError:
        """The same connection must not be used again: half an exchange may be on it."""
        self._connection.close()
        return ConnectionFailedError(str(error) or type(error).__name__)


def checked_address(api_url: str) -> SplitResult:
    """The address of an API in its parts.

    Raises:
        BadInputError: it is not http(s)://host[:port][/prefix].
    """
    parts = urlsplit(api_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInputError(
            f"{api_url!r} is no API address: it looks like http://127.0.0.1:8080", "api_url_invalid", api_url=api_url
        )
    return parts


def _headers(response: http.client.HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.getheaders()}
