"""`mo jobs`: what machines were asked to do."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec
import typer

from api.cli.options import SHOWN, Limit, Mine, Named, Timeout, Wait
from api.cli.output import Sheet, emit, headings, label, short, when
from api.cli.progress import awaited, follow, job_sheet, verdict
from api.cli.session import Session, session_of
from api.cli.words import plain
from api.client.jobs import ENDED
from schemas.events import JobLogged

app = typer.Typer(help="help.jobs", no_args_is_help=True)

Kind = Annotated[Literal["conversion", "inference", "import"] | None, typer.Option("--kind", help="option.job_kind")]
State = Annotated[
    Literal["queued", "running", "completed", "failed", "cancelled", "quarantined"] | None,
    typer.Option("--state", help="option.state"),
]


FollowLog = Annotated[bool, typer.Option("-f", "--follow", help="option.follow_log")]
Attempt = Annotated[int | None, typer.Option("--attempt", min=1, help="option.attempt")]


@app.command("list", help="help.jobs.list")
def show_all(
    context: typer.Context, kind: Kind = None, state: State = None, mine: Mine = False, limit: Limit = SHOWN
) -> None:
    """List jobs."""
    session = session_of(context)
    page = session.client.jobs.list(kind=kind, state=state, limit=limit, mine=mine)
    rows = [
        (
            short(job.id),
            label(session, "kind", job.kind),
            label(session, "state", job.state),
            f"{job.progress.fraction:.0%}" if job.progress and job.state == "running" else "",
            short(job.subject_id),
            job.agent,
            when(job.requested_at),
            job.message,
        )
        for job in page.items
    ]
    columns = headings(session, "id", "kind", "state", "progress", "subject", "agent", "requested", "reason")
    emit(session, page, Sheet(columns, rows))


@app.command("show", help="help.jobs.show")
def show(context: typer.Context, job: Named) -> None:
    """Show one job."""
    session = session_of(context)
    found = session.client.jobs.find(job)
    emit(session, found, job_sheet(session, found))


@app.command("watch", help="help.jobs.watch")
def watch(context: typer.Context, job: Named, timeout: Timeout = None) -> None:
    """Wait for a job's end; the exit code says how it ended."""
    session = session_of(context)
    ended = follow(session, session.client.jobs.find(job).id, timeout)
    emit(session, ended, job_sheet(session, ended))
    if code := verdict(session, ended):
        raise typer.Exit(code)


@app.command("retry", help="help.jobs.retry")
def retry(context: typer.Context, job: Named, wait: Wait = False, timeout: Timeout = None) -> None:
    """Ask for the same once more."""
    session = session_of(context)
    again = session.client.jobs.retry(session.client.jobs.find(job).id)
    if (ended := awaited(session, again, wait=wait, timeout_s=timeout)) is not None:
        emit(session, ended, job_sheet(session, ended))


@app.command("logs", help="help.jobs.logs")
def logs(context: typer.Context, job: Named, going_on: FollowLog = False, attempt: Attempt = None) -> None:
    """Show a job's log."""
    session = session_of(context)
    found = session.client.jobs.find(job)
    if going_on and attempt is None and found.state not in ENDED:
        _follow_log(session, found.id)
    else:
        print(plain(session.client.jobs.log(found.id, attempt)), file=session.stdout)


def _follow_log(session: Session, job_id: UUID) -> None:
    """Print the lines as they come until the job has ended; what was left out is a line of its own."""
    following: tuple[int, int] | None = None
    for message in session.client.stream(topics=("logs", "jobs"), entity=job_id, recent=True):
        happened = message.happened
        if happened is None or happened.name != "JobLogged":
            if session.client.jobs.get(job_id, happened.position if happened else "").state in ENDED:
                return
            continue
        said = msgspec.convert(happened.data, JobLogged)
        if following is not None and following != (said.epoch, said.first_line):
            print(session.say("log.gap"), file=session.stdout)
        print(*map(plain, said.lines), sep="\n", file=session.stdout, flush=True)
        following = said.epoch, said.first_line + len(said.lines)


@app.command("cancel", help="help.jobs.cancel")
def cancel(context: typer.Context, job: Named) -> None:
    """Ask for a job's end."""
    session = session_of(context)
    cancelled = session.client.jobs.cancel(session.client.jobs.find(job).id)
    emit(session, cancelled, job_sheet(session, cancelled))
