"""The small process between the agent and a child: sets limits, starts the child, lets nothing outlive it.

Of three ways the first that the kernel grants: a new PID namespace (root), one in a new user namespace, none.
In a namespace the kernel itself ends every process of the job, whatever it did to leave, also when the agent is killed.
Without one this process adopts what the child leaves behind (child subreaper) and ends it; then a process that left
its session survives only if the agent *and* this process are killed by SIGKILL at the same time.
"""

from __future__ import annotations

import ctypes
import os
import resource
import select
import signal
import sys
from pathlib import Path
from types import FrameType

from agents.sandbox.processes import PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG, kill_descendants, prctl

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWPID = 0x20000000
_KILL_SECONDS_MAX = 5.0
_SIGNALLED = 128


def _unshare(flags: int) -> bool:
    return bool(ctypes.CDLL(None, use_errno=True).unshare(flags) == 0)


def _enter_namespace() -> bool:
    if os.geteuid() == 0:
        return _unshare(_CLONE_NEWPID)
    uid, gid = os.getuid(), os.getgid()
    if not _unshare(_CLONE_NEWUSER | _CLONE_NEWPID):
        return False
    # Without the maps the child would see itself as `nobody`; failing to write them harms nothing else.
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        try:
            Path(f"/proc/self/{name}").write_text(text)
        except OSError:
            return True
    return True


def _limit(address_bytes: int, cpu_seconds: int, file_bytes: int, files: int) -> None:
    wanted = {
        resource.RLIMIT_AS: address_bytes,
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_FSIZE: file_bytes,
        resource.RLIMIT_NOFILE: files,
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in wanted.items():
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def _exec(limits: list[int], command: list[str]) -> None:
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _limit(*limits)
    os.execv(command[0], command)  # noqa: S606  no shell on purpose


def _start(limits: list[int], command: list[str]) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            _exec(limits, command)
        finally:
            os._exit(126)
    return pid


def _code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else _SIGNALLED - code


def _wait(pid: int) -> int:
    while True:
        ended, status = os.wait()
        if ended == pid:
            return _code(status)


def _start_init(limits: list[int], command: list[str]) -> int:
    """Process 1 of the namespace: starts the child, reaps, and takes everything with it when it ends."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid:
        os.close(ours)
        return pid
    try:
        os.close(theirs)
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if select.select([ours], [], [], 0)[0]:
            os._exit(125)  # the runner died before the line above took effect
        os._exit(_wait(_start(limits, command)))
    finally:
        os._exit(125)


def main(arguments: list[str]) -> int:
    """Run `PARENT_PID ADDRESS_BYTES CPU_SECONDS FILE_BYTES FILES COMMAND...`; its exit code, 128 + signal if killed."""
    parent, *numbers = (int(argument) for argument in arguments[:5])
    command = arguments[5:]
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return 125
    prctl(PR_SET_CHILD_SUBREAPER, 1)

    def end(_signal: int, _frame: FrameType | None) -> None:
        kill_descendants(os.getpid(), seconds_max=_KILL_SECONDS_MAX)
        os._exit(_SIGNALLED + signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)
    pid = _start_init(numbers, command) if _enter_namespace() else _start(numbers, command)
    code = _wait(pid)
    kill_descendants(os.getpid(), seconds_max=_KILL_SECONDS_MAX)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
