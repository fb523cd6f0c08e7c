"""Opens a dataset package of any format that Mo reads, a zip or a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from schemas.specs.mapping import PackageKey
from storage.datasets.coco import coco_tables, read_coco
from storage.datasets.files import Files, PackageError
from storage.datasets.imagefolder import read_imagefolder, read_images
from storage.datasets.labelx import labelx_tables, read_labelx
from storage.datasets.mo import is_mo, read_mo
from storage.datasets.pack import DroppedRecord
from storage.datasets.source import Contents, SourceRecord, is_image, split_named
from storage.datasets.voc import read_voc, voc_tables
from storage.datasets.yolo import is_yolo, read_yolo

AUTO = "auto"

_PLAIN_FOLDERS = frozenset({"images", "image", "imgs", "img", "jpegimages", "photos", "pictures"})

READERS: dict[str, Callable[[Files, str], Contents]] = {
    "labelx": read_labelx,
    "coco": read_coco,
    "voc": read_voc,
    "yolo": read_yolo,
    "imagefolder": read_imagefolder,
    "images": read_images,
    "mo": read_mo,
}


def format_of(files: Files) -> str:
    """The format that the package is in. Images in folders of other names than `images` are ImageFolder, else `images`.

    Raises:
        PackageError: `package_format_ambiguous`: it has the annotations of several.
    """
    if is_mo(files):
        return "mo"
    found = []
    if labelx_tables(files):
        found.append("labelx")
    if coco_tables(files):
        found.append("coco")
    if voc_tables(files):
        found.append("voc")
    if is_yolo(files):
        found.append("yolo")
    if len(found) > 1:
        raise PackageError("package_format_ambiguous", formats=", ".join(found))
    if found:
        return found[0]
    folders = {parts[-2].lower() for parts in files if is_image(parts) and len(parts) > 1}
    # `<class>/images/1.jpg`: several folders over the plain ones that are no splits
    above = {parts[-3] for parts in files if is_image(parts) and len(parts) > 2 and split_named(parts[-3]) is None}
    classes = folders - _PLAIN_FOLDERS or len(above - {each for each in above if each.lower() in _PLAIN_FOLDERS}) > 1
    return "imagefolder" if classes else "images"


class Package:
    """An opened package; a context manager. Iterating gives its images in the order of their names.

    `format`: what it was read as; `keys`: what its annotations say of images; `dropped`: what of it is no image with a
    clear annotation, and why. `split`: of a package with train, val and test, the part that is wanted.

    Raises:
        PackageError: the codes of `Files`, of the format's reader, of `format_of`, and `package_format_unknown`.
    """

    def __init__(self, path: Path, format_: str = AUTO, split: str = "") -> None:
        if format_ != AUTO and format_ not in READERS:
            raise PackageError("package_format_unknown", format=format_[:100], known=", ".join((AUTO, *READERS)))
        self._files = Files(path)
        try:
            self.format = format_of(self._files) if format_ == AUTO else format_
            contents = READERS[self.format](self._files, split)
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


def open_package(path: Path, format_: str = AUTO, split: str = "") -> Package:
    """The package in this zip or folder. Raises as `Package`."""
    return Package(path, format_, split)
