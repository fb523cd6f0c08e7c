"""What every reader of a package format makes of its files: the images, and what is said of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from schemas.specs.mapping import ATTRIBUTE, KEYS_MAX, PackageKey, key_of
from storage.datasets.files import Files, PackageError, Parts
from storage.datasets.pack import Box

IMAGE_ENDINGS = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".webp", ".gif", ".tif", ".tiff")

_SPLITS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
_WORD = re.compile(r"[a-z]+")


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


def keys_of(records: Iterable[SourceRecord], tools: Mapping[str, str]) -> tuple[PackageKey, ...]:
    """The keys that the records have values for, in the order of their names; those without a tool are attributes.

    Raises:
        PackageError: `package_keys_too_many`.
    """
    counts: dict[str, Counter[str]] = {}
    for record in records:
        for name, value in record.values.items():
            counts.setdefault(name, Counter())[value] += 1
        if len(counts) > KEYS_MAX:
            raise PackageError("package_keys_too_many", max=KEYS_MAX)
    return tuple(key_of(name, tools.get(name, ATTRIBUTE), counts[name]) for name in sorted(counts))


def split_named(folder: str) -> str | None:
    """The split that a folder of this name holds, if it is one: `train`, `val` or `test`, also as `val2017`."""
    return _SPLITS.get(folder.lower().rstrip("0123456789"))


def split_of(parts: Parts) -> str | None:
    """The split that a file's folders, or a word in the name of a table of many images, say that it belongs to."""
    found = next((split for part in parts[:-1] if (split := split_named(part)) is not None), None)
    if found is None and parts[-1].lower().endswith((".json", ".jsonl")):
        words = _WORD.findall(parts[-1].rpartition(".")[0].lower())
        found = next((_SPLITS[word] for word in words if word in _SPLITS), None)
    return found


def choose_split(files: Files, split: str) -> None:
    """Leave out what belongs to other splits than the one that was asked for; nothing if none was.

    Raises:
        PackageError: `package_split_missing`.
    """
    if not split:
        return
    wanted = split_named(split)
    there = {parts: found for parts in files if (found := split_of(parts)) is not None}
    if wanted not in there.values():
        known = ", ".join(sorted(set(there.values())))
        raise PackageError("package_split_missing", split=split[:100], known=known)
    for parts, found in there.items():
        if found != wanted:
            files.leave_out(parts)


def refuse_splits(parts: Iterable[Parts]) -> None:
    """Refuse images or tables of several splits at once.

    Raises:
        PackageError: `package_splits`.
    """
    found = sorted({split for each in parts if (split := split_of(each)) is not None})
    if len(found) > 1:
        raise PackageError("package_splits", folders=", ".join(found))
