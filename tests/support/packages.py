"""Packages for tests: zips with any names."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path


def zipped(folder: Path, content: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    """A zip in the folder with these files."""
    path = folder / "package.zip"
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, data in content.items():
            file.writestr(name, data)
    return path
