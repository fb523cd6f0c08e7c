"""What all tests share: the slow ones asked for by --bars, no sockets in unit tests, one real Kafka and PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import pytest_socket
from aiokafka.admin import AIOKafkaAdminClient

from api.client.client import Client
from deploy.local import control, kafka
from deploy.local.home import Home
from deploy.local.state import StackState, live_state
from deploy.provision import provision
from deploy.settings import Settings
from schemas.topics import TOPICS

ROOT = Path(__file__).parents[1]
UNIT = ROOT / "tests" / "unit"
READY_SECONDS_MAX = 120


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bars", action="store_true", help="also run the slow proofs, marked 'bars'")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--bars"):
        for item in items:
            if item.get_closest_marker("bars"):
                item.add_marker(pytest.mark.skip(reason="a slow proof: runs with --bars"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if UNIT in item.path.parents:
        # An event loop needs its own socket pair, which is a unix socket.
        pytest_socket.disable_socket(allow_unix_socket=True)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    if UNIT in item.path.parents:
        pytest_socket.enable_socket()


@pytest.fixture
def stack_settings() -> Iterator[Settings]:
    """Settings of a home of its own; the jars come from the shared cache."""
    with short_home() as home:
        yield settings_for(home)


@pytest.fixture(scope="session")
def bare_stack() -> Iterator[StackState]:
    """Kafka without topics and PostgreSQL with an empty database, once per session; gone when pytest is."""
    with short_home() as path:
        settings = settings_for(path)
        home = Home(path)
        home.make()
        kafka.class_path(settings.cache, maven_url=settings.maven_url, progress=lambda _done, _total: None)
        with (home.logs / "supervisor.log").open("wb") as log:
            supervisor = subprocess.Popen(
                [sys.executable, "-m", "deploy.local.supervisor", "--with-parent", "[]"],
                env={**os.environ, **settings.to_env()},
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        try:
            yield _ready(home, supervisor)
        finally:
            supervisor.terminate()
            supervisor.wait()


@pytest.fixture(scope="session")
def kafka_bootstrap(bare_stack: StackState) -> str:
    """Address of a real broker; topics are the test's own, under names of its own."""
    return bare_stack.kafka_bootstrap


@pytest.fixture(scope="session")
def postgres_dsn(bare_stack: StackState) -> str:
    """DSN of a real database; schemas are the test's own, under names of its own."""
    return bare_stack.postgres_dsn


@pytest.fixture
async def provisioned_kafka(kafka_bootstrap: str) -> str:
    """The real broker with our topics new and empty; only one test at a time uses them."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        if old := sorted(existing & TOPICS.keys()):
            await admin.delete_topics(old)
            async with asyncio.timeout(30):
                while existing & TOPICS.keys():
                    existing = set(await admin.list_topics())
    finally:
        await admin.close()
    await provision(kafka_bootstrap, TOPICS.values(), replication=1)
    return kafka_bootstrap


@contextmanager
def running_system(**told: object) -> Iterator[Settings]:
    """The whole system, running: broker, database, API, projector, agent; with short leases and these settings."""
    with short_home() as home:
        told = {"LEASE_S": 3, "HEARTBEAT_S": 0.5, "JOB_MEMORY_BYTES_MAX": 3 << 30, **told}
        settings = Settings.from_env(
            {**settings_for(home).to_env(), **{f"MO_{name}": str(value) for name, value in told.items()}}
        )
        asyncio.run(control.up(settings, on_event=lambda _what, _happened: None))
        yield settings
        asyncio.run(control.down(settings))


def client_of(settings: Settings) -> Client:
    state = control.state(settings)
    assert state is not None
    return Client(state.api_url, lang="en", token=Home(settings.home).token.read_text())


@pytest.fixture(scope="session")
def system_settings() -> Iterator[Settings]:
    """A running system; a job may take longer than any here does on a busy machine; two heavy ones run side by side."""
    with running_system(JOB_SECONDS_MAX=120, AGENT_SLOTS="cpu-light=2,cpu-heavy=2,device=1") as settings:
        yield settings


@pytest.fixture(scope="session")
def mo(system_settings: Settings) -> Iterator[Client]:
    """A client of the whole system; what tests make there bears names of their own."""
    with client_of(system_settings) as client:
        yield client


@pytest.fixture(scope="module")
def patient_mo() -> Iterator[Client]:
    """A client of a system of its own, where a job may take long."""
    with running_system(JOB_SECONDS_MAX=600, LEASE_S=30) as settings, client_of(settings) as client:
        yield client


@pytest.fixture(scope="session")
def system_told() -> Callable[..., AbstractContextManager[Client]]:
    """Runs a system of one's own with these settings, and gives a client of it."""

    @contextmanager
    def running(**told: object) -> Iterator[Client]:
        with running_system(**told) as settings, client_of(settings) as client:
            yield client

    return running


class short_home:  # noqa: N801 - used like a function
    """A new folder with a short name that PostgreSQL's user may pass through, which pytest's own folders are not."""

    def __enter__(self) -> Path:
        self.path = Path(tempfile.mkdtemp(prefix="mo-test-"))
        self.path.chmod(0o711)
        return self.path

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.path)


def settings_for(home: Path) -> Settings:
    told = {name: os.environ[name] for name in ("MO_CACHE", "MO_MAVEN_URL") if name in os.environ}
    return Settings.from_env({**told, "MO_HOME": str(home)})


def _ready(home: Home, supervisor: subprocess.Popen[bytes]) -> StackState:
    end = time.monotonic() + READY_SECONDS_MAX
    while supervisor.poll() is None and time.monotonic() < end:
        said = live_state(home)
        if said is not None and said.ready:
            return said
        time.sleep(0.05)
    pytest.fail(f"the stack did not come up:\n{(home.logs / 'supervisor.log').read_text()}")
