"""Where the demo's weights, photos and structures lie: files of installed packages, found without importing them."""

from __future__ import annotations

import importlib.util
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

PHOTO_NAME = re.compile(r"imagenet_\d+_(\d+)\.jpg")
PHOTOS = 20
STRUCTURES = Path(__file__).with_name("structures")


class MissingPackageError(Exception):
    """A package that carries weights or images is not installed (it belongs to the extra `demo`)."""

    def __init__(self, package: str) -> None:
        super().__init__(f"package {package} is missing: install the project with its extra [demo]")
        self.package = package


class Photo(NamedTuple):
    """A labelled photo; `label` is its ImageNet class's index."""

    path: Path
    label: str


def package_folder(package: str) -> Path:
    """The folder of an installed package.

    Raises:
        MissingPackageError: it is not installed.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise MissingPackageError(package)
    return Path(spec.origin).parent


def weights(package: str) -> Path:
    """The one .pth file of a package.

    Raises:
        MissingPackageError: it is not installed, or has no weights.
    """
    found = sorted(package_folder(package).glob("models/*.pth"))
    if not found:
        raise MissingPackageError(package)
    return found[0]


def photos() -> list[Photo]:
    """The labelled ImageNet photos that the package foolbox ships, in the order of their names.

    Raises:
        MissingPackageError: it is not installed, or ships other files.
    """
    found = labelled(package_folder("foolbox").joinpath("data").iterdir())
    if len(found) != PHOTOS:
        raise MissingPackageError("foolbox")
    return found


def labelled(paths: Iterable[Path]) -> list[Photo]:
    """The photos among the files: their names end in the label."""
    return [Photo(path, match[1]) for path in sorted(paths) if (match := PHOTO_NAME.fullmatch(path.name))]


def lay_out(found: Iterable[Photo], folder: Path) -> None:
    """Copy photos to `folder/label/name`: the layout ImageFolder."""
    for photo in found:
        target = folder / photo.label
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(photo.path, target / photo.path.name)
