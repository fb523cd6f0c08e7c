"""Mounting, as root, in a mount namespace of the caller's own: staging for bubblewrap, and a whole root without it."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from agents.sandbox.spec import OUTPUTS, OUTPUTS_FOLDER_BYTES, SCRATCH, SCRATCH_FILES_MAX, SHM_BYTES, Mount, Rights

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REMOUNT = 1, 2, 4, 8, 32
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18
_MNT_DETACH = 2
_SYS_PIVOT_ROOT = 155
"""On x86-64; for other machines there is no list of system calls either, and no child is started."""
_PLACE = "/tmp"  # noqa: S108  covered for the caller's namespace alone; it is there everywhere, and all may enter it
_DEVICES = ("null", "zero", "full", "random", "urandom")


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """Leave the namespaces that `flags` name for new ones.

    Raises:
        OSError: the kernel refused.
    """
    _checked(_libc().unshare(ctypes.c_int(flags)), "unshare")


def _mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    result = _libc().mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), data.encode())
    _checked(result, f"mount {target}")


def _tmpfs(target: str, *, bytes_max: int, mode: str, files_max: int = 1000) -> None:
    flags = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    _mount("tmpfs", target, "tmpfs", flags, f"size={bytes_max},nr_inodes={files_max},mode={mode}")


def _like(source: Path, target: Path) -> None:
    """An empty file or folder to mount over, of the source's kind."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        target.mkdir(exist_ok=True)
    else:
        target.touch()


def _bind(source: str, target: str, *, writable: bool) -> None:
    _mount(source, target, "", _MS_BIND | _MS_REC)
    flags = _MS_BIND | _MS_REMOUNT | _MS_NOSUID | _MS_NODEV
    _mount("", target, "", flags if writable else flags | _MS_RDONLY)


def _own_mounts() -> None:
    unshare(CLONE_NEWNS)
    _mount("", "/", "", _MS_REC | _MS_PRIVATE)


def stage(mounts: Sequence[Mount]) -> tuple[Mount, ...]:
    """The same mounts with sources that every user may reach: folders above the true ones may be root's alone.

    Raises:
        OSError: the kernel refused.
    """
    _own_mounts()
    handles = [os.open(mount.source, os.O_PATH | os.O_CLOEXEC) for mount in mounts]
    _tmpfs(_PLACE, bytes_max=1 << 20, mode="755")
    staged = []
    for number, (mount, handle) in enumerate(zip(mounts, handles, strict=True)):
        target = Path(_PLACE, str(number))
        source = f"/proc/self/fd/{handle}"
        _like(Path(source), target)
        _mount(source, str(target), "", _MS_BIND | _MS_REC)
        staged.append(Mount(str(target), mount.target, mount.writable))
        os.close(handle)
    return tuple(staged)


def enter_root(mounts: Sequence[Mount], links: Mapping[str, str], rights: Rights, user: int) -> None:
    """Make a root of these mounts and nothing else, and go there. The caller is process 1 of a new PID namespace.

    Raises:
        OSError: the kernel refused.
    """
    _own_mounts()
    handles = [os.open(mount.source, os.O_PATH | os.O_CLOEXEC) for mount in mounts]
    devices = [os.open(f"/dev/{name}", os.O_PATH | os.O_CLOEXEC) for name in _DEVICES]
    _tmpfs(_PLACE, bytes_max=1 << 20, mode="755")
    root = Path(_PLACE)
    for folder, bytes_max, mode in (
        ("/dev", 1 << 20, "755"), ("/dev/shm", SHM_BYTES, "1777"), (OUTPUTS, OUTPUTS_FOLDER_BYTES, "755"),  # noqa: S108
    ):  # fmt: skip
        (root / folder.lstrip("/")).mkdir()
        _tmpfs(str(root / folder.lstrip("/")), bytes_max=bytes_max, mode=mode)
    scratch = root / SCRATCH.lstrip("/")
    scratch.mkdir()
    _tmpfs(str(scratch), bytes_max=rights.scratch_bytes_max, mode="700", files_max=SCRATCH_FILES_MAX)
    os.chown(scratch, user, user)
    for name, handle in zip(_DEVICES, devices, strict=True):
        (root / "dev" / name).touch()
        _mount(f"/proc/self/fd/{handle}", str(root / "dev" / name), "", _MS_BIND)
    for mount, handle in zip(mounts, handles, strict=True):
        place, source = root / mount.target.lstrip("/"), f"/proc/self/fd/{handle}"
        _like(Path(source), place)
        _bind(source, str(place), writable=mount.writable)
    for link, target in links.items():
        place = root / link.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)
    _leave_old_root(root)


def _leave_old_root(root: Path) -> None:
    (root / "proc").mkdir()
    _mount("proc", str(root / "proc"), "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    os.chdir(root)
    # With the same folder twice the old root comes to lie over the new one, where it is taken away.
    _checked(_libc().syscall(ctypes.c_long(_SYS_PIVOT_ROOT), b".", b"."), "pivot_root")
    _checked(_libc().umount2(b".", ctypes.c_int(_MNT_DETACH)), "umount")
    os.chdir("/")
    flags = _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _MS_NOSUID | _MS_NODEV
    for folder in ("/dev", OUTPUTS, "/"):
        _mount("", folder, "", flags)
