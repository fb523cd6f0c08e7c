"""Process trees as /proc shows them (Linux): who descends from whom, how much memory, and ending all of them."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def prctl(option: int, value: int, address: int = 0) -> None:
    """Call prctl(2) with one argument, or two.

    Raises:
        OSError: the kernel refused.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, *map(ctypes.c_ulong, (value, address, 0, 0))) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _parent_of(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # The name in parentheses may hold spaces and parentheses itself: count from the last one.
    return int(stat.rpartition(b")")[2].split()[1])


def descendants(root: int) -> tuple[int, ...]:
    """Pids of everything below `root`, without `root`; zombies included."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (parent := _parent_of(int(entry.name))) is not None:
            children[parent].append(int(entry.name))
    found: list[int] = []
    level = [root]
    while level:
        level = [child for parent in level for child in children.get(parent, ())]
        found += level
    return tuple(found)


def resident_bytes(root: int) -> int:
    """Resident bytes of `root` and everything below it; memory that they share counts once for each."""
    total = 0
    for pid in (root, *descendants(root)):
        with suppress(OSError, IndexError):
            total += int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * _PAGE_BYTES
    return total


def marked(mark: str) -> list[int]:
    """Pids of the processes that have `mark` among their arguments."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if mark.encode() in entry.read_bytes().split(b"\0"):
                found.append(int(entry.parent.name))
    return found


def kill_descendants(root: int, *, seconds_max: float) -> bool:
    """SIGKILL everything below `root` until nothing is left; dead children of the caller are reaped. True if so."""
    deadline = time.monotonic() + seconds_max
    while True:
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        living = descendants(root)
        if not living:
            return True
        for pid in living:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
