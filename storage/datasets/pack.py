"""Mo's dataset pack: images as they came, their labels, and which ones were left out and why.

A zip of stored entries: `mimetype`, `images/<number>.<format>`, `records.jsonl`, `dropped.jsonl`, `dataset.json`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import msgspec

from schemas.specs.mapping import Kind
from storage.datasets.figures import Figures, Histograms, Marked
from storage.datasets.records import Lines
from storage.stored_zip import StoredZip, StoredZipWriter
from storage.zip_layout import BadZipError

MIMETYPE = "application/vnd.mo.dataset+zip"
FORMAT_VERSION = 2
RECORDS_MAX = 1_000_000
TABLE_BYTES_MAX = 1 << 30
INFO_BYTES_MAX = 64 << 20
IMAGE_BYTES_MAX = 256 << 20
VALUES_MAX = 1000
COORDINATE_MAX = 1e9

RECORDS_ENTRY, DROPPED_ENTRY, INFO_ENTRY = "records.jsonl", "dropped.jsonl", "dataset.json"


class PackTask(msgspec.Struct, frozen=True):
    """A task of the dataset and its classes, in order; for a sequence, the symbols that texts are made of."""

    name: str
    classes: tuple[str, ...]


class Box(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A box as it was annotated: left, top, width and height in pixels of the decoded image, turned as its EXIF says.

    It may reach beyond the image; it is never clipped. `area` is the annotation's own (COCO: that of the segmentation),
    None where it is width x height. `crowd` is COCO's iscrowd; `difficult` boxes are neither found nor missed.

    Raises:
        ValueError: a number is not finite, or width or height not positive.
    """

    label: str
    x: float
    y: float
    width: float
    height: float
    area: float | None = None
    crowd: bool = False
    difficult: bool = False
    attributes: dict[str, str] = {}

    def __post_init__(self) -> None:
        if (problem := box_problem(self.x, self.y, self.width, self.height, self.area)) is not None:
            raise ValueError(problem)

    @property
    def pixels(self) -> float:
        """The area that counts, in pixels."""
        return self.width * self.height if self.area is None else self.area


def box_problem(x: float, y: float, width: float, height: float, area: float | None = None) -> str | None:
    """Why there can be no such box: a code, or None."""
    fine = -COORDINATE_MAX <= x <= COORDINATE_MAX and -COORDINATE_MAX <= y <= COORDINATE_MAX
    if not (fine and -COORDINATE_MAX <= width <= COORDINATE_MAX and -COORDINATE_MAX <= height <= COORDINATE_MAX):
        return "box_not_finite"
    if area is not None and not 0 <= area <= COORDINATE_MAX**2:
        return "box_not_finite"
    if width < 0 or height < 0:
        return "box_negative"
    return "box_empty" if width == 0 or height == 0 else None


class ImageRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An image: `entry` in the pack, the name people know it by, its digest, size in pixels, and what is said of it.

    `labels`: a class (in a sequence dataset: the text) per task. `attributes`: everything that no task was mapped to.
    """

    name: str
    entry: str
    sha256: str
    width: int
    height: int
    labels: dict[str, str]
    boxes: tuple[Box, ...] = ()
    attributes: dict[str, str] = {}


class DroppedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Something of the package that is not in the pack: its name there, the code why, and the code's parameters."""

    name: str
    code: str
    params: dict[str, str] = {}


class DroppedValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value that dropped `count` images, with the parameters of their codes that say of what."""

    code: str
    count: int
    params: dict[str, str] = {}


class PackInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What the pack holds.

    `reasons` counts the dropped records by code, `values` those that a value dropped by it, the most frequent first (at
    most `VALUES_MAX`). `dimensions`: attribute -> value -> images; attributes with too many values are in `left_out`.
    Format 1 had classification only, and none of the counts but `reasons`.
    """

    type: Kind
    tasks: tuple[PackTask, ...]
    images: int
    dropped: int
    reasons: dict[str, int] = {}
    values: tuple[DroppedValue, ...] = ()
    dimensions: dict[str, dict[str, int]] = {}
    left_out: tuple[str, ...] = ()
    histograms: Histograms = Histograms()
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
        self._figures = Figures()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.__exit__(kind, error, at)

    def add(
        self,
        data: bytes,
        *,
        name: str,
        suffix: str,
        width: int,
        height: int,
        labels: dict[str, str],
        boxes: tuple[Box, ...] = (),
        attributes: dict[str, str] | None = None,
    ) -> None:
        """Append an image's bytes; `suffix` is its format's usual file ending without the dot."""
        entry = self._zip.add(f"images/{len(self._records):07d}.{suffix}", data)
        record = ImageRecord(
            name=name,
            entry=entry.name,
            sha256=entry.digest,
            width=width,
            height=height,
            labels=labels,
            boxes=boxes,
            attributes=attributes or {},
        )
        self._records.append(record)
        marked = (Marked(box.label, box.pixels) for box in boxes)
        self._figures.add((width, height), labels, record.attributes, marked)

    def drop(self, record: DroppedRecord) -> None:
        """Say that something was left out."""
        self._dropped.append(record)

    def finish(self, tasks: tuple[PackTask, ...], kind: Kind = "classification") -> PackInfo:
        """Write the tables; nothing can be added afterwards."""
        info = PackInfo(
            type=kind,
            tasks=tasks,
            images=len(self._records),
            dropped=len(self._dropped),
            reasons=reasons_of(self._dropped),
            values=values_of(self._dropped),
            dimensions=self._figures.dimensions(),
            left_out=self._figures.left_out(),
            histograms=self._figures.histograms(kind, ((task.name, task.classes) for task in tasks)),
        )
        self._zip.add(RECORDS_ENTRY, _lines(self._records))
        self._zip.add(DROPPED_ENTRY, _lines(self._dropped))
        self._zip.add(INFO_ENTRY, msgspec.json.encode(info, order="deterministic"))
        return info


def reasons_of(dropped: Iterable[DroppedRecord]) -> dict[str, int]:
    """How many were dropped for each code, in the order of the codes."""
    return dict(sorted(Counter(record.code for record in dropped).items()))


def values_of(dropped: Iterable[DroppedRecord]) -> tuple[DroppedValue, ...]:
    """The values that dropped images, the most frequent first."""
    counts = Counter(
        (record.code, tuple(sorted(record.params.items()))) for record in dropped if record.params.keys() >= {"key"}
    )
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:VALUES_MAX]
    return tuple(DroppedValue(code=code, count=count, params=dict(params)) for (code, params), count in ordered)


class DatasetPack:
    """An opened pack: records and images read one by one in any order; a context manager.

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
        self.info = msgspec.json.decode(self._zip.read(INFO_ENTRY, bytes_max=INFO_BYTES_MAX), type=PackInfo)
        if self.info.format_version > FORMAT_VERSION:
            raise PackError(f"the pack has format {self.info.format_version}, newer than {FORMAT_VERSION}: upgrade Mo")
        self.records = Lines(self._zip, RECORDS_ENTRY, ImageRecord, bytes_max=TABLE_BYTES_MAX)
        images = [name for name in self._zip.names if name.startswith("images/")]
        alike = len(images) == len(self.records) == self.info.images
        if not alike or any(record.entry != name for record, name in zip(self.records, images, strict=True)):
            raise PackError("its records and its images do not agree")

    def dropped(self) -> tuple[DroppedRecord, ...]:
        """The drop ledger."""
        data = self._zip.read(DROPPED_ENTRY, bytes_max=TABLE_BYTES_MAX)
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
