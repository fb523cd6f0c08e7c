"""`mo audit`: what was decided about requests, and whether the chain of it holds together; for admins."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

import typer

from api.cli import exits
from api.cli.options import SHOWN, Limit
from api.cli.output import BAD, GOOD, Cell, Sheet, emit, facts, headings, short, when
from api.cli.session import Session, UsageError, session_of

if TYPE_CHECKING:
    from api.client.accounts import Chain
    from api.resources_accounts import AuditEntry

app = typer.Typer(help="help.audit", no_args_is_help=True)

Decided = Literal["allowed", "denied", "failed"]
_HEAD = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")
_STYLES = {"denied": BAD, "failed": BAD}


@app.command("list", help="help.audit.list")
@app.command("ls", hidden=True)
def show(
    context: typer.Context,
    who: Annotated[str, typer.Option("--who", metavar="LOGIN", help="option.who")] = "",
    outcome: Annotated[Decided | None, typer.Option("--outcome", help="option.decided")] = None,
    limit: Limit = SHOWN,
) -> None:
    """List decisions, newest first."""
    session = session_of(context)
    actor: UUID | None = session.client.accounts.find(who).id if who else None
    page = session.client.audit.list(limit=limit, actor=actor, outcome=outcome)
    emit(session, page, _sheet(session, page.items), more="text.more_decisions")


@app.command("verify", help="help.audit.verify")
def verify(
    context: typer.Context,
    kept: Annotated[str, typer.Option("--kept", metavar="POSITION:DIGEST", help="option.kept_head")] = "",
) -> None:
    """Recompute the chain from its beginning; exit code 1 where it does not hold together."""
    session = session_of(context)
    found = session.client.audit.verify(_head(kept) if kept else None)
    head = f"{found.entries}:{found.digest}"
    answer = {**found._asdict(), "whole": found.whole, "head": head}
    rows: list[tuple[str, str | Cell]] = [("entries_whole", str(found.entries)), ("head", head)]
    rows.append(("verdict", _verdict(session, found)))
    emit(session, answer, facts(session, session.say("title.chain"), rows))
    if not found.whole:
        raise typer.Exit(exits.FAILED)
    session.mention("text.keep_head")


def _verdict(session: Session, found: Chain) -> Cell:
    if found.broken_at is not None:
        return Cell(session.say("text.chain_broken", position=found.broken_at), BAD)
    if found.kept is False:
        return Cell(session.say("text.chain_cut"), BAD)
    return Cell(session.say("text.chain_whole"), GOOD)


def _head(text: str) -> tuple[int, str]:
    if (found := _HEAD.fullmatch(text.strip().lower())) is None:
        raise UsageError("usage.kept_head", value=text)
    return int(found[1]), found[2]


def _sheet(session: Session, entries: list[AuditEntry]) -> Sheet:
    return Sheet(
        headings(session, "entry_number", "time", "who", "action", "object", "decided", "address"),
        [
            (
                str(entry.position),
                when(entry.time),
                entry.actor_name or (short(entry.actor) if entry.actor is not None else "-"),
                entry.action,
                entry.object or "-",
                Cell(session.say(f"decided.{entry.outcome}"), _STYLES.get(entry.outcome, "")),
                entry.address or "-",
            )
            for entry in entries
        ],
        title=session.say("title.audit"),
    )
