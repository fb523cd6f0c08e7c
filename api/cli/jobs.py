"""`mo jobs`: what machines were asked to do."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from api.cli.options import SHOWN, Limit, Mine, Named, Timeout
from api.cli.output import Sheet, emit, headings, label, short, when
from api.cli.progress import follow, job_sheet, verdict
from api.cli.session import session_of

app = typer.Typer(help="help.jobs", no_args_is_help=True)

Kind = Annotated[Literal["conversion", "inference", "import"] | None, typer.Option("--kind", help="option.job_kind")]
State = Annotated[
    Literal["queued", "running", "completed", "failed", "cancelled", "quarantined"] | None,
    typer.Option("--state", help="option.state"),
]


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


@app.command("cancel", help="help.jobs.cancel")
def cancel(context: typer.Context, job: Named) -> None:
    """Ask for a job's end."""
    session = session_of(context)
    cancelled = session.client.jobs.cancel(session.client.jobs.find(job).id)
    emit(session, cancelled, job_sheet(session, cancelled))
