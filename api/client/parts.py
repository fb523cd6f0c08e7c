"""The file beside a download's target that grows until it is whole: named by both, written by one at a time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import IO

from schemas.file_names import cut

NAME_BYTES_MAX = 255
"""What file systems take."""


@contextmanager
def part_of(target: Path, digest: str) -> Iterator[Path]:
    """The first part of this object for this target that nobody else writes to, ours until the end.

    An earlier process may have left bytes in it; nothing is left of one that is empty at the end. It may be moved away.
    """
    for number in count(1):
        path = _path(target, digest, number)
        with path.open("ab") as file:
            # whoever had it until now may have moved it to its target: that must not be written to
            if not _taken(file) and _is_at(file, path):
                try:
                    yield path
                finally:
                    if _is_at(file, path) and not path.stat().st_size:
                        path.unlink()
                return


def _path(target: Path, digest: str, number: int) -> Path:
    mark = f".{digest.partition(':')[2][:12]}{f'.{number}' if number > 1 else ''}.part"
    return target.with_name(f"{cut(target.name, NAME_BYTES_MAX - len(mark))}{mark}")


def _is_at(file: IO[bytes], path: Path) -> bool:
    return path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat())


def _taken(file: IO[bytes]) -> bool:
    """Whether somebody else holds the file; else it is ours from now on. Where there are no locks, nobody does."""
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # some network file systems
        return False
    return False
