"""Dataset packs in the object store, read by ranges: their tables, and single images; none is ever held whole."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import NamedTuple

import msgspec
from aiohttp import web

from api.errors import ApiRefusal
from api.kept import Bounded
from schemas.values import ObjectRef
from storage.datasets.pack import (
    DROPPED_ENTRY,
    INFO_BYTES_MAX,
    INFO_ENTRY,
    RECORDS_ENTRY,
    RECORDS_MAX,
    DroppedRecord,
    ImageRecord,
    PackInfo,
)
from storage.objects.port import ObjectStore
from storage.zip_layout import RECORD_BYTES_MAX, TAIL_BYTES, BadZipError, Place, read_end, read_record

TABLE_BYTES_MAX = 256 << 20
"""Longer tables (millions of boxes) are read from the downloaded pack, not here."""
TABLES_BYTES_MAX = 512 << 20
IMAGE_BYTES_MAX = 64 << 20
PLACE_BYTES = 200
"""About what a place takes in memory."""

_records = msgspec.json.Decoder(ImageRecord)
_dropped = msgspec.json.Decoder(DroppedRecord)


class Tables(NamedTuple):
    """A pack's tables: lines of JSON, decoded when they are looked at; `places` says where which entry lies."""

    info: PackInfo
    records: tuple[bytes, ...]
    dropped: tuple[bytes, ...]
    places: dict[str, Place]

    @property
    def size_bytes(self) -> int:
        """About what they take in memory."""
        return sum(map(len, self.records)) + sum(map(len, self.dropped)) + PLACE_BYTES * len(self.places)

    def record(self, number: int) -> ImageRecord:
        """The image with that number, from 0."""
        return _records.decode(self.records[number])

    def matching(
        self, start: int, stop: int, wanted: Callable[[ImageRecord], bool]
    ) -> Iterator[tuple[int, ImageRecord]]:
        """The images from `start` up to `stop` that are wanted, with their numbers."""
        for number in range(start, min(stop, len(self.records))):
            if wanted(record := self.record(number)):
                yield number, record

    def left_out(self, start: int, stop: int, code: str) -> Iterator[tuple[int, DroppedRecord]]:
        """The drop ledger from `start` up to `stop`, of one code if one is given."""
        needle = msgspec.json.encode(code) if code else b""
        for number in range(start, min(stop, len(self.dropped))):
            if needle in self.dropped[number]:
                record = _dropped.decode(self.dropped[number])
                if code in ("", record.code):
                    yield number, record


class OpenPacks:
    """The tables that were looked at last, so many bytes of them; each is read once, however many ask at a time."""

    def __init__(self, bytes_max: int = TABLES_BYTES_MAX) -> None:
        self._kept: Bounded[Tables] = Bounded(bytes_max)
        self._reading: dict[str, asyncio.Lock] = {}

    async def tables(self, objects: ObjectStore, ref: ObjectRef) -> Tables:
        """The tables of the pack.

        Raises:
            ApiRefusal: `pack_unreadable` (409), `pack_too_large_to_show` (422).
            ObjectMissingError, StoreAwayError: as the store.
        """
        lock = self._reading.setdefault(ref.digest, asyncio.Lock())
        try:
            async with lock:
                if (tables := self._kept.get(ref.digest)) is None:
                    tables = await _read(objects, ref)
                    self._kept.put(ref.digest, tables.size_bytes, tables)
                return tables
        finally:
            if not lock.locked():
                self._reading.pop(ref.digest, None)


OPEN_PACKS = web.AppKey("open_packs", OpenPacks)


async def image_of(objects: ObjectStore, ref: ObjectRef, tables: Tables, record: ImageRecord) -> bytes:
    """An image's bytes, as they were uploaded.

    Raises:
        ApiRefusal: `pack_unreadable` (409): they are not there, or not those of the record.
    """
    place = tables.places.get(record.entry)
    if place is None or place.size_bytes > IMAGE_BYTES_MAX:
        raise _unreadable(ref, record.entry)
    data = await _range(objects, ref, place.start, place.stop)
    if f"sha256:{hashlib.sha256(data).hexdigest()}" != record.sha256:
        raise _unreadable(ref, record.entry)
    return data


async def _read(objects: ObjectStore, ref: ObjectRef) -> Tables:
    size_bytes = ref.size_bytes
    try:
        tail = await _range(objects, ref, max(0, size_bytes - TAIL_BYTES), size_bytes)
        directory = read_end(tail, size_bytes)
        if not 0 < directory.entries <= RECORDS_MAX + 4:
            raise BadZipError(f"it has {directory.entries} entries")
        if directory.size_bytes > min(directory.entries * RECORD_BYTES_MAX, TABLE_BYTES_MAX):
            raise _too_large(ref)
        data = await _range(objects, ref, directory.offset, directory.offset + directory.size_bytes)
        places = await asyncio.to_thread(_places, data, directory.entries)
        info = msgspec.json.decode(await _entry(objects, ref, places, INFO_ENTRY, INFO_BYTES_MAX), type=PackInfo)
        records = await _entry(objects, ref, places, RECORDS_ENTRY, TABLE_BYTES_MAX)
        dropped = await _entry(objects, ref, places, DROPPED_ENTRY, TABLE_BYTES_MAX)
    except (BadZipError, msgspec.MsgspecError, UnicodeDecodeError, KeyError) as error:
        raise _unreadable(ref, str(error)) from error
    return Tables(info, tuple(records.splitlines()), tuple(dropped.splitlines()), places)


def _places(data: bytes, entries: int) -> dict[str, Place]:
    file = io.BytesIO(data)
    places = (read_record(file) for _ in range(entries))
    return {place.name: place for place in places}


async def _entry(objects: ObjectStore, ref: ObjectRef, places: dict[str, Place], name: str, bytes_max: int) -> bytes:
    place = places[name]
    if place.size_bytes > bytes_max:
        raise _too_large(ref)
    return await _range(objects, ref, place.start, place.stop)


async def _range(objects: ObjectStore, ref: ObjectRef, start: int, stop: int) -> bytes:
    if stop <= start:
        return b""
    data = b"".join([chunk async for chunk in objects.get(ref.digest, start=start, stop=stop)])
    if len(data) != stop - start:
        raise BadZipError("it is cut short")
    return data


def _too_large(ref: ObjectRef) -> ApiRefusal:
    return ApiRefusal(
        HTTPStatus.UNPROCESSABLE_ENTITY, "pack_too_large_to_show", digest=ref.digest, size_max_bytes=TABLE_BYTES_MAX
    )


def _unreadable(ref: ObjectRef, detail: str) -> ApiRefusal:
    return ApiRefusal(HTTPStatus.CONFLICT, "pack_unreadable", digest=ref.digest, detail=detail[:200])
