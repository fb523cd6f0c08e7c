"""The private place of an attempt: what becomes of it when the store, the disk or another attempt is in the way."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from agents import workspace
from agents.work import JobProblem, Limits
from agents.workspace import LocalWorkspaces
from schemas.events import DatasetImportRequested
from schemas.values import ObjectRef
from storage.objects.port import ObjectDamagedError, ObjectError, StoreAwayError, Stored

CONTENT = bytes(range(256)) * 64


def ref_of(content: bytes) -> ObjectRef:
    return ObjectRef(f"sha256:{hashlib.sha256(content).hexdigest()}", len(content), "thing")


class Store:
    """Objects in memory; `away` is how many more questions are not answered."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.away = 0
        self.fault: Exception | None = None
        self.closed = 0
        self.step = asyncio.Event()
        self.step.set()

    def _ask(self) -> None:
        if self.away:
            self.away -= 1
            raise StoreAwayError("away")
        if self.fault is not None:
            raise self.fault

    async def put(self, chunks: AsyncIterator[bytes], *, size_max_bytes: int) -> Stored:
        content = b"".join([chunk async for chunk in chunks])
        self._ask()
        ref = ref_of(content)
        self.kept[ref.digest] = content
        return Stored(ref.digest, ref.size_bytes)

    async def get(self, digest: str, *, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        self._ask()
        content = self.kept[digest]
        for at in range(0, len(content), 1024):
            yield content[at : at + 1024]
            await self.step.wait()

    async def close(self) -> None:
        self.closed += 1


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "AWAY_PAUSE_S", 0.0)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
async def places(store: Store, tmp_path: Path) -> LocalWorkspaces:
    async def grant(job: UUID, epoch: int, instance: UUID) -> Store:
        store._ask()
        return store

    places = LocalWorkspaces(tmp_path, Limits(60, 1 << 30), grant)  # type: ignore[arg-type]
    await places.prepare()
    return places


def open_one(places: LocalWorkspaces, instance: UUID | None = None):
    id_ = uuid4()
    request = DatasetImportRequested(
        job_id=id_, resource="cpu-light", dataset_id=id_, package=ref_of(b""), format="imagefolder"
    )
    return places.open(request, 1, instance or uuid4(), lambda _stage, _fraction: None)


async def test_a_store_that_is_away_for_a_while_costs_nothing(places: LocalWorkspaces, store: Store, tmp_path: Path):
    ref = ref_of(CONTENT)
    store.kept[ref.digest] = CONTENT
    store.away = 3
    async with open_one(places) as work:
        store.away = 3
        fetched = await work.fetch(ref, "in.bin")
        assert fetched.read_bytes() == CONTENT
        store.away = 3
        kept = await work.keep(fetched, "out.bin")
    assert (kept.digest, kept.size_bytes) == (ref.digest, len(CONTENT))
    assert not list((tmp_path / "attempts").iterdir())
    assert [each.name for each in (tmp_path / "cache").iterdir()] == [ref.digest.removeprefix("sha256:")]


async def test_a_store_that_stays_away_is_a_problem_that_may_pass(
    places: LocalWorkspaces, store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(workspace, "AWAY_S_MAX", 0.01)
    store.away = 1 << 30
    with pytest.raises(JobProblem, match="objects_unreachable") as caught:
        async with open_one(places):
            pytest.fail("there are no objects")
    assert caught.value.retriable


@pytest.mark.parametrize(
    ("fault", "code"), [(ObjectDamagedError("x"), "object_damaged"), (ObjectError("no"), "objects_unreachable")]
)
async def test_a_refusal_is_not_asked_again(places: LocalWorkspaces, store: Store, fault: Exception, code: str):
    async with open_one(places) as work:
        store.fault = fault
        with pytest.raises(JobProblem, match=code):
            await work.fetch(ref_of(CONTENT), "in.bin")


async def test_a_folder_that_cannot_be_made_is_the_agents_disk(places: LocalWorkspaces, store: Store, tmp_path: Path):
    (tmp_path / "attempts").rmdir()
    with pytest.raises(JobProblem, match="agent_disk") as caught:
        async with open_one(places):
            pytest.fail("there is no folder")
    assert caught.value.retriable
    assert store.closed == 1


async def test_two_attempts_that_fetch_one_object_do_not_write_into_one_file(places: LocalWorkspaces, store: Store):
    ref, instance = ref_of(CONTENT), uuid4()
    store.kept[ref.digest] = CONTENT
    store.step.clear()
    async with open_one(places, instance) as one, open_one(places, instance) as other:
        fetching = [asyncio.create_task(each.fetch(ref, "in.bin")) for each in (one, other)]
        await asyncio.sleep(0)
        store.step.set()
        first, second = await asyncio.gather(*fetching)
        assert first.read_bytes() == CONTENT
        assert first.samefile(second), "the later download was put over the earlier one"


async def test_the_folder_goes_even_if_the_objects_cannot_be_closed(
    places: LocalWorkspaces, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async def fails() -> None:
        raise ObjectError("cannot be closed")

    monkeypatch.setattr(store, "close", fails)
    with pytest.raises(ObjectError):
        async with open_one(places) as work:
            (work.folder / "x").write_bytes(b"x")
    assert not list((tmp_path / "attempts").iterdir())


async def test_the_cache_keeps_its_limit_and_what_was_used_last(
    places: LocalWorkspaces, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(workspace, "CACHE_BYTES_MAX", 2500)
    unfinished = tmp_path / "cache" / "other.part"
    unfinished.write_bytes(b"x" * 5000)
    contents = [bytes([number]) * 1000 for number in range(4)]
    for content in contents:
        store.kept[ref_of(content).digest] = content
        async with open_one(places) as work:
            await work.fetch(ref_of(content), "in.bin")
    names = {ref_of(content).digest.removeprefix("sha256:") for content in contents[2:]}
    assert {each.name for each in (tmp_path / "cache").iterdir()} == {*names, unfinished.name}
    await places.prepare()
    assert not unfinished.exists()
