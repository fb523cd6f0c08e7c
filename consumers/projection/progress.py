"""Heartbeats -> the newest progress of each job."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from consumers.projection.reading import Said, log_time
from schemas.events import JobLogged, JobProgressed
from storage.views.rows import ProgressRow

COUNT_MAX = 2**63 - 1
"""Largest number a row can keep; JSON may say more."""


def newest(said: Iterable[Said]) -> list[ProgressRow]:
    """One row a job. A zombie of an older epoch does not hide the owner's progress; log lines are not kept."""
    rows: dict[UUID, ProgressRow] = {}
    for each in said:
        event = each.envelope.event
        if isinstance(event, JobLogged):
            continue
        assert isinstance(event, JobProgressed)
        epoch = min(event.epoch, COUNT_MAX)
        before = rows.get(event.job_id)
        if before is None or epoch >= before.epoch:
            rows[event.job_id] = ProgressRow(
                at=each.at,
                job_id=event.job_id,
                epoch=epoch,
                step=min(event.step, COUNT_MAX),
                stage=event.stage,
                fraction=event.fraction,
                seen_at=log_time(each.record),
            )
    return list(rows.values())
