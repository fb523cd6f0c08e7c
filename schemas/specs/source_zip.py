"""Zips of Python files as people make them, read into memory with no tolerance for tricks.

Unlike our own files these are compressed and carry what the packing program adds; so what is read is bounded by what
comes out of it, not by what the archive says of itself.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterable, Mapping

from schemas.values import Code, sayable

ZIP_BYTES_MAX = 1 << 20
UNPACKED_BYTES_MAX = 2 << 20
ENTRIES_MAX = 200
NAME_CHARS_MAX = 200

_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_MODULE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*/)*[A-Za-z_][A-Za-z0-9_]*\.py")
_LITTER = frozenset({"__MACOSX", "__pycache__"})
"""What packing programs and interpreters leave behind; also everything that begins with a dot."""
_NEEDED = frozenset({"torch", "numpy"})
_ENCRYPTED = 0x01
_PACKINGS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""What packing programs write unless they are told otherwise."""
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, UnicodeDecodeError, ValueError)


def is_zip(data: bytes) -> bool:
    """Whether the bytes begin as a zip does; no Python file does."""
    return data.startswith(_MAGIC)


def unpacked(data: bytes) -> dict[str, bytes] | Code:
    """The archive's Python files by their path; one folder around everything that is no package is taken away.

    Or why it is refused: `structure_zip_damaged`, `structure_zip_too_large`, `structure_zip_entry` (a name that is no
    module's, a link, an encrypted entry, one name twice), `structure_zip_shadows` (a file with the name of a module
    that networks need).
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [each for each in archive.infolist() if not each.is_dir() and not _litter(each.filename)]
            if len(entries) > ENTRIES_MAX or sum(each.file_size for each in entries) > UNPACKED_BYTES_MAX:
                return _too_large()
            if (wrong := _wrong_entry(entries)) is not None:
                return Code("structure_zip_entry", {"name": wrong[:NAME_CHARS_MAX]})
            if (packed := next((each for each in entries if each.compress_type not in _PACKINGS), None)) is not None:
                return _damaged(f"{packed.filename}: compression method {packed.compress_type}")
            files = _read(archive, entries)
    except _DAMAGED as error:
        return _damaged(str(error))
    if files is None:
        return _too_large()
    files = _without_wrapping(files)
    shadowed = sorted({path.split("/")[0].removesuffix(".py") for path in files} & (_NEEDED | sys.stdlib_module_names))
    return Code("structure_zip_shadows", {"name": shadowed[0]}) if shadowed else files


def _litter(name: str) -> bool:
    return any(part in _LITTER or part.startswith(".") for part in name.split("/") if part not in (".", ".."))


def _wrong_entry(entries: Iterable[zipfile.ZipInfo]) -> str | None:
    seen: set[str] = set()
    for each in entries:
        # archives made on other systems say nothing about the kind; those that do must say "plain file"
        kind = stat.S_IFMT(each.external_attr >> 16)
        plain = kind in (0, stat.S_IFREG) and not each.flag_bits & _ENCRYPTED
        named = _MODULE.fullmatch(each.filename) and each.orig_filename == each.filename
        if not (plain and named) or len(each.filename) > NAME_CHARS_MAX or each.filename.casefold() in seen:
            return each.orig_filename
        seen.add(each.filename.casefold())
    return None


def _read(archive: zipfile.ZipFile, entries: Iterable[zipfile.ZipInfo]) -> dict[str, bytes] | None:
    """The files; None where more comes out than the archive said."""
    left = UNPACKED_BYTES_MAX
    files: dict[str, bytes] = {}
    for each in entries:
        with archive.open(each) as file:
            files[each.filename] = file.read(left + 1)
        if (left := left - len(files[each.filename])) < 0:
            return None
    return files


def _without_wrapping(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """People zip the folder that their files lie in: those files import each other without its name."""
    roots = {path.split("/")[0] for path in files}
    root = min(roots, default="")
    if len(roots) != 1 or root in files or f"{root}/__init__.py" in files:
        return dict(files)
    return {path.removeprefix(f"{root}/"): source for path, source in files.items()}


def _damaged(detail: str) -> Code:
    return Code("structure_zip_damaged", {"detail": sayable(detail[:200])})


def _too_large() -> Code:
    params = {"files_max": str(ENTRIES_MAX), "size_max_bytes": str(UNPACKED_BYTES_MAX)}
    return Code("structure_zip_too_large", params)
