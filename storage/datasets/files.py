"""The files of a package, a zip or a folder, by their names' parts; hostile ones are named and left out.

Names are labels: none is ever used as a path. Limits hold before anything is unpacked.
"""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from storage.datasets.pack import DroppedRecord

ENTRIES_MAX = 1_000_000
TOTAL_BYTES_MAX = 100 << 30
IMAGE_BYTES_MAX = 64 << 20
TABLE_BYTES_MAX = 1 << 30
RATIO_MAX = 200
RATIO_FREE_BYTES = 1 << 20
NAME_CHARS_MAX = 1000
NAMED_CHARS_MAX = 200

TABLE_ENDINGS = (".json", ".jsonl", ".xml", ".txt", ".yaml", ".yml", ".names")

_JUNK = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_HALVES = frozenset(map(chr, range(0xD800, 0xE000)))
_UTF8_FLAG = 0x800
_ENCRYPTED_FLAG = 0x01

Parts = tuple[str, ...]
"""A file's name in its package, cut at the slashes."""


class PackageError(ValueError):
    """The package cannot be read as a whole; `code` and `params` say why."""

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        self.params = {name: str(value) for name, value in params.items()}
        super().__init__(f"{code} {self.params}")


class _Source(Protocol):
    """Where the bytes lie."""

    def listed(self) -> Iterator[tuple[str, int, str | None]]:
        """Name, bytes, and a problem that the file has, for each file."""
        ...

    def read(self, name: str, size_bytes: int) -> bytes | None: ...

    def close(self) -> None: ...


class _Place(NamedTuple):
    name: str
    size_bytes: int


class Files:
    """The usable files of a package by their parts, in the order of their names; `dropped` are the others.

    A context manager.

    Raises:
        PackageError: `package_malformed`, `package_too_large`, `package_name_twice`.
    """

    def __init__(self, path: Path) -> None:
        self._source: _Source = _Folder(path) if path.is_dir() else _Zip(path)
        self.dropped: list[DroppedRecord] = []
        try:
            self._places = self._scan()
        except BaseException:
            self._source.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the package."""
        self._source.close()

    def __iter__(self) -> Iterator[Parts]:
        return iter(self._places)

    def __contains__(self, parts: object) -> bool:
        return parts in self._places

    def size_bytes(self, parts: Parts) -> int:
        """How long the file is, unpacked."""
        return self._places[parts].size_bytes

    def read(self, parts: Parts) -> bytes | None:
        """The file's bytes; None if the package is damaged there."""
        data = self._source.read(*self._places[parts])
        return data if data is not None and len(data) == self._places[parts].size_bytes else None

    def drop(self, name: str, code: str, params: Mapping[str, str] | None = None) -> None:
        """Say that something of the package is left out."""
        name = name[:NAME_CHARS_MAX].encode("utf-8", "replace").decode()
        self.dropped.append(DroppedRecord(name=name, code=code, params=dict(params or {})))

    def leave_out(self, parts: Parts, code: str | None = None) -> None:
        """Take a file out; with a code, say so."""
        del self._places[parts]
        if code is not None:
            self.drop("/".join(parts), code)

    def _scan(self) -> dict[Parts, _Place]:
        files: dict[Parts, _Place] = {}
        total = entries = 0
        for name, size_bytes, problem in self._source.listed():
            total += size_bytes
            entries += 1
            if entries > ENTRIES_MAX or total > TOTAL_BYTES_MAX:
                raise PackageError("package_too_large", files=entries, bytes=total)
            if any(junk in name for junk in _JUNK):
                continue
            parts = name_parts(name)
            problem = "name_not_allowed" if parts is None else problem or _size_problem(name, size_bytes)
            if parts is None or problem is not None:
                self.drop(name, problem or "name_not_allowed")
            elif parts in files:
                raise PackageError("package_name_twice", name=name[:NAMED_CHARS_MAX])
            else:
                files[parts] = _Place(name, size_bytes)
        return dict(sorted(files.items()))


def name_parts(name: str) -> Parts | None:
    """The name's parts; None if it is a name that no honest tool writes."""
    parts = tuple(name.split("/"))
    strange = len(name) > NAME_CHARS_MAX or "\\" in name or any(ord(char) < 32 or char in _HALVES for char in name)
    if strange or any(part in ("", ".", "..") for part in parts) or ":" in parts[0]:
        return None
    return parts


def _size_problem(name: str, size_bytes: int) -> str | None:
    table = name.lower().endswith(TABLE_ENDINGS)
    return "file_too_large" if size_bytes > (TABLE_BYTES_MAX if table else IMAGE_BYTES_MAX) else None


class _Zip:
    """The files in a zip."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise PackageError("package_malformed") from error
        self._infos: dict[str, zipfile.ZipInfo] = {}

    def close(self) -> None:
        self._zip.close()

    def listed(self) -> Iterator[tuple[str, int, str | None]]:
        infos = [info for info in self._zip.infolist() if not info.filename.endswith("/")]
        for info in infos:
            name = _name(info)
            self._infos[name] = info
            yield name, info.file_size, _entry_problem(info)

    def read(self, name: str, size_bytes: int) -> bytes | None:
        try:
            with self._zip.open(self._infos[name]) as file:
                return file.read(size_bytes + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError):
            return None


def _name(info: zipfile.ZipInfo) -> str:
    """The entry's name. Without the UTF-8 flag it is UTF-8 all the same, or what Chinese Windows writes (GB 18030)."""
    name = info.orig_filename
    if not info.flag_bits & _UTF8_FLAG:
        raw = name.encode("cp437")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return name


def _entry_problem(info: zipfile.ZipInfo) -> str | None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "not_a_file"
    if info.flag_bits & _ENCRYPTED_FLAG:
        return "file_encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "compression_unknown"
    if info.file_size > max(RATIO_FREE_BYTES, RATIO_MAX * info.compress_size):
        return "compression_ratio_too_high"
    return None


class _Folder:
    """The files in a folder and the folders in it; hidden ones and links are passed over."""

    def __init__(self, path: Path) -> None:
        self._root = path
        self._paths: dict[str, Path] = {}

    def close(self) -> None:
        self._paths.clear()

    def listed(self) -> Iterator[tuple[str, int, str | None]]:
        waiting = [self._root]
        while waiting:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.name.startswith(".") or entry.is_symlink():
                        continue
                    path = Path(entry.path)
                    if entry.is_dir():
                        waiting.append(path)
                        continue
                    name = path.relative_to(self._root).as_posix()
                    self._paths[name] = path
                    problem = None if entry.is_file() else "not_a_file"
                    yield name, entry.stat().st_size, problem

    def read(self, name: str, size_bytes: int) -> bytes | None:
        try:
            with self._paths[name].open("rb") as file:
                return file.read(size_bytes + 1)
        except OSError:
            return None
