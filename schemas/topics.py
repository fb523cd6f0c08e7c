"""Which topic an event belongs to. Two histories, kept for ever, and two perishable topics beside them."""

from __future__ import annotations

from functools import cache

import msgspec

from schemas.events import (
    AgentSeen,
    Change,
    DatasetCreated,
    Event,
    JobEvent,
    JobLogged,
    JobProgressed,
    StructureAdded,
    TemplateSaved,
    TronUploaded,
    TronVersionReserved,
    TypeConfigAdded,
    Upload,
)

HOUR_MS = 3_600_000


class Topic(msgspec.Struct, frozen=True):
    """A topic as it must exist: never more partitions later, or keys would change their partition."""

    name: str
    partitions: int
    retention_ms: int
    cleanup_policy: str = "delete"


CATALOG = Topic("mo.catalog", 1, -1)
"""Everything people (and triggers) decide: one partition, one total order."""
JOBS = Topic("mo.jobs", 12, -1)
"""Everything machines are asked and answer, keyed by job."""
PROGRESS = Topic("mo.job-progress", 12, 24 * HOUR_MS)
"""Heartbeats, progress and log lines, keyed by job: the same partition numbers as `JOBS`."""
AGENTS = Topic("mo.agents", 1, 24 * HOUR_MS, "compact,delete")
"""The newest word of every agent, keyed by agent."""

TOPICS: dict[str, Topic] = {topic.name: topic for topic in (CATALOG, JOBS, PROGRESS, AGENTS)}

_CATALOG_EVENTS = (
    Upload,
    TronVersionReserved,
    TronUploaded,
    TypeConfigAdded,
    StructureAdded,
    TemplateSaved,
    DatasetCreated,
)
_PROGRESS_EVENTS = (JobProgressed, JobLogged)


@cache
def topic_of(event: type[Event]) -> Topic:
    """The topic an event class is written to.

    Raises:
        LookupError: the class has no topic; every event in the catalogue must have one (a house test holds it).
    """
    if event in _CATALOG_EVENTS or issubclass(event, Change):
        return CATALOG
    if event in _PROGRESS_EVENTS:
        return PROGRESS
    if event is AgentSeen:
        return AGENTS
    if issubclass(event, JobEvent):
        return JOBS
    raise LookupError(f"{event.__name__} has no topic: name it in schemas/topics.py")
