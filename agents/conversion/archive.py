"""The zip that torch.save writes, read with no tolerance for tricks; the sizes are known before anything is read.

PyTorch reads zips with a library of its own. Where a file leaves two readers room to differ (hidden bytes, two entries
of one name, a name or a size that the entry and the directory give differently) one of them could be shown what the
other never sees, so such a file is refused: what this reader has seen is what PyTorch will read.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, NamedTuple

from agents.sandbox.inside import Refused

ZIP_MARK = b"PK\x03\x04"
ENTRIES_MAX = 100_000
DIRECTORY_BYTES_MAX = 64 << 20
NAME_CHARS_MAX = 255

_END = struct.Struct("<4s4H2IH")
_END64_PLACE = struct.Struct("<4sIQI")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCAL = struct.Struct("<4s5H3I2H")
_DESCRIPTOR = struct.Struct("<4s3I")
_DESCRIPTOR64 = struct.Struct("<4sI2Q")
_END_MARK, _END64_PLACE_MARK, _END64_MARK, _DESCRIPTOR_MARK = b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06", b"PK\x07\x08"
_ENCRYPTED, _HAS_DESCRIPTOR = 0x01 | 0x40, 0x08
_NAME = re.compile(r"[^/\\\x00-\x1f\x7f]+(/[^/\\\x00-\x1f\x7f]+)*")


class Entry(NamedTuple):
    """Where the bytes of an entry lie in the file, how many they are, and their CRC-32."""

    place: int
    size_bytes: int
    crc: int


def _refused(detail: str) -> Refused:
    return Refused("weights_zip_refused", detail=detail)


def read_archive(path: Path) -> Mapping[str, Entry]:
    """The entries of the zip at `path`, by their names without the folder they all lie in; their bytes are not read.

    Raises:
        Refused: `weights_cut_off` (it has no end), `weights_are_program` (TorchScript, torch.export),
            `weights_not_pytorch` (another zip), `weights_zip_refused` with what is not as torch.save writes it.
    """
    with path.open("rb") as file:
        start = _directory(file, path.stat().st_size)
        try:
            with zipfile.ZipFile(file) as zipped:
                infos = zipped.infolist()
                if zipped.start_dir != start:
                    raise _refused("bytes before its beginning")
        except (zipfile.BadZipFile, struct.error, EOFError, NotImplementedError, UnicodeDecodeError) as error:
            raise _refused("its directory is damaged") from error
        _check_kind({info.filename.partition("/")[2] for info in infos})
        places = _places(file, infos, start)
    folder = infos[0].filename.partition("/")[0] + "/"
    if not all(info.filename.startswith(folder) for info in infos):
        raise _refused("entries outside of the one folder that torch.save makes")
    return {
        info.filename.removeprefix(folder): Entry(places[info.filename], info.file_size, info.CRC) for info in infos
    }


def _check_kind(names: set[str]) -> None:
    """The first folder is called like the file was when it was saved; what lies in it says what wrote it."""
    if "constants.pkl" in names or any(name.startswith("code/") for name in names):
        raise Refused("weights_are_program", form="TorchScript")
    if "archive_format" in names:
        raise Refused("weights_are_program", form="torch.export")
    if "data.pkl" not in names:
        raise Refused("weights_not_pytorch", looks_like="zip")


def _directory(file: IO[bytes], size: int) -> int:
    """Where the directory begins, if it is of a sane size and followed by the one end of the file."""
    file.seek(max(0, size - _END.size))
    tail = file.read()
    if len(tail) < _END.size or not tail.startswith(_END_MARK):
        if _END_MARK in _last(file, size):
            raise _refused("a comment, or something that follows its end")
        raise Refused("weights_cut_off")
    _, disk, first_disk, here, count, length, start, _ = _END.unpack(tail)
    end = size - _END.size
    file.seek(max(0, end - _END64_PLACE.size))
    locator = file.read(_END64_PLACE.size)
    if locator.startswith(_END64_PLACE_MARK):
        place = _END64_PLACE.unpack(locator)[2]
        file.seek(place)
        record = file.read(_END64.size)
        if len(record) < _END64.size or not record.startswith(_END64_MARK):
            raise _refused("its end is damaged")
        _, extent, _, _, disk, first_disk, here, count, length, start = _END64.unpack(record)
        if extent != _END64.size - 12 or place + _END64.size != end - _END64_PLACE.size:
            raise _refused("bytes of no entry at its end")
        end = place
    if disk or first_disk or here != count:
        raise _refused("parts on other disks")
    if not 0 < count <= ENTRIES_MAX or length > DIRECTORY_BYTES_MAX:
        raise _refused(f"{count} entries")
    if start + length != end:
        raise _refused("bytes of no entry before its end")
    return int(start)


def _last(file: IO[bytes], size: int) -> bytes:
    file.seek(max(0, size - _END.size - 0xFFFF))
    return file.read()


def _places(file: IO[bytes], infos: list[zipfile.ZipInfo], directory: int) -> dict[str, int]:
    """Where each entry's bytes begin, if the entries lie one behind the other from the first byte to the directory."""
    places: dict[str, int] = {}
    begin = 0
    for info in sorted(infos, key=lambda each: each.header_offset):
        _check_entry(info)
        if info.filename in places:
            raise _refused(f"two entries of the name {info.filename!r}")
        if info.header_offset != begin:
            raise _refused(f"entries that overlap, or bytes of no entry, before {info.filename!r}")
        place = places[info.filename] = _place(file, info)
        begin = place + info.file_size + _descriptor(file, info, place + info.file_size)
    if begin != directory:
        raise _refused("bytes of no entry before its directory")
    return places


