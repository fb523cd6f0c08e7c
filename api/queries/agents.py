"""GET /agents."""

from __future__ import annotations

from aiohttp import web

from api.answers import Query, json_answer, unknown
from api.deps import deps_of
from api.present import agent_resource
from api.resources import Page


async def list_agents(request: web.Request) -> web.Response:
    """All agents that spoke within the last day, by name; never more than one page."""
    Query(request, ())
    deps = deps_of(request)
    now = deps.clock()
    return json_answer(Page(items=[agent_resource(row, now) for row in await deps.views.agents()]))


async def get_agent(request: web.Request) -> web.Response:
    """One agent by name."""
    deps, name = deps_of(request), request.match_info["name"]
    for row in await deps.views.agents():
        if row.agent == name:
            return json_answer(agent_resource(row, deps.clock()))
    raise unknown("agent", name)
