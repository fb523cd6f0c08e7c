"""What events have in common."""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

import msgspec

from schemas.values import ObjectRef, Platform, ResourceClass

Epoch = Annotated[int, msgspec.Meta(ge=1)]
Revision = Annotated[int, msgspec.Meta(ge=1, le=2**53)]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One thing said. Unknown fields are ignored, so that an older reader survives a newer writer."""

    VERSION: ClassVar[int] = 1

    def subject(self) -> str:
        """Id of what the event is about; also the key that orders it."""
        raise NotImplementedError


class Change(Event, frozen=True, kw_only=True):
    """A decision about something that is there: it counts only where `expected_revision` is the newest one.

    A thing has revision 1 when it is made, and one more with each change that was accepted, its deletion included.
    """

    expected_revision: Revision


class JobEvent(Event, frozen=True, kw_only=True):
    """Anything said about one job; the key is the job's id, so one partition orders a job's whole life."""

    job_id: UUID

    def subject(self) -> str:
        return str(self.job_id)


class JobRequest(JobEvent, frozen=True, kw_only=True):
    """A wish for a job. `platform` is None when any machine with the resource class will do.

    `retry_of` is the job that ended badly and is asked for once more.
    """

    resource: ResourceClass
    platform: Platform | None = None
    retry_of: UUID | msgspec.UnsetType = msgspec.UNSET


class JobResult(JobEvent, frozen=True, kw_only=True):
    """A job's successful end, said by the agent process (`instance`) that owns `epoch`, with the attempt's log."""

    epoch: Epoch
    instance: UUID
    log: ObjectRef | msgspec.UnsetType = msgspec.UNSET
