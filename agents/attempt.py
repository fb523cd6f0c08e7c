"""One attempt at one job: run its handler, then say how it ended until the log has it or somebody else owns the job."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Literal, NamedTuple, Protocol
from uuid import UUID

from agents.view import View
from agents.work import Handler, JobProblem, Work
from producers.say import Speaker
from schemas.codec import TooLongError
from schemas.envelope import Envelope, derived_id
from schemas.events import JobCancelled, JobFailed, JobProgressed, JobRequest, JobResult
from schemas.lifecycle import Job, owned_by
from schemas.values import Code
from storage.log.port import AppendUnknownError, LogError

READ_BACK_S = 5.0
"""How long an acknowledged ending may take to be read back before it is said again (under the same id)."""
PROGRESS_S_MIN = 0.5
"""Shortest time between two words about one job's progress."""

Ending = Literal["cancelled", "lost", "stopping"]
_log = logging.getLogger(__name__)


class Workspaces(Protocol):
    """Makes the private place of one attempt, with its way to the objects; removes it afterwards."""

    def open(
        self, request: JobRequest, epoch: int, instance: UUID, progress: Callable[[str, float], None]
    ) -> AbstractAsyncContextManager[Work]: ...


class Who(NamedTuple):
    """The speaking agent process."""

    agent: str
    instance: UUID
    actor: UUID


class Attempt:
    """Runs until the job has ended or is not ours any more; `stop` ends it early."""

    def __init__(self, job: Job, request: Envelope, partition: int, who: Who, speaker: Speaker, view: View) -> None:
        assert isinstance(request.event, JobRequest)
        self.job, self.request, self.partition = job, request.event, partition
        self._cause = request.id
        self._who, self._speaker, self._view = who, speaker, view
        self._ending: Ending | None = None
        self._handling: asyncio.Task[JobResult] | None = None
        self._step, self._stage, self._fraction = 0, "", 0.0
        self._told_step, self._told_s = -1, float("-inf")

    async def run(self, handler: Handler, workspaces: Workspaces) -> None:
        """Do the job, say its end, and only then let go of its workspace."""
        try:
            async with workspaces.open(self.request, self.job.epoch, self._who.instance, self._progress) as work:
                ended = await self._handle(handler, work)
                if ended is not None:
                    await self._say_until_read(ended)
        except JobProblem as problem:
            await self._say_until_read(self._failed(problem.reason, retriable=problem.retriable))

    def stop(self, ending: Ending) -> None:
        """End the handler: its children are killed, and what is said depends on why."""
        if self._ending is None:
            self._ending = ending
            if self._handling is not None:
                self._handling.cancel()

    def word(self, now_s: float, heartbeat_s: float) -> JobProgressed | None:
        """The heartbeat that is due now: news at most every `PROGRESS_S_MIN`, else every `heartbeat_s`."""
        due_s = PROGRESS_S_MIN if self._step > self._told_step else heartbeat_s
        if now_s - self._told_s < due_s:
            return None
        self._told_step, self._told_s = self._step, now_s
        return JobProgressed(
            job_id=self.job.id,
            epoch=self.job.epoch,
            instance=self._who.instance,
            agent=self._who.agent,
            step=self._step,
            stage=self._stage,
            fraction=self._fraction,
        )

    def _progress(self, stage: str, fraction: float) -> None:
        if (stage, fraction) != (self._stage, self._fraction):
            self._stage, self._fraction = stage[:200], min(max(fraction, 0.0), 1.0)
            self._step += 1

    async def _handle(self, handler: Handler, work: Work) -> JobResult | JobFailed | JobCancelled | None:
        async def handling() -> JobResult:
            return await handler(self.request, work)

        self._handling = asyncio.create_task(handling())
        if self._ending is not None:
            self._handling.cancel()
        try:
            await asyncio.wait({self._handling})
        except asyncio.CancelledError:
            self._handling.cancel()
            await asyncio.wait({self._handling})
            raise
        return self._judge(self._handling)

    def _judge(self, handling: asyncio.Task[JobResult]) -> JobResult | JobFailed | JobCancelled | None:
        if handling.cancelled():
            if self._ending == "cancelled":
                return JobCancelled(job_id=self.job.id, epoch=self.job.epoch, instance=self._who.instance)
            if self._ending == "stopping":
                return self._failed(Code(code="agent_stopped", params={"agent": self._who.agent}), retriable=True)
            return None
        fault = handling.exception()
        if fault is None:
            return handling.result()
        if isinstance(fault, JobProblem):
            return self._failed(fault.reason, retriable=fault.retriable)
        _log.error("job %s failed by a fault of the agent", self.job.id, exc_info=fault)
        return self._failed(Code(code="job_crashed", params={"error": f"{type(fault).__name__}: {fault}"[:300]}))

    def _failed(self, reason: Code, *, retriable: bool = False) -> JobFailed:
        return JobFailed(
            job_id=self.job.id,
            epoch=self.job.epoch,
            instance=self._who.instance,
            reason=reason,
            retriable=retriable,
        )

    async def _say_until_read(self, ended: JobResult | JobFailed | JobCancelled) -> None:
        """Publish nothing while blind; say it again until it was read back or the job is not ours any more."""
        while (live := self._view.table.live.get(self.job.id)) is not None:
            if not owned_by(live.job, self.job.epoch, self._who.instance):
                return
            if not self._view.seen(self.partition):
                await self._view.changed(1.0)
                continue
            try:
                await self._say(ended)
                await self._read_back()
            except TooLongError as error:
                ended = self._failed(Code(code="result_too_long", params={"error": str(error)}))
            except AppendUnknownError:
                await self._view.changed(1.0)
            except LogError as error:
                _log.warning("job %s: its end could not be said yet: %s", self.job.id, error)
                await self._view.changed(1.0)

    async def _say(self, ended: JobResult | JobFailed | JobCancelled) -> None:
        id_ = derived_id(self.job.id, "end", type(ended).__name__, str(self.job.epoch), str(self._who.instance))
        await self._speaker.say(ended, id=id_, actor=self._who.actor, cause=self._cause)

    async def _read_back(self) -> None:
        try:
            async with asyncio.timeout(READ_BACK_S):
                while (live := self._view.table.live.get(self.job.id)) is not None and owned_by(
                    live.job, self.job.epoch, self._who.instance
                ):
                    await self._view.changed(READ_BACK_S)
        except TimeoutError:
            return
