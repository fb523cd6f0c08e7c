"""Local images become one zip; two of one name stay two."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from api.client.errors import BadInputError
from api.client.image_zip import pack_images


def test_images_of_one_name_stay_two(tmp_path: Path) -> None:
    files = [tmp_path / "x" / "a.png", tmp_path / "y" / "a.png", tmp_path / "b.png"]
    for number, path in enumerate(files):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes([number]))
    pack_images(files, tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as package:
        assert {name: package.read(name) for name in package.namelist()} == {
            "1/a.png": b"\0", "2/a.png": b"\1", "b.png": b"\2",
        }  # fmt: skip


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInputError):
        pack_images([tmp_path / "none.png"], tmp_path / "out.zip")
    with pytest.raises(BadInputError):
        pack_images([], tmp_path / "out.zip")
