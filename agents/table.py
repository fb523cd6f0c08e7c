"""All jobs as an agent knows them: live ones whole, ended ones by id. Pure; fed with envelopes in log order."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

import msgspec

from agents.idset import IdSet
from schemas.envelope import Envelope
from schemas.events import JobEvent, JobRequest
from schemas.fairness import Place
from schemas.lifecycle import Job, step
from schemas.values import Platform, ResourceClass


class Lane(NamedTuple):
    """Jobs that the same machines can do: a resource class, and a platform or any."""

    resource: ResourceClass
    platform: Platform | None


class LiveJob(msgspec.Struct):
    """A job that has not ended: its fold, the envelope of its request, the partition that tells its life."""

    job: Job
    request: Envelope
    partition: int


class Change(NamedTuple):
    """What one event did to one job; `counted` is False where it did nothing."""

    before: Job | None
    after: Job | None
    counted: bool


NOTHING = Change(None, None, counted=False)


class JobTable:
    """The fold over every job. `queues` orders what is queued: lane -> owner -> oldest first."""

    def __init__(self, ended: IdSet | None = None) -> None:
        self.live: dict[UUID, LiveJob] = {}
        self.ended = ended if ended is not None else IdSet()
        self.queues: dict[Lane, dict[UUID, list[Place]]] = {}
        self._running: dict[UUID, set[UUID]] = {}

    def take(self, envelope: Envelope, partition: int) -> Change:
        """Fold one event of `mo.jobs` in."""
        event = envelope.event
        if not isinstance(event, JobEvent):
            return NOTHING
        known = self.live.get(event.job_id)
        if known is None:
            return self._begin(event, envelope, partition)
        before = known.job
        after = step(before, envelope)
        assert after is not None
        if after is before:
            return Change(before, before, counted=False)
        self._unindex(before)
        if after.ended:
            del self.live[after.id]
            self.ended.add(after.id)
        else:
            known.job = after
            self._index(after)
        return Change(before, after, counted=True)

    def adopt(self, live: LiveJob) -> None:
        """Take a job over from a snapshot."""
        self.live[live.job.id] = live
        self._index(live.job)

    def running_of(self, owner: UUID) -> int:
        """How many of the owner's jobs run now."""
        return len(self._running.get(owner, ()))

    def running(self) -> Iterator[LiveJob]:
        """Every job that somebody runs."""
        for ids in self._running.values():
            for id_ in ids:
                yield self.live[id_]

    def _begin(self, event: JobEvent, envelope: Envelope, partition: int) -> Change:
        if not isinstance(event, JobRequest) or event.job_id in self.ended:
            return NOTHING
        job = step(None, envelope)
        assert job is not None
        self.adopt(LiveJob(job, envelope, partition))
        return Change(None, job, counted=True)

    def _index(self, job: Job) -> None:
        if job.state == "queued":
            insort(self._queue(job), (job.requested_at, job.id))
        else:
            self._running.setdefault(job.owner, set()).add(job.id)

    def _unindex(self, job: Job) -> None:
        if job.state != "queued":
            self._running[job.owner].discard(job.id)
            if not self._running[job.owner]:
                del self._running[job.owner]
            return
        queue = self._queue(job)
        del queue[bisect_left(queue, (job.requested_at, job.id))]
        if not queue:
            del self.queues[Lane(job.resource, job.platform)][job.owner]

    def _queue(self, job: Job) -> list[Place]:
        return self.queues.setdefault(Lane(job.resource, job.platform), {}).setdefault(job.owner, [])
