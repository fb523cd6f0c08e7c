"""Objects as files below one folder, named by their digest."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from storage.objects.local_files import create, full_disk_said, move, place_of, settle, write
from storage.objects.local_uploads import LocalUploads
from storage.objects.port import (
    CHUNK_BYTES,
    ObjectDamagedError,
    ObjectMissingError,
    ObjectTooLargeError,
    Stored,
    Uploads,
)

LEFTOVER_AGE_S_MAX = 24 * 3600.0
"""A temporary file that nobody wrote to for so long belongs to a process that died."""


class LocalObjects:
    """See `UploadStore`. Files lie at `root/sha256/ab/cd/<hex>`; they appear whole, after an fsync, or not at all."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / "incoming"
        self._prepared = False
        self._uploads = LocalUploads(root)

    @property
    def uploads(self) -> Uploads:
        return self._uploads

    async def put(self, chunks: AsyncIterator[bytes], *, size_max_bytes: int) -> Stored:
        await self._prepare()
        beside = self._incoming / uuid4().hex
        try:
            with full_disk_said(self._root):
                with await asyncio.to_thread(create, beside) as file:
                    digest, size_bytes = await self._receive(chunks, file, size_max_bytes)
                    await asyncio.to_thread(settle, file)
                await asyncio.to_thread(move, beside, place_of(self._root, digest))
        finally:
            # Not in a thread: this must also happen while the task is being cancelled.
            with suppress(FileNotFoundError):
                beside.unlink()
        return Stored(digest, size_bytes)

    async def size(self, digest: str) -> int:
        path = place_of(self._root, digest)
        try:
            return (await asyncio.to_thread(path.stat)).st_size
        except FileNotFoundError:
            raise _missing(digest) from None

    async def get(self, digest: str, *, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        try:
            file = await asyncio.to_thread(_open, place_of(self._root, digest))
        except FileNotFoundError:
            raise _missing(digest) from None
        with file:
            size_bytes = os.fstat(file.fileno()).st_size
            end = size_bytes if stop is None else min(stop, size_bytes)
            running = hashlib.sha256()
            place = start
            file.seek(start)
            while place < end and (chunk := await asyncio.to_thread(file.read, min(CHUNK_BYTES, end - place))):
                place += len(chunk)
                if start == 0:
                    await asyncio.to_thread(running.update, chunk)
                yield chunk
            if start == 0 and end == size_bytes and (found := f"sha256:{running.hexdigest()}") != digest:
                raise ObjectDamagedError(f"the file of {digest} has the digest {found}: store the object again")

    async def link(self, digest: str, *, expires_s: float) -> str | None:  # noqa: ARG002 - as the port says
        return None

    async def close(self) -> None:
        """Nothing is kept open."""

    async def _prepare(self) -> None:
        if not self._prepared:
            await asyncio.to_thread(_make_incoming, self._incoming)
            self._prepared = True

    async def _receive(self, chunks: AsyncIterator[bytes], file: BinaryIO, size_max_bytes: int) -> tuple[str, int]:
        running = hashlib.sha256()
        size_bytes = 0
        async for chunk in chunks:
            size_bytes += len(chunk)
            if size_bytes > size_max_bytes:
                raise ObjectTooLargeError(f"more than {size_max_bytes} bytes came in; nothing was kept")
            await asyncio.to_thread(write, file, running, chunk)
        return f"sha256:{running.hexdigest()}", size_bytes


def _missing(digest: str) -> ObjectMissingError:
    return ObjectMissingError(f"no object has the digest {digest}: upload it first")


def _make_incoming(folder: Path) -> None:
    """Make the folder, and remove what dead processes left in it."""
    folder.mkdir(parents=True, exist_ok=True)
    oldest_s = time.time() - LEFTOVER_AGE_S_MAX
    for each in folder.iterdir():
        with suppress(FileNotFoundError):
            if each.stat().st_mtime < oldest_s:
                each.unlink()


def _open(path: Path) -> BinaryIO:
    return path.open("rb", buffering=0)
