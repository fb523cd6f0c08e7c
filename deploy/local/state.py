"""What the supervisor says about its stack, and whether a process it names is still that process."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from deploy.local.home import Home

ChildState = Literal["waiting", "starting", "ready", "done", "failed", "stopped"]
"""waiting: for the stage before it; done: a one-shot child that succeeded; failed: to be started again."""


class ProcessId(msgspec.Struct, frozen=True):
    """A process for sure: its pid and when it started, in clock ticks since boot (a pid alone is used again)."""

    pid: int
    started_ticks: int


class ChildReport(msgspec.Struct, frozen=True):
    """One child. `exits` counts its unexpected ends, `since_s` is the Unix time at which the state began."""

    name: str
    state: ChildState
    process: ProcessId | None
    exits: int
    since_s: float


class StackState(msgspec.Struct, frozen=True):
    """A running stack: where to reach it and how its children do. `ready` when all of them are.

    `metrics` are the addresses of their /metrics, by child.
    """

    supervisor: ProcessId
    ready: bool
    kafka_bootstrap: str
    postgres_dsn: str
    api_url: str
    children: tuple[ChildReport, ...] = ()
    metrics: dict[str, str] = {}

    def child(self, name: str) -> ChildReport:
        """The child of that name.

        Raises:
            LookupError: there is none.
        """
        for child in self.children:
            if child.name == name:
                return child
        raise LookupError(f"the stack has no child {name!r}")


def started_ticks(pid: int) -> int | None:
    """When the process started, in clock ticks since boot; None if it is gone or only waits to be reaped."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field, the name in parentheses, may hold spaces and parentheses itself.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def process_id(pid: int) -> ProcessId | None:
    """The identity of a living process."""
    ticks = started_ticks(pid)
    return None if ticks is None else ProcessId(pid, ticks)


def is_alive(process: ProcessId) -> bool:
    """Whether exactly this process still runs."""
    return started_ticks(process.pid) == process.started_ticks


def read_state(home: Home) -> StackState | None:
    """What the last supervisor of this home said, whether it lives or not; None if there was none."""
    try:
        return msgspec.json.decode(home.state.read_bytes(), type=StackState)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def live_state(home: Home) -> StackState | None:
    """What the running supervisor of this home says; None if none runs."""
    said = read_state(home)
    return said if said is not None and is_alive(said.supervisor) else None
