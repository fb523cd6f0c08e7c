"""The list of schemas on real PostgreSQL: kept, read, flipped only when caught up, and followed without a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from storage.log.port import Partition
from storage.views import control as control_module
from storage.views.control import CONTROL, Control, ControlError, Layout
from storage.views.port import Advance, Batch, ViewsAwayError
from storage.views.postgres import Views
from storage.views.watcher import Watcher

pytestmark = pytest.mark.real

P, Q = Partition("mo.jobs", 0), Partition("mo.job-progress", 0)
TOPICS = ["mo.jobs"]


@pytest.fixture
async def own_dsn(postgres_dsn: str) -> AsyncIterator[str]:
    """A database of its own: the list of schemas is one for a database."""
    link = await asyncpg.connect(postgres_dsn)
    await link.execute("drop database if exists control_test with (force)")
    await link.execute("create database control_test")
    yield postgres_dsn.replace("/mo?", "/control_test?")
    await link.execute("drop database control_test with (force)")
    await link.close()


@pytest.fixture
async def control(own_dsn: str) -> AsyncIterator[Control]:
    control = await Control.open(own_dsn, CONTROL)
    await control.migrate("rm_v1")
    yield control
    await control.close()


async def views_of(dsn: str, schema: str, reached: int) -> Views:
    views = await Views.open(dsn, schema)
    await views.migrate()
    await views.identity("cluster")
    if reached:
        await views.apply(Batch(advances={P: Advance(0, reached), Q: Advance(0, 1)}))
    return views


async def test_the_first_schema_is_listed_and_read_and_stays_so(control):
    await control.migrate("rm_v9")
    assert await control.layout() == Layout("rm_v1", frozenset({"rm_v1"}))
    (row,) = await control.listed()
    assert (row.schema, row.active, row.keeper) == ("rm_v1", True, None)


async def test_what_a_projector_says_is_kept_and_only_of_listed_schemas(control, own_dsn):
    for state, code in (("running", ""), ("refused", "log_lost")):
        await control.report("rm_v1", state, code)
    await control.report("rm_v7", "running")
    (row,) = await control.listed()
    assert (row.keeper.state, row.keeper.code) == ("refused", "log_lost")
    views = await views_of(own_dsn, "rm_v1", 0)
    assert await views.keeper() == row.keeper
    await views.close()


async def test_a_flip_waits_until_the_new_one_has_caught_up(control, own_dsn):
    old, new = await views_of(own_dsn, "rm_v1", 10), await views_of(own_dsn, "rm_v2", 8)
    await control.add("rm_v2")
    flipping = asyncio.create_task(control.flip("rm_v2", TOPICS))
    await new.apply(Batch(advances={P: Advance(8, 10)}))
    assert await flipping == "rm_v1"
    assert (await control.layout()).active == "rm_v2"
    assert await control.flip("rm_v1", TOPICS) == "rm_v2"
    await old.close()
    await new.close()


async def test_a_flip_to_one_that_stays_behind_is_refused_and_holds_nobody(control, own_dsn, monkeypatch):
    monkeypatch.setattr(control_module, "FLIP_S_MAX", 0.2)
    old, new = await views_of(own_dsn, "rm_v1", 10), await views_of(own_dsn, "rm_v2", 8)
    await control.add("rm_v2")
    with pytest.raises(ControlError, match="2 records behind") as caught:
        await control.flip("rm_v2", TOPICS)
    assert caught.value.code == "schema_behind"
    assert (await control.layout()).active == "rm_v1"
    await old.apply(Batch(advances={P: Advance(10, 11)}))
    await control.report("rm_v1", "refused", "log_lost")
    assert await control.flip("rm_v2", TOPICS) == "rm_v1", "one whose log was lost is never reached, and may be left"
    await old.close()
    await new.close()


async def test_only_what_is_listed_is_flipped_to_and_only_what_is_not_read_is_dropped(control, own_dsn):
    views = await views_of(own_dsn, "rm_v2", 1)
    with pytest.raises(ControlError) as caught:
        await control.flip("rm_v2", TOPICS)
    assert caught.value.code == "schema_unknown"
    with pytest.raises(ControlError) as caught:
        await control.drop("rm_v1")
    assert caught.value.code == "schema_active"
    with pytest.raises(ControlError) as caught:
        await control.drop("rm_v3")
    assert caught.value.code == "schema_unknown"
    await control.drop("rm_v2")  # begun and never listed
    with pytest.raises(ViewsAwayError, match="mo provision"):
        await views.positions()
    await views.close()


async def test_the_next_name_is_one_more_or_that_of_one_that_was_not_finished(control, own_dsn):
    assert await control.next_name() == "rm_v2"
    begun = await views_of(own_dsn, "rm_v2", 1)
    assert await control.next_name() == "rm_v2"
    await control.add("rm_v2")
    assert await control.next_name() == "rm_v3"
    await begun.close()


async def test_who_follows_is_told_at_once_and_reads_the_other_schema(control, own_dsn):
    old, new = await views_of(own_dsn, "rm_v1", 10), await views_of(own_dsn, "rm_v2", 20)
    layouts: asyncio.Queue[Layout] = asyncio.Queue()
    following = control.follow(layouts.put_nowait)
    watcher = await Watcher.open(own_dsn, "rm_v1")
    reader = await Views.open(own_dsn, "rm_v1")
    async with asyncio.timeout(5):
        assert await layouts.get() == Layout("rm_v1", frozenset({"rm_v1"}))
        await control.add("rm_v2")
        assert await layouts.get() == Layout("rm_v1", frozenset({"rm_v1", "rm_v2"}))
        waiting = asyncio.create_task(watcher.wait_position(P, 15, timeout_s=5))
        await control.flip("rm_v2", TOPICS)
        assert (await layouts.get()).active == "rm_v2"
        await reader.move_to("rm_v2")
        await watcher.move_to("rm_v2")
        assert await waiting
    assert (await reader.positions())[P] == 20
    for each in (following, watcher, reader, old, new):
        await each.close()


async def test_the_list_is_found_again_after_every_lost_connection(control, own_dsn):
    layouts: asyncio.Queue[Layout] = asyncio.Queue()
    following = control.follow(layouts.put_nowait)
    async with asyncio.timeout(5):
        await layouts.get()
        link = await asyncpg.connect(own_dsn)
        await link.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() "
            "and datname = current_database()"
        )
        await link.execute("insert into mo_control.schemas (schema) values ('rm_v2')")
        await link.close()
        assert (await layouts.get()).listed == {"rm_v1", "rm_v2"}
    await following.close()
