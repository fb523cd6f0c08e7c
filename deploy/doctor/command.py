"""`mo doctor`, the command: prints the checks, and ends with 1 where something necessary is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from api.cli import exits
from api.cli.output import BAD, GOOD, Cell, Sheet, emit, headings
from api.cli.session import Session, session_of

if TYPE_CHECKING:
    from deploy.doctor.checks import Check

STYLES = {"ok": GOOD, "missing": BAD}


def doctor(context: typer.Context) -> None:
    """Say what this machine has, what is missing, and the command that mends it."""
    from deploy.doctor.checks import look

    session = session_of(context)
    checks = list(look(session.environ))
    if session.options.api or any(check.name == "system" and check.found == "running" for check in checks):
        checks.append(_health(session))
    missing = [check.name for check in checks if check.state == "missing"]
    plain = [_plain(session, check) for check in checks]
    answer: Any = {"ok": not missing, "checks": plain} if session.options.output == "json" else plain
    emit(session, answer, _sheet(session, checks))
    if missing:
        session.tell("doctor.missing", names=", ".join(missing))
        raise typer.Exit(exits.FAILED)
    session.mention("doctor.well")


def _health(session: Session) -> Check:
    """What the running system says of itself."""
    from api.client.errors import ClientError
    from deploy.doctor.checks import Check

    try:
        health = session.client.ready()
    except ClientError as error:
        return Check("readiness", "missing", "unreachable", {"error": str(error)}, "mo up")
    parts = {"kafka": health.kafka, "postgresql": health.postgres}
    away = ", ".join(name for name, well in parts.items() if not well)
    lag = str(sum(health.lag.values()))
    if health.ready:
        return Check("readiness", "ok", "ready", {"lag": lag})
    return Check("readiness", "missing", "not_ready", {"away": away or "-", "lag": lag}, "mo status")


def _plain(session: Session, check: Check) -> Mapping[str, object]:
    return {
        "name": check.name,
        "state": check.state,
        "code": check.found,
        **({} if session.options.output == "csv" else {"params": check.params}),
        "found": _found(session, check),
        "mend": check.mend,
    }


def _found(session: Session, check: Check) -> str:
    return session.say(f"doctor.found.{check.found}", **check.params)


def _sheet(session: Session, checks: list[Check]) -> Sheet:
    return Sheet(
        headings(session, "what", "state", "found", "mend"),
        [
            (
                check.name,
                Cell(session.say(f"doctor.state.{check.state}"), STYLES.get(check.state, "")),
                _found(session, check),
                check.mend,
            )
            for check in checks
        ],
        title=session.say("title.doctor"),
    )
