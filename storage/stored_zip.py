"""Zip files without compression: written the same for the same content, read with no tolerance for tricks.

Stored entries stay mappable in place, and a file that must look exactly as our writer makes it leaves no room for
differences between readers (hidden bytes, two entries of one name, two ends, names that are paths elsewhere). What the
directory claims is checked before anything of that size is read.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from storage.zip_layout import (
    RECORD_BYTES_MAX,
    TAIL_BYTES,
    BadZipError,
    Directory,
    Place,
    end,
    local_header,
    name_allowed,
    read_end,
    read_record,
    record,
)

MIMETYPE_ENTRY = "mimetype"
_CHUNK_BYTES = 1 << 20


class Entry(NamedTuple):
    """An entry: its name, its size and the SHA-256 (`sha256:<hex>`) of its bytes."""

    name: str
    size_bytes: int
    digest: str


class StoredZipWriter:
    """Writes entries one after the other, the mimetype first, over whatever the file held; a context manager.

    A file that an error interrupts has no end, and no reader takes it.
    """

    def __init__(self, path: Path, mimetype: str) -> None:
        self._file = path.open("wb")
        self._places: list[Place] = []
        self.add(MIMETYPE_ENTRY, mimetype.encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._file:
            if error is None:
                offset = self._file.tell()
                self._file.writelines(map(record, self._places))
                self._file.write(end(Directory(offset, self._file.tell() - offset, len(self._places))))

    def add(self, name: str, data: bytes) -> Entry:
        """Append an entry made of these bytes."""
        return self._append(name, len(data), (data,), crc=zlib.crc32(data))

    def add_file(self, name: str, path: Path) -> Entry:
        """Append an entry with the file's content, in pieces."""
        with path.open("rb") as source:
            pieces = iter(lambda: source.read(_CHUNK_BYTES), b"")
            return self._append(name, os.fstat(source.fileno()).st_size, pieces)

    def _append(self, name: str, size_bytes: int, pieces: Iterable[bytes], *, crc: int = 0) -> Entry:
        if not name_allowed(name):
            raise ValueError(f"{name!r} cannot be an entry's name: use letters, digits, '_', '-', '.' and single '/'")
        place = Place(name, size_bytes, crc, self._file.tell())
        self._file.write(local_header(place))
        crc, digest = 0, hashlib.sha256()
        for piece in pieces:
            crc = zlib.crc32(piece, crc)
            digest.update(piece)
            self._file.write(piece)
        if self._file.tell() != place.stop:
            raise ValueError(f"{name!r} changed its size while it was read: leave the file alone and write again")
        if crc != place.crc:
            place = place._replace(crc=crc)
            self._file.seek(place.offset)
            self._file.write(local_header(place))
            self._file.seek(place.stop)
        self._places.append(place)
        return Entry(name, size_bytes, f"sha256:{digest.hexdigest()}")


