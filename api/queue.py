"""Where a queued job stands, and what it waits for: told from the read models in the order that agents claim by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from api.deps import Deps
from schemas.events import AgentSeen
from schemas.fairness import Place, fair_order
from schemas.lifecycle import Job
from schemas.values import Code
from storage.views.rows import AgentRow, BusyRow, JobRow, WaitingRow

AGENT_SILENT_S_MAX = 30.0
"""An agent that said nothing for so long is taken as lost; agents speak every few seconds."""
TOLD_CHARS_MAX = 200
WAITING_ROWS_MAX = 10_000
"""Longest queue in which places are told."""


class Standing(NamedTuple):
    """A queued job's place among those that the same machines may do (1 is next), None in a queue too long to count;
    why it waits, None where an agent is about to take it; when a pause after a failed attempt ends."""

    position: int | None
    waiting_for: Code | None
    retry_at: datetime | None


class Scene(NamedTuple):
    """All that decides who is next: what waits (of one resource class) and runs, and who could do it; `unsafe` are the
    agents that could if their sandbox held."""

    waiting: Sequence[WaitingRow]
    busy: Sequence[BusyRow]
    agents: Sequence[AgentSeen]
    user_running_max: int
    unsafe: Sequence[AgentSeen] = ()


async def standings(deps: Deps, rows: Iterable[JobRow]) -> dict[UUID, Standing]:
    """Those of the rows that are queued, by job."""
    queued = [row for row in rows if row.state == "queued"]
    if not queued:
        return {}
    now = deps.clock()
    busy = await deps.views.busy()
    heard = heard_agents(await deps.views.agents(), now)
    alive = [each for each in heard if each.state == "ready"]
    unsafe = [each for each in heard if each.sandbox_failed and each.state == "draining"]
    found: dict[UUID, Standing] = {}
    for resource in {row.resource for row in queued}:
        waiting = await deps.views.waiting(resource, limit=WAITING_ROWS_MAX)
        scene = Scene(waiting, busy, alive, deps.user_running_max, unsafe)
        places: dict[str, Mapping[UUID, int]] = {}
        for row in queued:
            if row.resource == resource:
                if row.platform not in places:
                    places[row.platform] = positions(scene, row.platform)
                found[row.id] = standing(row, scene, places[row.platform].get(row.id), now)
    return found


def heard_agents(rows: Iterable[AgentRow], now: datetime) -> list[AgentSeen]:
    """The last words of the agents that are there."""
    heard = [row for row in rows if now - row.seen_at <= timedelta(seconds=AGENT_SILENT_S_MAX)]
    return [msgspec.json.decode(row.document, type=AgentSeen) for row in heard]


def positions(scene: Scene, platform: str) -> dict[UUID, int]:
    """The places, from 1, of the jobs that an agent of the platform may do; "" is no platform in particular."""
    running: dict[UUID, int] = {}
    for each in scene.busy:
        running[each.owner] = running.get(each.owner, 0) + each.jobs
    queues: dict[UUID, list[Place]] = {}
    for row in scene.waiting:
        if row.platform in ("", platform):
            queues.setdefault(row.owner, []).append((row.requested_at, row.id))
    return {job: number for number, job in enumerate(fair_order(queues, lambda owner: running.get(owner, 0)), 1)}


def standing(row: JobRow, scene: Scene, position: int | None, now: datetime) -> Standing:
    """One queued job's standing."""
    pause = timedelta(milliseconds=msgspec.msgpack.decode(row.fold, type=Job).retry_after_ms)
    retry_at = row.updated_at + pause
    if pause and retry_at > now:
        left_ms = max(1, round((retry_at - now) / timedelta(milliseconds=1)))
        return Standing(position, Code("paused_after_failure", {"retry_after_ms": str(left_ms)}), retry_at)
    return Standing(position, _reason(row, scene, position), None)


def _fitting(row: JobRow, agents: Sequence[AgentSeen]) -> list[AgentSeen]:
    return [each for each in agents if each.slots.get(row.resource, 0) > 0 and row.platform in ("", each.platform)]


def _reason(row: JobRow, scene: Scene, position: int | None) -> Code | None:
    mine = sum(each.jobs for each in scene.busy if each.owner == row.owner)
    if mine >= scene.user_running_max:
        return Code("user_limit", {"running": str(mine), "max": str(scene.user_running_max)})
    fitting = _fitting(row, scene.agents)
    if not fitting and (unsafe := _fitting(row, scene.unsafe)):
        probes = sorted({probe for each in unsafe for probe in each.sandbox_failed})
        return Code(
            "agents_without_sandbox", {"agents": str(len(unsafe)), "probes": ", ".join(probes)[:TOLD_CHARS_MAX]}
        )
    if not fitting:
        return Code("no_agent_fits", {"resource": row.resource, "platform": row.platform or "*"})
    names = {each.agent for each in fitting}
    slots = sum(each.slots[row.resource] for each in fitting)
    taken = sum(each.jobs for each in scene.busy if each.resource == row.resource and each.agent in names)
    if position is None or slots - taken < position:
        return Code("all_agents_busy", {"agents": str(len(fitting)), "slots": str(slots)})
    return None
