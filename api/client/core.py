"""The one core of the client: builds requests, reads answers, tries again where that is safe."""

from __future__ import annotations

import http
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

import msgspec

from api.client.answers import BUSY, Patience, checked, decoded
from api.client.errors import BadInputError, DamagedTransferError, ProblemError, UnreachableError, WaitTimeoutError
from api.client.ledger import Ledger
from api.client.mode import M
from api.client.transfers import Transfers, digest_of
from api.client.wire import Answer, ConnectionFailedError, ProgressCallback, Request, Transport
from api.resources import Accepted, Page, Uploaded
from schemas.values import ObjectRef

T = TypeVar("T")

PREFIX = "/api/v1"
ATTEMPTS_MAX = 5
COMMAND_S_MAX = 60.0
COMMAND_POLL_S = 0.3
SAY_AGAIN_S = 5.0
PAGE_ITEMS_MAX = 200
IN_ONE_BYTES_MAX = 8 << 20
"""A file that is larger goes up in pieces, so that a broken link costs little."""


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
        token: str = "",
        clock: Callable[[], float] = time.monotonic,
        new_key: Callable[[], str] = lambda: uuid.uuid4().hex,
        attempts_max: int = ATTEMPTS_MAX,
        ledger: Ledger | None = None,
    ) -> None:
        self._transport = transport
        self.api_url = api_url
        self._headers = {"Accept": "application/json", "Accept-Language": lang, "User-Agent": "mo-client"}
        self.carry(token)
        self._new_key = new_key
        self._attempts_max = attempts_max
        self._position = ""
        self._transfers = Transfers(transport, mode, api_url, self._headers, ledger)
        self.mode = mode
        self.clock = clock

    def carry(self, token: str) -> None:
        """Prove with this token from now on who asks; "": with none."""
        self.token = token
        self._headers.pop("Authorization", None)
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    async def read(self, path: str, kind: type[T], /, *, at: str = "", **query: Any) -> T:
        """GET a resource, where `at` is given not older than that position; query values that are None are left out.

        Raises:
            ProblemError: the API refused. UnreachableError: nobody answers.
        """
        headers = self._reading() | ({"Min-Position": at} if at else {})
        answer = await self._send(Request("GET", _target(path, query), headers))
        return decoded(checked(answer), kind)

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
        return (await self.body(path, **query)).decode()

    async def body(self, path: str, /, **query: Any) -> bytes:
        """GET bytes that fit into memory; raises as `read`."""
        return checked(await self._send(Request("GET", _target(path, query), self._reading()))).body

    async def lines(self, path: str, last_id: str, /, *, silence_s: float, **query: Any) -> AsyncGenerator[str]:
        """GET a stream behind `last_id`, line by line over a connection of its own; never tried again.

        Raises:
            ProblemError: the API refused. ConnectionFailedError: nobody answers, or it was cut.
        """
        headers = self._headers | ({"Last-Event-ID": last_id} if last_id else {})
        said = await self._transport.follow(Request("GET", _target(path, query), headers), silence_s)
        checked(said.answer)
        async with aclosing(said.lines):
            async for line in said.lines:
                yield line

    async def glance(self, path: str, kind: type[T]) -> T:
        """GET a resource outside of /api/v1 that a 503 carries too (readiness); never tried again."""
        try:
            answer = await self._transport.send(Request("GET", path, self._headers))
        except ConnectionFailedError as error:
            raise UnreachableError(self.api_url, str(error)) from error
        return decoded(answer, kind) if answer.status in BUSY else decoded(checked(answer), kind)

    async def write(
        self, path: str, wish: msgspec.Struct | None, kind: type[T], *, method: str = "POST", etag: str = ""
    ) -> T:
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
            answer = checked(await self._send(request))
            self._position = answer.headers.get("mo-position", self._position)
            if answer.status != http.HTTPStatus.ACCEPTED:
                return decoded(answer, kind)
            await self._settle(decoded(answer, Accepted), deadline)

    async def once(
        self, method: str, path: str, wish: msgspec.Struct | None = None, *, proof: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask a single time, and return the answer with its headers: passwords are never tried again by themselves.

        `proof` are the headers that say who asks, in the place of the client's token.

        Raises:
            ProblemError: the API refused. UnreachableError: nobody answers.
        """
        headers = self._headers | {"Content-Type": "application/json"}
        if proof is not None:
            headers = {name: value for name, value in headers.items() if name != "Authorization"} | dict(proof)
        body = msgspec.json.encode(wish) if wish is not None else b""
        try:
            return checked(await self._transport.send(Request(method, PREFIX + path, headers, body)))
        except ConnectionFailedError as error:
            raise UnreachableError(self.api_url, str(error)) from error

    async def upload(self, path: Path, progress: ProgressCallback | None = None) -> Uploaded:
        """Stream a file into the object store; a large one goes on where an earlier attempt ended.

        Raises:
            BadInputError: no such file. DamagedTransferError: the store got other bytes. And those of `write`.
        """
        if not path.is_file():  # noqa: ASYNC240  one look at the disk
            raise BadInputError(f"{path} is not a file", "file_missing", path=str(path))
        if path.stat().st_size > IN_ONE_BYTES_MAX:  # noqa: ASYNC240
            return await self._transfers.upload(path, progress)
        headers = self._headers | {"Idempotency-Key": self._new_key(), "Content-Type": "application/octet-stream"}
        answer = await self._send(Request("POST", f"{PREFIX}/objects", headers, file=path), progress)
        stored = decoded(checked(answer), Uploaded)
        if stored.digest != (expected := await self.mode.apart(lambda: digest_of(path))):
            raise DamagedTransferError(expected, stored.digest)
        return stored

    async def download(self, ref: ObjectRef, target: Path, progress: ProgressCallback | None = None) -> None:
        """Write an object to `target`, which appears only when all of it is there and right; raises as `Transfers`."""
        await self._transfers.download(ref, target, progress)

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
        patience = Patience(self.mode, self.api_url, self._attempts_max)
        while True:
            try:
                answer = await attempt()
            except ConnectionFailedError as error:
                await patience.failed(error)
                continue
            if answer.status not in BUSY:
                return answer
            await patience.failed(answer)


def _target(path: str, query: dict[str, Any]) -> str:
    given = {name: _query_text(value) for name, value in query.items() if value is not None and value != ""}
    return PREFIX + path + (f"?{urlencode(given)}" if given else "")


def _query_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
