"""One suite for every object store: a folder, S3, and the API's gateway over real HTTP on loopback in front of each."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple
from uuid import UUID, uuid4

import msgspec
import pytest
from aiohttp import web
from people import passwords, people
from s3_servers import SERVERS, Bucket, credentials

from api.app import create_app
from api.deps import Deps
from producers.say import Speaker
from schemas.lifecycle import Job
from schemas.topics import TOPICS
from storage.log.memory import MemoryLog
from storage.objects import local
from storage.objects.gateway import GatewayAwayError, GatewayGrants, GatewayObjects, GatewayRefusedError
from storage.objects.local import LocalObjects
from storage.objects.port import (
    CHUNK_BYTES,
    ObjectDamagedError,
    ObjectMissingError,
    ObjectStore,
    ObjectTooLargeError,
    StoreFullError,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)
JOB, INSTANCE = UUID(int=1), UUID(int=2)
SMALL, LARGE = b"0123456789", bytes(range(256)) * (3 * CHUNK_BYTES // 256) + b"tail"
BYTES_MAX = 4 * CHUNK_BYTES


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


async def chunks(data: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def whole(objects: ObjectStore, name: str, **part: int) -> bytes:
    return b"".join([chunk async for chunk in objects.get(name, **part)])


class Folder:
    """Where the bytes of a local store lie, seen from behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def objects(self) -> ObjectStore:
        return LocalObjects(self.path)

    def names(self) -> list[str]:
        return [path.name for path in self.path.rglob("*") if path.is_file()]

    def damage(self, name: str, data: bytes) -> None:
        (path,) = self.path.rglob(name)
        path.chmod(0o644)
        path.write_bytes(data)


class Bench(NamedTuple):
    """A store, and what holds its bytes."""

    objects: ObjectStore
    behind: Folder | Bucket

    def names(self) -> list[str]:
        return self.behind.names()

    def damage(self, data: bytes, replacement: bytes) -> None:
        self.behind.damage(hex_of(data), replacement)


def hex_of(data: bytes) -> str:
    return digest(data).removeprefix("sha256:")


class OneJob:
    """Read models with one running job, whose request names the objects of this suite."""

    def __init__(self, state: str = "running") -> None:
        self.state = state

    async def job(self, id_: UUID):
        if id_ != JOB:
            return None
        fold = Job(
            id=JOB, kind="ConversionRequested", owner=UUID(int=0), resource="cpu-heavy", platform=None,
            request_digest="", requested_at=NOW, state=self.state, epoch=1, instance=INSTANCE,
        )  # fmt: skip
        named = [{"digest": digest(data)} for data in (SMALL, LARGE, b"", b"missing")]
        return SimpleNamespace(
            id=JOB, request=msgspec.json.encode({"objects": named}), fold=msgspec.msgpack.encode(fold)
        )


class Served:
    """The real application on a free loopback port."""

    def __init__(self, objects: ObjectStore) -> None:
        log = MemoryLog({topic.name: topic.partitions for topic in TOPICS.values()})
        self.views = OneJob()
        deps = Deps(
            views=self.views, watcher=self.views, log=log, speaker=Speaker(log, "/test", lambda: NOW, 1.0),
            objects=objects, agent_secret="agent", token_secret="token", accounts=people(), passwords=passwords(),
            upload_bytes_max=BYTES_MAX, clock=lambda: NOW, new_id=uuid4,
        )  # fmt: skip
        self._runner = web.AppRunner(create_app(deps))

    async def __aenter__(self) -> Served:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with Served(LocalObjects(tmp_path)) as each:
        yield each


