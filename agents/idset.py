"""A set of ids that only grows, 16 bytes each: an agent must remember every finished job, and there are millions."""

from __future__ import annotations

from heapq import merge
from itertools import groupby
from uuid import UUID

ID_BYTES = 16
YOUNG_IDS_MAX = 65_536


class IdSet:
    """Young ids lie in a Python set; the rest in sorted runs, merged as they meet their equals."""

    def __init__(self, runs: tuple[bytes, ...] = ()) -> None:
        self._young: set[bytes] = set()
        self._runs: list[bytes] = list(runs)

    def add(self, id_: UUID) -> None:
        """Remember the id."""
        self._young.add(id_.bytes)
        if len(self._young) >= YOUNG_IDS_MAX:
            self._settle()

    def __contains__(self, id_: UUID) -> bool:
        raw = id_.bytes
        return raw in self._young or any(_found(run, raw) for run in self._runs)

    def __len__(self) -> int:
        """How many ids; exact once settled, since a settled id is never added again by the fold."""
        return len(self._young) + sum(len(run) // ID_BYTES for run in self._runs)

    def runs(self) -> tuple[bytes, ...]:
        """The whole set as sorted runs, for a snapshot."""
        self._settle()
        return tuple(self._runs)

    def _settle(self) -> None:
        if not self._young:
            return
        self._runs.append(b"".join(sorted(self._young)))
        self._young.clear()
        while len(self._runs) > 1 and len(self._runs[-2]) <= 2 * len(self._runs[-1]):
            newer, older = self._runs.pop(), self._runs.pop()
            self._runs.append(b"".join(each for each, _ in groupby(merge(_ids(older), _ids(newer)))))


def _ids(run: bytes) -> list[bytes]:
    return [run[start : start + ID_BYTES] for start in range(0, len(run), ID_BYTES)]


def _found(run: bytes, raw: bytes) -> bool:
    low, high = 0, len(run) // ID_BYTES
    while low < high:
        middle = (low + high) // 2
        here = run[middle * ID_BYTES : (middle + 1) * ID_BYTES]
        if here == raw:
            return True
        low, high = (middle + 1, high) if here < raw else (low, middle)
    return False
