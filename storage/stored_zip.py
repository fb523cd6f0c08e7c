"""Zip files without compression: written the same for the same content, read with no tolerance for tricks.

Stored entries stay mappable in place, and a file that must look exactly as our writer makes it leaves no room for
differences between readers (hidden bytes, two entries of one name, two ends, names that are paths elsewhere).
"""

from __future__ import annotations

import hashlib
import re
import shutil
import stat
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple, Self

MIMETYPE_ENTRY = "mimetype"
NAME_CHARS_MAX = 255

_EPOCH = (1980, 1, 1, 0, 0, 0)
_MODE = (stat.S_IFREG | 0o644) << 16
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_END_BYTES = 22
_END_MARK = b"PK\x05\x06"
_DESCRIPTOR_OR_ENCRYPTED = 0x01 | 0x08


class Entry(NamedTuple):
    """An entry: its name, its size and the SHA-256 (`sha256:<hex>`) of its bytes."""

    name: str
    size_bytes: int
    digest: str


class BadZipError(ValueError):
    """The file is not what our writer makes; the text says where it differs and what to do."""


class StoredZipWriter:
    """Writes entries one after the other, the mimetype first, over whatever the file held; a context manager."""

    def __init__(self, path: Path, mimetype: str) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True)
        self.add(MIMETYPE_ENTRY, mimetype.encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()

    def _info(self, name: str) -> zipfile.ZipInfo:
        if len(name) > NAME_CHARS_MAX or not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot be an entry's name: use letters, digits, '_', '-', '.' and single '/'")
        info = zipfile.ZipInfo(name, _EPOCH)
        info.external_attr = _MODE
        info.create_system = 3
        return info

    def add(self, name: str, data: bytes) -> Entry:
        """Append an entry made of these bytes."""
        self._zip.writestr(self._info(name), data)
        return Entry(name, len(data), f"sha256:{hashlib.sha256(data).hexdigest()}")

    def add_file(self, name: str, path: Path) -> Entry:
        """Append an entry with the file's content, in pieces."""
        info = self._info(name)
        info.file_size = path.stat().st_size
        digest = hashlib.sha256()
        with path.open("rb") as source, self._zip.open(info, "w") as target:
            while chunk := source.read(1 << 20):
                digest.update(chunk)
                target.write(chunk)
        return Entry(name, info.file_size, f"sha256:{digest.hexdigest()}")


class StoredZip:
    """Reads a file that `StoredZipWriter` wrote; a context manager.

    Raises:
        BadZipError: on opening, if the file differs in form from what the writer makes.
    """

    def __init__(self, path: Path, mimetype: str, *, entries_max: int) -> None:
        self._size = path.stat().st_size
        with _explained(path.name):
            self._zip = zipfile.ZipFile(path)
        try:
            with _explained(path.name):
                self._check(path, entries_max)
                self._infos = {info.filename: info for info in self._zip.infolist()}
                if self.read(MIMETYPE_ENTRY, bytes_max=200) != mimetype.encode():
                    raise BadZipError(f"it is no {mimetype}")
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()

    def _check(self, path: Path, entries_max: int) -> None:
        infos = self._zip.infolist()
        if not 0 < len(infos) <= entries_max:
            raise BadZipError(f"it has {len(infos)} entries, allowed are 1 to {entries_max}")
        if infos[0].filename != MIMETYPE_ENTRY:
            raise BadZipError("its first entry is not the mimetype")
        if len({info.filename for info in infos}) != len(infos):
            raise BadZipError("two entries have the same name")
        for info in infos:
            _check_entry(info)
        with path.open("rb") as file:
            file.seek(max(0, self._size - _END_BYTES))
            end = file.read()
            if self._zip.comment or end[:4] != _END_MARK:
                raise BadZipError("something follows its end")
            _check_layout(file, infos, self._zip.start_dir)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._infos)

    def size(self, name: str) -> int:
        """Bytes of the entry.

        Raises:
            BadZipError: there is no such entry.
        """
        if name not in self._infos:
            raise BadZipError(f"it has no entry {name!r}")
        return self._infos[name].file_size

    def read(self, name: str, *, bytes_max: int) -> bytes:
        """The entry's bytes.

        Raises:
            BadZipError: no such entry, longer than `bytes_max`, or damaged.
        """
        if (size := self.size(name)) > bytes_max:
            raise BadZipError(f"entry {name!r} has {size} bytes, allowed are {bytes_max}")
        with _explained(name):
            return self._zip.read(name)

    def extract(self, name: str, target: Path) -> str:
        """Write the entry to the new file `target`; the SHA-256 (`sha256:<hex>`) of what was written.

        Raises:
            BadZipError: no such entry, or damaged.
        """
        self.size(name)
        with _explained(name), self._zip.open(name) as source, target.open("xb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
        with target.open("rb") as file:
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


@contextmanager
def _explained(name: str) -> Iterator[None]:
    try:
        yield
    except BadZipError as error:
        raise BadZipError(f"{name}: {error}; make the file again with Mo") from error
    except (zipfile.BadZipFile, EOFError, struct.error, NotImplementedError, UnicodeDecodeError) as error:
        raise BadZipError(f"{name}: damaged ({error}); make the file again with Mo") from error


def _check_entry(info: zipfile.ZipInfo) -> None:
    if len(info.filename) > NAME_CHARS_MAX or not _NAME.fullmatch(info.filename) or info.orig_filename != info.filename:
        raise BadZipError(f"{info.orig_filename!r} is no allowed name for an entry")
    if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
        raise BadZipError(f"entry {info.filename!r} is compressed")
    if info.flag_bits & _DESCRIPTOR_OR_ENCRYPTED:
        raise BadZipError(f"entry {info.filename!r} is encrypted or has no size in front of it")
    if not stat.S_ISREG(info.external_attr >> 16):
        raise BadZipError(f"entry {info.filename!r} is no plain file")


def _check_layout(file: IO[bytes], infos: list[zipfile.ZipInfo], directory: int) -> None:
    """Entries must lie one behind the other from the first byte to the directory, each named there as in its place."""
    place = 0
    for info in infos:
        if info.header_offset != place:
            raise BadZipError(f"there are bytes of no entry before {info.filename!r}, or entries overlap")
        file.seek(place)
        header = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
        name_length, extra_length = header[9], header[10]
        if file.read(name_length) != info.filename.encode():
            raise BadZipError(f"entry {info.filename!r} has another name in its place")
        place += _LOCAL_HEADER.size + name_length + extra_length + info.file_size
    if place != directory:
        raise BadZipError("there are bytes of no entry before its directory")
