"""One supervised child: started with a death signal, watched, started again with growing pauses, stopped for good."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from deploy.local.state import ChildReport, ChildState, ProcessId, process_id

LOG_BYTES_MAX = 8 << 20
LOGS_KEPT_MAX = 3
PAUSE_FIRST_S = 0.5
PAUSE_S_MAX = 30.0
STEADY_S = 60.0
KILL_WAIT_S = 5.0
PR_SET_PDEATHSIG = 1


class User(NamedTuple):
    """Who a child runs as, by number."""

    uid: int
    gid: int


class ChildSpec(NamedTuple):
    """How to run a child.

    `ready` is asked until it says yes; `once` marks a child that has to end with 0 instead. `stop_signal` asks it to
    end, also when the supervisor dies; after `stop_s` seconds its whole process group is killed.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    ready: Callable[[], bool]
    once: bool = False
    user: User | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_s: float = 10.0


def always() -> bool:
    """The ready check of a child that cannot be asked."""
    return True


def pause_s(quick_exits: int) -> float:
    """Seconds to wait after so many (1 or more) quick ends in a row."""
    return float(min(PAUSE_S_MAX, PAUSE_FIRST_S * 2 ** min(quick_exits - 1, 16)))


def rotate(path: Path, *, bytes_max: int = LOG_BYTES_MAX) -> None:
    """Move a log that grew too large out of the way, keeping a few old ones."""
    if not path.exists() or path.stat().st_size < bytes_max:
        return
    for number in range(LOGS_KEPT_MAX - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number + 1}"))
    path.replace(path.with_name(f"{path.name}.1"))


def kill_group(pid: int, number: signal.Signals) -> None:
    """Signal the process group that the child leads; nobody left is fine."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return


class Child:
    """The life of one child. Not thread-safe, and to be used from the main thread only: Linux sends the death signal
    when the *thread* that started the child ends.
    """

    def __init__(self, spec: ChildSpec, log: Path, now_s: float) -> None:
        self.spec = spec
        self.exits = 0
        self.state: ChildState = "waiting"
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._identity: ProcessId | None = None
        self._since_s = now_s
        self._started_s = 0.0
        self._quick_exits = 0
        self._again_s = 0.0

    def report(self) -> ChildReport:
        """The child as it is shown."""
        return ChildReport(self.spec.name, self.state, self._identity, self.exits, self._since_s)

    def settled(self) -> bool:
        """Whether what depends on this child may start."""
        return self.state in ("ready", "done")

    def step(self, now_s: float) -> None:
        """Look at the child and do the next thing: start it, find it ready, notice its end, start it again."""
        if self._process is not None and self._has_exited():
            self._bury(now_s)
        if self.state == "starting" and not self.spec.once and self.spec.ready():
            self._enter("ready", now_s)
        elif self.state == "waiting" or (self.state == "failed" and now_s >= self._again_s):
            self._start(now_s)

    def stop(self) -> None:
        """Ask the child to end, wait, kill its process group if need be; nothing of the group is left."""
        process = self._process
        if process is not None:
            if not self._has_exited():
                process.send_signal(self.spec.stop_signal)
                self._wait(self.spec.stop_s)
            kill_group(process.pid, signal.SIGKILL)
            process.wait(KILL_WAIT_S)
        self._process = self._identity = None
        self._enter("stopped", time.time())

    def _start(self, now_s: float) -> None:
        rotate(self._log)
        with self._log.open("ab") as log:
            self._process = _spawn(self.spec, log.fileno())
        self._identity = process_id(self._process.pid)
        self._started_s = now_s
        self._enter("starting", now_s)

    def _has_exited(self) -> bool:
        # WNOWAIT leaves the zombie, and with it the number of its process group, until the group was killed.
        assert self._process is not None
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _wait(self, deadline_s: float) -> None:
        end = time.monotonic() + deadline_s
        while not self._has_exited() and time.monotonic() < end:
            time.sleep(0.02)

    def _bury(self, now_s: float) -> None:
        assert self._process is not None
        kill_group(self._process.pid, signal.SIGKILL)
        code = self._process.wait()
        self._process = self._identity = None
        if self.spec.once and code == 0:
            self._enter("done", now_s)
            return
        self.exits += 1
        self._quick_exits = 1 if now_s - self._started_s >= STEADY_S else self._quick_exits + 1
        self._again_s = now_s + pause_s(self._quick_exits)
        self._enter("failed", now_s)

    def _enter(self, state: ChildState, now_s: float) -> None:
        self.state = state
        self._since_s = now_s


def die_with_parent(number: signal.Signals) -> None:
    """Let Linux send this process the signal when the thread that started it ends, however it ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)


def _spawn(spec: ChildSpec, log: int) -> subprocess.Popen[bytes]:
    parent = os.getpid()

    def before_exec() -> None:
        # Runs after the change of user, which would clear the death signal.
        die_with_parent(spec.stop_signal)
        if os.getppid() != parent:
            os._exit(1)

    return subprocess.Popen(
        spec.argv,
        env=dict(spec.env),
        cwd=spec.cwd,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        user=None if spec.user is None else spec.user.uid,
        group=None if spec.user is None else spec.user.gid,
        extra_groups=None if spec.user is None else (),
        preexec_fn=before_exec,  # noqa: PLW1509 - the supervisor has one thread, so code before exec is safe
    )
