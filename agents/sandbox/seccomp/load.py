"""Reads the shipped filter, if it is the one that was tested and the machine is the one it was made for."""

from __future__ import annotations

import ctypes
import hashlib
import platform
from pathlib import Path

from agents.sandbox.processes import PR_SET_NO_NEW_PRIVS, prctl

FILE = Path(__file__).with_name("filter.x86_64.bpf")
DIGEST = "448916427e41d272d2a1c5ca7e72e7b8aacf25b34f6e49b2a0320554faa78c34"
MACHINE = "x86_64"

_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2


class FilterError(Exception):
    """There is no filter for this machine, or it is not the one that was tested."""


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def program() -> bytes:
    """The filter's instructions.

    Raises:
        FilterError: another processor, a missing or a changed file.
    """
    if platform.machine() != MACHINE:
        raise FilterError(f"the list of system calls is made for {MACHINE}, this is {platform.machine()}")
    try:
        data = FILE.read_bytes()
    except OSError as error:
        raise FilterError(f"{FILE.name} cannot be read: {error}") from error
    if hashlib.sha256(data).hexdigest() != DIGEST:
        raise FilterError(f"{FILE.name} is not the file that was shipped: install Mo again")
    return data


def apply(data: bytes) -> None:
    """Put the calling process and all that it starts under the filter, for ever.

    Raises:
        OSError: the kernel refused.
    """
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    buffer = ctypes.create_string_buffer(data, len(data))
    filter_ = _Program(len(data) // 8, ctypes.addressof(buffer))
    prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(filter_))
