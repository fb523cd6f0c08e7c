"""Uploads in pieces as files: bytes grow in one file beside the objects, until that file is moved to its digest."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, ParamSpec, TypeVar
from uuid import UUID

import msgspec

from storage.objects.local_files import create, full_disk_said, move, place_of, settle, sync_folder, write
from storage.objects.port import (
    CHUNK_BYTES,
    FINISHED_MAX,
    ObjectTooLargeError,
    StoreFullError,
    Upload,
    UploadBusyError,
    UploadOffsetError,
    UploadRefusedError,
    UploadUnknownError,
)

SYNC_BYTES = 64 << 20
"""The most that a long piece has written and not synced: a power cut costs no more, and the disk is never swamped."""
SPARE_BYTES = 256 << 20
"""Room that no upload is promised: objects that come whole, and whoever else lives on that disk."""
HASHES_MAX = 256
_DAMAGED = (msgspec.MsgspecError, UnicodeDecodeError)
P = ParamSpec("P")
R = TypeVar("R")


class _Hash:
    """The hash of an upload's first `place` bytes."""

    def __init__(self) -> None:
        self.place = 0
        self.running = hashlib.sha256()

    def write(self, file: BinaryIO, chunk: bytes) -> None:
        """Write the chunk behind the hashed bytes, and take it in."""
        write(file, self.running, chunk)
        self.place += len(chunk)

    def copy(self) -> _Hash:
        copied = _Hash()
        copied.place, copied.running = self.place, self.running.copy()
        return copied


