"""The one core of the client: builds requests, reads answers, tries again where that is safe."""

from __future__ import annotations

import hashlib
import http
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from api.client.errors import (
    BadInputError,
    DamagedTransferError,
    ProblemError,
    UnreachableError,
    WaitTimeoutError,
)
from api.client.mode import M
from api.client.wire import CHUNK_BYTES, Answer, ConnectionFailedError, ProgressCallback, Request, Transport
from api.resources import Accepted, Page, Problem, Uploaded
from api.wishes import Wish
from schemas.values import ObjectRef

T = TypeVar("T")

PREFIX = "/api/v1"
ATTEMPTS_MAX = 5
RETRY_S = 0.2
"""Pause before the second attempt; doubled for each further one."""
RETRY_S_MAX = 10.0
COMMAND_S_MAX = 60.0
COMMAND_POLL_S = 0.3
SAY_AGAIN_S = 5.0
PAGE_ITEMS_MAX = 200
BUSY = frozenset({http.HTTPStatus.SERVICE_UNAVAILABLE, http.HTTPStatus.TOO_MANY_REQUESTS})


class Core(Generic[M]):
    """Speaks with one API. Waiting, time and keys come from outside so that tests need neither clock nor network.

    Every write carries an Idempotency-Key and is repeated with the same key, so that an answer that was lost does no
    harm. Reads after a write ask for a state that has seen it (Min-Position).
    """

    def __init__(
        self,
        transport: Transport,
        *,
        api_url: str,
        mode: M,
        lang: str = "zh",
        clock: Callable[[], float] = time.monotonic,
        new_key: Callable[[], str] = lambda: uuid.uuid4().hex,
        attempts_max: int = ATTEMPTS_MAX,
    ) -> None:
        self._transport = transport
        self.api_url = api_url
        self._headers = {"Accept": "application/json", "Accept-Language": lang, "User-Agent": "mo-client"}
        self._new_key = new_key
        self._attempts_max = attempts_max
        self._position = ""
        self.mode = mode
        self.clock = clock

    async def read(self, path: str, kind: type[T], /, *, at: str = "", **query: Any) -> T:
        """GET a resource, where `at` is given not older than that position; query values that are None are left out.

        Raises:
            ProblemError: the API refused. UnreachableError: nobody answers.
        """
        headers = self._reading() | ({"Min-Position": at} if at else {})
        answer = await self._send(Request("GET", _target(path, query), headers))
        return _decoded(_checked(answer), kind)

    async def pages(self, path: str, kind: type[Page[T]], /, **query: Any) -> AsyncIterator[T]:
        """Every item of a list, page after page; raises as `read`."""
        cursor: str | None = None
        while True:
            page = await self.read(path, kind, limit=PAGE_ITEMS_MAX, cursor=cursor, **query)
            for item in page.items:
                yield item
            if (cursor := page.next) is None:
                return

    async def text(self, path: str, /, **query: Any) -> str:
        """GET a text; raises as `read`."""
        return _checked(await self._send(Request("GET", _target(path, query), self._reading()))).body.decode()

    async def lines(self, path: str, last_id: str, /, *, silence_s: float, **query: Any) -> AsyncGenerator[str]:
        """GET a stream behind `last_id`, line by line over a connection of its own; never tried again.

        Raises:
            ProblemError: the API refused. ConnectionFailedError: nobody answers, or it was cut.
        """
        headers = self._headers | ({"Last-Event-ID": last_id} if last_id else {})
        said = await self._transport.follow(Request("GET", _target(path, query), headers), silence_s)
        _checked(said.answer)
        async with aclosing(said.lines):
            async for line in said.lines:
                yield line

    async def glance(self, path: str, kind: type[T]) -> T:
        """GET a resource outside of /api/v1 that a 503 carries too (readiness); never tried again."""
        try:
            answer = await self._transport.send(Request("GET", path, self._headers))
        except ConnectionFailedError as error:
            raise UnreachableError(self.api_url, str(error)) from error
        return _decoded(answer, kind) if answer.status in BUSY else _decoded(_checked(answer), kind)

    async def write(self, path: str, wish: Wish | None, kind: type[T], *, method: str = "POST", etag: str = "") -> T:
        """Say a wish and return what came of it, waiting while its outcome is open (202).

        With `etag` it holds for exactly that revision of the thing (If-Match).

        Raises:
            ProblemError: the API or the catalogue refused. UnreachableError: nobody answers.
            WaitTimeoutError: the outcome is still open after a minute.
        """
        body = msgspec.json.encode(wish) if wish is not None else b""
        headers = self._headers | {"Idempotency-Key": self._new_key(), "Content-Type": "application/json"}
        if etag:
            headers["If-Match"] = etag
        request = Request(method, PREFIX + path, headers, body)
        deadline = self.clock() + COMMAND_S_MAX
        while True:
            answer = _checked(await self._send(request))
            self._position = answer.headers.get("mo-position", self._position)
            if answer.status != http.HTTPStatus.ACCEPTED:
                return _decoded(answer, kind)
            await self._settle(_decoded(answer, Accepted), deadline)

    async def upload(self, path: Path, progress: ProgressCallback | None = None) -> Uploaded:
        """Stream a file into the object store.

        Raises:
            BadInputError: no such file. DamagedTransferError: the store got other bytes. And those of `write`.
        """
        if not path.is_file():  # noqa: ASYNC240  one look at the disk
            raise BadInputError(f"{path} is not a file", "file_missing", path=str(path))
        headers = self._headers | {"Idempotency-Key": self._new_key(), "Content-Type": "application/octet-stream"}
        answer = await self._send(Request("POST", f"{PREFIX}/objects", headers, file=path), progress)
        stored = _decoded(_checked(answer), Uploaded)
        if stored.digest != (expected := await self.mode.apart(lambda: digest_of(path))):
            raise DamagedTransferError(expected, stored.digest)
        return stored

    async def download(self, ref: ObjectRef, target: Path, progress: ProgressCallback | None = None) -> None:
        """Write an object to `target`, which appears only when all of it is there and has the right digest.

        Raises:
            DamagedTransferError: other bytes came. And those of `read`.
        """
        part = target.with_name(target.name + ".part")
        request = Request("GET", f"{PREFIX}/objects/{quote(ref.digest)}", self._headers)
        try:
            _checked(await self._attempts(lambda: self._transport.receive(request, part, progress)))
            if (got := await self.mode.apart(lambda: digest_of(part))) != ref.digest:
                raise DamagedTransferError(ref.digest, got)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)

    async def close(self) -> None:
        """Let go of the connection."""
        await self._transport.close()

    def _reading(self) -> dict[str, str]:
        return self._headers | {"Min-Position": self._position} if self._position else self._headers

    async def _settle(self, command: Accepted, deadline: float) -> None:
        """Wait until the same request, with the same key, is answered with the resource, or with why there is none.

        A command that is still open after a few seconds is said again too: that does no harm, and it alone shows what
        became of a job, which is no decision.
        """
        say_again = self.clock() + SAY_AGAIN_S
        while True:
            if self.clock() >= deadline:
                raise WaitTimeoutError(f"command {command.command_id}", COMMAND_S_MAX)
            await self.mode.sleep(COMMAND_POLL_S)
            if command.state != "pending" or self.clock() >= say_again:
                return
            command = await self._outcome(command)

    async def _outcome(self, command: Accepted) -> Accepted:
        try:
            return await self.read(f"/commands/{command.command_id}", Accepted)
        except ProblemError as error:
            if error.problem.status == http.HTTPStatus.NOT_FOUND:
                return command
            raise

    async def _send(self, request: Request, progress: ProgressCallback | None = None) -> Answer:
        return await self._attempts(lambda: self._transport.send(request, progress))

    async def _attempts(self, attempt: Callable[[], Awaitable[Answer]]) -> Answer:
        for number in range(1, self._attempts_max + 1):
            pause = min(RETRY_S * 2 ** (number - 1), RETRY_S_MAX)
            try:
                answer = await attempt()
            except ConnectionFailedError as error:
                if number == self._attempts_max:
                    raise UnreachableError(self.api_url, str(error)) from error
            else:
                if answer.status not in BUSY or number == self._attempts_max:
                    return answer
                pause = retry_after_s(answer, pause)
            await self.mode.sleep(pause)
        raise AssertionError("the last attempt returns or raises")


