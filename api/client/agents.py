"""Agents: who does the work."""

from __future__ import annotations

from api.client.mode import M
from api.client.operation import Noun, operation
from api.resources import Agent, Page


class Agents(Noun[M]):
    """`Client.agents`."""

    @operation
    async def list(self) -> Page[Agent]:
        """Agents by their newest word."""
        return await self._core.read("/agents", Page[Agent])
