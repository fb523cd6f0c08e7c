"""The fair order of jobs that wait: the one that agents claim by, and that people are shown as a place in the queue.

The user with the fewest running (and already picked) jobs is next, within a user the oldest job. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from heapq import heapify, heappop, heapreplace
from uuid import UUID

Place = tuple[datetime, UUID]
"""Where a job stands in its user's queue: when it was asked for, then its id."""

_Head = tuple[int, Place, UUID, Iterator[Place]]
"""A user's turn: jobs running or picked, the oldest job that waits, the user, the jobs after it."""


def fair_order(
    queues: Mapping[UUID, Iterable[Place]], running_of: Callable[[UUID], int], user_running_max: int | None = None
) -> Iterator[UUID]:
    """Jobs, fairest first, of queues that are each ordered already: user -> places.

    A user at `user_running_max` running jobs waits (a soft cap: agents that claim at the same moment may overshoot it
    by their number); None: whoever waits is named.
    """
    heads: list[_Head] = []
    for owner, places in queues.items():
        queue = iter(places)
        if (first := next(queue, None)) is not None:
            heads.append((running_of(owner), first, owner, queue))
    heapify(heads)
    while heads and (user_running_max is None or heads[0][0] < user_running_max):
        running, (_, job), owner, queue = heads[0]
        yield job
        following = next(queue, None)
        if following is None:
            heappop(heads)
        else:
            heapreplace(heads, (running + 1, following, owner, queue))
