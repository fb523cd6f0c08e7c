"""/livez and /readyz."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from aiohttp import web

from api.answers import json_answer
from api.deps import Deps, deps_of
from api.resources import Health
from schemas.topics import TOPICS
from storage.log.port import LogError, Partition
from storage.views.port import ViewsAwayError

ANSWER_S_MAX = 2.0


async def livez(_: web.Request) -> web.Response:
    """The process answers."""
    return json_answer({"alive": True})


async def readyz(request: web.Request) -> web.Response:
    """Whether log and read models answer (503 if not), and how far the projector is behind."""
    deps = deps_of(request)
    ends, positions = await asyncio.gather(_ends(deps), _positions(deps))
    health = Health(
        ready=ends is not None and positions is not None,
        kafka=ends is not None,
        postgres=positions is not None,
        lag=_lag(ends or {}, positions or {}),
    )
    return json_answer(health, HTTPStatus.OK if health.ready else HTTPStatus.SERVICE_UNAVAILABLE)


async def _ends(deps: Deps) -> dict[Partition, int] | None:
    ends: dict[Partition, int] = {}
    try:
        async with asyncio.timeout(ANSWER_S_MAX):
            for topic in TOPICS:
                ends.update(await deps.log.end(topic))
    except (LogError, TimeoutError):
        return None
    return ends


async def _positions(deps: Deps) -> dict[Partition, int] | None:
    try:
        async with asyncio.timeout(ANSWER_S_MAX):
            return dict(await deps.views.positions())
    except (ViewsAwayError, TimeoutError):
        return None


def _lag(ends: dict[Partition, int], positions: dict[Partition, int]) -> dict[str, int]:
    """Records that are in the log and not in the read models, by topic."""
    lag = dict.fromkeys(TOPICS, 0) if ends else {}
    for partition, end in ends.items():
        lag[partition.topic] += max(0, end - positions.get(partition, 0))
    return lag
