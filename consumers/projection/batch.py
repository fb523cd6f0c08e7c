"""Records of all topics -> one batch of rows and positions. Remembers only what the folds need."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar
from uuid import UUID

from consumers.projection import agents, catalogue, jobs, progress
from consumers.projection.reading import NewerFoldError, Said, read
from schemas.catalogue import Catalogue
from schemas.events import JobEvent
from schemas.topics import AGENTS, CATALOG, JOBS, PROGRESS, TOPICS
from storage.log.port import Partition, Record
from storage.views.port import Advance, Batch
from storage.views.rows import EntityRow, JobRow, UndecodableRow

JOBS_KEPT_MAX = 20_000
"""Jobs remembered between batches; others are read back from their rows."""
ENTITIES_KEPT_MAX = 5_000
"""Decided things remembered between batches, in the same way."""

K = TypeVar("K")


class Intake(NamedTuple):
    """Records, read and sorted by topic. `newer` is set where reading had to stop, behind the last record in here."""

    said: Mapping[str, Sequence[Said]]
    undecodable: Sequence[UndecodableRow]
    reached: Mapping[Partition, int]
    newer: NewerFoldError | None


def take_in(records: Iterable[Record]) -> Intake:
    """Read the records up to the first one that needs a newer reader."""
    said: dict[str, list[Said]] = {topic: [] for topic in TOPICS}
    undecodable: list[UndecodableRow] = []
    reached: dict[Partition, int] = {}
    newer: NewerFoldError | None = None
    for record in records:
        try:
            each = read(record)
        except NewerFoldError as error:
            newer = error
            break
        if isinstance(each, UndecodableRow):
            undecodable.append(each)
        else:
            said[record.partition.topic].append(each)
        reached[record.partition] = record.offset + 1
    return Intake(said, undecodable, reached, newer)


class Projection:
    """The folds and their memory. After a failure that leaves the rows behind it in doubt, start with a new one."""

    def __init__(self, *, jobs_kept_max: int = JOBS_KEPT_MAX, entities_kept_max: int = ENTITIES_KEPT_MAX) -> None:
        self._jobs_kept_max = jobs_kept_max
        self._entities_kept_max = entities_kept_max
        self._catalogue = Catalogue()
        self._jobs: OrderedDict[UUID, jobs.Known] = OrderedDict()
        self._entities: OrderedDict[UUID, EntityRow] = OrderedDict()

    def remember_decisions(self, records: Iterable[Record]) -> None:
        """Fold decisions that have their rows already.

        Raises:
            NewerFoldError: one of them needs a newer reader.
        """
        intake = take_in(records)
        if intake.newer is not None:
            raise intake.newer
        catalogue.remember(self._catalogue, intake.said[CATALOG.name])

    def missing_entities(self, intake: Intake) -> set[UUID]:
        """Decided things whose rows must be given to `remember_entities`, if they have any, as with jobs."""
        changed = {catalogue.changed_by(each.envelope.event) for each in intake.said[CATALOG.name]}
        return {id_ for id_ in changed if id_ is not None and id_ not in self._entities}

    def remember_entities(self, rows: Mapping[UUID, EntityRow]) -> None:
        """Go on from these rows."""
        self._entities.update(rows)

    def missing_jobs(self, intake: Intake) -> set[UUID]:
        """Jobs whose rows must be given to `remember_jobs`, if they have any, before the intake is projected."""
        return {
            event.job_id
            for each in intake.said[JOBS.name]
            if isinstance(event := each.envelope.event, JobEvent) and event.job_id not in self._jobs
        }

    def remember_jobs(self, rows: Mapping[UUID, JobRow]) -> None:
        """Go on from these rows."""
        for id_, row in rows.items():
            self._jobs[id_] = jobs.known(row)

    def project(self, intake: Intake, positions: Mapping[Partition, int]) -> Batch:
        """The intake's rows; `positions` are the stored ones."""
        decided = catalogue.decide(self._catalogue, intake.said[CATALOG.name], self._entities)
        worked = jobs.fold(self._jobs, intake.said[JOBS.name])
        _keep(self._jobs, worked.jobs, self._jobs_kept_max)
        _keep(self._entities, {row.id: row for row in decided.entities}, self._entities_kept_max)
        return Batch(
            advances={
                partition: Advance(positions.get(partition, 0), next_) for partition, next_ in intake.reached.items()
            },
            commands=decided.commands,
            entities=decided.entities,
            jobs=[each.row for each in worked.jobs.values()],
            products=worked.products,
            progress=progress.newest(intake.said[PROGRESS.name]),
            agents=agents.newest(intake.said[AGENTS.name]),
            undecodable=intake.undecodable,
        )


def _keep(kept: OrderedDict[UUID, K], changed: Mapping[UUID, K], kept_max: int) -> None:
    for id_, each in changed.items():
        kept[id_] = each
        kept.move_to_end(id_)
    while len(kept) > kept_max:
        kept.popitem(last=False)
