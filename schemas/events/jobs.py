"""The life of a job, whatever it does."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec

from schemas.events.base import Epoch, JobEvent
from schemas.values import Code, ObjectRef, ShortText

LogLine = Annotated[str, msgspec.Meta(max_length=1000)]


class JobClaimed(JobEvent, frozen=True, kw_only=True):
    """An agent process takes the job. It counts only if the job is queued and `epoch` is the next one."""

    epoch: Epoch
    agent: ShortText
    instance: UUID


class JobLeaseExpired(JobEvent, frozen=True, kw_only=True):
    """Somebody saw no heartbeat of the epoch for a whole lease. Counts once an epoch."""

    epoch: Epoch
    progressed: bool
    witness: ShortText = ""


class JobFailed(JobEvent, frozen=True, kw_only=True):
    """The owner gives up: for good, or (`retriable`) for another attempt."""

    epoch: Epoch
    instance: UUID
    reason: Code
    retriable: bool = False
    log: ObjectRef | None = None


class JobCancelRequested(JobEvent, frozen=True, kw_only=True):
    """Somebody wants the job ended. Final at once while nobody runs it."""


class JobCancelled(JobEvent, frozen=True, kw_only=True):
    """The owner stopped the job because of a `JobCancelRequested`."""

    epoch: Epoch
    instance: UUID
    log: ObjectRef | msgspec.UnsetType = msgspec.UNSET


class JobProgressed(JobEvent, frozen=True, kw_only=True):
    """Heartbeat and progress of a running job; perishable. `step` grows whenever the job got further."""

    epoch: Epoch
    instance: UUID
    agent: ShortText
    step: Annotated[int, msgspec.Meta(ge=0)]
    stage: ShortText = ""
    fraction: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0


class JobLogged(JobEvent, frozen=True, kw_only=True):
    """Lines of a running attempt's log, for those who watch; perishable. `first_line` counts from 0 within the attempt:
    a gap to the lines before means that some were left out; the whole log is the object that the attempt ends with."""

    epoch: Epoch
    instance: UUID
    first_line: Annotated[int, msgspec.Meta(ge=0)]
    lines: Annotated[tuple[LogLine, ...], msgspec.Meta(max_length=50)]
