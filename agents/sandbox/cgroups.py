"""A control group for one child where the kernel grants it: memory and number of processes, swap included."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

PREFIX = "mo-job-"
"""Of a group's name; the pid of the runner that made it follows."""
ROOT = Path("/sys/fs/cgroup")
REMOVE_S_MAX = 2.0


class Cgroup(NamedTuple):
    """The folders of one child's group: one (version 2), or one a controller (version 1)."""

    version: int
    folders: tuple[Path, ...]

    @classmethod
    def make(cls, name: str, *, memory_bytes_max: int, processes_max: int, root: Path = ROOT) -> Self | None:
        """The group, with its limits; None where it may not be made."""
        for version, settings in _forms(root, name, memory_bytes_max, processes_max):
            try:
                for folder, values in settings.items():
                    with suppress(FileNotFoundError):
                        folder.rmdir()  # of a runner that was killed and had our pid
                    folder.mkdir()
                    for file, value in values.items():
                        # swap accounting may be off; then there is nothing to bound
                        if ("swap" not in file and "memsw" not in file) or (folder / file).exists():
                            (folder / file).write_text(str(value))
            except OSError:
                for folder in settings:
                    with suppress(OSError):
                        folder.rmdir()
                continue
            return cls(version, tuple(settings))
        return None

    def enter(self) -> None:
        """Move the calling process, and all that it will start, into the group.

        Raises:
            OSError: the kernel refused.
        """
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(os.getpid()))

    def memory_ran_out(self) -> bool:
        """Whether the kernel ended something of the group for want of memory."""
        for folder in self.folders:
            for file in ("memory.events", "memory.oom_control"):
                with suppress(OSError):
                    fields = dict(line.split() for line in (folder / file).read_text().splitlines())
                    if int(fields.get("oom_kill", 0)):
                        return True
        return False

    def remove(self) -> None:
        """Take the group away; its processes have ended."""
        deadline = time.monotonic() + REMOVE_S_MAX
        for folder in self.folders:
            while folder.exists() and time.monotonic() < deadline:
                with suppress(OSError):
                    folder.rmdir()
                    break
                time.sleep(0.005)


def sweep(root: Path = ROOT) -> None:
    """Take away the groups that killed runners left behind."""
    for pattern in (f"{PREFIX}*", f"memory/{PREFIX}*", f"pids/{PREFIX}*"):
        for folder in root.glob(pattern):
            pid = folder.name.removeprefix(PREFIX)
            if pid.isdigit() and not Path("/proc", pid).exists():
                with suppress(OSError):
                    folder.rmdir()


def _forms(
    root: Path, name: str, memory: int, processes: int
) -> Iterator[tuple[int, Mapping[Path, Mapping[str, int]]]]:
    if (root / "cgroup.controllers").exists():
        limits = {"memory.max": memory, "memory.swap.max": 0, "memory.oom.group": 1, "pids.max": processes}
        yield 2, {root / name: limits}
        yield 2, {_own(root) / name: limits}
    elif (root / "memory").exists() and (root / "pids").exists():
        bounds = {"memory.limit_in_bytes": memory, "memory.memsw.limit_in_bytes": memory}
        yield 1, {root / "memory" / name: bounds, root / "pids" / name: {"pids.max": processes}}


def _own(root: Path) -> Path:
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            if line.startswith("0::"):
                return root / line[3:].lstrip("/")
    return root
