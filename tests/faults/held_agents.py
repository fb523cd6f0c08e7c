"""Ascend agents that hold each job until a file exists: `held_agents.py BOOTSTRAP LEASE_S FILE NAME...`."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from noop_agents import NoFolders, nothing

from agents.worker import Machine, Pace, Worker
from producers.say import Speaker
from schemas.events import JobRequest, JobResult
from storage.log.kafka import KafkaLog

LOOK_S = 0.05


async def main(bootstrap: str, lease_s: float, released: Callable[[], bool], names: list[str]) -> None:
    """Run the agents until SIGTERM; their heartbeats are as in the system of the tests."""

    async def held(request: JobRequest, work) -> JobResult:
        while not released():  # noqa: ASYNC110 - the sign comes from another process
            await asyncio.sleep(LOOK_S)
        return await nothing(request, work)

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    logs = [KafkaLog(bootstrap, client_id=name) for name in names]
    workers = [
        Worker(
            log,
            Speaker(log, f"/test/{name}", lambda: datetime.now(UTC), 10.0),
            Machine(name, "ascend", {"cpu-light": 1}),
            {"DatasetImportRequested": held},
            NoFolders(),
            pace=Pace(lease_s=lease_s, heartbeat_s=0.5, announce_s=0.5),
        )
        for log, name in zip(logs, names, strict=True)
    ]
    await asyncio.gather(*(worker.run(stop) for worker in workers))
    await asyncio.gather(*(log.close() for log in logs))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]).exists, sys.argv[4:]))
