"""The bytes around the entries of a stored zip, exactly as our writer puts them: what differs from them is refused.

Readers of zip files believe different parts of them (the header in front of an entry, the directory, the first or the
last end). Here every header follows from name, size, CRC and place, so nothing is left that one of them could say
differently. Layout: PKWARE's APPNOTE 6.3.10, sections 4.3 to 4.5.
"""

from __future__ import annotations

import re
import stat
import struct
from typing import IO, NamedTuple

NAME_CHARS_MAX = 255
TAIL_BYTES = 1 << 16
"""So much of a file's end tells where its directory is, or what somebody put behind it."""
RECORD_BYTES_MAX = 46 + NAME_CHARS_MAX + 4 + 3 * 8

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_MODE = stat.S_IFREG | 0o644
_UNIX = 3
_MIDNIGHT, _EPOCH = 0, 1 << 5 | 1
"""1980-01-01, the first moment that the format knows."""
_ENCRYPTED, _SIZE_FOLLOWS = 0x01, 0x08
_PLAIN, _LARGE = 20, 45
"""The version of the format that a reader needs."""
_SIZE_MAX = (1 << 31) - 1
"""Larger numbers go into 64-bit fields: some readers take 32 bits for signed."""
_ELSEWHERE, _COUNT_ELSEWHERE = 0xFFFFFFFF, 0xFFFF
_LARGE_FIELD = 1

_LOCAL = struct.Struct("<4s5H3I2H")
_RECORD = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR = struct.Struct("<4sIQI")
_LOCAL_MARK, _RECORD_MARK, _END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_END64_MARK, _LOCATOR_MARK = b"PK\x06\x06", b"PK\x06\x07"


class BadZipError(ValueError):
    """The file is not what our writer makes; the text says where it differs and what to do."""


class Place(NamedTuple):
    """An entry: its name, its bytes and their CRC-32, and where its header begins."""

    name: str
    size_bytes: int
    crc: int
    offset: int

    @property
    def start(self) -> int:
        """Where its bytes begin."""
        return self.offset + len(local_header(self))

    @property
    def stop(self) -> int:
        """Where its bytes end, and the next header begins."""
        return self.start + self.size_bytes


class Directory(NamedTuple):
    """Where the directory lies, and how many entries it has."""

    offset: int
    size_bytes: int
    entries: int


def name_allowed(name: str) -> bool:
    """Whether an entry may have this name: plain letters and digits, `_`, `-`, `.` and single `/`."""
    return len(name) <= NAME_CHARS_MAX and _NAME.fullmatch(name) is not None


def local_header(place: Place) -> bytes:
    """The header in front of the entry."""
    size, name = place.size_bytes, place.name.encode()
    large = size > _SIZE_MAX
    extra = _large_field(size, size) if large else b""
    said = _ELSEWHERE if large else size
    version = _LARGE if large else _PLAIN
    return (
        _LOCAL.pack(
            _LOCAL_MARK, version, 0, 0, _MIDNIGHT, _EPOCH, place.crc, said, said, len(name), len(extra)
        )
        + name
        + extra
    )  # fmt: skip


def record(place: Place) -> bytes:
    """The entry's record in the directory."""
    name = place.name.encode()
    large = [place.size_bytes, place.size_bytes] if place.size_bytes > _SIZE_MAX else []
    far = [place.offset] if place.offset > _SIZE_MAX else []
    extra = _large_field(*large, *far) if large or far else b""
    said = _ELSEWHERE if large else place.size_bytes
    offset = _ELSEWHERE if far else place.offset
    version = _LARGE if extra else _PLAIN
    made_by = _UNIX << 8 | version
    return (
        _RECORD.pack(
            _RECORD_MARK, made_by, version, 0, 0, _MIDNIGHT, _EPOCH, place.crc, said, said,
            len(name), len(extra), 0, 0, 0, _MODE << 16, offset,
        )
        + name
        + extra
    )  # fmt: skip


def end(directory: Directory) -> bytes:
    """What closes the file."""
    offset, size, entries = directory
    if offset <= _SIZE_MAX and size <= _SIZE_MAX and entries < _COUNT_ELSEWHERE:
        return _END.pack(_END_MARK, 0, 0, entries, entries, size, offset, 0)
    return (
        _END64.pack(_END64_MARK, _END64.size - 12, _LARGE, _LARGE, 0, 0, entries, entries, size, offset)
        + _LOCATOR.pack(_LOCATOR_MARK, 0, offset + size, 1)
        + _END.pack(
            _END_MARK, 0, 0, min(entries, _COUNT_ELSEWHERE), min(entries, _COUNT_ELSEWHERE),
            min(size, _ELSEWHERE), min(offset, _ELSEWHERE), 0,
        )
    )  # fmt: skip


