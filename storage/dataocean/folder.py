"""A catalogue that is a folder: each folder and each zip in it is a package. Links and hidden files are passed over."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from storage.dataocean.port import (
    FILES_MAX,
    ITEMS_MAX,
    NAME_CHARS_MAX,
    CatalogueError,
    Item,
    ItemTooLargeError,
    ItemUnknownError,
    item_id,
)
from storage.dataocean.zipped import File, zipped
from storage.objects.port import CHUNK_BYTES


class FolderCatalogue:
    """See `Catalogue`. Nothing outside of `root` is ever opened: names come from the disk, ids from their list."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def items(self) -> list[Item]:
        return await asyncio.to_thread(self._items)

    async def content(self, id_: UUID) -> AsyncIterator[bytes]:
        item = next((each for each in await self.items() if each.id == id_), None)
        if item is None:
            raise ItemUnknownError(f"no item has the id {id_}: list the catalogue again")
        path = self._root / item.name
        chunks = _bytes(path) if item.kind == "zip" else zipped(_files(path))
        async for chunk in chunks:
            yield chunk

    async def close(self) -> None:
        """Nothing is kept open."""

    def _items(self) -> list[Item]:
        try:
            found = sorted(path.name for path in self._root.iterdir() if _plain(path))
        except OSError as error:
            raise CatalogueError(f"the catalogue's folder cannot be read ({error}): see MO_DATAOCEAN") from error
        items = (_item(self._root / name) for name in found if len(name) <= NAME_CHARS_MAX)
        return [item for item in items if item is not None][:ITEMS_MAX]


def _plain(path: Path) -> bool:
    return not path.name.startswith(".") and path.name.isprintable() and not path.is_symlink()


def _item(path: Path) -> Item | None:
    try:
        found = path.stat(follow_symlinks=False)
    except OSError:
        return None
    changed = datetime.fromtimestamp(found.st_mtime, UTC)
    if stat.S_ISDIR(found.st_mode):
        return Item(item_id(path.name), path.name, "folder", None, changed)
    if stat.S_ISREG(found.st_mode) and path.suffix.lower() == ".zip":
        return Item(item_id(path.name), path.name, "zip", found.st_size, changed)
    return None


async def _files(folder: Path) -> AsyncIterator[File]:
    """Every plain file below the folder, in the order of the names."""
    paths = await asyncio.to_thread(lambda: sorted(_walk(folder)))
    for path in paths:
        yield File(path.relative_to(folder).as_posix(), _bytes(path))


def _walk(folder: Path) -> Iterator[Path]:
    waiting, count = [folder], 0
    while waiting:
        for path in waiting.pop().iterdir():
            if not _plain(path):
                continue
            if path.is_dir():
                waiting.append(path)
            elif path.is_file():
                count += 1
                if count > FILES_MAX:
                    raise ItemTooLargeError(f"the folder has more than {FILES_MAX} files: divide it")
                yield path


async def _bytes(path: Path) -> AsyncIterator[bytes]:
    """The file's bytes; one that became a link meanwhile is not followed."""
    try:
        handle = await asyncio.to_thread(os.open, path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        raise CatalogueError(f"{path.name} cannot be read ({error}): list the catalogue again") from error
    with os.fdopen(handle, "rb", buffering=0) as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield chunk
