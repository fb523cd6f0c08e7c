"""`mo agents` and `mo status`: who does the work, and whether the system can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from api.cli import exits
from api.cli.output import BAD, GOOD, Cell, Sheet, draw, emit, facts, headings, label, when
from api.cli.session import Session, session_of

if TYPE_CHECKING:
    from api.resources import Agent, Health


def agents(context: typer.Context) -> None:
    """List agents."""
    session = session_of(context)
    page = session.client.agents.list()
    emit(session, page, agents_sheet(session, page.items))


def status(context: typer.Context) -> None:
    """Say whether the system is ready; exit code 1 if not."""
    session = session_of(context)
    show_status(session, {})


def show_status(session: Session, more: dict[str, object], *sheets: Sheet) -> None:
    """Print readiness and agents after `sheets`; as JSON, `{"health": ..., "agents": ...}` with `more` beside.

    Raises:
        typer.Exit: the system is not ready.
    """
    if not session.for_programs:
        for sheet in sheets:
            draw(session.stdout, sheet, colour=not session.environ.get("NO_COLOR"))
    health = session.client.ready()
    page = session.client.agents.list() if health.ready else None
    answer = {**more, "api_url": session.client.api_url, "health": health, "agents": page}
    emit(session, answer, health_sheet(session, health), *([agents_sheet(session, page.items)] if page else []))
    if not health.ready:
        raise typer.Exit(exits.FAILED)


def health_sheet(session: Session, health: Health) -> Sheet:
    """Readiness as facts."""
    rows: list[tuple[str, str | Cell]] = [("api_url", session.client.api_url)]
    rows += [(part, _yes_no(session, getattr(health, part))) for part in ("ready", "kafka", "postgres")]
    bad = BAD if health.projector_reason is not None else ""
    rows += [
        ("schema", health.schema),
        ("projector", Cell(label(session, "projector", health.projector_state), bad)),
    ]
    if health.projector_message:
        rows.append(("reason", Cell(health.projector_message, BAD)))
    rows += [("lag", f"{topic}: {records}") for topic, records in sorted(health.lag.items())]
    rows.append(("lag_seconds", f"{health.lag_seconds:.1f} s"))
    return facts(session, session.say("title.status"), rows)


def agents_sheet(session: Session, items: list[Agent]) -> Sheet:
    """Agents as rows; a missing device is said aloud."""
    return Sheet(
        headings(session, "agent", "platform", "state", "device", "sandbox", "slots", "host", "seen"),
        [
            (
                agent.agent,
                agent.platform,
                label(session, "agent_state", agent.state),
                agent.device if agent.device_present else session.say("text.no_device", device=agent.device),
                _sandbox(session, agent),
                ", ".join(f"{kind} {count}" for kind, count in sorted(agent.slots.items())),
                agent.host,
                when(agent.seen_at),
            )
            for agent in items
        ],
        title=session.say("title.agents"),
    )


def _sandbox(session: Session, agent: Agent) -> str | Cell:
    if agent.sandbox_failed:
        return Cell(session.say("text.sandbox_failed", name=agent.sandbox, probes=", ".join(agent.sandbox_failed)), BAD)
    return agent.sandbox


def _yes_no(session: Session, value: bool) -> Cell:
    return Cell(session.say("text.yes"), GOOD) if value else Cell(session.say("text.no"), BAD)
