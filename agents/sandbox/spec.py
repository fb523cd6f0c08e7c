"""What the runner is told: one child, what it sees, what it may use, and the walls around it. Goes as JSON.

Only the standard library: the runner starts for every child, and what it imports is what a sandbox costs.
"""

from __future__ import annotations

import json
from typing import Any, Literal, NamedTuple

Kind = Literal["bubblewrap", "landlock"]

INPUTS, OUTPUTS, CODE, SCRATCH = "/in", "/out", "/mo", "/tmp"  # noqa: S108  inside, a tmpfs of the child's own
"""Where a child finds its files, our packages and its room for scratch."""
OUTPUTS_FOLDER_BYTES = 16 << 20
SHM_BYTES = 64 << 20
SCRATCH_FILES_MAX = 20_000
MEMLOCK_BYTES_MAX = 8 << 20
SYSTEM_FILES = ("/etc/ld.so.cache", "/sys/devices/system/cpu")
"""Of the machine, besides /usr: where libraries lie, and what the processor can do (else slower kernels are chosen)."""


class Mount(NamedTuple):
    """A file or folder of the machine as the child sees it."""

    source: str
    target: str
    writable: bool = False


class Rights(NamedTuple):
    """Upper bounds: bytes of address space, of a file, of scratch, of resident memory; seconds; numbers."""

    address_bytes_max: int
    file_bytes_max: int
    scratch_bytes_max: int
    memory_bytes_max: int
    cpu_seconds_max: int
    open_files_max: int
    processes_max: int


class Spec(NamedTuple):
    """One child. `bwrap` is the program's path where `kind` asks for it. The runner makes the file `memory_note`
    where the kernel ended something of the child for want of memory; with
    `cgroup` it must be able to make one."""

    kind: Kind
    bwrap: str
    parent: int
    mounts: tuple[Mount, ...]
    links: dict[str, str]
    environment: dict[str, str]
    command: tuple[str, ...]
    rights: Rights
    memory_note: str
    cgroup: bool

    def encode(self) -> str:
        """For the runner's command line."""
        return json.dumps(self)

    @classmethod
    def decode(cls, text: str) -> Spec:
        """What `encode` wrote."""
        fields: Any = json.loads(text)
        made = cls(*fields)
        return made._replace(mounts=tuple(Mount(*each) for each in made.mounts), rights=Rights(*made.rights))
