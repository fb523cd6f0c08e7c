"""/livez and /readyz."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from http import HTTPStatus

from aiohttp import web

from api.answers import json_answer, lang_of
from api.deps import Deps, deps_of
from api.lag import ANSWER_S_MAX, LAG
from api.resources import Health
from api.texts import render
from schemas.values import Code
from storage.views.port import ViewsAwayError
from storage.views.rows import KeeperRow

SILENT_S_MAX = 10.0
"""A projector that says nothing for so long is away; it speaks every two seconds."""
AWAY = Code(code="projector_away")


async def livez(_: web.Request) -> web.Response:
    """The process answers."""
    return json_answer({"alive": True})


async def readyz(request: web.Request) -> web.Response:
    """Whether log and read models answer (503 if not), how far the projector is behind, and how it does."""
    deps, watch = deps_of(request), request.app[LAG]
    (kafka, postgres), keeper = await asyncio.gather(watch.look(), _keeper(deps))
    state, reason = _judge(deps, keeper) if postgres else ("unknown", None)
    health = Health(
        ready=kafka and postgres,
        kafka=kafka,
        postgres=postgres,
        lag=watch.lag.records(),
        lag_seconds=round(watch.lag.longest_s(), 3),
        stale=watch.stale,
        schema=deps.views.schema,
        projector_state=state,
        projector_reason=reason,
        projector_message=render(reason, lang_of(request)) if reason is not None else "",
    )
    return json_answer(health, HTTPStatus.OK if health.ready else HTTPStatus.SERVICE_UNAVAILABLE)


async def _keeper(deps: Deps) -> KeeperRow | None:
    try:
        async with asyncio.timeout(ANSWER_S_MAX):
            return await deps.views.keeper()
    except (ViewsAwayError, TimeoutError):
        return None


def _judge(deps: Deps, keeper: KeeperRow | None) -> tuple[str, Code | None]:
    """The projector's state, and the reason where it does not run."""
    if keeper is None:
        return "away", AWAY
    if keeper.state != "refused" and deps.clock() - keeper.seen_at > timedelta(seconds=SILENT_S_MAX):
        return "away", AWAY
    return keeper.state, Code(code=keeper.code) if keeper.code else None
