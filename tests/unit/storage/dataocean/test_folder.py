"""What only a folder can hide: links, pipes, hidden files, names that are none."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest

from storage.dataocean.folder import FolderCatalogue
from storage.dataocean.port import CatalogueError, item_id


async def test_links_hidden_files_and_pipes_are_passed_over(tmp_path: Path) -> None:
    root = tmp_path / "ocean"
    (root / "animals").mkdir(parents=True)
    (root / "animals" / "a.jpg").write_bytes(b"a")
    (root / "animals" / ".hidden").write_bytes(b"-")
    (root / "animals" / "passwd.jpg").symlink_to("/etc/passwd")
    (root / "animals" / "etc").symlink_to("/etc")
    os.mkfifo(root / "animals" / "pipe.jpg")
    (root / "outside").symlink_to("/etc")
    (root / "outside.zip").symlink_to("/etc/passwd")
    os.mkfifo(root / "pipe.zip")
    (root / ".secret").mkdir()
    (root / "line\nbreak").mkdir()
    made = FolderCatalogue(root)
    assert [item.name for item in await made.items()] == ["animals"]
    data = b"".join([chunk async for chunk in made.content(item_id("animals"))])
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.namelist() == ["a.jpg"]


async def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="MO_DATAOCEAN"):
        await FolderCatalogue(tmp_path / "none").items()
