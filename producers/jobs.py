"""Jobs: people end them, or ask for one that ended badly once more."""

from __future__ import annotations

from uuid import UUID

import msgspec

from producers.say import Command, Speaker
from schemas.envelope import derived_id
from schemas.events import JobCancelRequested, JobRequest
from storage.log.port import Position


async def cancel(speaker: Speaker, command: Command, *, job_id: UUID) -> Position:
    """Ask for the job's end; raises as `Speaker.say`."""
    return await speaker.decide(JobCancelRequested(job_id=job_id), command)


def retry_job_id(command_id: UUID) -> UUID:
    """The job that a retry command leads to."""
    return derived_id(command_id, "retry")


async def retry(speaker: Speaker, command: Command, *, request: JobRequest) -> Position:
    """Ask for the same once more, as a job of its own that the old one is the cause of; raises as `Speaker.say`."""
    job_id = retry_job_id(command.id)
    event = msgspec.structs.replace(request, job_id=job_id, retry_of=request.job_id)
    return await speaker.say(
        event, id=job_id, actor=command.actor, cause=request.job_id, request_digest=command.request_digest
    )
