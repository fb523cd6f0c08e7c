"""The client's transport against a server on loopback: streams, refusals in mid-upload, cut answers, nobody there."""

import hashlib
import http.server
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.client import BadInputError, Client, ProblemError, UnreachableError
from api.client.transport import HttpTransport
from api.client.wire import CHUNK_BYTES, ConnectionFailedError, Request
from schemas.values import ObjectRef

BIG = bytes(range(256)) * (4 * CHUNK_BYTES // 256) + b"tail"
REFUSED = {"type": "about:blank", "title": "too large", "status": 413, "code": "upload_too_large"}
STORED = f"sha256:{hashlib.sha256(BIG).hexdigest()}"


class Handler(http.server.BaseHTTPRequestHandler):
    """Stores uploads, refuses those to /full early, serves BIG, cuts what is asked to be cut."""

    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, str]] = []
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
    Handler.seen, Handler.cuts = [], 0
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


def test_an_upload_is_streamed_and_told(server: str, big: Path) -> None:
    told: list[tuple[int, int]] = []
    with Client(server) as mo:
        stored = mo.upload(big, lambda done, total: told.append((done, total)))
        again = mo.upload(big)
    assert (stored.digest, stored.size_bytes) == (STORED, len(BIG))
    assert again == stored
    assert [done for done, _ in told] == [CHUNK_BYTES * n for n in range(1, 5)] + [len(BIG)]


def test_an_answer_that_was_lost_is_asked_for_again_with_the_same_key(server: str, big: Path) -> None:
    Handler.cuts = 1
    with Client(server) as mo:
        assert mo.upload(big).digest == STORED
    assert len(Handler.seen) == 2
    assert len(set(Handler.seen)) == 1


def test_a_refusal_in_mid_upload_is_the_servers_own_problem(server: str, big: Path) -> None:
    with Client(f"{server}/full") as mo, pytest.raises((ProblemError, UnreachableError)) as caught:
        mo.upload(big)
    # The kernel may throw the answer away together with the connection; then only the cut is to be seen.
    assert caught.value.code in ("upload_too_large", "unreachable")


def test_a_cut_download_is_taken_up_again_and_whole(server: str, tmp_path: Path) -> None:
    Handler.cuts = 1
    with Client(server) as mo:
        mo._core.download(ObjectRef(STORED, len(BIG)), tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == BIG


def test_nobody_there_is_said_with_the_way_out() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with Client(address) as mo, pytest.raises(UnreachableError, match="mo up"):
            mo.ready()


def test_a_server_that_says_nothing_is_not_waited_for_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        transport = HttpTransport(f"http://127.0.0.1:{mute.getsockname()[1]}", timeout_s=0.2)
        with pytest.raises(ConnectionFailedError):
            transport.send(Request("GET", "/", {}))
        transport.close()


@pytest.mark.parametrize("address", ["127.0.0.1:80", "ftp://host", "http://", "", "http:///path"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(BadInputError):
        Client(address)
