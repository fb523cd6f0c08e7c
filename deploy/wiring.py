"""The only place where adapters are chosen: each process of a deployment, put together from its settings."""

from __future__ import annotations

import asyncio
import logging
import platform
import signal
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

from deploy import logs, people
from deploy.settings import Settings, SettingsError
from producers.say import Speaker
from schemas.lifecycle import FOLD_VERSION
from schemas.topics import TOPICS
from storage.dataocean.port import Catalogue
from storage.log.kafka import KafkaLog
from storage.log.port import Log, LogError
from storage.objects.port import UploadStore
from storage.plugins import register_installed
from storage.views.control import CONTROL, Control, Layout

if TYPE_CHECKING:
    from storage.accounts.port import Accounts
    from storage.objects.s3 import S3Objects
    from storage.views.postgres import Views
    from storage.views.watcher import Watcher

REPLICATION_EMBEDDED = 1
"""The embedded stack has one broker: no copy of a record exists, and the README says so."""
GRANT_SPARE_S = 600.0
"""A job's token outlives the longest job by this much."""
ACTIVE_S_MAX = 5.0
"""How long the API waits at its start for the database to say which schema is read."""
SHUTDOWN_S = 5.0
"""How long answers under way may take once the API is told to stop."""

_log = logging.getLogger("mo")


def run_api(settings: Settings) -> None:
    """Serve the API until told to stop."""
    from api.access import RequestIds

    settings.need("kafka_bootstrap", "postgres_dsn", "agent_secret", "token_secret")
    _main("api", settings, _api(settings), RequestIds())


def run_projector(settings: Settings) -> None:
    """Keep the read models until told to stop."""
    settings.need("kafka_bootstrap", "postgres_dsn")
    _main("projector", settings, _projector(settings))


def run_agent(settings: Settings) -> None:
    """Do jobs until told to stop."""
    settings.need("kafka_bootstrap", "api_url", "agent_secret")
    _main(settings.agent_name, settings, _agent(settings))


def run_provision(settings: Settings) -> None:
    """Make or check topics and read models once."""
    settings.need("kafka_bootstrap", "postgres_dsn")
    _main("provision", settings, _provision(settings))


def _main(name: str, settings: Settings, work: Coroutine[Any, Any, int], *filters: logging.Filter) -> None:
    logs.set_up(name, filters=filters)
    if brought := register_installed():
        _log.info("methods of installed packages: %s", ", ".join(brought))
    _log.info("%s starts: Python %s, fold version %s, %r", name, platform.python_version(), FOLD_VERSION, settings)
    sys.exit(asyncio.run(work))


def _now() -> datetime:
    return datetime.now(UTC)


def _stop_event() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def _api(settings: Settings) -> int:
    from aiohttp import web

    from api.app import create_app, serving
    from api.deps import Deps
    from storage.accounts.database import SCHEMA
    from storage.accounts.hashing import Passwords
    from storage.accounts.postgres import PostgresAccounts
    from storage.views.postgres import Views
    from storage.views.watcher import Watcher

    stop = _stop_event()
    log = open_log(settings, "mo-api")
    control = await Control.open(settings.postgres_dsn, CONTROL)
    active = await _active(control, settings.schema)
    views = await Views.open(settings.postgres_dsn, active)
    watcher = await Watcher.open(settings.postgres_dsn, active)
    flips = asyncio.create_task(_follow_flips(control, views, watcher))
    objects, catalogue = objects_of(settings), catalogue_of(settings)
    accounts = await PostgresAccounts.open(settings.postgres_dsn, SCHEMA)
    deps = Deps(
        views=views,
        watcher=watcher,
        log=log,
        speaker=Speaker(log, "/mo/api", _now, settings.append_deadline_s),
        objects=objects,
        accounts=accounts,
        passwords=Passwords(),
        clock=_now,
        new_id=uuid4,
        catalogue=catalogue,
        **_told(settings),
    )
    inviting = asyncio.create_task(people.come_first(settings, accounts, _now))
    runner = serving(create_app(deps), shutdown_s=SHUTDOWN_S)
    try:
        await runner.setup()
        await web.TCPSite(runner, settings.api_host, settings.api_port).start()
        _log.info("listening on http://%s:%s", settings.api_host, settings.api_port)
        await stop.wait()
    finally:
        await runner.cleanup()
        for following in (flips, inviting):
            following.cancel()
        await asyncio.gather(flips, inviting, return_exceptions=True)
        await _close(watcher, views, control, accounts, objects, catalogue, log)
    return 0


