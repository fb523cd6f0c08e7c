"""The embedded stack with real Kafka and PostgreSQL: up, down, and everything that kills."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import msgspec
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local import control
from deploy.local.apps import App
from deploy.local.children import User
from deploy.local.home import LOOPBACK, Home, free_port, port_is_free, write_atomically
from deploy.local.postgres import SHARED_ROOT, reachable
from deploy.local.state import StackState, is_alive
from deploy.provision import ProvisionError, provision
from deploy.settings import Settings
from schemas.topics import CATALOG, TOPICS

pytestmark = pytest.mark.real

API = """
import http.server, os
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(os.environ["MO_API_PORT"])), Answer).serve_forever()
"""
SLEEP = ("-c", "import signal; signal.pause()")
APPS = (App("provision", ("-c", "pass"), "once"), App("api", ("-c", API), "http"), App("projector", SLEEP))


@pytest.fixture
async def settings(stack_settings: Settings) -> AsyncIterator[Settings]:
    yield stack_settings
    await control.down(stack_settings)


async def up(settings: Settings, apps: tuple[App, ...] = APPS) -> StackState:
    return await control.up(settings, on_event=lambda _name, _state: None, apps=apps)


async def until(settings: Settings, check: Callable[[StackState], bool], *, seconds: float = 60.0) -> StackState:
    async with asyncio.timeout(seconds):
        while True:
            said = control.state(settings)
            if said is not None and check(said):
                return said
            await asyncio.sleep(0.05)


def processes(said: StackState) -> list[int]:
    return [child.process.pid for child in said.children if child.process is not None and is_alive(child.process)]


def processes_after(said: StackState, *, seconds: float) -> list[int]:
    end = time.monotonic() + seconds
    while processes(said) and time.monotonic() < end:
        time.sleep(0.05)
    return processes(said)


def owner(path: Path) -> User:
    return User(path.stat().st_uid, path.stat().st_gid)


async def cluster_id(bootstrap: str) -> str:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return (await admin.describe_cluster())["cluster_id"]
    finally:
        await admin.close()


async def test_up_twice_is_one_stack_and_down_leaves_nothing(settings: Settings) -> None:
    first = await up(settings)
    assert {child.name: child.state for child in first.children} == {
        "kafka": "ready",
        "postgres": "ready",
        "provision": "done",
        "api": "ready",
        "projector": "ready",
    }
    assert (await up(settings)).supervisor == first.supervisor
    assert Home(settings.home).secrets.stat().st_mode & 0o777 == 0o600

    assert await control.down(settings)
    assert processes(first) == []
    assert not is_alive(first.supervisor)
    assert control.state(settings) is None
    assert not await control.down(settings)


def test_a_port_with_a_listener_is_not_free() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        assert not port_is_free(server.getsockname()[1])
        assert free_port() != server.getsockname()[1]
    assert port_is_free(free_port())


@pytest.mark.bars
async def test_a_kept_port_that_was_taken_is_replaced(settings: Settings) -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        taken = server.getsockname()[1]
        home = Home(settings.home)
        home.make()
        write_atomically(home.ports, msgspec.json.encode({"kafka": taken, "controller": free_port()}))
        said = await up(settings, ())
    assert said.kafka_bootstrap != f"{LOOPBACK}:{taken}"


async def test_two_who_start_at_once_get_the_same_stack(settings: Settings) -> None:
    one, other = await asyncio.gather(up(settings, ()), up(settings, ()))
    assert one.supervisor == other.supervisor


async def test_killed_servers_come_back_ready(settings: Settings) -> None:
    before = await up(settings)
    for name in ("kafka", "postgres", "api"):
        killed = before.child(name).process
        assert killed is not None
        os.kill(killed.pid, signal.SIGKILL)
        after = await until(settings, lambda said, name=name: said.ready and said.child(name).exits >= 1)
        assert after.child(name).process != killed
    assert after.kafka_bootstrap == before.kafka_bootstrap
    assert await cluster_id(after.kafka_bootstrap)


async def test_a_killed_supervisor_takes_its_children_along(settings: Settings) -> None:
    said = await up(settings)
    os.kill(said.supervisor.pid, signal.SIGKILL)
    assert processes_after(said, seconds=5.0) == []
    assert control.state(settings) is None
    again = await up(settings)
    assert again.kafka_bootstrap == said.kafka_bootstrap


async def test_records_and_rows_survive_a_restart(settings: Settings) -> None:
    first = await up(settings, ())
    kept = await cluster_id(first.kafka_bootstrap)
    link = await asyncpg.connect(first.postgres_dsn)
    await link.execute("create table kept (name text); insert into kept values ('模型')")
    await control.down(settings)
    await link.close()

    second = await up(settings, ())
    assert await cluster_id(second.kafka_bootstrap) == kept
    assert second.kafka_bootstrap == first.kafka_bootstrap
    link = await asyncpg.connect(second.postgres_dsn)
    assert await link.fetchval("select name from kept") == "模型"
    await link.close()


async def test_a_child_that_keeps_failing_is_named_with_its_log(settings: Settings) -> None:
    apps = (App("provision", ("-c", "raise SystemExit('no such topic')"), "once"), App("projector", SLEEP))
    with pytest.raises(control.StackError, match="no such topic") as caught:
        await up(settings, apps)
    assert caught.value.child == "provision"
    assert control.state(settings) is None


async def test_topics_are_made_once_and_a_wrong_one_is_refused(kafka_bootstrap: str) -> None:
    own = [msgspec.structs.replace(topic, name=f"own-{topic.name}") for topic in TOPICS.values()]
    assert await provision(kafka_bootstrap, own, replication=1) == [topic.name for topic in own]
    assert await provision(kafka_bootstrap, own, replication=1) == []
    wrong = msgspec.structs.replace(own[0], partitions=3, retention_ms=1000)
    with pytest.raises(ProvisionError, match=r"has 1 partitions and must have 3.*retention\.ms=-1 and must have 1000"):
        await provision(kafka_bootstrap, [wrong], replication=1)


async def test_a_topic_that_kafka_refuses_is_said(kafka_bootstrap: str) -> None:
    topic = msgspec.structs.replace(CATALOG, name="mo.too-many-replicas")
    with pytest.raises(ProvisionError, match="code 38"):
        await provision(kafka_bootstrap, [topic], replication=3)


async def test_a_topic_without_history_is_refused(kafka_bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic("mo.forgetful", 1, 1)])
    await admin.close()
    with pytest.raises(ProvisionError, match="retention"):
        await provision(kafka_bootstrap, [msgspec.structs.replace(CATALOG, name="mo.forgetful")], replication=1)


@pytest.mark.bars
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run PostgreSQL as somebody else")
async def test_root_with_a_private_home_changes_no_permission(settings: Settings) -> None:
    settings.home.chmod(0o700)
    said = await up(settings, ())
    folder = Path(said.postgres_dsn.partition("host=")[2])
    try:
        assert settings.home.stat().st_mode & 0o777 == 0o700
        assert settings.home not in folder.parents
        assert reachable(folder, owner(folder))
        link = await asyncpg.connect(said.postgres_dsn)
        await link.close()
    finally:
        await control.down(settings)
        shutil.rmtree(folder.parents[1])
        if not any(SHARED_ROOT.iterdir()):
            SHARED_ROOT.rmdir()
