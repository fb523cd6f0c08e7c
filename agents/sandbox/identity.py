"""Who a child runs as: a user of its own where the agent may give one, the agent's own in a namespace where not."""

from __future__ import annotations

import os
from pathlib import Path

from agents.sandbox.processes import prctl

FIRST_USER = 0x6D6F0000
"""Users from here on are nobody's; the runner's pid is added, so that no two children that live share one: Linux has no
more than `USERS` pids."""
USERS = 1 << 22
_PR_CAPBSET_DROP = 24
_FALLBACK_FIRST, _FALLBACK_USERS = 40_000, 20_000
"""For containers that know 65,536 users: there children share one whose runners' pids differ by 20,000."""


def _mapped(first: int, count: int, text: str) -> bool:
    for line in text.splitlines():
        inside, _, length = (int(each) for each in line.split())
        if inside <= first and first + count <= inside + length:
            return True
    return False


def own_user(pid: int, uid_map: str | None = None) -> int | None:
    """A user and group id for the children of this runner; None where we are not root, or root of ourselves alone.

    The limit of processes counts by user, and what one user's process may read, another's may not.
    """
    if os.geteuid() != 0:
        return None
    text = Path("/proc/self/uid_map").read_text("ascii") if uid_map is None else uid_map
    if _mapped(FIRST_USER, USERS, text):
        return FIRST_USER + pid
    if _mapped(_FALLBACK_FIRST, _FALLBACK_USERS, text):
        return _FALLBACK_FIRST + pid % _FALLBACK_USERS
    return None


def become(user: int) -> None:
    """Give up everything but this user: groups, and what a program of root's might bring back."""
    for capability in range(int(Path("/proc/sys/kernel/cap_last_cap").read_text("ascii")) + 1):
        prctl(_PR_CAPBSET_DROP, capability)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
