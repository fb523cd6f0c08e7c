"""The arguments of bubblewrap: everything of the child's own, nothing of the machine but what is named. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from agents.sandbox.spec import OUTPUTS, OUTPUTS_FOLDER_BYTES, SCRATCH, SHM_BYTES, Mount, Spec

_NAMESPACES = (
    "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup",
    "--disable-userns",
)  # fmt: skip
_IDENTITY = (
    "--uid", "65534", "--gid", "65534", "--hostname", "sandbox", "--die-with-parent", "--new-session",
    "--cap-drop", "ALL", "--clearenv",
)  # fmt: skip


def arguments(spec: Spec, mounts: Sequence[Mount], seccomp_fd: int) -> list[str]:
    """All arguments before the command; `mounts` are those of the spec, with sources that bubblewrap's user may reach.

    bubblewrap itself must be started with an empty environment: it stays as process 1 and keeps what it was given,
    whatever `--clearenv` says. /dev can be written without bounds until it is remounted.
    """
    made = [*_NAMESPACES, *_IDENTITY]
    made += ["--proc", "/proc", "--dev", "/dev"]
    made += ["--size", str(spec.rights.scratch_bytes_max), "--tmpfs", SCRATCH]
    made += ["--size", str(SHM_BYTES), "--tmpfs", "/dev/shm"]  # noqa: S108
    made += ["--size", str(OUTPUTS_FOLDER_BYTES), "--perms", "0700", "--tmpfs", OUTPUTS]
    for mount in mounts:
        made += ["--bind" if mount.writable else "--ro-bind", mount.source, mount.target]
    # Behind what they may lie in: /tmp is one of the folders that somebody's Python may be linked from.
    for target, link in spec.links.items():
        made += ["--symlink", link, target]
    for name, value in spec.environment.items():
        made += ["--setenv", name, value]
    made += ["--chdir", SCRATCH, "--seccomp", str(seccomp_fd), "--remount-ro", "/dev", "--remount-ro", OUTPUTS]
    made += ["--remount-ro", "/"]
    return made
