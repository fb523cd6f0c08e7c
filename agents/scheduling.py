"""Who takes which job, decided by every agent for itself from the same view. Pure.

Order: the user with the fewest running (and already picked) jobs is next, within a user the oldest job. Among the first
jobs of that order and the agents with a free slot, the pairs are matched by ascending hash(job, agent): agents with the
same view never want the same job, and agents whose views differ by a moment seldom do. An agent that is not the match
but could do the job stands by: rank r may claim it once the match has let r x `STANDBY_S` pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from heapq import merge as merge_sorted
from itertools import islice
from typing import NamedTuple
from uuid import UUID

from agents.table import JobTable, Lane
from schemas import fairness
from schemas.values import Platform, ResourceClass

STANDBY_S = 0.05
WINDOW_JOBS_MIN = 4
"""Narrowest window. A wider one makes fewer claims collide, a narrower one keeps closer to the fair order; three
quarters of the fleet give 1.1 to 1.2 claims a job (20 agents on 2 cores, jobs that do nothing)."""
WINDOW_JOBS_MAX = 64
"""Most jobs that are matched at once; the cost of a plan is this times the idle agents."""


class Peer(NamedTuple):
    """An agent process as its last word tells: what it may do and how many slots are free."""

    instance: UUID
    platform: Platform
    free: Mapping[str, int]


class Intent(NamedTuple):
    """`me` may claim the job after the current match (`match`) has let `delay_s` pass."""

    job: UUID
    match: UUID
    delay_s: float


def plan(
    table: JobTable,
    resource: ResourceClass,
    me: Peer,
    others: Sequence[Peer],
    *,
    skip: Callable[[UUID], bool],
    user_running_max: int,
) -> list[Intent]:
    """What `me` wants of one resource class, most wanted first.

    `skip(job)` leaves a queued job out: it pauses after a failed attempt, say. With no free slot the plan is empty.
    """
    if me.free.get(resource, 0) < 1:
        return []
    peers = [me, *(peer for peer in others if peer.free.get(resource, 0) > 0)]
    free_slots = sum(peer.free[resource] for peer in peers)
    window = min(max(free_slots, len(others) * 3 // 4, WINDOW_JOBS_MIN), WINDOW_JOBS_MAX)
    lanes = [Lane(resource, None), Lane(resource, me.platform)]
    jobs = list(_first(fair_order(table, lanes, user_running_max), skip, window))
    return _match(table, jobs, resource, me, peers)


def fair_order(table: JobTable, lanes: Sequence[Lane], user_running_max: int) -> Iterator[UUID]:
    """Queued jobs of the lanes, fairest first (see `schemas.fairness`)."""
    queues = {
        owner: merge_sorted(*(table.queues.get(lane, {}).get(owner, ()) for lane in lanes))
        for owner in {owner for lane in lanes for owner in table.queues.get(lane, ())}
    }
    return fairness.fair_order(queues, table.running_of, user_running_max)


@lru_cache(maxsize=65_536)
def weight(job: UUID, instance: UUID) -> bytes:
    """The same number for everybody, different for every pair: who ranks first for a job."""
    return blake2b(job.bytes + instance.bytes, digest_size=8).digest()


def rank(job: UUID, me: UUID, others: Sequence[UUID]) -> int:
    """My place among all for the job, 0 first."""
    mine = weight(job, me)
    return sum(weight(job, other) < mine for other in others if other != me)


def _first(order: Iterator[UUID], skip: Callable[[UUID], bool], jobs_max: int) -> Iterator[UUID]:
    return islice((job for job in order if not skip(job)), jobs_max)


def _match(
    table: JobTable, jobs: Sequence[UUID], resource: ResourceClass, me: Peer, peers: Sequence[Peer]
) -> list[Intent]:
    free = {peer.instance: peer.free[resource] for peer in peers}
    pairs = sorted(
        (weight(job, peer.instance), job, peer.instance)
        for job in jobs
        for peer in peers
        if table.live[job].job.platform in (None, peer.platform)
    )
    matched: dict[UUID, UUID] = {}
    for _, job, instance in pairs:
        if job not in matched and free[instance] > 0:
            matched[job] = instance
            free[instance] -= 1
    mine = [Intent(job, me.instance, 0.0) for job in jobs if matched.get(job) == me.instance]
    if free[me.instance] < 1:
        return mine
    instances = [peer.instance for peer in peers]
    standby = [
        Intent(job, matched[job], STANDBY_S * max(1, rank(job, me.instance, instances)))
        for job in jobs
        if job in matched and matched[job] != me.instance
    ]
    return mine + standby
