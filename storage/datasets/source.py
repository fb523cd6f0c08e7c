"""What every reader of a package format makes of its files: the images, what is said of them, and what is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from schemas.specs.mapping import PackageKey, counted
from storage.datasets.files import PackageError, Parts
from storage.datasets.pack import Box

IMAGE_ENDINGS = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".webp")
SPLITS = frozenset({"train", "val", "valid", "validation", "test"})


class SourceRecord(NamedTuple):
    """An image of a package: its name, its file, what is said of it by key, and its boxes.

    `size`: width and height that the annotation says, if it does. `relative`: the boxes are parts of width and height.
    """

    name: str
    parts: Parts
    values: Mapping[str, str] = {}
    boxes: tuple[Box, ...] = ()
    size: tuple[int, int] | None = None
    relative: bool = False


class Contents(NamedTuple):
    """All of a package: its keys, and its images in the order of their names."""

    keys: tuple[PackageKey, ...]
    records: tuple[SourceRecord, ...]


def is_image(parts: Parts) -> bool:
    """Whether the name ends as images' names do."""
    return parts[-1].lower().endswith(IMAGE_ENDINGS)


def key_of(records: Iterable[SourceRecord], name: str, tool: str, order: Iterable[str] = ()) -> PackageKey:
    """The key of that name with the values that the records have; `order`: values to be named first."""
    return counted((record.values[name] for record in records if name in record.values), tool, name, order)


def refuse_splits(folders: Iterable[str]) -> None:
    """Refuse a package whose images lie in several splits.

    Raises:
        PackageError: `package_splits`.
    """
    found = sorted(set(folders))
    if len(found) > 1:
        raise PackageError("package_splits", folders=", ".join(found)[:200])
