"""Records to project, and a store of read models in memory."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest

from schemas.codec import encode
from schemas.envelope import NAMESPACE, Envelope
from schemas.events import (
    ConversionRequested,
    DatasetImported,
    DatasetImportRequested,
    Event,
    JobClaimed,
    ModelConverted,
)
from schemas.topics import topic_of
from schemas.values import ObjectRef, StructureRef, TronIdentity
from storage.log.port import Message, Partition, Record
from storage.views.port import Advance, Batch, OffsetConflictError, ViewsAwayError

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
OBJECT = ObjectRef(digest="sha256:" + "0" * 64, size_bytes=1, name="x")
IDENTITY = TronIdentity(platform="nvidia", repo="r", name="n", method="m", version="1")


class Teller:
    """Says things: every envelope a second after the one before, every record behind the one before."""

    object, identity, noon = OBJECT, IDENTITY, NOON

    def __init__(self) -> None:
        self.said = 0
        self.offsets: Counter[Partition] = Counter()

    @staticmethod
    def id(name: object) -> UUID:
        return uuid5(NAMESPACE, str(name))

    def envelope(self, event: Event, **changed: object) -> Envelope:
        self.said += 1
        told = {
            "id": self.id(f"said {self.said}"),
            "time": NOON + timedelta(seconds=self.said),
            "source": "/test",
            "actor": self.id("actor"),
            "fold_version": 1,
        }
        return Envelope(event=event, **(told | changed))

    def record(self, event: Event, number: int = 0, **changed: object) -> Record:
        return self.place(self.envelope(event, **changed), number)

    def place(self, envelope: Envelope, number: int = 0) -> Record:
        key, value, headers = encode(envelope)
        return self.raw(Partition(topic_of(type(envelope.event)).name, number), key, value, headers)

    def raw(self, partition: Partition, key: bytes | None, value: bytes | None, headers: object) -> Record:
        offset = self.offsets[partition]
        self.offsets[partition] += 1
        return Record(partition, offset, key, value, headers, 1_700_000_000_000 + offset)

    def message(self, event: Event, **changed: object) -> Message:
        key, value, headers = encode(self.envelope(event, **changed))
        return Message(topic_of(type(event)).name, key, value, headers)

    def conversion(self, job: str) -> ConversionRequested:
        return ConversionRequested(
            job_id=self.id(job),
            resource="cpu-heavy",
            model_id=self.id(f"model of {job}"),
            pth_id=self.id("pth"),
            template_id=self.id("template"),
            identity=IDENTITY,
            weights=OBJECT,
            template=OBJECT,
            structures=(StructureRef(structure_id=self.id("structure"), class_name="Net", source=OBJECT),),
        )

    def dataset_import(self, job: str) -> DatasetImportRequested:
        return DatasetImportRequested(
            job_id=self.id(job),
            resource="cpu-light",
            dataset_id=self.id(f"dataset of {job}"),
            package=OBJECT,
            format="imagefolder",
        )

    def claimed(self, job: str, epoch: int = 1, process: str = "p") -> JobClaimed:
        return JobClaimed(job_id=self.id(job), epoch=epoch, agent=f"agent-{process}", instance=self.id(process))

    def converted(self, job: str, epoch: int = 1, process: str = "p") -> ModelConverted:
        return ModelConverted(
            job_id=self.id(job),
            epoch=epoch,
            instance=self.id(process),
            model_id=self.id(f"model of {job}"),
            identity=IDENTITY,
            tron=OBJECT,
            report=OBJECT,
            max_abs_error=1e-6,
            error_threshold=1e-3,
        )

    def imported(self, job: str, epoch: int = 1, process: str = "p") -> DatasetImported:
        return DatasetImported(
            job_id=self.id(job),
            epoch=epoch,
            instance=self.id(process),
            dataset_id=self.id(f"dataset of {job}"),
            pack=OBJECT,
            images=3,
            classes=2,
        )


class MemoryStore:
    """Read models in dictionaries, guarded as the tables are; `away` is how many questions stay unanswered."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[object, object]] = {
            name: {} for name in Batch.__struct_fields__ if name != "advances"
        }
        self.next: dict[Partition, int] = {}
        self.cluster_id: str | None = None
        self.away = 0
        self.applied: list[dict[Partition, Advance]] = []
        self.asked, self.kept = asyncio.Event(), asyncio.Event()

    def ask(self) -> None:
        self.asked.set()
        if self.away:
            self.away -= 1
            raise ViewsAwayError("away")

    async def migrate(self) -> None:
        self.ask()

    async def identity(self, cluster_id: str) -> str:
        self.ask()
        self.cluster_id = self.cluster_id or cluster_id
        return self.cluster_id

    async def positions(self) -> dict[Partition, int]:
        self.ask()
        return dict(self.next)

    async def live_jobs(self, ids):
        self.ask()
        return {id_: self.rows["jobs"][id_] for id_ in ids if id_ in self.rows["jobs"]}

    async def known_entities(self, ids):
        self.ask()
        return {id_: self.rows["entities"][id_] for id_ in ids if id_ in self.rows["entities"]}

    async def apply(self, batch: Batch, hook=None) -> None:
        self.ask()
        self.put(batch)

    def put(self, batch: Batch) -> None:
        if any(self.next.get(each, 0) != advance.old for each, advance in batch.advances.items()):
            raise OffsetConflictError("moved by somebody else")
        self.applied.append(dict(batch.advances))
        self.next.update({partition: advance.new for partition, advance in batch.advances.items()})
        for name, kept in self.rows.items():
            for row in getattr(batch, name):
                before = kept.setdefault(key_of(name, row), row)
                newer = before.at.offset < row.at.offset and (name != "progress" or before.epoch <= row.epoch)
                if newer and name not in {"commands", "undecodable"}:
                    kept[key_of(name, row)] = row
        self.kept.set()


def key_of(table: str, row: object) -> object:
    fields = {
        "commands": "event_id",
        "products": "job_id",
        "progress": "job_id",
        "agents": "agent",
        "undecodable": "at",
    }
    return getattr(row, fields.get(table, "id"))


@pytest.fixture(scope="session")
def teller() -> type[Teller]:
    """Make one a test: `teller()`."""
    return Teller


@pytest.fixture(scope="session")
def memory_store() -> type[MemoryStore]:
    """Make one a test: `memory_store()`."""
    return MemoryStore
