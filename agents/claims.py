"""Leases of running jobs as one agent watches them, with a clock that stands still while the agent is blind. Pure.

A lease runs out only if nothing was heard of the job for a whole lease during which the job's partitions answered and
were read to their end. Any gap in that starts the lease anew; otherwise a broker's outage would expire every job.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

import msgspec

BLIND_S = 2.0
"""A partition that has not answered for this long is not seen; neither is anything while our own clock jumped."""


class Expiry(NamedTuple):
    """A lease that ran out."""

    job: UUID
    epoch: int
    progressed: bool


class _Lease(msgspec.Struct):
    epoch: int
    partition: int
    since_s: float
    step: int = -1
    progressed: bool = False
    told_s: float | None = None


class Leases:
    """Every lease this agent watches. All times are this process's monotonic seconds."""

    def __init__(self, lease_s: float) -> None:
        self._lease_s = lease_s
        self._leases: dict[UUID, _Lease] = {}
        self._looked_s: float | None = None

    def begin(self, job: UUID, epoch: int, partition: int, now_s: float) -> None:
        """A claim was accepted: the job's lease starts."""
        self._leases[job] = _Lease(epoch, partition, now_s)

    def heard(self, job: UUID, epoch: int, step: int, now_s: float) -> None:
        """A heartbeat of the running epoch came in; a larger step is progress."""
        lease = self._leases.get(job)
        if lease is None or lease.epoch != epoch:
            return
        lease.since_s = now_s
        lease.progressed = lease.progressed or step > max(lease.step, 0)
        lease.step = max(lease.step, step)

    def forget(self, job: UUID) -> None:
        """The job does not run any more."""
        self._leases.pop(job, None)

    def expired(self, now_s: float, seen: Callable[[int], bool], patience_s: Callable[[UUID], float]) -> list[Expiry]:
        """Leases that have run out. `seen(partition)` tells whether both topics of that partition are being read to
        their end; `patience_s(job)` is what this agent waits beyond the lease, so that not all witnesses speak at once.
        """
        jumped = self._looked_s is None or now_s - self._looked_s > BLIND_S
        self._looked_s = now_s
        found = []
        for job, lease in self._leases.items():
            if jumped or not seen(lease.partition):
                lease.since_s = now_s
            elif now_s - lease.since_s >= self._lease_s + patience_s(job) and self._may_tell(lease, now_s):
                lease.told_s = now_s
                found.append(Expiry(job, lease.epoch, lease.progressed))
        return found

    def _may_tell(self, lease: _Lease, now_s: float) -> bool:
        """Say it once, and again only if the log still has not said so a lease later (the first saying was lost)."""
        return lease.told_s is None or now_s - lease.told_s >= self._lease_s