@pytest.fixture(params=["folder", *SERVERS])
def behind(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder | Bucket:
    if request.param == "folder":
        return Folder(tmp_path)
    credentials(monkeypatch)
    return Bucket(request.getfixturevalue(request.param))


@pytest.fixture(params=["direct", "gateway"])
async def bench(request: pytest.FixtureRequest, behind: Folder | Bucket) -> AsyncIterator[Bench]:
    kept = behind.objects()
    if request.param == "direct":
        yield Bench(kept, behind)
    else:
        async with Served(kept) as served:
            objects = await GatewayGrants(served.url, "agent")(JOB, 1, INSTANCE)
            yield Bench(objects, behind)
            await objects.close()
    await kept.close()


@pytest.mark.parametrize("data", [SMALL, LARGE, b""], ids=["small", "large", "empty"])
async def test_what_was_put_comes_back_under_its_digest(bench, data):
    stored = await bench.objects.put(chunks(data), size_max_bytes=BYTES_MAX)
    assert stored == (digest(data), len(data))
    assert await bench.objects.size(stored.digest) == len(data)
    assert await whole(bench.objects, stored.digest) == data


async def test_equal_bytes_are_kept_once(bench):
    names = {(await bench.objects.put(chunks(SMALL, size), size_max_bytes=100)).digest for size in (1, 3, 100)}
    assert (names, len(bench.names())) == ({digest(SMALL)}, 1)


async def test_many_at_once_put_the_same(bench):
    await asyncio.gather(*(bench.objects.put(chunks(LARGE), size_max_bytes=BYTES_MAX) for _ in range(8)))
    assert await whole(bench.objects, digest(LARGE)) == LARGE
    assert len(bench.names()) == 1


@pytest.mark.parametrize(
    ("start", "stop"), [(0, 4), (3, 7), (5, None), (0, None), (0, 10), (9, 99), (10, None), (4, 4), (20, 30)]
)
async def test_parts(bench, start, stop):
    await bench.objects.put(chunks(SMALL), size_max_bytes=100)
    assert await whole(bench.objects, digest(SMALL), start=start, stop=stop) == SMALL[start:stop]


async def test_a_part_across_chunks(bench):
    await bench.objects.put(chunks(LARGE), size_max_bytes=BYTES_MAX)
    start, stop = CHUNK_BYTES - 5, 2 * CHUNK_BYTES + 5
    assert await whole(bench.objects, digest(LARGE), start=start, stop=stop) == LARGE[start:stop]


async def test_more_than_the_limit_keeps_nothing(bench):
    with pytest.raises(ObjectTooLargeError):
        await bench.objects.put(chunks(LARGE), size_max_bytes=len(LARGE) - 1)
    await bench.objects.put(chunks(SMALL), size_max_bytes=len(SMALL))
    assert bench.names() == [hex_of(SMALL)]


async def test_a_source_that_breaks_keeps_nothing(bench):
    async def breaking() -> AsyncIterator[bytes]:
        yield SMALL
        raise ConnectionResetError("the source went away")

    with pytest.raises(ConnectionResetError, match="the source"):
        await bench.objects.put(breaking(), size_max_bytes=100)
    await bench.objects.put(chunks(LARGE), size_max_bytes=BYTES_MAX)
    assert bench.names() == [hex_of(LARGE)]


@pytest.mark.parametrize("behind", ["folder"], indirect=True)
async def test_no_space_keeps_nothing_and_is_said(bench, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(local, "write", full)
    with pytest.raises(StoreFullError):
        await bench.objects.put(chunks(SMALL), size_max_bytes=100)
    assert bench.names() == []


async def test_what_is_not_there_is_missing(bench):
    with pytest.raises(ObjectMissingError):
        await bench.objects.size(digest(b"missing"))
    with pytest.raises(ObjectMissingError):
        await whole(bench.objects, digest(b"missing"))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x",
        "sha256:",
        "sha256:../../x",
        f"sha256:{'A' * 64}",
        f"sha256:{'0' * 64}\n",
        f"md5:{'0' * 64}",
        "/etc/passwd",
    ],
)
async def test_what_is_no_digest_names_nothing(bench, name):
    with pytest.raises(ObjectMissingError):
        await bench.objects.size(name)
    with pytest.raises(ObjectMissingError):
        await whole(bench.objects, name)


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
async def test_damaged_bytes_are_noticed_at_the_end_of_a_whole_read(bench, data):
    await bench.objects.put(chunks(data), size_max_bytes=BYTES_MAX)
    bench.damage(data, data[:-1] + b"!")
    # Through us a long object flows already when the damage is noticed: it breaks off, and nobody takes it for whole.
    broken_off = data == LARGE and isinstance(bench.objects, GatewayObjects) and isinstance(bench.behind, Folder)
    with pytest.raises(GatewayAwayError if broken_off else ObjectDamagedError):
        await whole(bench.objects, digest(data))


