"""Noticing a reader that silently gets nothing although there is something to get. Pure: time is an argument."""

from __future__ import annotations

from collections.abc import Mapping

from storage.log.port import Partition

STUCK_S = 30.0


class StuckError(Exception):
    """A partition grows and is not read: end this process and let a fresh one begin."""


class Watchdog:
    """Looks at positions and ends now and then."""

    def __init__(self, *, stuck_s: float = STUCK_S) -> None:
        self._stuck_s = stuck_s
        self._behind: dict[Partition, tuple[int, float]] = {}

    def look(self, now_s: float, positions: Mapping[Partition, int], ends: Mapping[Partition, int]) -> None:
        """Compare with the earlier looks.

        Raises:
            StuckError: a partition's position has not moved for `stuck_s` although its end lies further.
        """
        for partition, end in ends.items():
            position = positions.get(partition, 0)
            if end <= position:
                self._behind.pop(partition, None)
                continue
            seen, since_s = self._behind.setdefault(partition, (position, now_s))
            if seen != position:
                self._behind[partition] = position, now_s
            elif now_s - since_s >= self._stuck_s:
                raise StuckError(
                    f"{partition.topic}/{partition.number} stands at {position} for {now_s - since_s:.0f} s, "
                    f"its end is {end}: the reader is stuck, start the projector again"
                )

    def forget(self) -> None:
        """Nothing could be expected to move: begin to wait anew."""
        self._behind.clear()
