"""Agents: the processes that do jobs on machines."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from schemas.events.base import Event
from schemas.values import Platform, ShortText

AgentState = Literal["ready", "draining", "stopped", "incompatible"]


class AgentSeen(Event, frozen=True, kw_only=True):
    """An agent process is there, with these slots. Said every few seconds; the newest one counts."""

    agent: ShortText
    instance: UUID
    platform: Platform
    slots: dict[str, int]
    state: AgentState = "ready"
    device: ShortText = ""
    device_present: bool = False
    host: ShortText = ""
    fold_version: int = 1

    def subject(self) -> str:
        return self.agent
