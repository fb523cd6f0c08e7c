"""Writes the zip of a package: the same bytes for the same files, nothing compressed, plain files only."""

from __future__ import annotations

import shutil
import zipfile
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Self

ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
FILE_MODE = 0o100644 << 16
CHUNK_BYTES = 1 << 20


class Stems:
    """Names of files that are to be told apart without their endings, on any file system: an image and its text."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    def free(self, stem: str) -> str:
        """The name, or the next one with a number behind it that nobody has yet; it is taken then."""
        tried, key = stem, stem.casefold()
        while tried.casefold() in self._taken:
            self._taken[key] += 1
            tried = f"{stem}-{self._taken[key]}"
        self._taken[tried.casefold()] += 1
        return tried


class PackageZip:
    """A zip that is being written; a context manager."""

    def __init__(self, path: Path) -> None:
        self._names: set[str] = set()
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()

    def add(self, name: str, data: bytes) -> None:
        """Append a file; ValueError: there is one of that name, which no reader would take."""
        self._zip.writestr(self._new(name), data)

    def add_file(self, name: str, path: Path) -> None:
        """Append a file with what the file at `path` holds, in pieces; ValueError as `add`."""
        entry = self._new(name)
        entry.file_size = path.stat().st_size
        with path.open("rb") as source, self._zip.open(entry, "w") as sink:
            shutil.copyfileobj(source, sink, CHUNK_BYTES)

    def _new(self, name: str) -> zipfile.ZipInfo:
        if name in self._names:
            raise ValueError(f"{name} is there already")
        self._names.add(name)
        entry = zipfile.ZipInfo(name, ZIP_EPOCH)
        entry.external_attr = FILE_MODE
        return entry
