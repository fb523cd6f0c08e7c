"""One attempt at one job: run its handler, then say how it ended until the log has it or somebody else owns the job."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import traceback
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from tempfile import mkstemp
from typing import Literal, NamedTuple, Protocol
from uuid import UUID

import msgspec

from agents.view import View
from agents.work import Handler, JobProblem, Work
from producers.say import Speaker
from schemas.codec import DecodeError, TooLongError
from schemas.envelope import Envelope, derived_id
from schemas.events import JobCancelled, JobFailed, JobLogged, JobProgressed, JobRequest, JobResult
from schemas.lifecycle import Job, owned_by
from schemas.values import Code, ObjectRef
from storage.log.port import AppendUnknownError, LogError

READ_BACK_S = 5.0
"""How long an acknowledged ending may take to be read back before it is said again (under the same id)."""
PROGRESS_S_MIN = 0.5
"""Shortest time between two words about one job's progress."""

TOLD_CHARS_MAX = 300
"""Longest text of an error that is told."""
LOG_S_MIN = 0.25
"""Shortest time between two pieces of a job's log for those who watch."""
KEEP_LOG_S_MAX = 5.0
"""How long the end of an attempt waits for its log to be kept."""
DISK_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS})

Ending = Literal["cancelled", "lost", "stopping"]
Ended = JobResult | JobFailed | JobCancelled
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
        self._work: Work | None = None
        self._kept_log: ObjectRef | None = None
        self._logged_s = float("-inf")

    async def run(self, handler: Handler, workspaces: Workspaces) -> Ended | None:
        """Do the job, say its end, and only then let go of its workspace. The end, or None where nothing was to be
        said."""
        async with AsyncExitStack() as place:
            ended = await self._handle(handler, workspaces, place)
            if ended is not None:
                self._kept_log = await self._keep_log(ended)
                ended = await self._say_until_read(self._with_log(ended))
            return ended

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

    def lines(self, now_s: float) -> JobLogged | None:
        """The log's newest lines, at most every `LOG_S_MIN`."""
        if self._work is None or now_s - self._logged_s < LOG_S_MIN:
            return None
        first_line, lines = self._work.log.news()
        if not lines:
            return None
        self._logged_s = now_s
        return JobLogged(
            job_id=self.job.id,
            epoch=self.job.epoch,
            instance=self._who.instance,
            first_line=first_line,
            lines=lines,
        )

    def _progress(self, stage: str, fraction: float) -> None:
        if (stage, fraction) != (self._stage, self._fraction):
            # in this order what is not a number becomes 0
            self._stage, self._fraction = stage[:200], min(max(0.0, fraction), 1.0)
            self._step += 1

    async def _handle(self, handler: Handler, workspaces: Workspaces, place: AsyncExitStack) -> Ended | None:
        async def handling() -> JobResult:
            opening = workspaces.open(self.request, self.job.epoch, self._who.instance, self._progress)
            self._work = await place.enter_async_context(opening)
            return await handler(self.request, self._work)

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

    def _judge(self, handling: asyncio.Task[JobResult]) -> Ended | None:
        if handling.cancelled() and self._ending is not None:
            return self._given_up(self._ending)
        fault = asyncio.CancelledError() if handling.cancelled() else handling.exception()
        if fault is None:
            return handling.result()
        if isinstance(fault, JobProblem):
            return self._failed(fault.reason, retriable=fault.retriable)
        _log.error("a job failed by a fault of the agent", exc_info=fault, extra={"job_id": self.job.id})
        if self._work is not None:
            self._work.log.say("".join(traceback.format_exception(fault)))
        if isinstance(fault, OSError) and fault.errno in DISK_ERRNOS:
            return self._failed(Code(code="agent_disk", params={"error": str(fault)[:TOLD_CHARS_MAX]}), retriable=True)
        return self._crashed(fault)

    def _given_up(self, ending: Ending) -> Ended | None:
        if ending == "cancelled":
            return JobCancelled(job_id=self.job.id, epoch=self.job.epoch, instance=self._who.instance)
        if ending == "stopping":
            return self._failed(Code(code="agent_stopped", params={"agent": self._who.agent}), retriable=True)
        return None

    def _crashed(self, fault: BaseException) -> JobFailed:
        error = f"{type(fault).__name__}: {fault}"
        return self._failed(Code(code="job_crashed", params={"error": error[:TOLD_CHARS_MAX]}))

    async def _keep_log(self, ended: Ended) -> ObjectRef | None:
        """The log as an object. One that cannot be kept must not cost the job its end."""
        if self._work is None or self._work.log.empty:
            return None
        log = self._work.log
        log.say(f"{self._who.agent}: {type(ended).__name__}")
        if isinstance(ended, JobFailed):
            log.say(f"{ended.reason.code} {ended.reason.params}")
        try:
            # a new name: files of the job's parts lie here too
            handle, name = mkstemp(dir=self._work.folder)
            with os.fdopen(handle, "wb") as file:
                file.write(log.text())
            async with asyncio.timeout(KEEP_LOG_S_MAX):
                return await self._work.keep(Path(name), f"{self.job.id}-{self.job.epoch}.log")
        except Exception as error:
            _log.warning("a job's log could not be kept: %r", error, extra={"job_id": self.job.id})
            return None

    def _with_log(self, ended: Ended) -> Ended:
        return ended if self._kept_log is None else msgspec.structs.replace(ended, log=self._kept_log)

    def _failed(self, reason: Code, *, retriable: bool = False) -> JobFailed:
        return JobFailed(
            job_id=self.job.id,
            epoch=self.job.epoch,
            instance=self._who.instance,
            reason=reason,
            retriable=retriable,
        )

    async def _say_until_read(self, ended: Ended) -> Ended:
        """Publish nothing while blind; say it again until it was read back or the job is not ours any more."""
        while (live := self._view.table.live.get(self.job.id)) is not None:
            if not owned_by(live.job, self.job.epoch, self._who.instance):
                break
            if not self._view.seen(self.partition):
                await self._view.changed(1.0)
                continue
            try:
                await self._say(ended)
                await self._read_back()
            except TooLongError as error:
                reason = Code(code="result_too_long", params={"error": str(error)[:TOLD_CHARS_MAX]})
                ended = self._with_log(self._failed(reason))
            except DecodeError as error:
                _log.error("nobody could read a job's end", exc_info=error, extra={"job_id": self.job.id})
                ended = self._with_log(self._crashed(error))
            except AppendUnknownError:
                await self._view.changed(1.0)
            except LogError as error:
                _log.warning("a job's end could not be said yet: %s", error, extra={"job_id": self.job.id})
                await self._view.changed(1.0)
        return ended

    async def _say(self, ended: Ended) -> None:
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
