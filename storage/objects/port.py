"""What every object store promises."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

import msgspec

CHUNK_BYTES = 1 << 20
FINISHED_MAX = 1000
"""Uploads that are remembered when they are whole, for senders whose link broke at the end; of more, the latest."""


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


class UploadUnknownError(ObjectError):
    """No upload has that id (any more)."""


class UploadBusyError(ObjectError):
    """Somebody else writes to the upload just now."""


class UploadOffsetError(ObjectError):
    """The bytes offered do not begin where the upload ends, which is at `offset_bytes`."""

    def __init__(self, offset_bytes: int) -> None:
        super().__init__(f"the upload goes on at byte {offset_bytes}")
        self.offset_bytes = offset_bytes


class UploadRefusedError(ObjectError):
    """The bytes that came are not those that were meant; none of them was kept."""


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """An object that comes in pieces. `label` is what its sender says of it: shown, never made a path.

    `offset_bytes` of `size_bytes` are kept so that neither a killed process nor a broken link loses them. `digest` is
    "" until all of them came and lie in the store under it. `busy` says that this process is writing to it just now.
    """

    id: UUID
    size_bytes: int
    began_at: datetime
    label: str = ""
    offset_bytes: int = 0
    digest: str = ""
    busy: bool = False


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


class Uploads(Protocol):
    """Objects that come in pieces, over links that break and through processes that die. One writes at a time.

    Every process that serves the same store may go on with an upload that another one began. Every method but `begin`
    and `sweep` raises `UploadUnknownError` for an id that is none, and all of them what the store raises.
    """

    async def begin(self, id_: UUID, *, size_bytes: int, began_at: datetime, label: str = "") -> Upload:
        """Make room for an object of exactly `size_bytes`; one of none waits for an `append` of none.

        Raises:
            StoreFullError: there is not so much room.
        """
        ...

    async def state(self, id_: UUID) -> Upload:
        """How far it is. The latest whole ones are remembered until they are swept."""
        ...

    async def append(
        self,
        id_: UUID,
        offset_bytes: int,
        chunks: AsyncIterator[bytes],
        *,
        accept: Callable[[], bool] | None = None,
    ) -> Upload:
        """Keep the bytes behind `offset_bytes`, and the object under its digest once it is whole.

        When the chunks break, or the task is cancelled, what has come until then is kept. With `accept`, which is
        asked behind the last one, it is all of them or none, unless this process is killed: then what has come counts,
        unasked. No bytes at the end of an upload finish one whose
        process died just there.

        Raises:
            UploadOffsetError: the upload does not end there.
            UploadBusyError: somebody else writes.
            UploadRefusedError: `accept` said no.
            ObjectTooLargeError: more bytes than were announced; those announced are kept.
        """
        ...

    async def abort(self, id_: UUID) -> None:
        """Forget the upload and its bytes; an object that it became stays.

        Raises:
            UploadBusyError: somebody writes.
        """
        ...

    async def sweep(self, began_before: datetime) -> int:
        """Forget what was begun before that time, and say how many are unfinished now. Who writes is left alone.

        Of whole ones the time is when they became it, and no more than `FINISHED_MAX` are left.
        """
        ...


class UploadStore(ObjectStore, Protocol):
    """A store that also takes objects in pieces: those that the API stands on. The agents' gateway does not."""

    @property
    def uploads(self) -> Uploads: ...
