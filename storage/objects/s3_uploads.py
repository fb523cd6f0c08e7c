"""Uploads in pieces as objects beside the others: readable pieces, of which the server makes the whole by copies.

They are no parts of one multipart upload, because parts cannot be read again, and the process that ends an upload may
not be the one that hashed its beginning.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from botocore.exceptions import ClientError

from storage.objects.port import (
    FINISHED_MAX,
    ObjectTooLargeError,
    Upload,
    UploadBusyError,
    UploadOffsetError,
    UploadRefusedError,
    UploadUnknownError,
)
from storage.objects.s3_bucket import MISSING, S3Bucket, code_of, said, together
from storage.objects.s3_multipart import PART_BYTES, PARTS_MAX, Multipart

HASHES_MAX = 256


class _Piece(NamedTuple):
    """An object with the next bytes of an upload. Its key tells number and length and is written once: it never
    changes."""

    number: int
    size_bytes: int

    def __str__(self) -> str:
        return f"{self.number:05}-{self.size_bytes:08}"


class _Hashed(NamedTuple):
    pieces: tuple[_Piece, ...]
    running: hashlib._Hash


class S3Uploads:
    """See `Uploads`. One is `uploads/<id>.json` and pieces `uploads/<id>/<number>-<bytes>`, then `uploaded/`.

    Every piece but the last has `PART_BYTES`. A last one that is shorter is read and written again, longer, by whoever
    goes on; of several with one number the longest counts. Two processes that write at once get in each other's way
    at the same key, which only one can write: the other is told that the upload is busy.
    """

    def __init__(self, bucket: S3Bucket) -> None:
        self._bucket = bucket
        self._hashes: dict[UUID, _Hashed] = {}
        self._writing: set[UUID] = set()

    async def begin(self, id_: UUID, *, size_bytes: int, began_at: datetime, label: str = "") -> Upload:
        if size_bytes > PARTS_MAX * PART_BYTES:
            raise ObjectTooLargeError(f"S3 takes {PARTS_MAX} parts of {PART_BYTES} bytes")
        upload = Upload(id=id_, size_bytes=size_bytes, began_at=began_at, label=label)
        with said():
            await self._bucket.put_new(self._unfinished(id_), msgspec.json.encode(upload))
        return upload

    async def state(self, id_: UUID) -> Upload:
        with said():
            return msgspec.structs.replace((await self._look(id_))[0], busy=id_ in self._writing)

    async def append(
        self,
        id_: UUID,
        offset_bytes: int,
        chunks: AsyncIterator[bytes],
        *,
        accept: Callable[[], bool] | None = None,
    ) -> Upload:
        with self._alone(id_):
            with said():
                upload, pieces = await self._look(id_)
            if offset_bytes != upload.offset_bytes:
                raise UploadOffsetError(upload.offset_bytes)
            if upload.digest:
                return upload
            with said():
                writer = _Writer(self._bucket, self._folder(id_), pieces, await self._hash(id_, pieces))
                await writer.prepare()
            try:
                await writer.take(chunks, upload)
                if accept is not None and not accept():
                    raise UploadRefusedError("the piece is not what it should be: send it again")
            except BaseException as error:
                # shielded: also when this task is being cancelled, what came is kept, or taken back
                await asyncio.shield(writer.keep() if accept is None else writer.take_back())
                if isinstance(error, Exception):
                    self._remember(id_, writer)
                raise
            await writer.keep()
            self._remember(id_, writer)
            if (place := _bytes_of(writer.pieces)) < upload.size_bytes:
                return msgspec.structs.replace(upload, offset_bytes=place)
            with said():
                return await self._finish(upload, writer)

    async def abort(self, id_: UUID) -> None:
        with self._alone(id_), said():
            await self._look(id_)
            await self._remove(id_)

    async def sweep(self, began_before: datetime) -> int:
        unfinished: set[str] = set()
        folders: set[str] = set()
        with said():
            async for page in self._pages(f"{self._bucket.root}uploads/", Delimiter="/"):
                folders |= {each["Prefix"].rstrip("/").rpartition("/")[2] for each in page.get("CommonPrefixes", ())}
                for each in page.get("Contents", ()):
                    name = each["Key"].rpartition("/")[2].removesuffix(".json")
                    if each["LastModified"] < began_before and UUID(name) not in self._writing:
                        await self._remove(UUID(name))
                    else:
                        unfinished.add(name)
            for name in folders - unfinished:  # of uploads that ended while somebody still wrote
                await self._delete([each async for each in self._keys(self._folder(UUID(name)))])
            ended = [
                (each["LastModified"], each["Key"])
                async for page in self._pages(f"{self._bucket.root}uploaded/")
                for each in page.get("Contents", ())
            ]
            latest_first = enumerate(sorted(ended, reverse=True))
            await self._delete(key for place, (at, key) in latest_first if place >= FINISHED_MAX or at < began_before)
            await self._abort_joins(began_before)
        return len(unfinished)

    @contextmanager
    def _alone(self, id_: UUID) -> Iterator[None]:
        if id_ in self._writing:
            raise UploadBusyError(f"somebody else writes to upload {id_}")
        self._writing.add(id_)
        try:
            yield
        finally:
            self._writing.discard(id_)

    async def _look(self, id_: UUID) -> tuple[Upload, list[_Piece]]:
        for _ in range(2):  # it may become whole between two looks
            if (upload := await self._read(self._finished(id_))) is not None:
                return msgspec.structs.replace(upload, offset_bytes=upload.size_bytes), []
            if (upload := await self._read(self._unfinished(id_))) is not None:
                pieces = _in_order([each.rpartition("/")[2] async for each in self._keys(self._folder(id_))])
                return msgspec.structs.replace(upload, offset_bytes=_bytes_of(pieces)), pieces
        raise UploadUnknownError(f"there is no upload {id_}")

    async def _read(self, key: str) -> Upload | None:
        try:
            data = b"".join([chunk async for chunk in self._bucket.chunks(key, {})])
        except ClientError as error:
            if code_of(error) not in MISSING:
                raise
            return None
        return msgspec.json.decode(data, type=Upload)

    async def _hash(self, id_: UUID, pieces: Sequence[_Piece]) -> hashlib._Hash:
        """The hash of all that is there, which this process has seen or now reads."""
        known = self._hashes.pop(id_, None)
        if known is not None and known.pieces == tuple(pieces):
            return known.running
        running = hashlib.sha256()
        for piece in pieces:
            async for chunk in self._bucket.chunks(f"{self._folder(id_)}{piece}", {}):
                await asyncio.to_thread(running.update, chunk)
        return running

    def _remember(self, id_: UUID, writer: _Writer) -> None:
        if len(self._hashes) >= HASHES_MAX:
            del self._hashes[next(iter(self._hashes))]
        self._hashes[id_] = _Hashed(tuple(writer.pieces), writer.running)

    async def _finish(self, upload: Upload, writer: _Writer) -> Upload:
        """In an order in which a process may die between any two steps."""
        digest = f"sha256:{writer.running.hexdigest()}"
        if not await self._bucket.has(digest, upload.size_bytes):
            await self._join(upload.id, writer.pieces, digest)
        whole = msgspec.structs.replace(upload, offset_bytes=upload.size_bytes, digest=digest)
        client = await self._bucket.client()
        await client.put_object(
            Bucket=self._bucket.name, Key=self._finished(upload.id), Body=msgspec.json.encode(whole)
        )
        await self._remove(upload.id)
        return whole

    async def _join(self, id_: UUID, pieces: Sequence[_Piece], digest: str) -> None:
        """Make the object of its pieces, on the server."""
        if not pieces:
            await self._bucket.put_small(b"", digest)
            return
        client, bucket, target = await self._bucket.client(), self._bucket.name, self._bucket.key(digest)
        sources = [{"Bucket": bucket, "Key": f"{self._folder(id_)}{piece}"} for piece in pieces]
        if len(sources) == 1:
            await client.copy_object(Bucket=bucket, Key=target, CopySource=sources[0])
            return
        whole = Multipart(client, bucket, target)
        try:
            await whole.join(sources)
            await whole.complete()
        except BaseException:
            await asyncio.shield(whole.abort())
            raise

    async def _remove(self, id_: UUID) -> None:
        """Forget an unfinished upload, or what a finished one left; the record goes first."""
        self._hashes.pop(id_, None)
        await self._delete([self._unfinished(id_)])
        await self._delete([each async for each in self._keys(self._folder(id_))])

    async def _abort_joins(self, began_before: datetime) -> None:
        """Remove the parts that processes left which died while they made an object of its pieces: none is listed."""
        client, bucket = await self._bucket.client(), self._bucket.name
        listing = client.get_paginator("list_multipart_uploads")
        async for page in listing.paginate(Bucket=bucket, Prefix=self._bucket.root):
            for each in page.get("Uploads", ()):
                if each["Initiated"] < began_before:
                    with suppress(client.exceptions.NoSuchUpload):  # somebody else was quicker
                        await client.abort_multipart_upload(Bucket=bucket, Key=each["Key"], UploadId=each["UploadId"])

    async def _delete(self, keys: Iterable[str]) -> None:
        client, bucket = await self._bucket.client(), self._bucket.name
        await together(partial(client.delete_object, Bucket=bucket, Key=key) for key in keys)

    async def _keys(self, folder: str) -> AsyncIterator[str]:
        async for page in self._pages(folder):
            for each in page.get("Contents", ()):
                yield each["Key"]

    async def _pages(self, prefix: str, **more: str) -> AsyncIterator[dict[str, Any]]:
        client = await self._bucket.client()
        listing = client.get_paginator("list_objects_v2")
        async for page in listing.paginate(Bucket=self._bucket.name, Prefix=prefix, **more):
            yield page

    def _unfinished(self, id_: UUID) -> str:
        return f"{self._bucket.root}uploads/{id_}.json"

    def _finished(self, id_: UUID) -> str:
        return f"{self._bucket.root}uploaded/{id_}.json"

    def _folder(self, id_: UUID) -> str:
        return f"{self._bucket.root}uploads/{id_}/"


class _Writer:
    """What one append brings, on its way into pieces; `running` is the hash of all the bytes so far."""

    def __init__(self, bucket: S3Bucket, folder: str, pieces: Sequence[_Piece], running: hashlib._Hash) -> None:
        self._bucket = bucket
        self._folder = folder
        self._before = tuple(pieces)
        self._running_before = running.copy()
        self._held = bytearray()
        self._short = pieces[-1] if pieces and pieces[-1].size_bytes < PART_BYTES else None
        self.pieces = [each for each in pieces if each is not self._short]
        self.running = running

    async def prepare(self) -> None:
        """Take up a last piece that is short, so that it can be written again, longer."""
        if self._short is not None:
            async for chunk in self._bucket.chunks(f"{self._folder}{self._short}", {}):
                self._held += chunk

    async def take(self, chunks: AsyncIterator[bytes], upload: Upload) -> None:
        """Read the chunks to their end, which is at the latest the upload's."""
        place = upload.offset_bytes
        async for chunk in chunks:
            fitting = chunk[: upload.size_bytes - place]
            place += len(fitting)
            self._held += fitting
            await asyncio.to_thread(self.running.update, fitting)
            while len(self._held) >= PART_BYTES:
                await self._put(PART_BYTES)
            if len(fitting) < len(chunk):
                raise ObjectTooLargeError(f"more than the {upload.size_bytes} bytes that were announced came in")

    async def keep(self) -> None:
        """Put what is held yet into pieces, of which the last one may be short."""
        while len(self._held) >= PART_BYTES:
            await self._put(PART_BYTES)
        grown = (
            self._short is None or len(self.pieces) >= self._short.number or len(self._held) > self._short.size_bytes
        )
        if self._held and grown:
            await self._put(len(self._held))
        elif self._held and self._short is not None:
            self.pieces.append(self._short)
        if self._short is not None and self._short not in self.pieces:
            await self._drop([self._short])

    async def take_back(self) -> None:
        """Remove the pieces that this append wrote."""
        await self._drop([each for each in self.pieces if each not in self._before])
        self.pieces, self.running = list(self._before), self._running_before

    async def _put(self, size_bytes: int) -> None:
        piece = _Piece(len(self.pieces) + 1, size_bytes)
        with said():
            if not await self._bucket.put_new(f"{self._folder}{piece}", bytes(self._held[:size_bytes])):
                raise UploadBusyError("somebody else writes to the upload")
        del self._held[:size_bytes]
        self.pieces.append(piece)

    async def _drop(self, pieces: Iterable[_Piece]) -> None:
        client, bucket = await self._bucket.client(), self._bucket.name
        with said():
            for piece in pieces:
                await client.delete_object(Bucket=bucket, Key=f"{self._folder}{piece}")


def _in_order(names: Iterable[str]) -> list[_Piece]:
    """The pieces that count: one behind the other from the first, the longest of each number, the last maybe short."""
    longest: dict[int, int] = {}
    for name in names:
        number, _, size_bytes = name.partition("-")
        longest[int(number)] = max(int(size_bytes), longest.get(int(number), 0))
    pieces: list[_Piece] = []
    while (following := len(pieces) + 1) in longest:
        pieces.append(_Piece(following, longest[following]))
        if pieces[-1].size_bytes < PART_BYTES:
            break
    return pieces


def _bytes_of(pieces: Iterable[_Piece]) -> int:
    return sum(piece.size_bytes for piece in pieces)
