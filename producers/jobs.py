"""Jobs: people end them."""

from __future__ import annotations

from uuid import UUID

from producers.say import Command, Speaker
from schemas.events import JobCancelRequested
from storage.log.port import Position


async def cancel(speaker: Speaker, command: Command, *, job_id: UUID) -> Position:
    """Ask for the job's end; raises as `Speaker.say`."""
    return await speaker.decide(JobCancelRequested(job_id=job_id), command)
