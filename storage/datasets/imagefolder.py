"""Reads an uploaded zip in ImageFolder layout: `<class>/<image>`, optionally all under one more folder.

Names in the package are labels: none is ever used as a path. Limits hold before anything is unpacked.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from storage.datasets.pack import DroppedRecord

ENTRIES_MAX = 1_000_000
TOTAL_BYTES_MAX = 100 << 30
IMAGE_BYTES_MAX = 64 << 20
RATIO_MAX = 200
RATIO_FREE_BYTES = 1 << 20
CLASSES_MAX = 100_000
NAME_CHARS_MAX = 1000
CLASS_CHARS_MAX = 200

_SPLITS = frozenset({"train", "val", "valid", "validation", "test"})
_JUNK = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_UTF8_FLAG = 0x800
_ENCRYPTED_FLAG = 0x01


class Candidate(NamedTuple):
    """A file that may be an image: its name under the class folders' root, its class, and its entry in the package."""

    name: str
    label: str
    info: zipfile.ZipInfo


class PackageError(ValueError):
    """The package cannot be read as a whole; `code` and `params` say why."""

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        self.params = {name: str(value) for name, value in params.items()}
        super().__init__(f"{code} {self.params}")


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


def _parts(info: zipfile.ZipInfo) -> tuple[str, ...] | None:
    """The name's parts; None if it is a name that no honest tool writes."""
    name = _name(info)
    parts = tuple(name.split("/"))
    strange = len(name) > NAME_CHARS_MAX or "\\" in name or any(ord(char) < 32 for char in name)
    if strange or any(part in ("", ".", "..") for part in parts) or ":" in parts[0]:
        return None
    return parts


def _dropped(info: zipfile.ZipInfo, code: str) -> DroppedRecord:
    return DroppedRecord(name=_name(info)[:NAME_CHARS_MAX], code=code)


def _entry_problem(info: zipfile.ZipInfo) -> str | None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "not_a_file"
    if info.flag_bits & _ENCRYPTED_FLAG:
        return "file_encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "compression_unknown"
    if info.file_size > IMAGE_BYTES_MAX:
        return "file_too_large"
    if info.file_size > max(RATIO_FREE_BYTES, RATIO_MAX * info.compress_size):
        return "compression_ratio_too_high"
    return None


class ImageFolder:
    """An opened package; a context manager. `candidates` in the order of their names, `dropped` what is not one.

    Raises:
        PackageError: `package_malformed`, `package_too_large`, `package_splits` (train, val, ... side by side),
            `package_classes_too_many`, `package_name_twice`.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise PackageError("package_malformed") from error
        try:
            self.dropped: list[DroppedRecord] = []
            self.candidates = self._scan()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()

    @property
    def classes(self) -> tuple[str, ...]:
        """The class folders' names, in alphabetical order."""
        return tuple(sorted({candidate.label for candidate in self.candidates}))

    def _files(self) -> dict[tuple[str, ...], zipfile.ZipInfo]:
        infos = [info for info in self._zip.infolist() if not info.filename.endswith("/")]
        total = sum(info.file_size for info in infos)
        if len(infos) > ENTRIES_MAX or total > TOTAL_BYTES_MAX:
            raise PackageError("package_too_large", files=len(infos), bytes=total)
        files: dict[tuple[str, ...], zipfile.ZipInfo] = {}
        for info in infos:
            if any(junk in info.filename for junk in _JUNK):
                continue
            parts = _parts(info)
            problem = "name_not_allowed" if parts is None else _entry_problem(info)
            if parts is None or problem is not None:
                self.dropped.append(_dropped(info, problem or "name_not_allowed"))
            elif parts in files:
                raise PackageError("package_name_twice", name="/".join(parts)[:CLASS_CHARS_MAX])
            else:
                files[parts] = info
        return files

    def _scan(self) -> tuple[Candidate, ...]:
        files = self._files()
        nested = [parts for parts in files if len(parts) >= 3]
        tops = {parts[0] for parts in files if len(parts) >= 2}
        flat = any(len(parts) == 2 for parts in files if parts[-1].lower().endswith(_ENDINGS))
        skip = 1 if nested and len(tops) == 1 and not flat else 0
        folders = {parts[skip].lower() for parts in files if len(parts) >= skip + 2}
        if len(folders) > 1 and folders <= _SPLITS and nested:
            raise PackageError("package_splits", folders=", ".join(sorted(folders)))
        found = []
        for parts, info in sorted(files.items()):
            if len(parts) < skip + 2:
                self.dropped.append(_dropped(info, "no_class_folder"))
            elif len(parts[skip]) > CLASS_CHARS_MAX:
                self.dropped.append(_dropped(info, "class_name_too_long"))
            else:
                found.append(Candidate("/".join(parts[skip:]), parts[skip], info))
        if len({candidate.label for candidate in found}) > CLASSES_MAX:
            raise PackageError("package_classes_too_many", max=CLASSES_MAX)
        return tuple(found)

    def read(self, candidate: Candidate) -> bytes | None:
        """The file's bytes; None if the package is damaged there."""
        try:
            with self._zip.open(candidate.info) as file:
                data = file.read(candidate.info.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError):
            return None
        return data if len(data) == candidate.info.file_size else None


_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
