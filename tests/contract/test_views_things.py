"""Read models of decided things on real PostgreSQL: deleted ones apart, children, jobs that have to do with one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from storage.log.port import Partition
from storage.views.port import Advance, Batch
from storage.views.postgres import Views
from storage.views.rows import At, EntityRow, JobRow, ProductRow

pytestmark = pytest.mark.real

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ME = UUID(int=1)
CONVERSION, INFERENCE = "ConversionRequested", "InferenceRequested"


@pytest.fixture
async def views(postgres_dsn: str) -> AsyncIterator[Views]:
    views = await Views.open(postgres_dsn, f"t_{uuid4().hex[:12]}", pool_size_max=2)
    await views.migrate()
    yield views
    async with views._asking() as connection:
        await connection.execute(f"drop schema {views.schema} cascade")
    await views.close()


def thing(number: int, kind: str = "tron", parents: tuple[int, ...] = (), **changed: object) -> EntityRow:
    told = {
        "at": At(0, number),
        "id": UUID(int=number),
        "kind": kind,
        "owner": ME,
        "name": f"thing {number}",
        "created_at": NOON,
        "updated_at": NOON + timedelta(seconds=number),
        "document": b"{}",
        "parents": [str(UUID(int=parent)) for parent in parents],
    }
    return EntityRow(**(told | changed))


def job(number: int, subject: int, kind: str = CONVERSION, **changed: object) -> JobRow:
    told = {
        "at": At(0, number),
        "id": UUID(int=number),
        "kind": kind,
        "owner": ME,
        "state": "queued",
        "resource": "cpu-heavy",
        "platform": "",
        "epoch": 0,
        "agent": "",
        "cancelling": False,
        "subject_id": UUID(int=subject),
        "request_digest": "d",
        "requested_at": NOON + timedelta(seconds=number),
        "updated_at": NOON + timedelta(seconds=number),
        "request": b"{}",
        "fold": b"",
    }
    return JobRow(**(told | changed))


async def keep(views: Views, **rows: object) -> None:
    partition = Partition("mo.catalog", 0)
    old = (await views.positions()).get(partition, 0)
    await views.apply(Batch(advances={partition: Advance(old, old + 1)}, **rows))


def numbers(rows: list) -> list[int]:
    return [row.id.int for row in rows]


async def test_a_changed_thing_is_what_it_was_changed_to(views: Views):
    before = thing(2, parents=(7, 8))
    after = thing(2, parents=(8, 9), at=At(0, 9), note="n", revision=3, deleted_at=NOON)
    for row in (before, after, before):
        await keep(views, entities=[row])
    assert await views.entity(before.id) == after
    assert await views.known_entities([before.id, ME]) == {before.id: after}


async def test_lists_show_what_is_there_or_what_was_deleted(views: Views):
    await keep(views, entities=[thing(2), thing(3, deleted_at=NOON), thing(4), thing(5, "pth")])
    assert numbers((await views.entities("tron"))[0]) == [4, 2]
    assert numbers((await views.entities("tron", deleted=True))[0]) == [3]
    page, cursor = await views.entities("tron", limit=1)
    assert numbers(page) == [4]
    assert numbers((await views.entities("tron", limit=1, cursor=cursor))[0]) == [2]


async def test_children_are_those_that_are_there_and_all_are_counted(views: Views):
    rows = [thing(number, parents=(100, 200 + number % 2)) for number in range(2, 8)]
    await keep(views, entities=[*rows, thing(8, parents=(100,), deleted_at=NOON), thing(9, parents=(300,))])
    found, count = await views.children(UUID(int=100), limit=3)
    assert (numbers(found), count) == ([7, 6, 5], 6)
    found, count = await views.children(UUID(int=201), limit=3)
    assert (numbers(found), count) == ([7, 5, 3], 3)
    assert await views.children(UUID(int=999), limit=3) == ([], 0)


async def test_jobs_upon_a_thing_are_its_own_its_childrens_and_those_with_it_as_dataset(views: Views):
    await keep(
        views,
        entities=[thing(2, parents=(100,)), thing(3, parents=(100,))],
        jobs=[
            job(10, 2), job(11, 3, state="running"), job(12, 4), job(13, 2, state="failed"),
            job(14, 2, INFERENCE, dataset_id=UUID(int=50)), job(15, 50, "DatasetImportRequested"),
        ],
    )  # fmt: skip

    async def upon(number: int, *kinds: str, states: tuple[str, ...] = ("queued", "running")) -> list[int]:
        rows, count = await views.jobs_upon(UUID(int=number), kinds=kinds, states=states, limit=9)
        assert count == len(rows)
        return numbers(rows)

    assert await upon(100, CONVERSION) == [11, 10]
    assert await upon(2, CONVERSION, INFERENCE) == [14, 10]
    assert await upon(50, CONVERSION, INFERENCE, "DatasetImportRequested") == [15, 14]
    assert await upon(2, CONVERSION, states=("failed",)) == [13]
    assert await upon(2, states=("failed",)) == []


async def test_the_newest_job_of_each_subject_is_the_one_asked_for_last(views: Views):
    await keep(views, jobs=[job(10, 2), job(11, 2), job(12, 3), job(13, 2, INFERENCE)])
    found = await views.newest_jobs(CONVERSION, [UUID(int=number) for number in (2, 3, 4)])
    assert {subject.int: row.id.int for subject, row in found.items()} == {2: 11, 3: 12}


async def test_jobs_are_found_by_the_names_and_ids_they_have_to_do_with(views: Views):
    await keep(
        views,
        entities=[thing(2, name="100%_net"), thing(50, "dataset", name="Photos\0")],
        jobs=[job(10, 2), job(14, 3, INFERENCE, dataset_id=UUID(int=50)), job(15, 50)],
    )

    async def found(search: str) -> list[int]:
        return numbers((await views.jobs(search=search))[0])

    assert await found("%_N") == [10]
    assert await found("photos") == [15, 14]
    assert await found("photos\0") == [15, 14]
    assert await found(str(UUID(int=3))) == [14]
    assert await found(str(UUID(int=10))) == [10]
    assert await found("nothing") == []


def product(number: int, *uses: int, kind: str = "revision") -> ProductRow:
    return ProductRow(
        at=At(3, number), job_id=UUID(int=number), kind=kind, entity_id=ME, digest="d", document=b"{}",
        created_at=NOON + timedelta(seconds=number), uses=[str(UUID(int=each)) for each in uses],
    )  # fmt: skip


async def test_a_structure_is_certified_by_the_first_revision_made_with_it(views: Views):
    await keep(
        views,
        entities=[thing(number, "structure") for number in (2, 3, 4)],
        products=[product(30, 2), product(20, 2, 3), product(10, 4, kind="dataset_version")],
    )
    found = await views.certificates([UUID(int=number) for number in (2, 3, 4, 9)])
    assert {id_.int: row.job_id.int for id_, row in found.items()} == {2: 20, 3: 20}
    assert found[UUID(int=2)].created_at == NOON + timedelta(seconds=20)
    for certified, expected in ((True, [3, 2]), (False, [4]), (None, [4, 3, 2])):
        assert numbers((await views.entities("structure", certified=certified))[0]) == expected
    page, cursor = await views.entities("structure", certified=True, limit=1)
    assert numbers(page) == [3]
    assert numbers((await views.entities("structure", certified=True, limit=1, cursor=cursor))[0]) == [2]