def _large_field(*numbers: int) -> bytes:
    return struct.pack(f"<2H{len(numbers)}Q", _LARGE_FIELD, 8 * len(numbers), *numbers)


def read_end(tail: bytes, size_bytes: int) -> Directory:
    """The directory that the last `TAIL_BYTES` of a file of `size_bytes` speak of.

    Raises:
        BadZipError: it is no zip, or its end is not as ours.
    """
    if tail[-_END.size :][:4] != _END_MARK:
        raise BadZipError("something follows its end" if _END_MARK in tail else "it is no zip, or its end is missing")
    *_, entries, size, offset, comment_length = _END.unpack(tail[-_END.size :])
    if comment_length:
        raise BadZipError("it claims a comment behind its end")
    directory = Directory(offset, size, entries)
    length = len(end(directory))
    if length > _END.size and len(tail) >= length:
        *_, entries, size, offset = _END64.unpack(tail[-length:][: _END64.size])
        directory = Directory(offset, size, entries)
    if offset + size > size_bytes:  # before it is written again: a sum past 64 bits has no end
        raise BadZipError("there are bytes of no entry around its directory, or it is cut short")
    closing = end(directory)
    if not tail.endswith(closing):
        raise BadZipError("its end contradicts itself")
    if offset + size + len(closing) != size_bytes:
        raise BadZipError("there are bytes of no entry around its directory, or it is cut short")
    return directory


def read_local(data: bytes, offset: int) -> Place:
    """The entry whose header begins at `offset` of a file's first bytes.

    Raises:
        BadZipError: no header as ours lies there, or not all of it.
    """
    fixed = data[offset : offset + _LOCAL.size]
    if len(fixed) < _LOCAL.size:
        raise BadZipError("the header of an entry is cut short")
    *_, crc, _, size, name_length, extra_length = _LOCAL.unpack(fixed)
    name_at = offset + _LOCAL.size
    name = data[name_at : name_at + name_length].decode("utf-8", "backslashreplace")
    size, _ = _large(data[name_at + name_length :][:extra_length], size, 0)
    place = Place(name, size, crc, offset)
    # the name first: one that no header can hold cannot be written again either
    if not name_allowed(name) or not data.startswith(local_header(place), offset):
        raise BadZipError(f"the header of {name[:80]!r} is not as Mo writes it")
    return place


def read_record(file: IO[bytes]) -> Place:
    """The entry whose directory record comes next in the file.

    Raises:
        BadZipError: its name or its form is not as ours.
    """
    fixed = file.read(_RECORD.size)
    if len(fixed) != _RECORD.size or fixed[:4] != _RECORD_MARK:
        raise BadZipError("its directory is damaged")
    (
        _, _, _, flags, method, _, _, crc, stored_bytes, size, name_length, extra_length, comment_length, _, _,
        attributes, offset,
    ) = _RECORD.unpack(fixed)  # fmt: skip
    raw, extra, comment = (file.read(length) for length in (name_length, extra_length, comment_length))
    name = raw.decode("utf-8", "backslashreplace")
    if not name_allowed(name):
        raise BadZipError(f"{name[:80]!r} is no allowed name for an entry")
    if method or stored_bytes != size:
        raise BadZipError(f"entry {name!r} is compressed")
    if flags & (_ENCRYPTED | _SIZE_FOLLOWS):
        raise BadZipError(f"entry {name!r} is encrypted or has no size in front of it")
    if attributes >> 16 != _MODE:
        raise BadZipError(f"entry {name!r} is no plain file")
    size, offset = _large(extra, size, offset)
    place = Place(name, size, crc, offset)
    if record(place) != fixed + raw + extra + comment:
        raise BadZipError(f"entry {name!r} has something in the directory that Mo never writes")
    return place


def _large(extra: bytes, size: int, offset: int) -> tuple[int, int]:
    """Size and offset with what the extra field says of them; anything odd there is found when it is written again."""
    numbers = [number for (number,) in struct.iter_unpack("<Q", extra[4 : len(extra) - (len(extra) - 4) % 8])]
    if size == _ELSEWHERE and len(numbers) > 1:
        size, numbers = numbers[0], numbers[2:]
    if offset == _ELSEWHERE and numbers:
        offset = numbers[0]
    return size, offset
