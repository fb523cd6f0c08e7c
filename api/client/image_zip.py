"""Packs some local images into one file for a quick check."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from api.client.errors import BadInputError
from storage.datasets.zipping import PackageZip


def pack_images(images: Sequence[Path], target: Path) -> None:
    """Write the files to a STORED zip under numbered folders, so that two of one name are two.

    Raises:
        BadInputError: there is none, or one is not a file.
    """
    if not images:
        raise BadInputError("no images were named", "images_missing")
    if missing := [path for path in images if not path.is_file()]:
        raise BadInputError(f"{missing[0]} is not a file", "file_missing", path=str(missing[0]))
    names = [path.name for path in images]
    with PackageZip(target) as package:
        for number, path in enumerate(images, start=1):
            package.add_file(path.name if names.count(path.name) == 1 else f"{number}/{path.name}", path)