def _told(settings: Settings) -> dict[str, Any]:
    """What the API is told as it was set."""
    from api.deps import Doors

    doors = Doors(
        hosts=settings.host_names,
        public_url=settings.public_url,
        registration=settings.registration == "open",
        new_role=settings.new_role,
        sign_in_links=settings.local_token_file is not None,
    )
    same = ("agent_secret", "token_secret", "upload_bytes_max", "outcome_wait_s", "user_running_max", "uploads_max")
    return {
        **{name: getattr(settings, name) for name in same},
        "upload_s": settings.upload_s,
        "grant_s": settings.job_seconds_max + GRANT_SPARE_S,
        "doors": doors,
    }


class _Closing(Protocol):
    async def close(self) -> None: ...


async def _close(*parts: _Closing | None) -> None:
    """Let go of them, one after the other."""
    for each in parts:
        if each is not None:
            await each.close()


async def _active(control: Control, first: str) -> str:
    """The schema that is read; the first one as long as the database cannot be asked."""
    from storage.views.port import ViewsAwayError

    try:
        async with asyncio.timeout(ACTIVE_S_MAX):
            return (await control.layout()).active or first
    except (ViewsAwayError, TimeoutError) as error:
        _log.warning("which schema is read cannot be asked yet: %s", error)
        return first


async def _follow_flips(control: Control, views: Views, watcher: Watcher) -> None:
    """Read what `mo projections flip` says, without a restart."""
    layouts: asyncio.Queue[Layout] = asyncio.Queue()
    following = control.follow(layouts.put_nowait)
    try:
        while True:
            active = (await layouts.get()).active
            if active and active != views.schema:
                _log.info("reading %s instead of %s from now on", active, views.schema)
                await views.move_to(active)
                await watcher.move_to(active)
    finally:
        await following.close()


def open_log(settings: Settings, client_id: str) -> Log:
    """The log; connects on first use."""
    return KafkaLog(settings.kafka, client_id=client_id)


def objects_of(settings: Settings) -> UploadStore:
    """The object store: a folder, or a bucket."""
    if settings.bucket is None:
        from storage.objects.local import LocalObjects

        return LocalObjects(settings.objects_folder)
    return _bucket(settings)


def catalogue_of(settings: Settings) -> Catalogue | None:
    """Where packages are kept ready to be imported: a folder, or a prefix of a bucket; None where none is set."""
    if not settings.dataocean:
        return None
    if settings.dataocean_bucket is None:
        from storage.dataocean.folder import FolderCatalogue

        return FolderCatalogue(Path(settings.dataocean))
    try:
        from storage.dataocean.s3 import S3Catalogue
    except ImportError as error:
        raise _s3_missing("MO_DATAOCEAN", error) from error
    bucket, prefix = settings.dataocean_bucket
    return S3Catalogue(bucket, prefix, endpoint=settings.s3_endpoint)


def _s3_missing(variable: str, error: ImportError) -> SettingsError:
    return SettingsError("extra_missing", variable, f"S3 needs the extra `s3` ({error}): pip install 'mo-system[s3]'")


def _bucket(settings: Settings) -> S3Objects:
    assert settings.bucket is not None
    try:
        from storage.objects.s3 import S3Objects
    except ImportError as error:
        raise _s3_missing("MO_OBJECTS", error) from error
    bucket, prefix = settings.bucket
    return S3Objects(bucket, prefix, endpoint=settings.s3_endpoint, links=settings.s3_links)


async def _projector(settings: Settings) -> int:
    from consumers.keeper import Keeper, Opened
    from consumers.projector import Projector, serve
    from deploy.vitals import ProjectorVitals, served
    from storage.views.port import ViewsAwayError
    from storage.views.postgres import Views

    log = open_log(settings, "mo-projector")
    control = await Control.open(settings.postgres_dsn, CONTROL)

    async def open_(schema: str) -> Opened:
        views = await Views.open(settings.postgres_dsn, schema)
        return Opened(Projector(log, views), views)

    keeper = Keeper(open_, control)
    vitals = ProjectorVitals(keeper.projectors)
    try:
        await control.migrate(settings.schema)
        async with served(settings.metrics_port, vitals, vitals.state):
            return await serve(keeper)
    except ViewsAwayError as error:
        _log.critical("the projector stops: %s", error)
        return 1
    finally:
        await control.close()
        await log.close()