async def test_putting_again_heals_a_damaged_object(bench):
    await bench.objects.put(chunks(SMALL), size_max_bytes=100)
    bench.damage(SMALL, b"short")
    await bench.objects.put(chunks(SMALL), size_max_bytes=100)
    assert await whole(bench.objects, digest(SMALL)) == SMALL


async def test_a_put_that_is_cancelled_leaves_nothing(tmp_path):
    started = asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield SMALL
        started.set()
        await asyncio.Event().wait()

    putting = asyncio.create_task(LocalObjects(tmp_path).put(stuck(), size_max_bytes=100))
    await started.wait()
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_leftovers_of_dead_processes_go_and_those_of_the_living_stay(tmp_path):
    incoming = tmp_path / "incoming"
    incoming.mkdir()
    (incoming / "old").write_bytes(b"x")
    (incoming / "new").write_bytes(b"x")
    os.utime(incoming / "old", (0, 0))
    await LocalObjects(tmp_path).put(chunks(SMALL), size_max_bytes=100)
    assert [path.name for path in incoming.iterdir()] == ["new"]


async def test_a_client_that_breaks_off_an_upload_leaves_nothing(served, tmp_path):
    objects = await GatewayGrants(served.url, "agent")(JOB, 1, INSTANCE)

    async def stuck() -> AsyncIterator[bytes]:
        yield LARGE
        await asyncio.Event().wait()

    async def until(there: bool) -> None:
        async with asyncio.timeout(10):
            while any(path.is_file() for path in tmp_path.rglob("*")) != there:  # noqa: ASYNC110
                await asyncio.sleep(0.005)  # the server's side of a broken connection sets no event of ours

    putting = asyncio.create_task(objects.put(stuck(), size_max_bytes=BYTES_MAX))
    await until(there=True)
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    await objects.close()
    await until(there=False)


async def test_the_gateway_serves_no_attempt_that_lost_its_job(served):
    objects = await GatewayGrants(served.url, "agent")(JOB, 1, INSTANCE)
    served.views.state = "queued"
    with pytest.raises(GatewayRefusedError):
        await objects.put(chunks(SMALL), size_max_bytes=100)
    with pytest.raises(GatewayRefusedError):
        await whole(objects, digest(SMALL))
    await objects.close()


async def test_a_wrong_secret_is_refused_at_once(served):
    with pytest.raises(GatewayRefusedError):
        await GatewayGrants(served.url, "wrong")(JOB, 1, INSTANCE)


async def test_a_claim_that_is_not_read_yet_is_asked_for_again(served):
    served.views.state = "queued"
    pauses = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        served.views.state = "running"

    objects = await GatewayGrants(served.url, "agent", pause=pause)(JOB, 1, INSTANCE)
    assert len(pauses) == 1
    await objects.close()


async def test_an_api_that_is_away_is_said(served, monkeypatch):
    objects = GatewayObjects("http://127.0.0.1:9", "token")
    with pytest.raises(GatewayAwayError):
        await objects.put(chunks(SMALL), size_max_bytes=100)
    with pytest.raises(GatewayAwayError):
        await objects.size(digest(SMALL))
    await objects.close()
    monkeypatch.setattr("storage.objects.gateway.GRANT_S_MAX", 0.0)
    with pytest.raises(GatewayAwayError):
        await GatewayGrants("http://127.0.0.1:9", "agent")(JOB, 1, INSTANCE)
