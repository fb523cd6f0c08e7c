"""A server is ready when it answers in its own protocol, not when its port is open."""

from __future__ import annotations

import http.client
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from deploy.local.ready import http_answers, kafka_answers, postgres_answers

Linked = Callable[[bytes], socket.socket]


@pytest.fixture
def linked(monkeypatch: pytest.MonkeyPatch):
    """Connections lead to a peer that has already answered."""
    peers: list[socket.socket] = []

    def link(answer: bytes) -> socket.socket:
        ours, theirs = socket.socketpair()
        theirs.sendall(answer)
        theirs.shutdown(socket.SHUT_WR)
        peers.append(theirs)
        monkeypatch.setattr(socket, "create_connection", lambda *_args, **_kwargs: ours)
        monkeypatch.setattr(http.client.HTTPConnection, "connect", lambda self: setattr(self, "sock", ours))
        return theirs

    yield link
    for peer in peers:
        peer.close()


def metadata(brokers: int, *, correlation: int = 1) -> bytes:
    return struct.pack(">iii", 8, correlation, brokers)


def test_a_broker_that_names_a_broker_is_ready(linked: Linked) -> None:
    peer = linked(metadata(1))
    assert kafka_answers("127.0.0.1", 1)
    # Metadata, version 0, correlation id 1, no client id, all topics.
    assert peer.recv(100) == bytes.fromhex("0000000e 0003 0000 00000001 ffff 00000000")


@pytest.mark.parametrize("answer", [metadata(0), metadata(1, correlation=2), b"", b"HTTP/1.1 400", metadata(1)[:6]])
def test_a_broker_that_is_fenced_or_something_else_is_not(linked: Linked, answer: bytes) -> None:
    linked(answer)
    assert not kafka_answers("127.0.0.1", 1)


@pytest.mark.parametrize(("answer", "ready"), [(b"200 OK", True), (b"503 Not yet", False), (b"", False)])
def test_http_is_ready_with_200(linked: Linked, answer: bytes, ready: bool) -> None:
    linked(b"HTTP/1.1 " + answer + b"\r\nContent-Length: 0\r\n\r\n" if answer else b"")
    assert http_answers("http://127.0.0.1:1/readyz") is ready


@pytest.mark.parametrize(("answer", "ready"), [(b"R", True), (b"E", False), (b"", False)])
def test_postgres_is_ready_when_it_lets_us_in(tmp_path: Path, answer: bytes, ready: bool) -> None:
    asked: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / ".s.PGSQL.5432"))
        server.listen()

        def serve() -> None:
            link, _ = server.accept()
            with link:
                asked.append(link.recv(100))
                link.sendall(answer)
                link.shutdown(socket.SHUT_WR)
                asked.append(link.recv(100))

        thread = Thread(target=serve)
        thread.start()
        assert postgres_answers(tmp_path, user="postgres", database="mo") is ready
        thread.join()
    assert asked == [
        b"\x00\x00\x00\x23\x00\x03\x00\x00user\0postgres\0database\0mo\0\0",
        b"X\x00\x00\x00\x04" if answer else b"",
    ]


def test_no_server_is_not_ready(tmp_path: Path) -> None:
    assert not postgres_answers(tmp_path, user="postgres", database="mo")
