"""Read models in dictionaries, made by the real projection of a log in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from consumers.projection.batch import Projection, take_in
from schemas.topics import TOPICS
from storage.log.memory import MemoryLog
from storage.log.port import Partition
from storage.views.port import CursorError, ViewsAwayError
from storage.views.rows import BusyRow, CertificateRow, KeeperRow, WaitingRow


class FakeViews:
    """Read models in memory; a wait projects what is in the log, unless it is `lagging`."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log
        self._projection = Projection()
        self._next = {Partition(topic.name, n): 0 for topic in TOPICS.values() for n in range(topic.partitions)}
        self.rows: dict[str, dict[Any, Any]] = {}
        self.schema = "rm_v1"
        self.keeping: KeeperRow | None = None
        self.lagging = False
        self.away = False

    async def catch_up(self) -> None:
        reader = await self._log.open(self._next)
        if not (records := await reader.read(records_max=10_000, wait_s=0)):
            return
        batch = self._projection.project(take_in(records), self._next)
        assert not batch.undecodable
        for name, key in (
            ("commands", "event_id"), ("entities", "id"), ("jobs", "id"), ("products", "job_id"),
            ("progress", "job_id"), ("agents", "agent"),
        ):  # fmt: skip
            self.rows.setdefault(name, {}).update({getattr(row, key): row for row in getattr(batch, name)})
        self._next.update(reader.positions())

    async def wait_position(self, partition: Partition, offset: int, *, timeout_s: float) -> bool:
        if not self.lagging:
            await self.catch_up()
        return self._next.get(partition, 0) > offset

    def _of(self, name: str) -> dict[Any, Any]:
        if self.away:
            raise ViewsAwayError("away")
        return self.rows.get(name, {})

    async def command(self, event_id):
        return self._of("commands").get(event_id)

    async def entity(self, id_):
        return self._of("entities").get(id_)

    async def entities(self, kind, *, owner=None, search="", platform="", deleted=False, certified=None,
                       limit=50, cursor=None):  # fmt: skip
        sure = await self.certificates(self._of("entities"))
        return self._page(
            [
                row
                for row in self._of("entities").values()
                if row.kind == kind and search in row.name and platform in ("", row.platform)
                and certified in (None, row.id in sure) and owner in (None, row.owner)
                and deleted == (row.deleted_at is not None)
            ],
            limit,
            cursor,
        )  # fmt: skip

    async def children(self, parent_id, *, limit):
        rows = [
            row for row in self._of("entities").values() if str(parent_id) in row.parents and row.deleted_at is None
        ]
        return rows[:limit], len(rows)

    async def jobs_upon(self, entity_id, *, kinds, states, limit):
        near = {entity_id, *(row.id for row in self._of("entities").values() if str(entity_id) in row.parents)}
        rows = [
            row
            for row in self._of("jobs").values()
            if row.kind in kinds and row.state in states and {row.subject_id, row.dataset_id} & near
        ]
        return rows[:limit], len(rows)

    async def newest_jobs(self, kind, subject_ids):
        wanted = set(subject_ids)
        return {
            row.subject_id: row
            for row in self._of("jobs").values()
            if row.kind == kind and row.subject_id in wanted
        }  # fmt: skip

    async def entities_by_ids(self, ids: Iterable[UUID]):
        return [self._of("entities")[id_] for id_ in ids if id_ in self._of("entities")]

    async def job(self, id_):
        return self._of("jobs").get(id_)

    async def jobs(
        self, *, owner=None, kinds=(), states=(), subject_id=None, dataset_id=None, search="", limit=50, cursor=None
    ):
        return self._page(
            [
                row
                for row in self._of("jobs").values()
                if (not kinds or row.kind in kinds) and (not states or row.state in states)
                and subject_id in (None, row.subject_id) and owner in (None, row.owner)
                and dataset_id in (None, row.dataset_id)
            ],
            limit,
            cursor,
        )  # fmt: skip

    async def waiting(self, resource, *, limit):
        rows = [row for row in self._of("jobs").values() if row.state == "queued" and row.resource == resource]
        rows.sort(key=lambda row: (row.requested_at, row.id))
        return [WaitingRow(row.id, row.owner, row.platform, row.requested_at) for row in rows[:limit]]

    async def busy(self):
        running = Counter(
            (row.owner, row.agent, row.resource) for row in self._of("jobs").values() if row.state == "running"
        )
        return [BusyRow(*key, jobs) for key, jobs in running.items()]

    async def jobs_by_ids(self, ids):
        return [self._of("jobs")[id_] for id_ in ids if id_ in self._of("jobs")]

    async def products(self, kind, entity_ids):
        wanted = set(entity_ids)
        return [row for row in self._of("products").values() if row.kind == kind and row.entity_id in wanted]

    async def certificates(self, structure_ids):
        made = [row for row in self._of("products").values() if row.kind == "revision"]
        first = {id_: next((row for row in made if str(id_) in row.uses), None) for id_ in structure_ids}
        return {id_: CertificateRow(id_, row.job_id, row.created_at) for id_, row in first.items() if row is not None}

    async def product(self, job_id):
        return self._of("products").get(job_id)

    async def progress(self, job_ids):
        return {id_: self._of("progress")[id_] for id_ in job_ids if id_ in self._of("progress")}

    async def agents(self):
        return list(self._of("agents").values())

    async def positions(self):
        self._of("jobs")
        return dict(self._next)

    async def keeper(self):
        self._of("jobs")
        return self.keeping

    async def job_counts(self):
        kinds = ((row.state, row.resource, row.platform) for row in self._of("jobs").values())
        return [(*kind, jobs) for kind, jobs in Counter(kinds).items()]

    async def undecodable_count(self):
        return 0

    @staticmethod
    def _page(rows, limit, cursor):
        if cursor is not None and not cursor.isdecimal():
            raise CursorError("none of ours")
        start = int(cursor or 0)
        return rows[start : start + limit], str(start + limit) if len(rows) > start + limit else None
