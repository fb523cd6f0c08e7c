"""Jobs: what machines were asked to do."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from uuid import UUID

from api.client.errors import ProblemError, UnreachableError, WaitTimeoutError
from api.client.mode import M
from api.client.naming import find
from api.client.operation import Noun, iteration, operation
from api.client.stream import Subject, connected
from api.client.wire import ConnectionFailedError
from api.resources import Job, Page

ENDED = frozenset({"completed", "failed", "cancelled", "quarantined"})
NOT_BY_ITSELF = frozenset({"no_agent_fits", "agents_without_sandbox"})
"""What a queued job may wait for that does not come unless somebody does something."""
POLL_S = 0.5
POLL_S_MAX = 2.0
UNREACHABLE_S_MAX = 60.0
"""While waiting, how long the API may be away before the wait is given up."""


class Jobs(Noun[M]):
    """`Client.jobs`."""

    @operation
    async def list(
        self,
        *,
        kind: str | None = None,
        state: str | None = None,
        subject_id: UUID | None = None,
        limit: int = 50,
        cursor: str | None = None,
        mine: bool = False,
    ) -> Page[Job]:
        """Jobs, newest update first; `kind`: conversion, inference, parity, import; `subject_id`: what they work on."""
        return await self._core.read(
            "/jobs",
            Page[Job],
            kind=kind,
            state=state,
            subject_id=subject_id,
            limit=limit,
            cursor=cursor,
            mine=mine or None,
        )

    @iteration
    def all(
        self, *, kind: str | None = None, state: str | None = None, subject_id: UUID | None = None, mine: bool = False
    ) -> AsyncIterator[Job]:
        """Every job, newest update first, page after page."""
        return self._core.pages("/jobs", Page[Job], kind=kind, state=state, subject_id=subject_id, mine=mine or None)

    @operation
    async def get(self, job_id: UUID, at: str = "") -> Job:
        """One job with its newest progress, not older than the position `at`."""
        return await self._core.read(f"/jobs/{job_id}", Job, at=at)

    @operation
    async def find(self, text: str) -> Job:
        """The job with this id or unique beginning of one."""
        return await find(self._core, "/jobs", (Job, Page[Job]), text, noun="job", names=lambda _job: ())

    @operation
    async def cancel(self, job_id: UUID) -> Job:
        """Ask for the job's end; a running one ends when its agent has stopped it."""
        return await self._core.write(f"/jobs/{job_id}/cancel", None, Job)

    @operation
    async def retry(self, job_id: UUID) -> Job:
        """Ask for the same once more, as a new job; only of one that failed, was cancelled or is quarantined."""
        return await self._core.write(f"/jobs/{job_id}/retry", None, Job)

    @operation
    async def log(self, job_id: UUID, attempt: int | None = None) -> str:
        """What the newest attempt, or another one, left to read.

        Raises:
            ProblemError: job_log_unknown: none was kept, or not yet. And those of `get`.
        """
        return await self._core.text(f"/jobs/{job_id}/log", attempt=attempt)

    @operation
    async def wait(
        self, job_id: UUID, timeout_s: float | None = None, on_progress: Callable[[Job], None] | None = None
    ) -> Job:
        """The job once it has ended, however it did; `on_progress` sees every look at it.

        Raises:
            WaitTimeoutError: not within `timeout_s`. UnreachableError: nobody answered for a minute.
        """
        begun = heard = self._core.clock()
        async with aclosing(self._moments(job_id)) as moments:
            async for at in moments:
                try:
                    job = await self._core.read(f"/jobs/{job_id}", Job, at=at)
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
        raise AssertionError("there is always another moment")

    async def _moments(self, job_id: UUID) -> AsyncGenerator[str]:
        """Whenever it is worth to look at the job: now, when the stream tells of it (with the position to look at), and
        every second; where there is no stream, now and then."""
        pause = POLL_S
        yield ""
        while True:
            try:
                stream = connected(self._core, Subject(("jobs", "progress"), job_id), "", ping_s=1)
                async with aclosing(stream):
                    async for message in stream:
                        pause = POLL_S
                        yield message.happened.position if message.happened is not None else ""
            except (ConnectionFailedError, ProblemError):
                pass
            await self._core.mode.sleep(pause)
            pause = min(pause * 1.5, POLL_S_MAX)
            yield ""
