"""`mo tests`: what models were worth on datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from api.cli.jobs import State
from api.cli.options import SHOWN, Limit, Mine, Named
from api.cli.output import Sheet, emit, facts, headings, label, ms, share, short, when
from api.cli.session import Session, session_of

if TYPE_CHECKING:
    from api.resources import Test

app = typer.Typer(help="help.tests", no_args_is_help=True)

STAGES = ("preprocess", "inference", "postprocess")


@app.command("list", help="help.tests.list")
def show_all(context: typer.Context, state: State = None, mine: Mine = False, limit: Limit = SHOWN) -> None:
    """List tests."""
    session = session_of(context)
    page = session.client.tests.list(state=state, limit=limit, mine=mine)
    columns = headings(session, "id", "model", "dataset", "state", "accuracy", "total_ms", *STAGES, "created")
    rows = [
        (
            short(test.id),
            f"{test.model}@{test.version}",
            test.dataset,
            label(session, "state", test.job.state),
            share(test.accuracy),
            ms(test.total_ms),
            *(ms(timing.mean_ms) if (timing := getattr(test, stage)) else "-" for stage in STAGES),
            when(test.job.requested_at),
        )
        for test in page.items
    ]
    emit(session, page, Sheet(columns, rows))


@app.command("show", help="help.tests.show")
def show(context: typer.Context, test: Named) -> None:
    """Show one test."""
    session = session_of(context)
    found = session.client.tests.find(test)
    emit(session, found, *sheets_of_test(session, found))


def sheets_of_test(session: Session, test: Test) -> list[Sheet]:
    """One test: what was asked, what ran, how good, how quick."""
    return [_about(session, test), *([_scores(session, test), _timings(session, test)] if test.used else [])]


def _about(session: Session, test: Test) -> Sheet:
    rows = [
        ("id", str(test.id)),
        ("model", f"{test.model}@{test.version}"),
        ("dataset", f"{test.dataset} ({short(test.pack.removeprefix('sha256:'))})"),
        ("state", label(session, "state", test.job.state)),
        ("batch_size", str(test.batch_size)),
        ("loops", str(test.loops)),
        ("precision", test.precision),
    ]
    if test.job.message:
        rows.append(("reason", test.job.message))
    if test.used is not None:
        used = test.used
        rows.append(("images", f"{test.images} ({session.say('text.skipped', count=test.skipped or 0)})"))
        rows.append(("accuracy", share(test.accuracy)))
        rows.append(("used", f"{used.backend} {used.version} · {used.precision} · {used.device}"))
        rows += [("fallback", label(session, "note", code.code)) for code in used.fallbacks]
    return facts(session, session.say("title.test", name=f"{test.model}@{test.version} · {test.dataset}"), rows)


def _scores(session: Session, test: Test) -> Sheet:
    return Sheet(
        headings(session, "task", "images", "top1", "top5", "macro_precision", "macro_recall"),
        [
            (
                task.task,
                str(task.images),
                share(task.top1),
                share(task.top5),
                share(task.macro_precision),
                share(task.macro_recall),
            )
            for task in test.tasks
        ],
        title=session.say("title.scores"),
    )


def _timings(session: Session, test: Test) -> Sheet:
    rows = []
    for stage in STAGES:
        if (timing := getattr(test, stage)) is not None:
            figures = (timing.mean_ms, timing.p50_ms, timing.p95_ms, timing.p99_ms)
            rows.append((session.say(f"column.{stage}"), *map(ms, figures)))
    return Sheet(headings(session, "stage", "mean", "p50", "p95", "p99"), rows, title=session.say("title.timings"))
