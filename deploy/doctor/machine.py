"""Looks at the machine: what is free, what the kernel offers for a sandbox, which devices there are."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
ASK_SECONDS_MAX = 5.0
_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def asked(argv: list[str]) -> str | None:
    """The first line that a program says; None where it is not there, fails, or takes too long."""
    if shutil.which(argv[0]) is None:
        return None
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=ASK_SECONDS_MAX,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = done.stdout.decode(errors="replace").strip().splitlines()
    return lines[0] if lines and done.returncode == 0 else None


def free_bytes(path: Path) -> int:
    """What is free for us on the disk of the path, or of the nearest folder above it that exists."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return shutil.disk_usage(path).free


def writable(path: Path) -> bool:
    """Whether we may make files in the folder, or the folder itself where it is not there yet."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return os.access(path, os.W_OK | os.X_OK)


def memory_bytes(proc: Path = Path("/proc/meminfo"), limits: tuple[str, ...] = _CGROUP_LIMITS) -> int:
    """Memory that can be had now: what the machine has available, or the limit of our group if that is less."""
    fields = dict(line.split(":", 1) for line in proc.read_text().splitlines() if ":" in line)
    available = int(fields["MemAvailable"].split()[0]) << 10
    for limit in limits:
        try:
            available = min(available, int(Path(limit).read_text()))
        except (OSError, ValueError):
            continue
    return available


def user_namespaces() -> bool:
    """Whether an ordinary process may make a user namespace; tried in a process of its own, which then ends."""
    code = f"import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare({CLONE_NEWUSER}) != 0)"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=False)
    return done.returncode == 0


def namespaces_are_restricted(switch: Path = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")) -> bool:
    """Whether AppArmor denies user namespaces to programs that have no profile for it."""
    return switch.exists() and switch.read_text().strip() == "1"


def devices(dev: Path = Path("/dev")) -> dict[str, list[str]]:
    """Device files of the platforms we know, by platform."""
    patterns = {"nvidia": "nvidia[0-9]*", "ascend": "davinci[0-9]*"}
    return {name: sorted(path.name for path in dev.glob(pattern)) for name, pattern in patterns.items()}
