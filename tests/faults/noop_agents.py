"""Several agents in one process that do nothing with their jobs but end them: `noop_agents.py BOOTSTRAP NAME...`."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID

from agents.joblog import JobLog
from agents.worker import Machine, Pace, Worker
from producers.say import Speaker
from schemas.events import DatasetImported, DatasetImportRequested, JobRequest, JobResult
from storage.log.kafka import KafkaLog


class NoFolders:
    """Workspaces without files."""

    @asynccontextmanager
    async def open(
        self, request: JobRequest, epoch: int, instance: UUID, progress: Callable[[str, float], None]
    ) -> AsyncIterator[SimpleNamespace]:
        yield SimpleNamespace(epoch=epoch, instance=instance, log=JobLog())


async def nothing(request: JobRequest, work) -> JobResult:
    """Ends the job at once."""
    assert isinstance(request, DatasetImportRequested)
    return DatasetImported(
        job_id=request.job_id,
        epoch=work.epoch,
        instance=work.instance,
        dataset_id=request.dataset_id,
        pack=request.package,
        images=0,
        classes=0,
    )


async def main(bootstrap: str, names: list[str]) -> None:
    """Run the agents until SIGTERM; each has its own connection, as agents on different machines have."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    logs = [KafkaLog(bootstrap, client_id=name) for name in names]
    workers = [
        Worker(
            log,
            Speaker(log, f"/test/{name}", lambda: datetime.now(UTC), 10.0),
            Machine(name, "nvidia", {"cpu-light": 1}),
            {"DatasetImportRequested": nothing},
            NoFolders(),
            pace=Pace(lease_s=30.0, heartbeat_s=2.0, announce_s=1.0),
        )
        for log, name in zip(logs, names, strict=True)
    ]
    await asyncio.gather(*(worker.run(stop) for worker in workers))
    await asyncio.gather(*(log.close() for log in logs))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
