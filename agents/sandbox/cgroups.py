"""A control group for one child where the kernel grants it: memory and number of processes, swap included.

It is made where the bounds that the operator set on the agent still hold: below the agent's own group; in version 2,
where a group with processes can have no bounded groups below it, else beside it if the agent's own has no bounds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

PREFIX = "mo-job-"
"""Of a group's name; the pid of the runner that made it follows."""
ROOT = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")
_BOUNDS = (
    "memory.max",
    "memory.high",
    "memory.swap.max",
    "pids.max",
    "cpu.max",
    "cpuset.cpus",
    "cpuset.mems",
    "io.max",
)
"""What an operator can bound a group of version 2 with; each is empty or begins with `max` where it bounds nothing."""
REMOVE_S_MAX = 2.0


class Cgroup(NamedTuple):
    """The folders of one child's group: one (version 2), or one a controller (version 1)."""

    version: int
    folders: tuple[Path, ...]

    @classmethod
    def make(
        cls, name: str, *, memory_bytes_max: int, processes_max: int, root: Path = ROOT, membership: Path = MEMBERSHIP
    ) -> Self | None:
        """The group, with its limits; None where it may not be made."""
        for version, settings in _forms(_places(root, membership), name, memory_bytes_max, processes_max):
            try:
                for folder, values in settings.items():
                    _hand_down(folder.parent)
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


def sweep(root: Path = ROOT, membership: Path = MEMBERSHIP) -> None:
    """Take away the groups that killed runners left behind."""
    for place in _places(root, membership):
        for folder in (found for each in place.folders for found in each.glob(f"{PREFIX}*")):
            pid = folder.name.removeprefix(PREFIX)
            if pid.isdigit() and not Path("/proc", pid).exists():
                with suppress(OSError):
                    folder.rmdir()


class _Place(NamedTuple):
    """Where a group may be made: one folder (version 2), or those of memory and processes (version 1)."""

    version: int
    folders: tuple[Path, ...]


def _places(root: Path, membership: Path) -> list[_Place]:
    """The places to try, best first."""
    paths = _paths(membership)
    if (root / "cgroup.controllers").exists():
        if (path := paths.get("")) is None:
            return []
        own = root / path
        beside = [] if own == root or _bounded(own) else [_Place(2, (own.parent,))]
        return [_Place(2, (own,)), *beside]
    if "memory" in paths and "pids" in paths:
        return [_Place(1, tuple(root / each / paths[each] for each in ("memory", "pids")))]
    return []


def _paths(membership: Path) -> dict[str, str]:
    """Controller -> our group's path below the root, without those that lie outside of what we see; "" is version 2."""
    found: dict[str, str] = {}
    with suppress(OSError):
        for line in membership.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if ".." not in path.split("/"):
                found |= dict.fromkeys(controllers.split(","), path.lstrip("/"))
    return found


def _bounded(group: Path) -> bool:
    for file in _BOUNDS:
        with suppress(OSError):
            if (said := (group / file).read_text().strip()) and not said.startswith("max"):
                return True
    return False


def _hand_down(place: Path) -> None:
    """Let groups below be bounded (version 2): whoever delegates a group leaves this to its new owner."""
    with suppress(OSError):
        file = place / "cgroup.subtree_control"
        if not {"memory", "pids"} <= set(file.read_text().split()):
            file.write_text("+memory +pids")


def _forms(
    places: Sequence[_Place], name: str, memory: int, processes: int
) -> Iterator[tuple[int, Mapping[Path, Mapping[str, int]]]]:
    for version, folders in places:
        if version == 2:
            limits = {"memory.max": memory, "memory.swap.max": 0, "memory.oom.group": 1, "pids.max": processes}
            yield 2, {folders[0] / name: limits}
        else:
            bounds = {"memory.limit_in_bytes": memory, "memory.memsw.limit_in_bytes": memory}
            yield 1, {folders[0] / name: bounds, folders[1] / name: {"pids.max": processes}}
