"""What an agent has done since it began, for whoever measures it. Pure counting."""

from __future__ import annotations

from bisect import bisect_left

SECONDS = (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
"""Upper bounds of the buckets of attempts' seconds; the last one is open."""


class Tally:
    """Claims that the log gave us or somebody else, leases we saw run out, how long attempts took."""

    def __init__(self) -> None:
        self.began = False
        self.claims_won = 0
        self.claims_lost = 0
        self.leases_expired = 0
        self.attempts: dict[str, list[int]] = {}
        self.seconds: dict[str, float] = {}

    def attempted(self, kind: str, seconds: float) -> None:
        """Take one attempt at a job of that kind, however it ended."""
        buckets = self.attempts.setdefault(kind, [0] * (len(SECONDS) + 1))
        buckets[bisect_left(SECONDS, seconds)] += 1
        self.seconds[kind] = self.seconds.get(kind, 0.0) + seconds
