"""Child: tries six things that no child may do, and says which of them it could. The agent's self-test at its start."""

from __future__ import annotations

import ctypes
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from agents.sandbox.inside import Report, inputs, outputs, run

ANSWERS_FILE = "answers.json"
SLEEP_S = 600
_CLONE_NEWUSER, _PTRACE_TRACEME = 0x10000000, 0
_PLACES = ("/", "/usr", "/etc", "/dev", "/sys", "/proc/sys/kernel/core_pattern", "/var", "/run")
_STRANGERS = ("/etc/passwd", "/etc/shadow", "/etc/hostname", "/root", "/home", "/var/lib")

Probe = Callable[[], str]
"""What it could do, in words; "" where it was refused."""


def _environments() -> Iterator[bytes]:
    for path in (*Path("/proc").glob("[0-9]*/environ"), Path("/proc/self/environ")):
        with suppress(OSError):
            yield path.read_bytes()


def secrets(canary: str) -> str:
    """Find the canary of the agent's environment in any environment that can be read."""
    held = [*_environments(), repr(dict(os.environ)).encode()]
    return "canary" if any(canary.encode() in each for each in held) else ""


def connections() -> str:
    """Make a socket of any family."""
    for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_VSOCK):
        with suppress(OSError), socket.socket(family):
            return socket.AddressFamily(family).name
    return ""


def writing() -> str:
    """Make or change a file anywhere but in scratch and the outputs."""
    own = (str(inputs()), str(outputs()), str(Path(__file__).parent), sys.prefix)
    for place in (*_PLACES, *own):
        path = Path(place) / "mo-probe" if Path(place).is_dir() else Path(place)
        with suppress(OSError), path.open("ab"):
            return str(path)
    return ""


def reading(stranger: str) -> str:
    """Read a file, or list a folder, that nobody gave us."""
    for name in (stranger, f"/proc/1/root{stranger}", *_STRANGERS):
        with suppress(OSError):
            if Path(name).is_dir():
                # a folder that only leads to our own Python is there, and empty but for that
                if any(each.is_file() for each in Path(name).iterdir()):
                    return name
            else:
                Path(name).read_bytes()
                return name
    return ""


def privileges() -> str:
    """Call what only root may, in this namespace or in one of our own."""
    libc = ctypes.CDLL(None, use_errno=True)
    calls: Mapping[str, Callable[[], int]] = {
        "unshare": lambda: libc.unshare(_CLONE_NEWUSER),
        "mount": lambda: libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, None),
        "chroot": lambda: libc.chroot(b"/tmp"),
        "ptrace": lambda: libc.ptrace(_PTRACE_TRACEME, 0, None, None),
        "setuid": lambda: libc.setuid(0),
    }
    return next((name for name, call in calls.items() if call() == 0), "")


def outliving(mark: str) -> None:
    """Leave a process behind that has left its session and its parent; the agent looks whether it is still there."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(SLEEP_S)
        os._exit(0)
    command = [sys.executable, "-c", f"import time; time.sleep({SLEEP_S})", mark]
    subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def answers(canary: str, stranger: str) -> dict[str, str]:
    """The probes that can be told from inside, and what they could do."""
    probes: Mapping[str, Probe] = {
        "secrets": lambda: secrets(canary),
        "connections": connections,
        "writing": writing,
        "reading": lambda: reading(stranger),
        "privileges": privileges,
    }
    return {name: probe() for name, probe in probes.items()}


def probe(report: Report) -> None:
    """The child's whole part; its arguments are the canary, a file it must not read, and the mark of what it leaves."""
    canary, stranger, mark = sys.argv[1:4]
    found = answers(canary, stranger)
    outliving(mark)
    (outputs() / ANSWERS_FILE).write_text(json.dumps(found), encoding="utf-8")
    report("probe", 1.0)


if __name__ == "__main__":
    sys.exit(run(probe))
