"""A folder as a zip, made while it is read: stored entries, the same bytes for the same files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from typing import NamedTuple

from storage.datasets.zipping import FILE_MODE, ZIP_EPOCH
from storage.objects.port import CHUNK_BYTES


class File(NamedTuple):
    """A file of the folder: its name from there, with slashes, and its bytes."""

    name: str
    chunks: AsyncIterator[bytes]


class _Pipe(io.RawIOBase):
    """Keeps what is written until it is taken; nobody can go back in it."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._held += data
        return len(data)

    def __len__(self) -> int:
        return len(self._held)

    def take(self) -> bytes:
        data = bytes(self._held)
        self._held.clear()
        return data


async def zipped(files: AsyncIterator[File]) -> AsyncIterator[bytes]:
    """The zip's bytes, in chunks of about `CHUNK_BYTES`."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        async for file in files:
            entry = zipfile.ZipInfo(file.name, ZIP_EPOCH)
            entry.external_attr = FILE_MODE
            with archive.open(entry, "w", force_zip64=True) as sink:
                async for chunk in file.chunks:
                    sink.write(chunk)
                    if len(pipe) >= CHUNK_BYTES:
                        yield pipe.take()
    yield pipe.take()
