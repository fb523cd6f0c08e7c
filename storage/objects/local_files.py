"""What keeping objects as files needs on a disk: created new, written whole, settled, moved to the digest's place."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from storage.objects.names import hex_of
from storage.objects.port import StoreFullError

FOLDERS_DEEP = 4
"""Folders from an object up to the root of the store."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def place_of(root: Path, digest: str) -> Path:
    """Where the object of that digest lies; raises as `hex_of`."""
    name = hex_of(digest)
    return root / "sha256" / name[:2] / name[2:4] / name


@contextmanager
def full_disk_said(root: Path) -> Iterator[None]:
    """A disk without room, in the port's words."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StoreFullError(f"no space is left for objects below {root}: make room") from error
        raise


def create(path: Path) -> BinaryIO:
    """A new file; it is an error if there is one."""
    return path.open("xb", buffering=0)


def write(file: BinaryIO, running: hashlib._Hash, chunk: bytes) -> None:
    """Write all of the chunk, and take it into the hash once it is written."""
    view = memoryview(chunk)
    while view:
        view = view[file.write(view) :]
    running.update(chunk)


def settle(file: BinaryIO) -> None:
    """Nothing more is written: on the disk, and read-only."""
    os.fchmod(file.fileno(), 0o444)
    os.fsync(file.fileno())


def move(beside: Path, target: Path) -> None:
    """Give a settled file its name.

    Replacing equal bytes by equal bytes is harmless, and heals a file that was damaged on the disk.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    beside.replace(target)
    # The name must survive a power cut too, and names live in their folders, which may be new themselves.
    for above in list(target.parents)[:FOLDERS_DEEP]:
        sync_folder(above)


def sync_folder(folder: Path) -> None:
    """The names in the folder, on the disk."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
