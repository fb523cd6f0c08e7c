"""Read models on real PostgreSQL: what was put in comes out, all or nothing, and those who wait are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from storage.log.port import Partition
from storage.views.database import connect
from storage.views.port import Advance, Batch, CursorError, OffsetConflictError, ViewsAwayError
from storage.views.postgres import Views
from storage.views.rows import (
    AgentRow,
    At,
    CommandRow,
    EntityRow,
    JobRow,
    ProductRow,
    ProgressRow,
    UndecodableRow,
)
from storage.views.watcher import Watcher
from storage.views.writes import notice

pytestmark = pytest.mark.real

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ME, YOU = UUID(int=1), UUID(int=2)
P = Partition("mo.jobs", 0)


@pytest.fixture
async def views(postgres_dsn: str) -> AsyncIterator[Views]:
    views = await Views.open(postgres_dsn, f"t_{uuid4().hex[:12]}", pool_size_max=4)
    await views.migrate()
    yield views
    async with views._asking() as connection:
        await connection.execute(f"drop schema {views.schema} cascade")
    await views.close()


@pytest.fixture
async def watcher(views: Views, postgres_dsn: str) -> AsyncIterator[Watcher]:
    watcher = await Watcher.open(postgres_dsn, views.schema)
    yield watcher
    await watcher.close()


def job(number: int, **changed: object) -> JobRow:
    told = {
        "at": At(0, number),
        "id": UUID(int=number),
        "kind": "ConversionRequested",
        "owner": ME,
        "state": "queued",
        "resource": "cpu-heavy",
        "platform": "nvidia",
        "epoch": 0,
        "agent": "",
        "cancelling": False,
        "subject_id": UUID(int=70),
        "request_digest": "d",
        "requested_at": NOON,
        "updated_at": NOON + timedelta(microseconds=number // 2),
        "request": b"{}",
        "fold": b"\x00\xff",
    }
    return JobRow(**(told | changed))


def entity(number: int, name: str, **changed: object) -> EntityRow:
    told = {
        "at": At(0, number),
        "id": UUID(int=number),
        "kind": "tron",
        "owner": ME,
        "name": name,
        "created_at": NOON,
        "updated_at": NOON + timedelta(seconds=number),
        "document": b'{"\\u0000": "\xff"}',
    }
    return EntityRow(**(told | changed))


def batch(old: int = 0, new: int = 1, partition: Partition = P, **rows: object) -> Batch:
    return Batch(advances={partition: Advance(old, new)}, **rows)


def product(job_id: int, entity_id: int, kind: str = "revision") -> ProductRow:
    return ProductRow(
        at=At(0, job_id),
        job_id=UUID(int=job_id),
        kind=kind,
        entity_id=UUID(int=entity_id),
        digest="sha256:x",
        created_at=NOON - timedelta(seconds=job_id),
        document=b"{}",
    )


async def test_every_row_comes_out_as_it_went_in(views: Views):
    command = CommandRow(at=At(0, 1), event_id=UUID(int=5), accepted=False, code="name_taken", params={"a": "\0ü"})
    progress = ProgressRow(at=At(3, 9), job_id=UUID(int=6), epoch=1, step=2, stage="s", fraction=0.5, seen_at=NOON)
    agent = AgentRow(at=At(0, 4), agent="a", seen_at=NOON, document=b"{}")
    lost = UndecodableRow(at=At(0, 8), topic="mo.jobs", key=None, value=b"\0", headers=b"\x90", error="no")
    one, thing, made = job(1, result=b"r", reason=b"{}"), entity(2, "näme"), product(7, 70)
    await views.apply(
        batch(
            commands=[command],
            entities=[thing],
            jobs=[one],
            products=[made],
            progress=[progress],
            agents=[agent],
            undecodable=[lost],
        )
    )
    assert await views.command(command.event_id) == command
    assert await views.entity(thing.id) == thing
    assert await views.entities_by_ids([thing.id, YOU]) == [thing]
    assert await views.job(one.id) == one
    assert await views.jobs_by_ids([one.id, YOU]) == [one]
    assert await views.live_jobs([one.id, YOU]) == {one.id: one}
    assert await views.product(made.job_id) == made
    assert await views.progress([progress.job_id, YOU]) == {progress.job_id: progress}
    assert await views.agents() == [agent]
    assert await views.undecodable(10) == [lost]
    assert await views.positions() == {P: 1}
    assert await views.job(YOU) is None
    kept = await views.dump()
    assert kept["jobs"] == [one]
    assert set(kept) == {"commands", "entities", "jobs", "products", "undecodable"}


async def test_positions_and_rows_change_together_or_not_at_all(views: Views):
    await views.apply(batch(0, 2, jobs=[job(1)]))
    for old in (0, 1, 3):
        with pytest.raises(OffsetConflictError):
            await views.apply(batch(old, 9, jobs=[job(2)]))
    two = Batch(advances={Partition("mo.jobs", 1): Advance(0, 5), P: Advance(1, 9)}, jobs=[job(2)])
    with pytest.raises(OffsetConflictError):
        await views.apply(two)
    assert await views.positions() == {P: 2}
    assert await views.job(job(2).id) is None


@pytest.mark.parametrize("point", ["before_update", "after_update", "before_commit"])
async def test_a_death_before_the_commit_leaves_nothing(views: Views, point: str):
    def die(reached: str) -> None:
        if reached == point:
            raise RuntimeError("died")

    with pytest.raises(RuntimeError):
        await views.apply(batch(jobs=[job(1)]), die)
    assert await views.positions() == {}
    assert await views.job(job(1).id) is None
    reached = []
    await views.apply(batch(jobs=[job(1)]), reached.append)
    assert reached == ["before_update", "after_update", "before_commit", "after_commit"]


async def test_of_two_rivals_one_wins(views: Views):
    partitions = [Partition("mo.jobs", number) for number in range(12)]
    for round_ in range(10):
        ways = (partitions, partitions[::-1])
        rivals = [
            views.apply(Batch(advances={each: Advance(round_, round_ + 1) for each in way}, jobs=[job(number)]))
            for number, way in enumerate(ways, 2 * round_ + 1)
        ]
        lost = await asyncio.gather(*rivals, return_exceptions=True)
        assert sorted(type(each) for each in lost if each is not None) == [OffsetConflictError]
    assert set((await views.positions()).values()) == {10}
    assert len((await views.jobs(limit=100))[0]) == 10


async def test_a_row_is_never_taken_back(views: Views):
    await views.apply(batch(0, 1, jobs=[job(1, at=At(0, 8), state="running")]))
    await views.apply(batch(1, 2, jobs=[job(1, at=At(0, 7))]))
    assert (await views.job(UUID(int=1))).state == "running"
    await views.apply(batch(2, 3, jobs=[job(1, at=At(0, 9), state="completed")]))
    assert (await views.job(UUID(int=1))).state == "completed"


async def test_progress_of_an_older_epoch_does_not_hide_the_newer(views: Views):
    def seen(offset: int, epoch: int) -> ProgressRow:
        return ProgressRow(at=At(0, offset), job_id=ME, epoch=epoch, step=offset, stage="", fraction=0, seen_at=NOON)

    await views.apply(batch(0, 1, progress=[seen(1, 2)]))
    await views.apply(batch(1, 2, progress=[seen(2, 1)]))
    assert (await views.progress([ME]))[ME].epoch == 2


async def test_the_first_saying_of_a_command_stays(views: Views):
    first = CommandRow(at=At(0, 1), event_id=ME, accepted=True)
    await views.apply(batch(0, 1, commands=[first]))
    await views.apply(batch(1, 2, commands=[CommandRow(at=At(0, 2), event_id=ME, accepted=False)]))
    assert await views.command(ME) == first


async def test_text_that_postgres_cannot_keep_stops_nothing(views: Views):
    agents = [
        AgentRow(at=At(0, number), agent=name, seen_at=NOON, document=b"")
        for number, name in enumerate(["a\0", "a\ufffd"])
    ]
    await views.apply(batch(agents=agents, entities=[entity(1, "n\0")]))
    assert await views.agents() == [agents[1]]
    assert (await views.entity(UUID(int=1))).name == "n\ufffd"
    assert (await views.entities("tron", search="n\0"))[0] == [await views.entity(UUID(int=1))]


async def test_pages_hold_every_row_once(views: Views):
    rows = [job(number, owner=ME if number % 3 else YOU) for number in range(25)]
    await views.apply(batch(jobs=rows))
    found, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        page, cursor = await views.jobs(limit=4, cursor=cursor)
        found, pages = found + page, pages + 1
    assert found == sorted(rows, key=lambda row: (row.updated_at, row.id), reverse=True)
    assert pages == 7
    exact, none_left = await views.jobs(limit=25)
    assert (len(exact), none_left) == (25, None)


async def test_jobs_are_found_by_what_they_are(views: Views):
    rows = [
        job(1, owner=YOU),
        job(2, kind="InferenceRequested", state="running"),
        job(3, subject_id=UUID(int=71), state="failed"),
    ]
    await views.apply(batch(jobs=rows))

    async def found(**filters: object) -> list[int]:
        return [row.id.int for row in (await views.jobs(**filters))[0]]

    assert await found() == [3, 2, 1]
    assert await found(owner=ME) == [3, 2]
    assert await found(kinds=["ConversionRequested"], states=["failed", "queued"]) == [3, 1]
    assert await found(subject_id=UUID(int=70)) == [2, 1]
    assert await found(owner=YOU, states=["running"]) == []


async def test_entities_are_found_by_part_of_their_name_or_start_of_their_id(views: Views):
    names = {1: "100%_done", 2: "100 done", 3: "Ünicode\\x", 4: "other"}
    rows = [entity(number, name) for number, name in names.items()]
    rows += [entity(5, "100% pth", kind="pth"), entity(6, "100% ascend", platform="ascend", owner=YOU)]
    await views.apply(batch(entities=rows))

    async def found(search: str = "", **filters: object) -> list[int]:
        return [row.id.int for row in (await views.entities("tron", search=search, **filters))[0]]

    assert await found() == [6, 4, 3, 2, 1]
    assert await found("100%") == [6, 1]
    assert await found("%_") == [1]
    assert await found("\\") == [3]
    assert await found("ÜNI") == [3] or await found("üni") == [3]
    assert await found(str(UUID(int=4))[:-1]) == [6, 4, 3, 2, 1]
    assert await found(str(UUID(int=4)).upper()) == [4]
    assert await found(platform="ascend") == [6]
    assert await found("100%", owner=ME) == [1]


@pytest.mark.parametrize("cursor", ["", "nonsense", "gqEx", "ÿ"])
async def test_a_foreign_cursor_is_refused(views: Views, cursor: str):
    with pytest.raises(CursorError):
        await views.jobs(cursor=cursor)


async def test_products_are_found_by_what_they_are_of(views: Views):
    made = [product(1, 70), product(2, 70), product(3, 71), product(4, 72), product(5, 70, "dataset_version")]
    await views.apply(batch(products=made))
    assert await views.products("revision", [UUID(int=70), UUID(int=71)]) == [made[2], made[1], made[0]]


async def test_two_may_migrate_at_once(postgres_dsn: str):
    schema = f"t_{uuid4().hex[:12]}"
    several = [await Views.open(postgres_dsn, schema) for _ in range(4)]
    await asyncio.gather(*(each.migrate() for each in several))
    await several[0].apply(batch(jobs=[job(1)]))
    await several[1].migrate()
    assert await several[1].positions() == {P: 1}
    await several[2].reset()
    assert await several[0].positions() == {}
    async with several[0]._asking() as connection:
        await connection.execute(f"drop schema {schema} cascade")
    for each in several:
        await each.close()


@pytest.mark.parametrize("schema", ["", "Rm", "rm-1", "rm;drop", "r" * 32, "1rm", "rm_v1\n"])
async def test_only_a_plain_name_is_a_schema(postgres_dsn: str, schema: str):
    with pytest.raises(ValueError, match="small letter"):
        await Views.open(postgres_dsn, schema)


async def test_the_log_is_remembered_once(views: Views):
    assert await views.identity("one") == "one"
    assert await views.identity("two") == "one"


async def test_a_database_that_is_not_there_is_away(tmp_path):
    views = await Views.open(f"postgresql://postgres@/mo?host={tmp_path}", "rm_v1")
    with pytest.raises(ViewsAwayError):
        await views.positions()
    await views.close()


async def test_a_connection_that_is_cut_is_away_and_comes_back(views: Views, postgres_dsn: str):
    async def cut(reached: str) -> None:
        if reached == "before_commit":
            killer = await connect(postgres_dsn, views.schema)
            await killer.execute(
                "select pg_terminate_backend(pid) from pg_locks where relation = 'offsets'::regclass and pid <> $1",
                killer.get_server_pid(),
            )
            await killer.close()

    with pytest.raises(ViewsAwayError):
        await views.apply(batch(jobs=[job(1)]), cut)
    await views.apply(batch(jobs=[job(1)]))
    assert await views.positions() == {P: 1}


async def test_a_value_that_cannot_be_kept_is_not_taken_for_away(views: Views):
    with pytest.raises(asyncpg.DataError):
        await views.apply(batch(jobs=[job(1, epoch=2**63)]))


async def test_who_waits_is_told_by_the_commit(views: Views, watcher: Watcher):
    waiting = asyncio.create_task(watcher.wait_position(P, 4, timeout_s=20))
    assert await watcher.wait_position(P, 0, timeout_s=0.01) is False
    await views.apply(batch(0, 4))
    assert await watcher.wait_position(P, 3, timeout_s=20) is True
    assert not waiting.done()
    loop = asyncio.get_running_loop()
    start = loop.time()
    await views.apply(batch(4, 5))
    assert await waiting is True
    assert loop.time() - start < 1, "told by the notification, not by the look every few seconds"
    assert await watcher.wait_position(P, 4, timeout_s=0) is True


async def test_a_watcher_that_was_cut_off_comes_back_by_itself(views: Views, watcher: Watcher):
    await views.apply(batch(0, 1))
    assert await watcher.wait_position(P, 0, timeout_s=20)
    async with views._asking() as connection:
        cut = await connection.fetchval(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where query like 'select topic%' "
            "and pid <> pg_backend_pid() and state = 'idle' and datname = current_database()"
        )
    assert cut >= 1
    await views.apply(batch(1, 2))
    assert await watcher.wait_position(P, 1, timeout_s=20)
    await views.apply(batch(2, 3))
    assert await watcher.wait_position(P, 2, timeout_s=20)


async def test_a_watcher_may_come_before_the_tables(postgres_dsn: str):
    schema = f"t_{uuid4().hex[:12]}"
    watcher = await Watcher.open(postgres_dsn, schema)
    assert await watcher.wait_position(P, 0, timeout_s=0.3) is False
    views = await Views.open(postgres_dsn, schema)
    await views.migrate()
    await views.apply(batch())
    assert await watcher.wait_position(P, 0, timeout_s=20) is True
    await watcher.close()
    async with views._asking() as connection:
        await connection.execute(f"drop schema {schema} cascade")
    await views.close()


def test_a_notice_that_would_not_fit_says_only_that_something_moved():
    advances = {Partition("mo.jobs", number): Advance(0, number) for number in range(3)}
    assert msgspec.json.decode(notice(advances)) == [["mo.jobs", 0, 0], ["mo.jobs", 1, 1], ["mo.jobs", 2, 2]]
    assert notice({Partition("mo.jobs", number): Advance(0, 1) for number in range(1000)}) == ""


async def test_what_waits_comes_oldest_first_and_what_runs_is_counted(views: Views):
    rows = [
        job(1, requested_at=NOON + timedelta(seconds=2)),
        job(2, requested_at=NOON, owner=YOU),
        job(3, resource="device"),
        job(4, state="running", agent="a"),
        job(5, state="running", agent="a"),
        job(6, state="running", agent="a", owner=YOU),
        job(7, state="completed"),
    ]
    await views.apply(Batch(advances={P: Advance(0, 8)}, jobs=rows))
    waiting = await views.waiting("cpu-heavy", limit=9)
    assert [(row.id.int, row.owner, row.platform) for row in waiting] == [(2, YOU, "nvidia"), (1, ME, "nvidia")]
    assert [row.id.int for row in await views.waiting("cpu-heavy", limit=1)] == [2]
    assert [tuple(row) for row in await views.busy()] == [(ME, "a", "cpu-heavy", 2), (YOU, "a", "cpu-heavy", 1)]
