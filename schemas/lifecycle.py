"""A job's life: the one pure fold that agents, projector and tests all run over the job's events in log order.

States and what moves them (anything else changes nothing):

    (none)    --request-->              queued
    queued    --JobClaimed(last+1)-->   running
    running   --result / JobFailed-->   completed / failed, or queued again if the failure is retriable
    running   --JobLeaseExpired-->      queued again, or quarantined
    queued    --JobCancelRequested-->   cancelled
    running   --JobCancelRequested-->   running, ending: the next result, JobCancelled, failure or expiry ends it

Results, failures and cancellations count only from the process (`instance`) that owns the current epoch.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from schemas.envelope import Envelope
from schemas.events import (
    Event,
    JobCancelled,
    JobCancelRequested,
    JobClaimed,
    JobEvent,
    JobFailed,
    JobLeaseExpired,
    JobRequest,
    JobResult,
)
from schemas.values import Platform, ResourceClass

FOLD_VERSION = 1
"""Meaning of this fold. A reader that meets a record of a newer one must stop deciding and be upgraded."""
ATTEMPTS_MAX = 5
"""Claims a job gets before it is quarantined."""
BARREN_EXPIRIES_MAX = 2
"""Leases that may run out one after another without any progress before the job is quarantined."""
RETRY_AFTER_MS = 1_000
"""Pause before the second attempt; doubled for each further one."""
RETRY_AFTER_MS_MAX = 60_000

State = Literal["queued", "running", "completed", "failed", "cancelled", "quarantined"]
TERMINAL: frozenset[str] = frozenset({"completed", "failed", "cancelled", "quarantined"})


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job as the log tells it so far. `retry_after_ms` counts from when a reader saw the job queued again."""

    id: UUID
    kind: str
    owner: UUID
    resource: ResourceClass
    platform: Platform | None
    request_digest: str
    requested_at: datetime
    state: State = "queued"
    epoch: int = 0
    agent: str = ""
    instance: UUID | None = None
    barren: int = 0
    cancelling: bool = False
    retry_after_ms: int = 0

    @property
    def ended(self) -> bool:
        return self.state in TERMINAL


def step(job: Job | None, envelope: Envelope) -> Job | None:
    """The job after the event. The very same object comes back when the event does not count."""
    event = envelope.event
    if isinstance(event, JobRequest):
        return job if job is not None else _requested(event, envelope)
    if job is None or job.ended or not isinstance(event, JobEvent):
        return job
    if isinstance(event, JobClaimed):
        return _claimed(job, event)
    if isinstance(event, JobCancelRequested):
        return _cancel_requested(job)
    if isinstance(event, JobLeaseExpired):
        return _expired(job, event)
    return _ended_by_owner(job, event)


def counted(before: Job | None, after: Job | None) -> bool:
    """Whether the event between the two counted."""
    return before is not after


def owned_by(job: Job, epoch: int, instance: UUID) -> bool:
    """Whether a claim of `epoch` by `instance` is the one that runs the job now."""
    return job.state == "running" and job.epoch == epoch and job.instance == instance


def _requested(event: JobRequest, envelope: Envelope) -> Job:
    return Job(
        id=event.job_id,
        kind=envelope.name,
        owner=envelope.actor,
        resource=event.resource,
        platform=event.platform,
        request_digest=envelope.request_digest,
        requested_at=envelope.time,
    )


def _claimed(job: Job, event: JobClaimed) -> Job:
    if job.state != "queued" or event.epoch != job.epoch + 1:
        return job
    return msgspec.structs.replace(
        job, state="running", epoch=event.epoch, agent=event.agent, instance=event.instance, retry_after_ms=0
    )


def _cancel_requested(job: Job) -> Job:
    if job.state == "queued":
        return _end(job, "cancelled")
    return job if job.cancelling else msgspec.structs.replace(job, cancelling=True)


def _expired(job: Job, event: JobLeaseExpired) -> Job:
    if job.state != "running" or event.epoch != job.epoch:
        return job
    return _give_up(job, barren=0 if event.progressed else job.barren + 1)


def _ended_by_owner(job: Job, event: Event) -> Job:
    if not isinstance(event, JobResult | JobFailed | JobCancelled):
        return job
    if not owned_by(job, event.epoch, event.instance):
        return job
    if isinstance(event, JobResult):
        return _end(job, "completed")
    if isinstance(event, JobCancelled):
        return _end(job, "cancelled") if job.cancelling else job
    return _give_up(job, barren=0) if event.retriable else _end(job, "failed")


def _give_up(job: Job, *, barren: int) -> Job:
    """The attempt is over without an end: cancelled, out of patience, or back into the queue after a pause."""
    if job.cancelling:
        return _end(job, "cancelled")
    if barren >= BARREN_EXPIRIES_MAX or job.epoch >= ATTEMPTS_MAX:
        return msgspec.structs.replace(job, state="quarantined", barren=barren)
    pause = min(RETRY_AFTER_MS * 2 ** (job.epoch - 1), RETRY_AFTER_MS_MAX)
    return msgspec.structs.replace(job, state="queued", agent="", instance=None, barren=barren, retry_after_ms=pause)


def _end(job: Job, state: State) -> Job:
    return msgspec.structs.replace(job, state=state, retry_after_ms=0)