class LocalUploads:
    """See `Uploads`. One is `root/uploads/<id>.json` and `.part`; when whole, only `root/uploaded/<id>.json` is left.

    The length of the .part file is the offset: nothing else must be kept in step with the bytes. It is synced behind
    every piece and before it is told. Who writes holds a lock on the file, which dies with the process. The hash goes
    along in memory; a process that did not see all the bytes reads them once.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._unfinished = root / "uploads"
        self._finished = root / "uploaded"
        self._hashes: dict[UUID, _Hash] = {}
        self._writing: set[UUID] = set()

    async def begin(self, id_: UUID, *, size_bytes: int, began_at: datetime, label: str = "") -> Upload:
        upload = Upload(id=id_, size_bytes=size_bytes, began_at=began_at, label=label)
        await _apart(self._begin, upload)
        return upload

    async def state(self, id_: UUID) -> Upload:
        return msgspec.structs.replace(await _apart(self._state, id_), busy=id_ in self._writing)

    async def append(
        self,
        id_: UUID,
        offset_bytes: int,
        chunks: AsyncIterator[bytes],
        *,
        accept: Callable[[], bool] | None = None,
    ) -> Upload:
        async with self._held(id_) as (upload, file):
            if offset_bytes != upload.offset_bytes:
                raise UploadOffsetError(upload.offset_bytes)
            if file is None or upload.digest:
                return upload
            hashed = await _apart(self._hash, upload, file)
            before = hashed.copy()
            try:
                with full_disk_said(self._root):
                    await _take(chunks, file, hashed, upload.size_bytes)
                refused = accept is not None and not accept()
            except BaseException:
                await self._keep(upload, file, before if accept is not None else hashed)
                raise
            await self._keep(upload, file, before if refused else hashed)
            if refused:
                raise UploadRefusedError("the piece is not what it should be: send it again")
            if hashed.place < upload.size_bytes:
                return msgspec.structs.replace(upload, offset_bytes=hashed.place)
            with full_disk_said(self._root):
                return await _apart(self._finish, upload, file, f"sha256:{hashed.running.hexdigest()}")

    async def abort(self, id_: UUID) -> None:
        async with self._held(id_):
            await _apart(self._remove, id_)

    async def sweep(self, began_before: datetime) -> int:
        unfinished = 0
        for upload in await _apart(self._begun):
            if upload.began_at >= began_before:
                unfinished += not upload.digest
                continue
            try:
                await self.abort(upload.id)
            except UploadBusyError:
                unfinished += 1
            except UploadUnknownError:
                await _apart(self._remove, upload.id)
        await _apart(self._sweep_halves, began_before.timestamp())
        await _apart(self._sweep_finished, began_before.timestamp())
        return unfinished

    @asynccontextmanager
    async def _held(self, id_: UUID) -> AsyncIterator[tuple[Upload, BinaryIO | None]]:
        """The upload, ours alone, with its file; without one where it is whole."""
        file = await _apart(self._lock, id_)
        self._writing.add(id_)
        try:
            yield await _apart(self._state, id_), file
        finally:
            self._writing.discard(id_)
            if file is not None:
                await _apart(file.close)

    async def _keep(self, upload: Upload, file: BinaryIO, hashed: _Hash) -> None:
        """The hashed bytes stay, synced; what is behind them was refused, or is half of a write that failed."""
        await _apart(file.truncate, hashed.place)
        await _apart(os.fdatasync, file.fileno())
        if upload.id not in self._hashes and len(self._hashes) >= HASHES_MAX:
            del self._hashes[next(iter(self._hashes))]
        self._hashes[upload.id] = hashed

    def _begin(self, upload: Upload) -> None:
        self._unfinished.mkdir(parents=True, exist_ok=True)
        self._finished.mkdir(exist_ok=True)
        with _alone_in(self._unfinished):  # no two count the same room as free
            promised = sum(each.size_bytes - each.offset_bytes for each in self._begun())
            if shutil.disk_usage(self._root).free - promised - SPARE_BYTES < upload.size_bytes:
                raise StoreFullError(f"no space is left for {upload.size_bytes} bytes below {self._root}: make room")
            with full_disk_said(self._root):
                create(self._part(upload.id)).close()
                self._record(upload)

    def _state(self, id_: UUID) -> Upload:
        for _ in range(2):  # it may become whole between two looks
            with suppress(FileNotFoundError):
                upload = _read(self._finished / f"{id_}.json")
                return msgspec.structs.replace(upload, offset_bytes=upload.size_bytes)
            with suppress(FileNotFoundError):
                upload = _read(self._unfinished / f"{id_}.json")
                if upload.digest and not self._part(id_).exists():
                    self._forget_part(id_)  # its process died with the object in place, and this left to do
                    continue
                return msgspec.structs.replace(upload, offset_bytes=_synced_size(self._part(id_)), digest="")
        raise UploadUnknownError(f"there is no upload {id_}")

    def _lock(self, id_: UUID) -> BinaryIO | None:
        try:
            file = self._part(id_).open("r+b", buffering=0)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise UploadBusyError(f"somebody else writes to upload {id_}") from None
        return file

    def _hash(self, upload: Upload, file: BinaryIO) -> _Hash:
        """The hash of all that is there, which this process has seen or now reads."""
        hashed = self._hashes.get(upload.id)
        if hashed is None or hashed.place > upload.offset_bytes:
            hashed = _Hash()
        file.seek(hashed.place)
        while hashed.place < upload.offset_bytes and (chunk := file.read(CHUNK_BYTES)):
            hashed.running.update(chunk)
            hashed.place += len(chunk)
        return hashed

    def _finish(self, upload: Upload, file: BinaryIO, digest: str) -> Upload:
        """In an order in which a process may die between any two steps."""
        whole = msgspec.structs.replace(upload, offset_bytes=upload.size_bytes, digest=digest)
        os.fsync(file.fileno())
        self._record(whole)
        move(self._part(upload.id), place_of(self._root, digest))
        settle(file)  # only now: a read-only part could not be taken up again
        self._forget_part(upload.id)
        return whole

    def _forget_part(self, id_: UUID) -> None:
        with suppress(FileNotFoundError):
            (self._unfinished / f"{id_}.json").replace(self._finished / f"{id_}.json")
        self._hashes.pop(id_, None)

    def _remove(self, id_: UUID) -> None:
        self._hashes.pop(id_, None)
        for path in (self._unfinished / f"{id_}.json", self._part(id_), self._finished / f"{id_}.json"):
            path.unlink(missing_ok=True)

    def _record(self, upload: Upload) -> None:
        path = self._unfinished / f"{upload.id}.json"
        beside = path.with_suffix(".new")
        with beside.open("wb") as file:
            file.write(msgspec.json.encode(upload))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        sync_folder(self._unfinished)

    def _begun(self) -> list[Upload]:
        """Those that are unfinished, and those whose process died in the middle of their end."""
        found = []
        for path in self._unfinished.glob("*.json"):
            with suppress(UploadUnknownError, FileNotFoundError):
                upload = _read(path)
                place = upload.size_bytes if upload.digest else self._part(upload.id).stat().st_size
                found.append(msgspec.structs.replace(upload, offset_bytes=place))
        return found

    def _sweep_halves(self, oldest_s: float) -> None:
        """Remove the old files of no upload: left by processes that died as they began one, or by a damaged disk."""
        known = {each.id.hex for each in self._begun()}
        for path in self._unfinished.iterdir() if self._unfinished.exists() else ():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest_s and path.stem.replace("-", "") not in known:
                    path.unlink()

    def _sweep_finished(self, oldest_s: float) -> None:
        ended = {}
        for path in self._finished.glob("*.json"):
            with suppress(FileNotFoundError):
                ended[path] = path.stat().st_mtime
        latest_first = sorted(ended, key=ended.__getitem__, reverse=True)
        for place, path in enumerate(latest_first):
            if place >= FINISHED_MAX or ended[path] < oldest_s:
                path.unlink(missing_ok=True)

    def _part(self, id_: UUID) -> Path:
        return self._unfinished / f"{id_}.part"


async def _take(chunks: AsyncIterator[bytes], file: BinaryIO, hashed: _Hash, size_bytes: int) -> None:
    synced = hashed.place
    async for chunk in chunks:
        fitting = chunk[: size_bytes - hashed.place]
        await _apart(hashed.write, file, fitting)
        if len(fitting) < len(chunk):
            raise ObjectTooLargeError(f"more than the {size_bytes} bytes that were announced came in")
        if hashed.place - synced >= SYNC_BYTES:
            await _apart(os.fdatasync, file.fileno())
            synced = hashed.place


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """One at a time, in whatever process; the lock dies with its holder."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def _read(path: Path) -> Upload:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Upload)
    except _DAMAGED:
        raise UploadUnknownError(f"the record of upload {path.stem} is damaged: begin again") from None


def _synced_size(path: Path) -> int:
    """Bytes of a file, all of them on the disk: what is told to be kept must be."""
    with path.open("rb", buffering=0) as file:
        size_bytes = os.fstat(file.fileno()).st_size
        os.fdatasync(file.fileno())
        return size_bytes


async def _apart(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """In a thread, waited for also by a task that is being cancelled: nothing touches a file behind our back."""
    work = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
    cancelled: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.wait([work])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        work.exception()  # nobody asks for it any more
        raise cancelled
    return work.result()
