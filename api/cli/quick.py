"""Quick checks: what a model answers to some local images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli.output import Sheet, emit, facts, headings, label, ms, short, when
from api.cli.progress import awaited
from api.cli.session import Session

if TYPE_CHECKING:
    from api.test_forms import QuickCheck

STAGES = ("preprocess", "inference", "postprocess")


def quick_check(
    session: Session, model: str, images: Sequence[str], how: dict[str, Any], *, wait: bool, timeout_s: float | None
) -> None:
    """Run the model over the images, and show what came of it."""
    client = session.client
    job = client.tests.quick(client.models.find_tron(model).id, [Path(each) for each in images], **how)
    ended = awaited(session, job, wait=wait, timeout_s=timeout_s)
    if ended is not None:
        check = client.tests.quick_check(ended.id)
        emit(session, check, *sheets_of_check(session, check))


def sheets_of_check(session: Session, check: QuickCheck) -> list[Sheet]:
    """One quick check: what ran on how many images, and how quick."""
    rows = [
        ("id", str(check.id)),
        ("model", f"{check.model}@{check.version}"),
        ("state", label(session, "state", check.job.state)),
        ("batch_size", str(check.batch_size)),
        ("precision", check.precision),
    ]
    if check.used is not None:
        used = check.used
        rows.append(("images", f"{check.images} ({session.say('text.skipped', count=check.skipped or 0)})"))
        rows.append(("used", f"{used.backend} {used.version} · {used.precision} · {used.device}"))
        rows.append(("total_ms", ms(check.total_ms)))
        rows += [(stage, ms(timing.mean_ms)) for stage in STAGES if (timing := getattr(check, stage)) is not None]
    about = facts(session, session.say("title.quick", name=f"{check.model}@{check.version}"), rows)
    return [about._replace(notes=[session.say("text.quick", id=short(check.id))])]


def sheet_of_checks(session: Session, checks: Sequence[QuickCheck]) -> Sheet:
    """Quick checks, one a row."""
    rows = [
        (
            short(check.id),
            f"{check.model}@{check.version}",
            label(session, "state", check.job.state),
            "-" if check.images is None else str(check.images),
            ms(check.total_ms),
            when(check.job.requested_at),
        )
        for check in checks
    ]
    return Sheet(headings(session, "id", "model", "state", "images", "total_ms", "created"), rows)
