"""The client's transport against a server on loopback: streams, refusals in mid-upload, cut answers, nobody there."""

import asyncio
import hashlib
import http.server
import inspect
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from api.client import BadInputError, Client, ProblemError, UnreachableError
from api.client.aio import AioTransport, AsyncClient
from api.client.mode import finished
from api.client.transfers import digest_of
from api.client.transport import HttpTransport
from api.client.wire import CHUNK_BYTES, ConnectionFailedError, Request
from api.resources import Agent, Page
from schemas.values import ObjectRef

BIG = bytes(range(256)) * (4 * CHUNK_BYTES // 256) + b"tail"
REFUSED = {"type": "about:blank", "title": "too large", "status": 413, "code": "upload_too_large"}
AGENT = {
    "agent": "one",
    "platform": "nvidia",
    "state": "ready",
    "device": "-",
    "device_present": False,
    "slots": {},
    "host": "here",
    "seen_at": "2026-01-02T00:00:00Z",
}
STORED = f"sha256:{hashlib.sha256(BIG).hexdigest()}"


class Handler(http.server.BaseHTTPRequestHandler):
    """Stores uploads, refuses those to /full early, serves BIG, cuts what is asked to be cut."""

    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, str]] = []
    asked: list[str] = []
    pages: list[object] = []
    cuts = 0

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        type(self).seen.append((self.path, self.headers["Idempotency-Key"]))
        if self.path.startswith("/full"):
            self.rfile.read(1000)
            self._send(413, json.dumps(REFUSED).encode(), close=True)
            return
        digest, size = hashlib.sha256(), 0
        while size < length:
            chunk = self.rfile.read(min(65536, length - size))
            digest.update(chunk)
            size += len(chunk)
        if type(self).cuts > 0:
            type(self).cuts -= 1
            self.close_connection = True
            return
        answer = {"digest": f"sha256:{digest.hexdigest()}", "size_bytes": size}
        self._send(201, json.dumps(answer).encode())

    def do_GET(self) -> None:
        if "/agents" in self.path:
            type(self).asked.append(self.path)
            self._send(200, json.dumps(type(self).pages.pop(0)).encode())
            return
        if type(self).cuts > 0:
            type(self).cuts -= 1
            self.send_response(200)
            self.send_header("Content-Length", str(len(BIG)))
            self.end_headers()
            self.wfile.write(BIG[: len(BIG) // 2])
            self.close_connection = True
            return
        self._send(200, BIG)

    def _send(self, status: int, body: bytes, *, close: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if close:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = close

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    Handler.seen, Handler.asked, Handler.cuts = [], [], 0
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        listening.daemon_threads = True
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


@pytest.fixture
def big(tmp_path: Path) -> Path:
    path = tmp_path / "big.bin"
    path.write_bytes(BIG)
    return path


@asynccontextmanager
async def opened(kind: str, address: str) -> AsyncIterator[Any]:
    """A client of that kind."""
    if kind == "blocking":
        with Client(address) as blocking:
            yield blocking
    else:
        async with AsyncClient(address) as awaiting:
            yield awaiting


async def value(answer: Any) -> Any:
    """What either client gives back."""
    return await answer if inspect.isawaitable(answer) else answer


both = pytest.mark.parametrize("kind", ["blocking", "awaiting"])


@both
async def test_an_upload_is_streamed_and_told(kind: str, server: str, big: Path) -> None:
    told: list[tuple[int, int]] = []
    async with opened(kind, server) as mo:
        stored = await value(mo.upload(big, lambda done, total: told.append((done, total))))
        again = await value(mo.upload(big))
    assert (stored.digest, stored.size_bytes) == (STORED, len(BIG))
    assert again == stored
    assert [done for done, _ in told] == [CHUNK_BYTES * n for n in range(1, 5)] + [len(BIG)]


@both
async def test_an_answer_that_was_lost_is_asked_for_again_with_the_same_key(kind: str, server: str, big: Path) -> None:
    Handler.cuts = 1
    async with opened(kind, server) as mo:
        assert (await value(mo.upload(big))).digest == STORED
    assert len(Handler.seen) == 2
    assert len(set(Handler.seen)) == 1


@both
async def test_a_refusal_in_mid_upload_is_the_servers_own_problem(kind: str, server: str, big: Path) -> None:
    async with opened(kind, f"{server}/full") as mo:
        with pytest.raises((ProblemError, UnreachableError)) as caught:
            await value(mo.upload(big))
    # The kernel may throw the answer away together with the connection; then only the cut is to be seen.
    assert caught.value.code in ("upload_too_large", "unreachable")


@both
async def test_a_cut_download_is_taken_up_again_and_whole(kind: str, server: str, tmp_path: Path) -> None:
    Handler.cuts = 1
    async with opened(kind, server) as mo:
        await value(mo._core.mode.run(mo._core.download(ObjectRef(STORED, len(BIG)), tmp_path / "got")))
    assert (tmp_path / "got").read_bytes() == BIG


@both
async def test_every_page_is_walked(kind: str, server: str) -> None:
    Handler.pages = [{"items": [AGENT, AGENT], "next": "more"}, {"items": [AGENT], "next": None}]
    async with opened(kind, server) as mo:
        found = mo._core.mode.iterate(mo._core.pages("/agents", Page[Agent]))
        names = [one.agent async for one in found] if kind == "awaiting" else [one.agent for one in found]
    assert names == ["one"] * 3
    assert Handler.asked == ["/api/v1/agents?limit=200", "/api/v1/agents?limit=200&cursor=more"]


async def test_many_tasks_share_one_asynchronous_client(server: str, tmp_path: Path) -> None:
    files = [tmp_path / str(number) for number in range(8)]
    for file in files:
        file.write_bytes(BIG[: 1 << 18] + file.name.encode())
    async with AsyncClient(server) as mo:
        stored = await asyncio.gather(*(mo.upload(file) for file in files))
    assert [each.digest for each in stored] == [digest_of(file) for file in files]


def test_a_blocking_client_refuses_what_would_have_to_be_awaited() -> None:
    with pytest.raises(RuntimeError, match="asynchronous client"):
        finished(asyncio.sleep(0))


@both
async def test_nobody_there_is_said_with_the_way_out(kind: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        async with opened(kind, f"http://127.0.0.1:{unused.getsockname()[1]}") as mo:
            with pytest.raises(UnreachableError, match="mo up"):
                await value(mo.ready())


async def test_a_server_that_says_nothing_is_not_waited_for_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        for kind in (HttpTransport, AioTransport):
            transport = kind(f"http://127.0.0.1:{mute.getsockname()[1]}", timeout_s=0.2)
            with pytest.raises(ConnectionFailedError):
                await transport.send(Request("GET", "/", {}))
            await transport.close()


@pytest.mark.parametrize("address", ["127.0.0.1:80", "ftp://host", "http://", "", "http:///path"])
def test_what_is_no_address_is_refused(address: str) -> None:
    for kind in (Client, AsyncClient):
        with pytest.raises(BadInputError):
            kind(address)
