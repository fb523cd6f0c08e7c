"""Whether a server answers, asked in its own protocol and in well under a second."""

from __future__ import annotations

import http.client
import socket
import struct
from pathlib import Path
from urllib.parse import urlsplit

ANSWER_SECONDS_MAX = 0.5
ANSWER_BYTES_MAX = 1 << 20
METADATA_API_KEY = 3


def http_answers(url: str) -> bool:
    """Whether GET of the address is answered with 200."""
    parts = urlsplit(url)
    link = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWER_SECONDS_MAX)
    try:
        link.request("GET", parts.path or "/")
        return link.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


def kafka_answers(host: str, port: int) -> bool:
    """Whether the broker is open for work: an open port is not enough, it must name a broker in its metadata."""
    header = struct.pack(">hhih", METADATA_API_KEY, 0, 1, -1)
    body = header + struct.pack(">i", 0)
    try:
        with socket.create_connection((host, port), timeout=ANSWER_SECONDS_MAX) as link:
            link.sendall(struct.pack(">i", len(body)) + body)
            (size,) = struct.unpack(">i", _exactly(link, 4))
            if not 8 <= size <= ANSWER_BYTES_MAX:
                return False
            correlation, brokers = struct.unpack(">ii", _exactly(link, 8))
    except OSError:
        return False
    return bool(correlation == 1 and brokers >= 1)


def postgres_answers(socket_folder: Path, *, user: str, database: str) -> bool:
    """Whether the server lets the user into the database: while it recovers it listens, and says no."""
    words = b"\0".join([b"user", user.encode(), b"database", database.encode(), b"", b""])
    body = struct.pack(">i", 3 << 16) + words
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(ANSWER_SECONDS_MAX)
            link.connect(str(socket_folder / ".s.PGSQL.5432"))
            link.sendall(struct.pack(">i", len(body) + 4) + body)
            answer = _exactly(link, 1)
            link.sendall(b"X" + struct.pack(">i", 4))
    except OSError:
        return False
    return answer == b"R"


def _exactly(link: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        chunk = link.recv(size - len(data))
        if not chunk:
            raise ConnectionError("the server closed the connection")
        data += chunk
    return data
