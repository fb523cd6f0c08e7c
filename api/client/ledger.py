"""Which uploads are under way, kept in the user's cache folder: another process goes on where this one was stopped."""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import platformdirs

from api.client.errors import BadInputError

AGE_S_MAX = 7 * 24 * 3600.0
"""No server keeps an unfinished upload so long: older lines are struck out."""


class Errand(NamedTuple):
    """One file on its way to one API. Another length, time of change or inode is another file."""

    api_url: str
    path: Path
    size_bytes: int
    changed_ns: int
    inode: int

    @classmethod
    def of(cls, api_url: str, path: Path) -> Errand:
        """The errand of this file as it is now."""
        state = path.stat()
        return cls(api_url, path.absolute(), state.st_size, state.st_mtime_ns, state.st_ino)

    def check(self) -> None:
        """Make sure that the file is still the same.

        Raises:
            BadInputError: it changed, or is gone.
        """
        with suppress(FileNotFoundError):
            if Errand.of(self.api_url, self.path) == self:
                return
        raise BadInputError(
            f"{self.path} changes while it is sent: wait until it is whole", "file_changed", path=str(self.path)
        )


class Ledger:
    """Errand -> id of the upload at the API. It is a convenience: a folder that cannot be used is no error."""

    def __init__(self, cache: Path | None = None) -> None:
        self._folder = (cache or Path(platformdirs.user_cache_dir("mo"))) / "uploads"

    def known(self, errand: Errand) -> UUID | None:
        """The upload that was begun for it, as far as anybody remembers."""
        try:
            return UUID(self._path(errand).read_text())
        except (OSError, ValueError):
            return None

    def remember(self, errand: Errand, id_: UUID) -> None:
        """Write down which upload it is."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._path(errand).write_text(str(id_))
            self._strike_out()

    def forget(self, errand: Errand) -> None:
        """It is done, or nothing is left of it."""
        with suppress(OSError):
            self._path(errand).unlink()

    def _path(self, errand: Errand) -> Path:
        return self._folder / hashlib.sha256("\n".join(map(str, errand)).encode(errors="surrogateescape")).hexdigest()

    def _strike_out(self) -> None:
        oldest_s = time.time() - AGE_S_MAX
        for each in self._folder.iterdir():
            with suppress(OSError):  # struck out by another process, or none of ours
                if each.stat().st_mtime < oldest_s:
                    each.unlink()