def _check_entry(info: zipfile.ZipInfo) -> None:
    name = info.orig_filename
    if len(name) > NAME_CHARS_MAX or not _NAME.fullmatch(name) or {".", ".."} & set(name.split("/")):
        raise _refused(f"an entry of the name {name!r}")
    if info.filename != name or "/" not in name:
        raise _refused(f"an entry of the name {name!r}")
    if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
        raise _refused(f"a compressed entry {name!r}: torch.save compresses nothing")
    if info.flag_bits & _ENCRYPTED:
        raise _refused(f"an encrypted entry {name!r}")
    if info.external_attr & 0x10 or stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
        raise _refused(f"an entry {name!r} that is no plain file")


def _place(file: IO[bytes], info: zipfile.ZipInfo) -> int:
    """Where the entry's bytes begin, if its own header says what the directory says."""
    file.seek(info.header_offset)
    header = file.read(_LOCAL.size)
    if len(header) < _LOCAL.size or not header.startswith(ZIP_MARK):
        raise _refused(f"no header at the place of {info.filename!r}")
    _, _, flags, method, _, _, crc, packed, unpacked, name_bytes, extra_bytes = _LOCAL.unpack(header)
    if file.read(name_bytes) != info.filename.encode():
        raise _refused(f"another name at the place of {info.filename!r}")
    left_open = flags & _HAS_DESCRIPTOR and (crc, packed, unpacked) == (0, 0, 0)
    sizes = {info.file_size, 0xFFFFFFFF}
    if method != zipfile.ZIP_STORED or flags != info.flag_bits or not (left_open or {packed, unpacked} <= sizes):
        raise _refused(f"two sizes of {info.filename!r}")
    return info.header_offset + _LOCAL.size + int(name_bytes + extra_bytes)


def _descriptor(file: IO[bytes], info: zipfile.ZipInfo, end: int) -> int:
    """Bytes of the sizes that follow an entry where its header left them open."""
    if not info.flag_bits & _HAS_DESCRIPTOR:
        return 0
    file.seek(end)
    found = file.read(_DESCRIPTOR64.size)
    for form in (_DESCRIPTOR, _DESCRIPTOR64):
        if len(found) >= form.size and form.unpack(found[: form.size]) == (
            _DESCRIPTOR_MARK,
            info.CRC,
            info.file_size,
            info.file_size,
        ):
            return form.size
    raise _refused(f"two sizes of {info.filename!r}")
