"""The small process between the agent and a child: builds the walls, starts the child, lets nothing outlive it.

Why a program of ours and not setpriv, prlimit and unshare: a limit, a user id and a death signal are one call each, the
order of these calls is what matters (a change of user clears the death signal), and as root the child's files must be
staged where its own user can reach them. It is started with an empty environment.

It stays the agent's user, outside of the walls, adopts what the child might leave behind (child subreaper) and ends it.
Whoever kills it kills its child, bubblewrap or process 1 of the namespace, and with that everything inside.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from agents.sandbox import bubblewrap, landlock, mounts
from agents.sandbox.cgroups import PREFIX, Cgroup
from agents.sandbox.identity import become, own_user
from agents.sandbox.processes import PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG, kill_descendants, prctl
from agents.sandbox.seccomp import load
from agents.sandbox.spec import CODE, MEMLOCK_BYTES_MAX, OUTPUTS, SCRATCH, Mount, Rights, Spec

ORPHANED, FAILED = 125, 126
_KILL_SECONDS_MAX = 5.0
_SIGNALLED = 128
_READABLE = (CODE, OUTPUTS, "/proc/cpuinfo", "/proc/meminfo", "/dev/zero", "/dev/random", "/dev/urandom")
_WRITABLE = (SCRATCH, "/dev/null")


def _die_with(parent: int) -> None:
    """Be killed when the parent dies; if it is dead already, end. To be said again after every change of user."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent and os.getppid() != parent:
        os._exit(ORPHANED)


def _limit(rights: Rights) -> None:
    wanted = {
        resource.RLIMIT_AS: rights.address_bytes_max,
        resource.RLIMIT_CPU: rights.cpu_seconds_max,
        resource.RLIMIT_FSIZE: rights.file_bytes_max,
        resource.RLIMIT_NOFILE: rights.open_files_max,
        resource.RLIMIT_MEMLOCK: MEMLOCK_BYTES_MAX,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in wanted.items():
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def _passed(data: bytes) -> int:
    """A file in memory with this content, for the next program to read."""
    handle = os.memfd_create("mo", 0)
    os.write(handle, data)
    os.lseek(handle, 0, os.SEEK_SET)
    return handle


def _bubblewrap(spec: Spec, user: int | None, parent: int) -> None:
    program, shown = Path(spec.bwrap), spec.mounts
    filter_ = load.program()  # before staging, which may cover the folder that our own files lie in
    if user is not None:
        shown = mounts.stage(spec.mounts)
        program = _staged(program, spec.mounts, shown)
        become(user)
        _die_with(parent)
    _limit(spec.rights)
    told = "\0".join([*bubblewrap.arguments(spec, shown, _passed(filter_)), ""])
    command = ["bwrap", "--args", str(_passed(told.encode())), "--", *spec.command]
    os.execve(program, command, {})  # noqa: S606  no shell on purpose


def _staged(program: Path, before: Sequence[Mount], after: Sequence[Mount]) -> Path:
    """Where the program lies now, with the libraries that it brings along in the folders around it."""
    for old, new in zip(before, after, strict=True):
        if program.is_relative_to(old.source):
            return Path(new.source) / program.relative_to(old.source)
    return program


def _landlock(spec: Spec, user: int | None) -> None:
    """Process 1 of new namespaces: confines itself, starts the child, reaps; all that is left ends with it."""
    if user is None:
        os._exit(FAILED)
    filter_ = load.program()
    namespaces = mounts.CLONE_NEWPID | mounts.CLONE_NEWNET | mounts.CLONE_NEWIPC | mounts.CLONE_NEWUTS
    mounts.unshare(namespaces | mounts.CLONE_NEWCGROUP)

    def process_1() -> None:
        mounts.enter_root(spec.mounts, spec.links, spec.rights, user)
        become(user)
        _die_with(0)
        readable = [*_READABLE, *spec.links, *(each.target for each in spec.mounts if not each.writable)]
        landlock.restrict(readable, [*_WRITABLE, *(each.target for each in spec.mounts if each.writable)])
        _limit(spec.rights)
        load.apply(filter_)
        os.chdir(SCRATCH)
        command = list(spec.command)
        os._exit(_wait(_start(lambda: os.execve(command[0], command, spec.environment))))  # noqa: S606  as above

    os.setsid()
    os._exit(_wait(_start(process_1)))


def _start(part: Callable[[], object]) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            _die_with(0)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            part()
        except BaseException as error:
            print(f"the sandbox could not be built: {error!r}", file=sys.stderr, flush=True)
        finally:
            os._exit(FAILED)
    return pid


def _wait(pid: int) -> int:
    while True:
        ended, status = os.wait()
        if ended == pid:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else _SIGNALLED - code


def _group(spec: Spec, name: str) -> Cgroup:
    rights = spec.rights
    group = Cgroup.make(name, memory_bytes_max=rights.memory_bytes_max, processes_max=rights.processes_max)
    if group is None:
        print("the sandbox could not be built: no cgroup can be made any more", file=sys.stderr, flush=True)
        sys.exit(FAILED)
    return group


def _child(spec: Spec, group: Cgroup | None, user: int | None, parent: int) -> None:
    if os.getppid() != parent:
        os._exit(ORPHANED)
    if group is not None:
        group.enter()
    if spec.kind == "bubblewrap":
        _bubblewrap(spec, user, parent)
    else:
        _landlock(spec, user)


def main(told: str) -> int:
    """Run the child of a `Spec` (JSON); its exit code, 128 + signal if killed, `FAILED` if the walls do not stand."""
    spec = Spec.decode(told)
    _die_with(spec.parent)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    user, me = own_user(os.getpid()), os.getpid()
    for mount in spec.mounts:
        if mount.writable and user is not None:
            os.chown(mount.source, user, user)
    group = _group(spec, f"{PREFIX}{me}") if spec.cgroup else None

    def end(_signal: int, _frame: FrameType | None) -> None:
        kill_descendants(me, seconds_max=_KILL_SECONDS_MAX)
        if group is not None:
            group.remove()
        os._exit(_SIGNALLED + signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)
    code = _wait(_start(lambda: _child(spec, group, user, me)))
    kill_descendants(me, seconds_max=_KILL_SECONDS_MAX)
    if group is not None:
        if group.memory_ran_out():
            Path(spec.memory_note).touch()
        group.remove()
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
