"""A set of ids that only grows, 16 bytes each: an agent must remember every finished job, and there are millions."""

from __future__ import annotations

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
            self._runs.append(_merged(older, newer))


def _merged(older: bytes, newer: bytes) -> bytes:
    """Both runs in one, by first bytes: ids are random, so only a small part of them is ever unpacked at a time."""
    parts = []
    for first in range(256):
        ids = {*_ids_from(older, first), *_ids_from(newer, first)}
        parts.append(b"".join(sorted(ids)))
    return b"".join(parts)


def _ids_from(run: bytes, first: int) -> list[bytes]:
    """The ids that begin with the byte."""
    start = _place(run, bytes([first]).ljust(ID_BYTES, b"\x00"))
    stop = _place(run, bytes([first + 1]).ljust(ID_BYTES, b"\x00")) if first < 255 else len(run) // ID_BYTES
    return [run[at : at + ID_BYTES] for at in range(start * ID_BYTES, stop * ID_BYTES, ID_BYTES)]


def _found(run: bytes, raw: bytes) -> bool:
    place = _place(run, raw)
    return run[place * ID_BYTES : (place + 1) * ID_BYTES] == raw


def _place(run: bytes, raw: bytes) -> int:
    """How many ids of the run are smaller."""
    low, high = 0, len(run) // ID_BYTES
    while low < high:
        middle = (low + high) // 2
        if run[middle * ID_BYTES : (middle + 1) * ID_BYTES] < raw:
            low = middle + 1
        else:
            high = middle
    return low
