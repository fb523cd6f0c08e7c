"""The contract between the job loop and a handler: what a handler is given, and how it says no."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple, Protocol
from uuid import UUID

from agents.joblog import JobLog
from schemas.events import JobRequest, JobResult
from schemas.values import Code, ObjectRef


class Limits(NamedTuple):
    """What one job may use: wall seconds, and resident bytes of all its processes together."""

    job_seconds_max: float
    memory_bytes_max: int


class JobProblem(Exception):  # noqa: N818  the word of the events and of the HTTP problems
    """The job cannot be done. `reason` goes into `JobFailed`; `retriable` says that another attempt may succeed."""

    def __init__(self, code: str, *, retriable: bool = False, **params: object) -> None:
        self.reason = Code(code=code, params={name: str(value) for name, value in params.items()})
        self.retriable = retriable
        super().__init__(f"{code} {self.reason.params}" if params else code)

    @classmethod
    def of(cls, reason: Code) -> JobProblem:
        """The final problem with this reason."""
        problem = cls(reason.code)
        problem.reason = reason
        return problem


class Work(Protocol):
    """One attempt at one job, as its handler sees it."""

    @property
    def epoch(self) -> int: ...

    @property
    def instance(self) -> UUID: ...

    @property
    def folder(self) -> Path:
        """The attempt's private folder: exists, empty at first, removed by the loop afterwards."""
        ...

    @property
    def limits(self) -> Limits: ...

    async def fetch(self, ref: ObjectRef, name: str) -> Path:
        """The object, checked against its digest, as the read-only file `name` in the folder."""
        ...

    async def keep(self, path: Path, name: str) -> ObjectRef:
        """Store the file durably; `name` is the label people see."""
        ...

    @property
    def log(self) -> JobLog:
        """What the attempt leaves to read; children's output goes there."""
        ...

    def progress(self, stage: str, fraction: float) -> None:
        """Say how far the job is: a stage's name and the fraction (0..1) of the whole job."""
        ...


Handler = Callable[[JobRequest, Work], Awaitable[JobResult]]
"""Does a job. Raises `JobProblem` where it cannot; anything else it raises is a fault of the agent."""
