"""Writes the zip of a package: the same bytes for the same files, nothing compressed, plain files only."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from types import TracebackType
from typing import Self

ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
FILE_MODE = 0o100644 << 16
CHUNK_BYTES = 1 << 20


class PackageZip:
    """A zip that is being written; a context manager."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()

    def add(self, name: str, data: bytes) -> None:
        """Append a file."""
        self._zip.writestr(_entry(name), data)

    def add_file(self, name: str, path: Path) -> None:
        """Append a file with what the file at `path` holds, in pieces."""
        entry = _entry(name)
        entry.file_size = path.stat().st_size
        with path.open("rb") as source, self._zip.open(entry, "w") as sink:
            shutil.copyfileobj(source, sink, CHUNK_BYTES)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, ZIP_EPOCH)
    entry.external_attr = FILE_MODE
    return entry
