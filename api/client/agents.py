"""Agents: who does the work."""

from __future__ import annotations

from api.client.core import Core
from api.resources import Agent, Page


class Agents:
    """`Client.agents`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list(self) -> Page[Agent]:
        """Agents by their newest word."""
        return self._core.read("/agents", Page[Agent])
