"""Start, stop and look at the embedded stack of a home."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from deploy.local import kafka
from deploy.local.apps import APPS, App
from deploy.local.children import rotate
from deploy.local.home import Home
from deploy.local.state import ProcessId, StackState, is_alive, live_state, process_id
from deploy.local.supervisor import PROJECT
from deploy.settings import Settings

READY_SECONDS_MAX = 180.0
STOP_SECONDS_MAX = 90.0
EXITS_BEFORE_READY_MAX = 3
LOOK_EVERY_S = 0.05
LOG_TAIL_BYTES = 3000

OnEvent = Callable[[str, str], None]
"""Called with what happened to what: ("jars", "3/46"), ("kafka", "starting"), ("kafka", "ready")."""


class StackError(Exception):
    """The stack did not come up or did not go down. `child` names who failed, `log_tail` is the end of its log."""

    def __init__(self, child: str, log: Path, text: str) -> None:
        self.child = child
        self.log_tail = tail(log)
        super().__init__(f"{child}: {text}. The end of {log}:\n{self.log_tail}")


async def up(settings: Settings, *, on_event: OnEvent, apps: tuple[App, ...] = APPS) -> StackState:
    """Bring the stack of the home up, or find it up, and wait until all of it is ready.

    The first start downloads the jars of Kafka. A stack that does not come up is stopped again.

    Raises:
        StackError: a child keeps failing, or the stack was not ready within 180 s.
        deploy.local.jars.JarError: a jar cannot be downloaded or has the wrong digest.
    """
    home = Home(settings.home)
    home.make()
    supervisor: ProcessId | None = None
    if live_state(home) is None:
        await asyncio.to_thread(
            kafka.class_path,
            settings.cache,
            maven_url=settings.maven_url,
            progress=lambda done, total: on_event("jars", f"{done}/{total}"),
        )
        supervisor = await asyncio.to_thread(_launch, home, settings, apps)
    try:
        return await _wait_ready(home, supervisor, on_event)
    except StackError:
        await down(settings)
        raise


async def down(settings: Settings) -> bool:
    """Stop the stack of the home and make sure that nothing of it is left. False if none was running.

    Raises:
        StackError: something still runs after 90 s.
    """
    home = Home(settings.home)
    said = live_state(home)
    if said is None:
        return False
    os.kill(said.supervisor.pid, signal.SIGTERM)
    end = time.monotonic() + STOP_SECONDS_MAX
    while left := _left(said):
        if time.monotonic() > end:
            raise StackError(left[0], home.logs / f"{left[0]}.log", f"still runs after {STOP_SECONDS_MAX:.0f} s")
        await asyncio.sleep(LOOK_EVERY_S)
        said = live_state(home) or said
    return True


def state(settings: Settings) -> StackState | None:
    """The running stack of the home, or None."""
    return live_state(Home(settings.home))


def tail(path: Path, *, bytes_max: int = LOG_TAIL_BYTES) -> str:
    """The last lines of a log, whole ones; empty if there is no log."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - bytes_max))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return text if size <= bytes_max else text.partition("\n")[2]


def _left(said: StackState) -> list[str]:
    left = [child.name for child in said.children if child.process is not None and is_alive(child.process)]
    return [*left, "supervisor"] if is_alive(said.supervisor) else left


def _tell(said: StackState, told: dict[str, str], on_event: OnEvent) -> None:
    for child in said.children:
        if told.get(child.name) != child.state:
            told[child.name] = child.state
            on_event(child.name, child.state)


def _refuse_failing(said: StackState, home: Home) -> None:
    for child in said.children:
        if child.state == "failed" and child.exits >= EXITS_BEFORE_READY_MAX:
            raise StackError(child.name, home.logs / f"{child.name}.log", f"failed {child.exits} times")


def _launch(home: Home, settings: Settings, apps: tuple[App, ...]) -> ProcessId | None:
    rotate(home.logs / "supervisor.log")
    done = subprocess.run(
        [sys.executable, "-m", "deploy.local.supervisor", "--detach", msgspec.json.encode(apps).decode()],
        env={**os.environ, **settings.to_env()},
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        with (home.logs / "supervisor.log").open("a") as log:
            log.write(done.stderr)
        raise StackError("supervisor", home.logs / "supervisor.log", f"ended with {done.returncode}")
    return process_id(int(done.stdout))


async def _wait_ready(home: Home, supervisor: ProcessId | None, on_event: OnEvent) -> StackState:
    end = time.monotonic() + READY_SECONDS_MAX
    told: dict[str, str] = {}
    while True:
        # Looked at in this order: a supervisor that lost the race for the home leaves the winner's state to be read.
        gone = supervisor is None or not is_alive(supervisor)
        said = live_state(home)
        if said is None and gone:
            raise StackError("supervisor", home.logs / "supervisor.log", "ended before the stack was ready")
        if said is not None:
            _tell(said, told, on_event)
            if said.ready:
                return said
            _refuse_failing(said, home)
        if time.monotonic() > end:
            late = next((name for name, state in told.items() if state in ("starting", "failed")), "supervisor")
            raise StackError(late, home.logs / f"{late}.log", f"was not ready within {READY_SECONDS_MAX:.0f} s")
        await asyncio.sleep(LOOK_EVERY_S)