class StoredZip:
    """Reads a file that `StoredZipWriter` wrote; a context manager.

    Raises:
        BadZipError: on opening, if the file differs in form from what the writer makes.
    """

    def __init__(self, path: Path, mimetype: str, *, entries_max: int) -> None:
        self._label = path.name
        self._file = path.open("rb")
        self._names: dict[str, int] = {}
        self._sizes, self._crcs, self._offsets = array("Q"), array("I"), array("Q")
        try:
            with self._explained():
                self._read_directory(entries_max)
                if self.read(MIMETYPE_ENTRY, bytes_max=200) != mimetype.encode():
                    raise BadZipError(f"it is no {mimetype}")
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _read_directory(self, entries_max: int) -> None:
        """Note the entries, in columns; they must lie one behind the other from the first byte to the directory."""
        size_bytes = os.fstat(self._file.fileno()).st_size
        self._file.seek(max(0, size_bytes - TAIL_BYTES))
        directory = read_end(self._file.read(TAIL_BYTES), size_bytes)
        if not 0 < directory.entries <= entries_max:
            raise BadZipError(f"it has {directory.entries} entries, allowed are 1 to {entries_max}")
        if directory.size_bytes > directory.entries * RECORD_BYTES_MAX:
            raise BadZipError("its directory is longer than its entries need")
        self._file.seek(directory.offset)
        seen: set[str] = set()
        reached = read = 0
        for _ in range(directory.entries):
            place = read_record(self._file)
            read += len(record(place))
            if place.name.casefold() in seen:
                raise BadZipError(f"two entries have the same name {place.name!r}, or differ only in capitals")
            if place.offset != reached:
                raise BadZipError(f"there are bytes of no entry before {place.name!r}, or entries overlap")
            if place.stop > directory.offset:
                raise BadZipError(f"there are bytes of no entry before its directory: {place.name!r} reaches into it")
            self._check_header(place)
            seen.add(place.name.casefold())
            self._note(place)
            reached = place.stop
        if reached != directory.offset or read != directory.size_bytes:
            raise BadZipError("there are bytes of no entry before its directory or in it")
        if next(iter(self._names)) != MIMETYPE_ENTRY:
            raise BadZipError("its first entry is not the mimetype")

    def _note(self, place: Place) -> None:
        self._names[place.name] = len(self._names)
        self._sizes.append(place.size_bytes)
        self._crcs.append(place.crc)
        self._offsets.append(place.offset)

    def _place(self, name: str) -> Place:
        """Raises BadZipError: there is no such entry."""
        if (row := self._names.get(name)) is None:
            raise BadZipError(f"it has no entry {name!r}")
        return Place(name, self._sizes[row], self._crcs[row], self._offsets[row])

    def _check_header(self, place: Place) -> None:
        wanted = local_header(place)
        header = os.pread(self._file.fileno(), len(wanted), place.offset)
        if header != wanted:
            named = header[-len(place.name) :] == place.name.encode()
            other = "another header" if named else "another name"
            raise BadZipError(f"entry {place.name!r} has {other} in its place than in the directory")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except BadZipError as error:
            raise BadZipError(f"{self._label}: {error}; fetch the file again, or make it again with Mo") from error

    @property
    def names(self) -> tuple[str, ...]:
        """Of all entries, in the order in which they lie there."""
        return tuple(self._names)

    def size(self, name: str) -> int:
        """Bytes of the entry.

        Raises:
            BadZipError: there is no such entry.
        """
        return self._place(name).size_bytes

    def read(self, name: str, *, bytes_max: int) -> bytes:
        """The entry's bytes; raises as `pieces`."""
        return b"".join(self.pieces(name, bytes_max=bytes_max))

    def pieces(self, name: str, *, bytes_max: int) -> Iterator[bytes]:
        """The entry's bytes, one piece after the other.

        Raises:
            BadZipError: no such entry, longer than `bytes_max`, or damaged, which is known at its end.
        """
        if (size := self.size(name)) > bytes_max:
            raise BadZipError(f"entry {name!r} has {size} bytes, allowed are {bytes_max}")
        return self._content(name)

    def part(self, name: str, start: int, stop: int) -> bytes:
        """Some of the entry's bytes, as they are now: whether the entry is damaged is known to who read it whole.

        Raises:
            BadZipError: no such entry, or it does not reach so far.
        """
        place = self._place(name)
        if not 0 <= start <= stop <= place.size_bytes:
            raise BadZipError(f"entry {name!r} has no bytes {start} to {stop}")
        return os.pread(self._file.fileno(), stop - start, place.start + start)

    def extract(self, name: str, target: Path) -> str:
        """Write the entry to the new file `target`; the SHA-256 (`sha256:<hex>`) of what was written.

        Raises:
            BadZipError: no such entry, or damaged.
        """
        self.size(name)
        digest = hashlib.sha256()
        with target.open("xb") as file:
            for piece in self._content(name):
                digest.update(piece)
                file.write(piece)
        return f"sha256:{digest.hexdigest()}"

    def _content(self, name: str) -> Iterator[bytes]:
        place = self._place(name)
        crc, reached = 0, place.start
        while reached < place.stop:
            piece = os.pread(self._file.fileno(), min(_CHUNK_BYTES, place.stop - reached), reached)
            crc = zlib.crc32(piece, crc)
            yield piece
            reached = reached + len(piece) if piece else place.stop
        if crc != place.crc:
            raise BadZipError(f"entry {name!r} is damaged: fetch the file again, or make it again with Mo")
