"""Opens a dataset package of any format that Mo reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from schemas.specs.mapping import PackageKey
from storage.datasets.files import Files, PackageError
from storage.datasets.imagefolder import read_imagefolder, read_images
from storage.datasets.pack import DroppedRecord
from storage.datasets.source import Contents, SourceRecord

AUTO = "auto"

READERS: dict[str, Callable[[Files], Contents]] = {
    "imagefolder": read_imagefolder,
    "images": read_images,
}


class Package:
    """An opened package; a context manager. Iterating gives its images in the order of their names.

    `keys`: what its annotations say of images; `dropped`: what of it is no image with a clear annotation, and why.

    Raises:
        PackageError: the codes of `Files`, of the format's reader, and `package_format_unknown`.
    """

    def __init__(self, path: Path, format_: str) -> None:
        if (reader := READERS.get(format_)) is None:
            raise PackageError("package_format_unknown", format=format_, known=", ".join(READERS))
        self.format = format_
        self._files = Files(path)
        try:
            contents = reader(self._files)
        except BaseException:
            self._files.close()
            raise
        self.keys: tuple[PackageKey, ...] = contents.keys
        self.records: tuple[SourceRecord, ...] = contents.records

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._files.close()

    def __iter__(self) -> Iterator[SourceRecord]:
        return iter(self.records)

    def __len__(self) -> int:
        return len(self.records)

    @property
    def dropped(self) -> tuple[DroppedRecord, ...]:
        """What was left out so far."""
        return tuple(self._files.dropped)

    def read(self, record: SourceRecord) -> bytes | None:
        """The image's bytes; None if the package is damaged there."""
        return self._files.read(record.parts)


def open_package(path: Path, format_: str = "imagefolder") -> Package:
    """The package in this zip or folder. Raises as `Package`."""
    return Package(path, format_)
