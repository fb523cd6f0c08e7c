"""Mo's dataset pack: images as they came, their labels, and which ones were left out and why.

A zip of stored entries: `mimetype`, `images/<number>.<format>`, `records.jsonl`, `dropped.jsonl`, `dataset.json`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import msgspec

from storage.stored_zip import StoredZip, StoredZipWriter
from storage.zip_layout import BadZipError

MIMETYPE = "application/vnd.mo.dataset+zip"
FORMAT_VERSION = 1
RECORDS_MAX = 1_000_000
TABLE_BYTES_MAX = 1 << 30
INFO_BYTES_MAX = 64 << 20
IMAGE_BYTES_MAX = 256 << 20

_RECORDS, _DROPPED, _INFO = "records.jsonl", "dropped.jsonl", "dataset.json"


class PackTask(msgspec.Struct, frozen=True):
    """A classification task of the dataset and its classes, in order."""

    name: str
    classes: tuple[str, ...]


class ImageRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An image: `entry` in the pack, the name people know it by, its digest, its size in pixels, a class per task."""

    name: str
    entry: str
    sha256: str
    width: int
    height: int
    labels: dict[str, str]


class DroppedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Something of the package that is not in the pack: its name there, the code why, and the code's parameters."""

    name: str
    code: str
    params: dict[str, str] = {}


class PackInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What the pack holds. `reasons` counts the dropped records by code."""

    type: Literal["classification"]
    tasks: tuple[PackTask, ...]
    images: int
    dropped: int
    reasons: dict[str, int] = {}
    format: Literal["mo.dataset"] = "mo.dataset"
    format_version: int = FORMAT_VERSION


class PackError(ValueError):
    """The file is no dataset pack that can be used; the text says why and what to do."""


def _lines(records: list[ImageRecord] | list[DroppedRecord]) -> bytes:
    return msgspec.json.Encoder(order="deterministic").encode_lines(records)


class PackWriter:
    """Writes a pack: images one by one, then `finish`. Same input in the same order, same bytes. A context manager."""

    def __init__(self, path: Path) -> None:
        self._zip = StoredZipWriter(path, MIMETYPE)
        self._records: list[ImageRecord] = []
        self._dropped: list[DroppedRecord] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.__exit__(kind, error, at)

    def add(self, data: bytes, *, name: str, suffix: str, width: int, height: int, labels: dict[str, str]) -> None:
        """Append an image's bytes; `suffix` is its format's usual file ending without the dot."""
        entry = self._zip.add(f"images/{len(self._records):07d}.{suffix}", data)
        self._records.append(
            ImageRecord(name=name, entry=entry.name, sha256=entry.digest, width=width, height=height, labels=labels)
        )

    def drop(self, record: DroppedRecord) -> None:
        """Say that something was left out."""
        self._dropped.append(record)

    def finish(self, tasks: tuple[PackTask, ...]) -> PackInfo:
        """Write the tables; nothing can be added afterwards."""
        reasons: dict[str, int] = {}
        for record in self._dropped:
            reasons[record.code] = reasons.get(record.code, 0) + 1
        info = PackInfo(
            type="classification",
            tasks=tasks,
            images=len(self._records),
            dropped=len(self._dropped),
            reasons=dict(sorted(reasons.items())),
        )
        self._zip.add(_RECORDS, _lines(self._records))
        self._zip.add(_DROPPED, _lines(self._dropped))
        self._zip.add(_INFO, msgspec.json.encode(info, order="deterministic"))
        return info


class DatasetPack:
    """An opened pack: its tables in memory, images read one by one in any order; a context manager.

    Raises:
        PackError: on opening, if form and tables do not agree.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._zip = StoredZip(path, MIMETYPE, entries_max=RECORDS_MAX + 4)
        except BadZipError as error:
            raise PackError(str(error)) from error
        try:
            self._load()
        except (BadZipError, msgspec.MsgspecError, PackError) as error:
            self._zip.close()
            raise PackError(f"{error}: import the dataset again") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.__exit__(kind, error, at)

    def _load(self) -> None:
        self.info = msgspec.json.decode(self._zip.read(_INFO, bytes_max=INFO_BYTES_MAX), type=PackInfo)
        if self.info.format_version > FORMAT_VERSION:
            raise PackError(f"the pack has format {self.info.format_version}, newer than {FORMAT_VERSION}: upgrade Mo")
        records = msgspec.json.Decoder(ImageRecord).decode_lines(self._zip.read(_RECORDS, bytes_max=TABLE_BYTES_MAX))
        self.records: tuple[ImageRecord, ...] = tuple(records)
        images = {name for name in self._zip.names if name.startswith("images/")}
        if images != {record.entry for record in self.records} or len(images) != self.info.images:
            raise PackError("its records and its images do not agree")

    def dropped(self) -> tuple[DroppedRecord, ...]:
        """The drop ledger."""
        data = self._zip.read(_DROPPED, bytes_max=TABLE_BYTES_MAX)
        return tuple(msgspec.json.Decoder(DroppedRecord).decode_lines(data))

    def image(self, record: ImageRecord) -> bytes:
        """The image's bytes.

        Raises:
            PackError: they do not have the record's digest.
        """
        try:
            data = self._zip.read(record.entry, bytes_max=IMAGE_BYTES_MAX)
        except BadZipError as error:
            raise PackError(str(error)) from error
        if f"sha256:{hashlib.sha256(data).hexdigest()}" != record.sha256:
            raise PackError(f"{record.entry} does not have its record's digest: import the dataset again")
        return data
