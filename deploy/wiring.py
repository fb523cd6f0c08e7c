"""The only place where adapters are chosen: each process of a deployment, put together from its settings."""

from __future__ import annotations

import asyncio
import logging
import platform
import signal
import sys
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from deploy.settings import Settings
from producers.say import Speaker
from schemas.lifecycle import FOLD_VERSION
from schemas.topics import TOPICS
from storage.log.kafka import KafkaLog
from storage.log.port import LogError

REPLICATION_EMBEDDED = 1
"""The embedded stack has one broker: no copy of a record exists, and the README says so."""
GRANT_SPARE_S = 600.0
"""A job's token outlives the longest job by this much."""
SHUTDOWN_S = 5.0
"""How long answers under way may take once the API is told to stop."""
TRUSTED_INPUT_ONLY = (
    "trusted input only: structure files run in child processes with limits, not in a sandbox; "
    "the API therefore listens on this machine alone"
)

_log = logging.getLogger("mo")


def run_api(settings: Settings) -> None:
    """Serve the API until told to stop."""
    settings.need("kafka_bootstrap", "postgres_dsn", "agent_secret", "token_secret")
    _main("api", settings, _api(settings))


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


def _main(name: str, settings: Settings, work: Coroutine[Any, Any, int]) -> None:
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format=f"%(asctime)s %(levelname)s {name} %(name)s: %(message)s"
    )
    # the client logs every lost connection at ERROR several times a second; its failures reach us as exceptions
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
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

    from api.app import create_app
    from api.deps import Deps
    from storage.objects.local import LocalObjects
    from storage.views.postgres import Views
    from storage.views.watcher import Watcher

    stop = _stop_event()
    _log.warning(TRUSTED_INPUT_ONLY)
    log = KafkaLog(settings.kafka_bootstrap, client_id="mo-api")
    views = await Views.open(settings.postgres_dsn, settings.schema)
    watcher = await Watcher.open(settings.postgres_dsn, settings.schema)
    deps = Deps(
        views=views,
        watcher=watcher,
        log=log,
        speaker=Speaker(log, "/mo/api", _now, settings.append_deadline_s),
        objects=LocalObjects(settings.objects),
        agent_secret=settings.agent_secret,
        token_secret=settings.token_secret,
        upload_bytes_max=settings.upload_bytes_max,
        clock=_now,
        new_id=uuid4,
        outcome_wait_s=settings.outcome_wait_s,
        grant_s=settings.job_seconds_max + GRANT_SPARE_S,
    )
    runner = web.AppRunner(create_app(deps), shutdown_timeout=SHUTDOWN_S, access_log=None)
    try:
        await runner.setup()
        await web.TCPSite(runner, settings.api_host, settings.api_port).start()
        _log.info("listening on http://%s:%s", settings.api_host, settings.api_port)
        await stop.wait()
    finally:
        await runner.cleanup()
        await watcher.close()
        await views.close()
        await log.close()
    return 0


async def _projector(settings: Settings) -> int:
    from consumers.projector import Projector, serve
    from storage.views.postgres import Views

    log = KafkaLog(settings.kafka_bootstrap, client_id="mo-projector")
    views = await Views.open(settings.postgres_dsn, settings.schema)
    try:
        return await serve(Projector(log, views))
    finally:
        await views.close()
        await log.close()


async def _agent(settings: Settings) -> int:
    from agents.handlers import handlers
    from agents.work import Limits
    from agents.worker import Machine, Pace, Worker
    from agents.workspace import LocalWorkspaces
    from storage.log.port import LostLogError
    from storage.objects.gateway import GatewayGrants

    stop = _stop_event()
    device, present = _device(settings)
    _log.warning("%s; %s", TRUSTED_INPUT_ONLY, device)
    home = settings.home / "agents" / settings.agent_name
    workspaces = LocalWorkspaces(
        home,
        Limits(settings.job_seconds_max, settings.job_memory_bytes_max),
        GatewayGrants(settings.api_url, settings.agent_secret),
    )
    await workspaces.prepare()
    log = KafkaLog(settings.kafka_bootstrap, client_id=settings.agent_name)
    machine = Machine(
        settings.agent_name, settings.agent_platform, settings.agent_slots, device, present, platform.node()
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
    try:
        await worker.run(stop)
    except (LostLogError, LogError) as error:
        _log.critical("the agent stops: %s", error)
        return 1
    finally:
        await log.close()
    return 0


async def _provision(settings: Settings) -> int:
    from deploy.provision import ProvisionError, provision
    from storage.views.port import ViewsError
    from storage.views.postgres import Views

    try:
        made = await provision(settings.kafka_bootstrap, TOPICS.values(), replication=REPLICATION_EMBEDDED)
        views = await Views.open(settings.postgres_dsn, settings.schema)
        try:
            await views.migrate()
        finally:
            await views.close()
    except (ProvisionError, ViewsError) as error:
        _log.critical("%s", error)
        return 1
    _log.info("topics made: %s; read models: %s", ", ".join(made) or "none were missing", settings.schema)
    return 0


def _device(settings: Settings) -> tuple[str, bool]:
    """What jobs of class `device` really run on, in words, and whether a device of the platform was found."""
    pattern = {"nvidia": "nvidia[0-9]*", "ascend": "davinci[0-9]*"}[settings.agent_platform]
    present = any(Path("/dev").glob(pattern))
    found = "found, but this version only has the CPU runtime" if present else "not found"
    return f"{settings.agent_platform} device {found}: models run on the CPU of this machine", present
