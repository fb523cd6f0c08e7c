"""Requests and answers as plain values, and the interface of whatever carries them."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import PARTIAL_CONTENT
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

ProgressCallback = Callable[[int, int], None]
"""Called with (bytes so far, bytes in all); 0 in all when unknown."""

CHUNK_BYTES = 1 << 20


class Request(NamedTuple):
    """What is asked. `path` begins with a slash and holds the query; `file` from byte `start` on, where given, is the
    body."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    file: Path | None = None
    start: int = 0


class Answer(NamedTuple):
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Lines(NamedTuple):
    """An answer whose body goes on: its lines as they come, without their ends; none unless the status is 200.

    Going through them raises `ConnectionFailedError` where the answer is cut.
    """

    answer: Answer
    lines: AsyncGenerator[str]


class ConnectionFailedError(Exception):
    """The request may or may not have arrived: refused, cut, timed out."""


class Transport(Protocol):
    """Carries one request. Raises `ConnectionFailedError`, never anything of the library below.

    That of a blocking client blocks and never suspends its coroutines.
    """

    async def send(self, request: Request, progress: ProgressCallback | None = None) -> Answer:
        """The answer, read whole."""
        ...

    async def receive(self, request: Request, target: Path, progress: ProgressCallback | None = None) -> Answer:
        """The answer with its body written to `target` when the status is 200, and behind what is there already when it
        is 206 (a range); else as `send`."""
        ...

    async def follow(self, request: Request, silence_s: float) -> Lines:
        """The answer's lines over a connection of its own, which is cut after so many seconds without any."""
        ...

    async def close(self) -> None:
        """Let go of the connection."""
        ...


def body_bytes(request: Request) -> int:
    """Bytes of the request's file that are its body."""
    return 0 if request.file is None else max(0, request.file.stat().st_size - request.start)


def landing(answer: Answer) -> tuple[int, int]:
    """Where the body of a 200 or 206 goes in its file, and how long that becomes; 0 where nobody says."""
    start = 0
    if answer.status == PARTIAL_CONTENT:
        said = re.match(r"bytes (\d+)-", answer.headers.get("content-range", ""))
        if said is None:
            raise ConnectionFailedError("a part of a file came, and nobody says which")
        start = int(said[1])
    length = answer.headers.get("content-length", "")
    return start, start + int(length) if length.isdecimal() else 0


@contextmanager
def opened_at(target: Path, start: int) -> Iterator[BinaryIO]:
    """The file, made where it is missing, to be written from that byte on; what lay behind it is cut off."""
    with target.open("r+b" if start else "wb") as file:
        if file.seek(0, os.SEEK_END) < start:
            raise ConnectionFailedError(f"a part from byte {start} came, which nobody asked for")
        file.truncate(file.seek(start))
        yield file


def chunks_of(request: Request, progress: ProgressCallback | None) -> Iterator[bytes]:
    """The bytes of the request's file, piece by piece, telling `progress` as each is handed over.

    Before, not after: a server may answer with the last byte, and then nobody asks for what comes after it.
    """
    assert request.file is not None
    done, left = request.start, body_bytes(request)
    total = done + left
    with request.file.open("rb") as file:
        file.seek(done)
        while chunk := file.read(min(CHUNK_BYTES, total - done)):
            done += len(chunk)
            if progress is not None:
                progress(done, total)
            yield chunk
