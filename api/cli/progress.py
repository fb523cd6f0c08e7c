"""Shows how far something is: a live bar on a terminal, plain lines elsewhere; on stderr always."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from api.cli import exits
from api.cli.output import Sheet, emit, facts, label, when
from api.cli.session import Session
from api.cli.words import plain
from api.client.jobs import NOT_BY_ITSELF

if TYPE_CHECKING:
    from uuid import UUID

    from api.resources import Job


RESUMED_BYTES_MIN = 2 << 20
"""Whoever tells first of more bytes than this goes on with something."""


class Meter:
    """A bar with a text. `at` may be called as often as one likes.

    Elsewhere than on a terminal a step is a line when it begins, and another one when all of it is done.
    """

    def __init__(self, session: Session) -> None:
        self._stream = session.progress
        self._live = session.progress.isatty()
        self._session = session
        self._begun, self._done = "", False

    def __enter__(self) -> Self:
        if self._live:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

            self._bar = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                TaskProgressColumn(),
                TimeElapsedColumn(),
                console=Console(file=self._stream),
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task("", total=1.0)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._live:
            self._bar.stop()

    def note(self, text: str) -> None:
        """A line beside the bar."""
        text = plain(text)
        if self._live:
            self._bar.console.print(text, markup=False, highlight=False)
        else:
            print(text, file=self._stream, flush=True)

    def at(self, text: str, fraction: float | None = None) -> None:
        """Show `text` and a fraction in 0..1; None where nobody knows how much there is."""
        text = plain(text)
        if self._live:
            total = None if fraction is None else 1.0
            self._bar.update(self._task, description=text, completed=fraction or 0.0, total=total)
            return
        if text != self._begun:
            print(text, file=self._stream, flush=True)
            # what is whole at once has nothing more to say
            self._begun, self._done = text, fraction is not None and fraction >= 1
        elif not self._done and fraction is not None and fraction >= 1:
            print(self._session.say("progress.done", text=text), file=self._stream, flush=True)
            self._done = True


def transfer(session: Session, meter: Meter, text: str) -> Callable[[int, int], None]:
    """Shows bytes on their way as a bar with that text, and says so where they do not begin at the beginning."""
    first = True

    def look(done: int, total: int) -> None:
        nonlocal first
        if first and done > RESUMED_BYTES_MIN:
            meter.note(session.say("progress.resumed", percent=f"{done / max(total, 1):.0%}"))
        first = False
        meter.at(text, done / max(total, 1))

    return look


def job_text(session: Session, job: Job) -> str:
    """One line about where a job stands."""
    text = f"{label(session, 'kind', job.kind)}: {label(session, 'state', job.state)}"
    if job.state == "queued" and job.waiting_for is not None and job.waiting_for.code in NOT_BY_ITSELF:
        return f"{text} · {job.waiting_message}"
    if job.state == "queued" and job.position is not None:
        return f"{text} · {session.say('job.position', position=job.position)}"
    if job.progress is None or job.state != "running":
        return text
    return f"{text} · {label(session, 'stage', job.progress.stage)}"


def follow(session: Session, job_id: UUID, timeout_s: float | None) -> Job:
    """Wait for a job's end, showing how far it is."""
    with Meter(session) as meter:

        def look(job: Job) -> None:
            fraction = 1.0 if job.state == "completed" else job.progress.fraction if job.progress else 0.0
            meter.at(job_text(session, job), fraction)

        return session.client.jobs.wait(job_id, timeout_s, look)


def verdict(session: Session, job: Job) -> int:
    """Say how a job ended if not well; the exit code."""
    if job.state == "completed":
        return exits.OK
    reason = job.message or (job.reason.code if job.reason else "")
    state = label(session, "state", job.state)
    session.tell("job.ended_badly", id=job.id, state=f"{state}: {reason}" if reason else state)
    session.tell("job.look_closer", id=job.id)
    return exits.FAILED


def awaited(session: Session, job: Job, *, wait: bool, timeout_s: float | None) -> Job | None:
    """The job once it has completed; None, with the job shown, when nobody wants to wait.

    Raises:
        typer.Exit: it ended in another way, which has been said.
    """
    import typer

    if not wait:
        emit(session, job, job_sheet(session, job))
        return None
    ended = follow(session, job.id, timeout_s)
    if code := verdict(session, ended):
        raise typer.Exit(code)
    return ended


def job_sheet(session: Session, job: Job) -> Sheet:
    """One job as facts."""
    rows = [
        ("id", str(job.id)),
        ("kind", label(session, "kind", job.kind)),
        ("state", label(session, "state", job.state)),
        ("subject", str(job.subject_id)),
        ("agent", job.agent),
        ("attempt", session.say("job.attempts", epoch=job.epoch, attempts_max=job.attempts_max)),
        ("requested", when(job.requested_at)),
        ("updated", when(job.updated_at)),
    ]
    if job.progress is not None and job.state == "running":
        rows.append(("progress", f"{label(session, 'stage', job.progress.stage)} {job.progress.fraction:.0%}"))
    if job.position is not None:
        rows.append(("position", str(job.position)))
    if job.waiting_for is not None:
        rows.append(("waiting", job.waiting_message or job.waiting_for.code))
    if job.retry_of is not None:
        rows.append(("retry_of", str(job.retry_of)))
    if job.overridden:
        rows.append(("overridden", ", ".join(job.overridden)))
    if job.logs:
        rows.append(("logs", ", ".join(map(str, job.logs))))
    if job.message or job.reason:
        rows.append(("reason", job.message or (job.reason.code if job.reason else "")))
    return facts(session, job_text(session, job), rows)
