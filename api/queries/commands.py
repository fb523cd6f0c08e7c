"""GET /commands/{id}: what became of a write that was answered with 202."""

from __future__ import annotations

import asyncio
from uuid import UUID

from aiohttp import web

from api.answers import id_of, json_answer, unknown
from api.deps import Deps, deps_of
from api.resources import Accepted
from schemas.topics import CATALOG, JOBS
from schemas.values import Code
from storage.log.port import LogError


async def get_command(request: web.Request) -> web.Response:
    """Pending, accepted or refused; 404 where the log, read up to its present end, has no such command.

    Then its append never succeeded, or not yet: saying it again with the same Idempotency-Key is safe in both cases.
    """
    deps, id_ = deps_of(request), id_of(request, "command")
    answer = await _known(deps, id_)
    if answer is None and await _all_projected(deps):
        # the outcome may have come while that was found out
        answer = await _known(deps, id_)
        if answer is None:
            raise unknown("command", id_)
    return json_answer(answer or Accepted(command_id=id_, state="pending"))


async def _known(deps: Deps, id_: UUID) -> Accepted | None:
    row = await deps.views.command(id_)
    if row is None:
        return None if await deps.views.job(id_) is None else Accepted(command_id=id_, state="accepted")
    if row.accepted:
        return Accepted(command_id=id_, state="accepted")
    return Accepted(command_id=id_, state="refused", reason=Code(code=row.code, params=row.params))


async def _all_projected(deps: Deps) -> bool:
    """Whether the read models reach everything that lies in the histories now; without the log nobody knows."""
    try:
        ends = {**await deps.log.end(CATALOG.name), **await deps.log.end(JOBS.name)}
    except LogError:
        return False
    waits = (
        deps.watcher.wait_position(partition, end - 1, timeout_s=deps.read_wait_s)
        for partition, end in ends.items()
        if end
    )
    return all(await asyncio.gather(*waits))
