"""Jobs: what machines were asked to do."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from api.client.core import Core
from api.client.errors import UnreachableError, WaitTimeoutError
from api.client.naming import choose, everything, whole_id
from api.resources import Job, Page

ENDED = frozenset({"completed", "failed", "cancelled", "quarantined"})
POLL_S = 0.5
POLL_S_MAX = 2.0
UNREACHABLE_S_MAX = 60.0
"""While waiting, how long the API may be away before the wait is given up."""


class Jobs:
    """`Client.jobs`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list(
        self,
        *,
        kind: str | None = None,
        state: str | None = None,
        subject_id: UUID | None = None,
        limit: int = 50,
        cursor: str | None = None,
        mine: bool = False,
    ) -> Page[Job]:
        """Jobs, newest update first; `kind` is conversion, inference or import, `subject_id` what they work on."""
        return self._core.read(
            "/jobs",
            Page[Job],
            kind=kind,
            state=state,
            subject_id=subject_id,
            limit=limit,
            cursor=cursor,
            mine=mine or None,
        )

    def get(self, job_id: UUID) -> Job:
        """One job with its newest progress."""
        return self._core.read(f"/jobs/{job_id}", Job)

    def find(self, text: str) -> Job:
        """The job with this id or unique beginning of one."""
        if (job_id := whole_id(text)) is not None:
            return self.get(job_id)
        return choose("job", text, everything(self._core, "/jobs", Page[Job]), lambda _job: ())

    def cancel(self, job_id: UUID) -> Job:
        """Ask for the job's end; a running one ends when its agent has stopped it."""
        return self._core.write(f"/jobs/{job_id}/cancel", None, Job)

    def wait(
        self, job_id: UUID, timeout_s: float | None = None, on_progress: Callable[[Job], None] | None = None
    ) -> Job:
        """The job once it has ended, however it did; `on_progress` sees every look at it.

        Raises:
            WaitTimeoutError: not within `timeout_s`. UnreachableError: nobody answered for a minute.
        """
        begun = heard = self._core.clock()
        pause = POLL_S
        while True:
            try:
                job = self.get(job_id)
            except UnreachableError:
                if self._core.clock() - heard >= UNREACHABLE_S_MAX:
                    raise
            else:
                heard = self._core.clock()
                if on_progress is not None:
                    on_progress(job)
                if job.state in ENDED:
                    return job
            if timeout_s is not None and self._core.clock() - begun >= timeout_s:
                raise WaitTimeoutError(f"job {job_id}", timeout_s)
            self._core.sleep(pause)
            pause = min(pause * 1.5, POLL_S_MAX)
