"""Requests and answers as plain values, and the interface of whatever carries them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

ProgressCallback = Callable[[int, int], None]
"""Called with (bytes so far, bytes in all); 0 in all when unknown."""

CHUNK_BYTES = 1 << 20


class Request(NamedTuple):
    """What is asked. `path` begins with a slash and holds the query; `file`, where given, is the body."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    file: Path | None = None


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
        """The answer with its body written to `target` when the status is 200, else as `send`."""
        ...

    async def follow(self, request: Request, silence_s: float) -> Lines:
        """The answer's lines over a connection of its own, which is cut after so many seconds without any."""
        ...

    async def close(self) -> None:
        """Let go of the connection."""
        ...


def chunks_of(path: Path, progress: ProgressCallback | None) -> Iterator[bytes]:
    """The file's bytes, piece by piece, telling `progress` as each is handed over.

    Before, not after: a server may answer with the last byte, and then nobody asks for what comes after it.
    """
    total = path.stat().st_size
    done = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            done += len(chunk)
            if progress is not None:
                progress(done, total)
            yield chunk