def retry_after_s(answer: Answer, fallback_s: float) -> float:
    """Seconds that a busy server asks to wait (Retry-After in seconds), at most `RETRY_S_MAX`."""
    text = answer.headers.get("retry-after", "")
    return min(float(text), RETRY_S_MAX) if text.isdecimal() else fallback_s


def digest_of(path: Path) -> str:
    """`sha256:<hex>` of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return f"sha256:{digest.hexdigest()}"


def _target(path: str, query: dict[str, Any]) -> str:
    given = {name: _query_text(value) for name, value in query.items() if value is not None and value != ""}
    return PREFIX + path + (f"?{urlencode(given)}" if given else "")


def _query_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _checked(answer: Answer) -> Answer:
    if answer.status < http.HTTPStatus.BAD_REQUEST:
        return answer
    try:
        raise ProblemError(msgspec.json.decode(answer.body, type=Problem))
    except msgspec.MsgspecError:
        # A proxy or another server speaks here; its page is no use to anybody.
        title = f"HTTP {answer.status}"
        problem = Problem(type="about:blank", title=title, status=answer.status, code=f"http_{answer.status}")
        raise ProblemError(problem) from None


def _decoded(answer: Answer, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except msgspec.MsgspecError as error:
        problem = Problem(
            type="about:blank",
            title="The answer is not what this client understands; client and server differ in version",
            status=int(http.HTTPStatus.BAD_GATEWAY),
            code="answer_not_understood",
            detail=str(error),
        )
        raise ProblemError(problem) from error
