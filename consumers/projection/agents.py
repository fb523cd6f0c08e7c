"""Agents' words -> the newest one of each agent."""

from __future__ import annotations

from collections.abc import Iterable

from consumers.projection.reading import Said, log_time
from schemas.events import AgentSeen
from storage.views.rows import AgentRow


def newest(said: Iterable[Said]) -> list[AgentRow]:
    """One row an agent."""
    rows: dict[str, AgentRow] = {}
    for each in said:
        event = each.envelope.event
        assert isinstance(event, AgentSeen)
        document = each.record.value or b""
        rows[event.agent] = AgentRow(at=each.at, agent=event.agent, seen_at=log_time(each.record), document=document)
    return list(rows.values())
