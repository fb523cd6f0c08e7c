"""The API in a process of its own, with nothing behind it but a folder of objects; killed and started again at will."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from aiohttp import web
from people import passwords, people

from api.app import create_app, serving
from api.deps import Deps
from producers.say import Speaker
from schemas.topics import TOPICS
from storage.log.memory import MemoryLog
from storage.objects.local import LocalObjects
from storage.views.port import ViewsAwayError

ROOT = Path(__file__).parents[2]
ENV = {**os.environ, "PYTHONPATH": str(ROOT)}
READY_S_MAX = 60.0


class NoViews:
    """There is no database here."""

    async def positions(self):
        raise ViewsAwayError("there is no database here")


class UploadApi:
    """The process, always at the same port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def __enter__(self) -> UploadApi:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(self.port), str(self._folder)], cwd=ROOT, env=ENV
        )
        end = time.monotonic() + READY_S_MAX
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                break
            except OSError:
                assert self._process.poll() is None, "the API ended"
                assert time.monotonic() < end, "the API does not answer"
                time.sleep(0.05)
        self.pid = self._process.pid

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


def _now() -> datetime:
    return datetime.now(UTC)


async def serve(port: int, folder: Path) -> None:
    log, views = MemoryLog({topic.name: topic.partitions for topic in TOPICS.values()}), NoViews()
    deps = Deps(
        views=views, watcher=views, log=log, speaker=Speaker(log, "/test", _now, 1.0), objects=LocalObjects(folder),
        agent_secret="agent", token_secret="token", accounts=people(), passwords=passwords(), upload_bytes_max=5 << 30,
        clock=_now, new_id=uuid4,
    )  # fmt: skip
    runner = serving(create_app(deps))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
