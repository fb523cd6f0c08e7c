"""One suite for objects that come in pieces: a folder and S3, across broken links, dying processes and two writers."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import random
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import AsyncMock
from uuid import UUID, uuid4

import pytest
from s3_servers import SERVERS, Bucket, credentials

from storage.objects import local_uploads, s3_multipart, s3_uploads
from storage.objects.local import LocalObjects
from storage.objects.port import (
    ObjectMissingError,
    ObjectTooLargeError,
    StoreFullError,
    Upload,
    UploadBusyError,
    UploadOffsetError,
    UploadRefusedError,
    UploadStore,
    UploadUnknownError,
)

PART_BYTES = 5 << 20
"""The least that S3 takes in the middle of an object."""
DATA = random.Random(1).randbytes(1 << 20) * 11 + b"tail"
"""Two whole pieces of S3, and one that is not."""
DIGEST = f"sha256:{hashlib.sha256(DATA).hexdigest()}"


class Folder:
    """Where the bytes of a local store lie, seen from behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def objects(self) -> UploadStore:
        return LocalObjects(self.path)

    def names(self) -> list[str]:
        return [path.name for path in self.path.rglob("*") if path.is_file()]


@pytest.fixture(params=["folder", *SERVERS])
def behind(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder | Bucket:
    if request.param == "folder":
        return Folder(tmp_path)
    credentials(monkeypatch)
    for module in (s3_uploads, s3_multipart):
        monkeypatch.setattr(module, "PART_BYTES", PART_BYTES)
    return Bucket(request.getfixturevalue(request.param))


@pytest.fixture
async def store(behind: Folder | Bucket) -> AsyncIterator[UploadStore]:
    store = behind.objects()
    yield store
    await store.close()


async def begun(store: UploadStore, size_bytes: int = len(DATA)) -> UUID:
    upload = await store.uploads.begin(uuid4(), size_bytes=size_bytes, began_at=datetime.now(UTC), label="bmV0")
    assert (upload.offset_bytes, upload.digest) == (0, "")
    return upload.id


async def chunks(data: bytes, size: int = 300_000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def breaking(data: bytes) -> AsyncIterator[bytes]:
    async for chunk in chunks(data):
        yield chunk
    raise ConnectionResetError("the link broke")


async def whole(store: UploadStore, name: str = DIGEST) -> bytes:
    return b"".join([chunk async for chunk in store.get(name)])


async def sent(store: UploadStore, id_: UUID, start: int, stop: int | None = None) -> Upload:
    return await store.uploads.append(id_, start, chunks(DATA[start:stop]))


async def test_one_piece_is_an_object(store, behind):
    id_ = await begun(store)
    upload = await sent(store, id_, 0)
    assert (upload.offset_bytes, upload.digest, upload.label) == (len(DATA), DIGEST, "bmV0")
    assert await whole(store) == DATA
    assert await store.uploads.state(id_) == upload
    assert sorted(behind.names()) == sorted([f"{id_}.json", DIGEST.removeprefix("sha256:")])


async def test_nothing_is_an_object_too(store):
    id_ = await begun(store, 0)
    upload = await store.uploads.append(id_, 0, chunks(b""))
    assert (await whole(store, upload.digest), upload.offset_bytes) == (b"", 0)


@pytest.mark.parametrize("new_process", [False, True], ids=["same process", "other processes"])
async def test_a_link_that_breaks_ten_times_costs_nothing_that_has_come(store, behind, new_process):
    """Every break leaves all that came, and whoever goes on hashes right."""
    id_, place = await begun(store), 0
    others = []
    for stop in sorted(random.Random(2).sample(range(1, len(DATA)), 10)):
        with pytest.raises(ConnectionResetError):
            await store.uploads.append(id_, place, breaking(DATA[place:stop]))
        if new_process and len(others) < 3:
            others.append(store := behind.objects())
        place = (await store.uploads.state(id_)).offset_bytes
        assert place == stop
    assert (await sent(store, id_, place)).digest == DIGEST
    assert await whole(store) == DATA
    for each in others:
        await each.close()


async def test_a_cancelled_append_keeps_what_came(store):
    id_ = await begun(store)
    taken = asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield DATA[:6_000_000]
        taken.set()
        await asyncio.Event().wait()

    appending = asyncio.create_task(store.uploads.append(id_, 0, stuck()))
    await taken.wait()
    appending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await appending
    assert (await store.uploads.state(id_)).offset_bytes == 6_000_000
    assert (await sent(store, id_, 6_000_000)).digest == DIGEST


async def test_only_the_end_can_be_gone_on_from(store):
    id_ = await begun(store)
    await sent(store, id_, 0, 1000)
    for wrong in (0, 999, 1001, len(DATA)):
        with pytest.raises(UploadOffsetError) as caught:
            await store.uploads.append(id_, wrong, chunks(b"x"))
        assert caught.value.offset_bytes == 1000
    assert (await sent(store, id_, 1000)).digest == DIGEST
    with pytest.raises(UploadOffsetError):
        await store.uploads.append(id_, 1000, chunks(b"x"))
    assert (await store.uploads.append(id_, len(DATA), chunks(b""))).digest == DIGEST


async def test_of_two_writers_one_wins(store):
    id_ = await begun(store)
    begins, goes_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield DATA[:1000]
        begins.set()
        await goes_on.wait()
        yield DATA[1000:]

    first = asyncio.create_task(store.uploads.append(id_, 0, slow()))
    await begins.wait()
    assert (await store.uploads.state(id_)).busy
    with pytest.raises(UploadBusyError):
        await store.uploads.append(id_, 0, chunks(b"y" * len(DATA)))
    with pytest.raises(UploadBusyError):
        await store.uploads.abort(id_)
    assert await store.uploads.sweep(datetime.now(UTC) + timedelta(hours=1)) == 1
    goes_on.set()
    assert (await first).digest == DIGEST
    assert not (await store.uploads.state(id_)).busy
    assert await whole(store) == DATA


async def test_a_writer_in_another_process_tears_nothing(store, behind):
    """Whoever is late is told so, at the latest by the offset; the digest is that of the bytes which are kept."""
    id_ = await begun(store)
    other = behind.objects()
    begins, goes_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield DATA[:7_000_000]
        begins.set()
        await goes_on.wait()
        yield DATA[7_000_000:]

    first = asyncio.create_task(store.uploads.append(id_, 0, slow()))
    await begins.wait()
    with pytest.raises((UploadBusyError, UploadOffsetError)):
        await other.uploads.append(id_, 0, chunks(b"y" * len(DATA)))
    goes_on.set()
    assert (await first).digest == DIGEST
    assert await whole(store) == DATA
    await other.close()


async def test_more_than_was_announced_is_refused_and_the_rest_kept(store):
    id_ = await begun(store, 1000)
    with pytest.raises(ObjectTooLargeError):
        await store.uploads.append(id_, 0, chunks(DATA[:1001]))
    assert (await store.uploads.state(id_)).offset_bytes == 1000
    upload = await store.uploads.append(id_, 1000, chunks(b""))
    assert await whole(store, upload.digest) == DATA[:1000]


async def test_a_piece_that_is_not_accepted_is_taken_back_whole(store):
    id_ = await begun(store)
    await sent(store, id_, 0, 1000)
    with pytest.raises(UploadRefusedError):
        await store.uploads.append(id_, 1000, chunks(b"x" * 6_000_000), accept=lambda: False)
    with pytest.raises(ConnectionResetError):
        await store.uploads.append(id_, 1000, breaking(b"x" * 6_000_000), accept=lambda: True)
    assert (await store.uploads.state(id_)).offset_bytes == 1000
    accepted = await store.uploads.append(id_, 1000, chunks(DATA[1000:]), accept=lambda: True)
    assert accepted.digest == DIGEST


async def test_equal_bytes_are_kept_once(store, behind):
    ids = [await begun(store) for _ in range(2)]
    for id_ in ids:
        assert (await sent(store, id_, 0)).digest == DIGEST
    await store.put(chunks(DATA), size_max_bytes=len(DATA))
    assert sorted(behind.names()) == sorted([*(f"{id_}.json" for id_ in ids), DIGEST.removeprefix("sha256:")])


async def test_an_aborted_upload_is_gone_and_its_object_stays(store, behind):
    id_ = await begun(store)
    await sent(store, id_, 0, 6_000_000)
    await store.uploads.abort(id_)
    assert behind.names() == []
    for what in (store.uploads.state(id_), store.uploads.abort(id_), store.uploads.append(id_, 0, chunks(b""))):
        with pytest.raises(UploadUnknownError):
            await what
    with pytest.raises(ObjectMissingError):
        await store.size(DIGEST)
    finished = await begun(store)
    await sent(store, finished, 0)
    await store.uploads.abort(finished)
    assert await store.size(DIGEST) == len(DATA)


async def test_sweeping_removes_what_is_old_and_counts_what_is_unfinished(store, behind):
    ids = [await begun(store) for _ in range(3)]
    await sent(store, ids[0], 0)
    await sent(store, ids[1], 0, 1000)
    assert await store.uploads.sweep(datetime.now(UTC) - timedelta(hours=1)) == 2
    assert await store.uploads.sweep(datetime.now(UTC) + timedelta(hours=1)) == 0
    assert behind.names() == [DIGEST.removeprefix("sha256:")]
    with pytest.raises(UploadUnknownError):
        await store.uploads.state(ids[1])


async def test_many_uploads_at_once(store):
    ids = [await begun(store) for _ in range(4)]
    assert {upload.digest for upload in await asyncio.gather(*(sent(store, id_, 0) for id_ in ids))} == {DIGEST}
    assert await whole(store) == DATA


async def test_a_disk_that_fills_up_keeps_what_came_and_goes_on_when_there_is_room(tmp_path, monkeypatch):
    store = LocalObjects(tmp_path)
    id_ = await begun(store)
    write = local_uploads.write

    def half(file, running, chunk):
        if file.tell() < 1_000_000:
            write(file, running, chunk)
        else:
            file.write(chunk[:77])  # a disk takes what fits before it says that it is full
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(local_uploads, "write", half)
    with pytest.raises(StoreFullError):
        await sent(store, id_, 0)
    monkeypatch.setattr(local_uploads, "write", write)
    place = (await store.uploads.state(id_)).offset_bytes
    assert place == 1_200_000
    assert (await sent(store, id_, place)).digest == DIGEST


async def test_no_room_is_promised_twice(tmp_path, monkeypatch):
    store = LocalObjects(tmp_path)
    room = local_uploads.SPARE_BYTES + 1000
    monkeypatch.setattr(local_uploads.shutil, "disk_usage", lambda _: _Usage(room))
    await begun(store, 600)
    with pytest.raises(StoreFullError):
        await begun(store, 500)
    await begun(store, 400)


class _Usage:
    def __init__(self, free: int) -> None:
        self.free = free


STEPS = ["settle", "move", "_record", "_forget_part"]


@pytest.mark.parametrize("step", STEPS)
async def test_a_process_that_dies_while_it_finishes_leaves_work_that_the_next_one_does(tmp_path, monkeypatch, step):
    """Before, or in the middle of, each step of the end."""
    store = LocalObjects(tmp_path)
    id_ = await begun(store)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(local_uploads if hasattr(local_uploads, step) else store.uploads, step, dies)
        store.uploads._part(id_).write_bytes(DATA)
        upload = await store.uploads.state(id_)
        with store.uploads._part(id_).open("r+b", buffering=0) as file, pytest.raises(KeyboardInterrupt):
            store.uploads._finish(upload, file, DIGEST)
    again = LocalObjects(tmp_path)
    assert (await again.uploads.state(id_)).offset_bytes == len(DATA)
    assert (await again.uploads.append(id_, len(DATA), chunks(b""))).digest == DIGEST
    assert await whole(again) == DATA
    assert await again.uploads.sweep(datetime.now(UTC) + timedelta(hours=1)) == 0


async def test_files_that_no_record_tells_of_are_swept(tmp_path):
    store = LocalObjects(tmp_path)
    await begun(store)
    for name in ("old.part", "old.new"):
        (tmp_path / "uploads" / name).write_bytes(b"x")
        os.utime(tmp_path / "uploads" / name, (0, 0))
    assert await store.uploads.sweep(datetime.now(UTC) - timedelta(hours=1)) == 1
    assert len(list((tmp_path / "uploads").iterdir())) == 2


async def test_of_whole_uploads_only_the_latest_are_remembered_and_none_is_read(store, behind, monkeypatch):
    """Whoever begins an upload waits for the sweep: what it costs must not grow with all that ever came."""
    for module in (local_uploads, s3_uploads):
        monkeypatch.setattr(module, "FINISHED_MAX", 2)
    ids = []
    for place in range(4):
        ids.append(await begun(store, 10))
        await store.uploads.append(ids[-1], 0, chunks(b"%010d" % place))
        if isinstance(behind, Folder):
            os.utime(behind.path / "uploaded" / f"{ids[-1]}.json", ns=(0, place))
    with monkeypatch.context() as patched:
        for each in (local_uploads, s3_uploads.S3Uploads):
            patched.setattr(each, "_read", None)
        assert await store.uploads.sweep(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    records = {name for name in behind.names() if name.endswith(".json")}
    assert len(records) == 2
    if isinstance(behind, Folder):
        assert records == {f"{id_}.json" for id_ in ids[2:]}


async def test_a_damaged_record_stops_no_other_upload(tmp_path):
    store = LocalObjects(tmp_path)
    id_, damaged = await begun(store), await begun(store)
    for record in (b"{", b'{"label":"\xff"}'):
        (tmp_path / "uploads" / f"{damaged}.json").write_bytes(record)
        assert await store.uploads.sweep(datetime.now(UTC) - timedelta(hours=1)) == 1
        with pytest.raises(UploadUnknownError):
            await store.uploads.state(damaged)
    assert (await sent(store, id_, 0)).digest == DIGEST
    await begun(store)
    assert await store.uploads.sweep(datetime.now(UTC) + timedelta(hours=1)) == 0
    assert not list((tmp_path / "uploads").iterdir())


async def test_no_room_is_promised_twice_at_once(tmp_path, monkeypatch):
    stores = [LocalObjects(tmp_path) for _ in range(4)]
    room = local_uploads.SPARE_BYTES + 1000

    def usage(_: Path) -> _Usage:
        time.sleep(0.05)  # long enough that all of them would look before one has begun
        return _Usage(room)

    monkeypatch.setattr(local_uploads.shutil, "disk_usage", usage)
    got = await asyncio.gather(*(begun(store, 600) for store in stores), return_exceptions=True)
    assert sorted(type(each).__name__ for each in got) == ["StoreFullError"] * 3 + ["UUID"]


async def test_what_a_killed_end_leaves_at_the_object_s_key_is_swept(store, behind, monkeypatch):
    if isinstance(behind, Folder):
        pytest.skip("a folder moves: it joins nothing")
    id_ = await begun(store)
    with monkeypatch.context() as patched:
        for name in ("complete", "abort"):
            patched.setattr(s3_multipart.Multipart, name, AsyncMock(side_effect=SystemError))
        with pytest.raises(SystemError):
            await sent(store, id_, 0)
    left = behind.s3.list_multipart_uploads(Bucket=behind.name)["Uploads"]
    assert [each["Key"].rpartition("/")[2] for each in left] == [DIGEST.removeprefix("sha256:")]
    await store.uploads.sweep(min(each["Initiated"] for each in left) - timedelta(seconds=1))
    assert behind.s3.list_multipart_uploads(Bucket=behind.name).get("Uploads")
    await store.uploads.sweep(datetime.now(UTC) + timedelta(days=1))
    assert behind.names() == []
