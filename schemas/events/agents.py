"""Agents: the processes that do jobs on machines."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from schemas.events.base import Event
from schemas.values import Platform, ShortText

AgentState = Literal["ready", "draining", "stopped", "incompatible"]


class AgentSeen(Event, frozen=True, kw_only=True):
    """An agent process is there, with these slots. Said every few seconds; the newest one counts.

    `sandbox` names the walls around its jobs in words (`bubblewrap 0.11.0, cgroup v2`; `none`; empty: an older agent),
    `sandbox_failed` what got through them at its start: such an agent is `draining`, it takes no jobs.
    """

    agent: ShortText
    instance: UUID
    platform: Platform
    slots: dict[str, int]
    state: AgentState = "ready"
    device: ShortText = ""
    device_present: bool = False
    host: ShortText = ""
    fold_version: int = 1
    sandbox: ShortText = ""
    sandbox_failed: tuple[ShortText, ...] = ()

    def subject(self) -> str:
        return self.agent