async def _agent(settings: Settings) -> int:
    from agents.handlers import handlers
    from agents.sandbox.selftest import self_test
    from agents.work import Limits
    from agents.worker import Machine, Pace, Worker
    from agents.workspace import LocalWorkspaces
    from deploy.vitals import AgentVitals, served
    from storage.log.port import LostLogError
    from storage.objects.gateway import GatewayGrants

    stop = _stop_event()
    device, present = _device(settings)
    sandbox = await self_test()
    if sandbox.failed:
        _log.critical("no sandbox: %s failed %s; this agent takes no jobs: run mo doctor", *sandbox)
    _log.warning("sandbox: %s; %s", sandbox.sandbox, device)
    home = settings.home / "agents" / settings.agent_name
    workspaces = LocalWorkspaces(
        home,
        Limits(settings.job_seconds_max, settings.job_memory_bytes_max),
        GatewayGrants(settings.api_url, settings.agent_secret),
        secrets=(settings.agent_secret, settings.token_secret, settings.kafka.password),
    )
    await workspaces.prepare()
    log = open_log(settings, settings.agent_name)
    machine = Machine(
        settings.agent_name, settings.agent_platform, settings.agent_slots, device, present, platform.node(), *sandbox
    )
    worker = Worker(
        log,
        Speaker(log, f"/mo/agents/{settings.agent_name}", _now, settings.append_deadline_s),
        machine,
        handlers(),
        workspaces,
        pace=Pace(settings.lease_s, settings.heartbeat_s, settings.announce_s, settings.user_running_max),
        snapshot_path=home / "jobs.snapshot",
    )
    vitals = AgentVitals(worker)
    try:
        async with served(settings.metrics_port, vitals, vitals.state):
            await worker.run(stop)
    except (LostLogError, LogError) as error:
        _log.critical("the agent stops: %s", error)
        return 1
    finally:
        await log.close()
    return 0


async def _provision(settings: Settings) -> int:
    from deploy.provision import ProvisionError, provision
    from storage.accounts.port import AccountsError
    from storage.objects.port import ObjectError
    from storage.views.port import ViewsError

    try:
        made = await provision(settings.kafka, TOPICS.values(), replication=REPLICATION_EMBEDDED)
        active = await prepare_views(settings)
        await prepare_accounts(settings)
        if settings.bucket is not None:
            await prepare_bucket(settings, make=True)
    except (ProvisionError, ViewsError, AccountsError, ObjectError) as error:
        _log.critical("%s", error)
        return 1
    _log.info("topics made: %s; read models: %s", ", ".join(made) or "none were missing", active)
    return 0


async def prepare_views(settings: Settings) -> str:
    """Make the tables that are missing; the schema that is read."""
    from storage.views.postgres import Views

    control = await Control.open(settings.postgres_dsn, CONTROL)
    try:
        await control.migrate(settings.schema)
        active = (await control.layout()).active
    finally:
        await control.close()
    views = await Views.open(settings.postgres_dsn, active)
    try:
        await views.migrate()
    finally:
        await views.close()
    return active


@asynccontextmanager
async def accounts_of(settings: Settings) -> AsyncIterator[Accounts]:
    """The keeper of accounts; closed at the end. Raises as `PostgresAccounts.open`."""
    from storage.accounts.database import SCHEMA
    from storage.accounts.postgres import PostgresAccounts

    accounts = await PostgresAccounts.open(settings.postgres_dsn, SCHEMA)
    try:
        yield accounts
    finally:
        await accounts.close()


async def prepare_accounts(settings: Settings) -> None:
    """Migrate the schema of accounts, and what `people.prepare` does; raises as that."""
    async with accounts_of(settings) as accounts:
        await people.prepare(settings, accounts, _now())


async def prepare_bucket(settings: Settings, *, make: bool) -> str:
    """What was found of the bucket: `present`, `made` or `missing`; raises as `S3Objects.prepare`."""
    objects = _bucket(settings)
    try:
        return await objects.prepare(make=make)
    finally:
        await objects.close()


def _device(settings: Settings) -> tuple[str, bool]:
    """What jobs of class `device` really run on, in words, and whether a device of the platform was found."""
    pattern = {"nvidia": "nvidia[0-9]*", "ascend": "davinci[0-9]*"}[settings.agent_platform]
    present = any(Path("/dev").glob(pattern))
    found = "found, but this version only has the CPU runtime" if present else "not found"
    return f"{settings.agent_platform} device {found}: models run on the CPU of this machine", present
