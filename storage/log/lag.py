"""How far a reader is behind a log, in records and in seconds. Pure: time is an argument."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from storage.log.port import Partition

MARKS_MAX = 1_000
"""Looks remembered while a topic is behind; the oldest one counts, so more of them say nothing new."""


class Lag:
    """Fed with looks at ends and positions; either may be older than the other when one of them cannot be asked."""

    def __init__(self) -> None:
        self._ends: dict[Partition, int] = {}
        self._positions: dict[Partition, int] = {}
        self._marks: dict[str, deque[tuple[float, dict[Partition, int]]]] = {}
        self._now_s = 0.0

    def look(
        self,
        now_s: float,
        ends: Mapping[Partition, int] | None = None,
        positions: Mapping[Partition, int] | None = None,
    ) -> None:
        """Take what could be learned at `now_s` (monotonic seconds)."""
        self._now_s = now_s
        if positions is not None:
            self._positions = dict(positions)
        if ends is not None:
            self._ends = dict(ends)
            for topic in {partition.topic for partition in ends}:
                marks = self._marks.setdefault(topic, deque())
                if len(marks) < MARKS_MAX:
                    marks.append((now_s, {each: end for each, end in ends.items() if each.topic == topic}))
        for marks in self._marks.values():
            while marks and all(self._positions.get(each, 0) >= end for each, end in marks[0][1].items()):
                marks.popleft()

    def records(self) -> dict[str, int]:
        """Records that are in the log and were not read, by topic."""
        behind = dict.fromkeys(sorted({partition.topic for partition in self._ends}), 0)
        for partition, end in self._ends.items():
            behind[partition.topic] += max(0, end - self._positions.get(partition, 0))
        return behind

    def seconds(self) -> dict[str, float]:
        """For how long records have been seen waiting, by topic; 0 when none waits."""
        return {topic: self._now_s - marks[0][0] if marks else 0.0 for topic, marks in sorted(self._marks.items())}

    def longest_s(self) -> float:
        """The largest of `seconds`."""
        return max(self.seconds().values(), default=0.0)
