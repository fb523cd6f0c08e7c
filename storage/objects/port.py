"""What every object store promises."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple, Protocol

CHUNK_BYTES = 1 << 20


class Stored(NamedTuple):
    """A stored object: `digest` is `sha256:` and 64 hex digits."""

    digest: str
    size_bytes: int


class ObjectError(Exception):
    """Something about an object went wrong; the text says what to do."""


class ObjectMissingError(ObjectError):
    """No object has that digest."""


class ObjectTooLargeError(ObjectError):
    """More bytes than the limit came in; nothing was kept."""


class ObjectDamagedError(ObjectError):
    """The bytes do not have the digest they are named by."""


class StoreFullError(ObjectError):
    """No space is left; nothing was kept."""


class StoreAwayError(ObjectError):
    """The store cannot be asked now, or refuses us: a person may have to mend it, nothing is wrong with the object."""


class ObjectStore(Protocol):
    """Where objects lie. A digest is the only name: no path and no address from a user is ever resolved."""

    async def put(self, chunks: AsyncIterator[bytes], *, size_max_bytes: int) -> Stored:
        """Keep the bytes under their digest. Equal bytes are kept once.

        Raises:
            ObjectTooLargeError: more than `size_max_bytes` came in.
            StoreFullError: the store has no room.
        """
        ...

    async def size(self, digest: str) -> int:
        """Bytes of the object.

        Raises:
            ObjectMissingError: there is none.
        """
        ...

    def get(self, digest: str, *, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """The object's bytes from `start` up to `stop` (all of them by default), in chunks.

        Raises:
            ObjectMissingError: there is none.
            ObjectDamagedError: at the end of a whole read, if the bytes do not have the digest.
        """
        ...

    async def link(self, digest: str, *, expires_s: float) -> str | None:
        """An address at which anybody may GET the object for `expires_s` seconds; None where only we can reach it."""
        ...

    async def close(self) -> None: ...
