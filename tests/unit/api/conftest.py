"""The whole API on a log in memory, with read models in dictionaries; spoken to over a unix socket."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import msgspec
import numpy as np
import pytest
from aiohttp import web

from api.app import create_app
from api.deps import Deps
from consumers.projection.batch import Projection, take_in
from producers.say import Speaker
from schemas.events import DatasetImported, InferenceCompleted, JobClaimed, ModelConverted
from schemas.events.tests import BackendUsed, StageTiming, TaskSummary
from schemas.topics import TOPICS
from schemas.values import ObjectRef
from schemas.verdict.replicates import encode, sample
from storage.log.memory import MemoryLog
from storage.log.port import Partition
from storage.objects.local import LocalObjects
from storage.views.port import CursorError, ViewsAwayError
from storage.views.rows import BusyRow, CertificateRow, KeeperRow, WaitingRow

AGENT_SECRET = "agent-secret"
UPLOAD_BYTES_MAX = 1 << 20
INSTANCE = UUID(int=7)
SOURCE = b"import torch\n\n\nclass Net(torch.nn.Module):\n    pass\n"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


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


class Api:
    """The API as a person meets it, and the few things an agent does behind it."""

    def __init__(self, folder: Path, *, agent_secret: str = AGENT_SECRET) -> None:
        self.log = MemoryLog({topic.name: topic.partitions for topic in TOPICS.values()})
        self.views = FakeViews(self.log)
        self.objects = LocalObjects(folder / "objects")
        self.clock = Clock()
        self.speaker = Speaker(self.log, "/test", self.clock, 0.05)
        self.deps = Deps(
            views=self.views,
            watcher=self.views,
            log=self.log,
            speaker=self.speaker,
            objects=self.objects,
            agent_secret=agent_secret,
            token_secret="token-secret",
            upload_bytes_max=UPLOAD_BYTES_MAX,
            clock=self.clock,
            new_id=uuid4,
            outcome_wait_s=0.05,
            read_wait_s=0.05,
        )
        self.app = create_app(self.deps)
        self._socket = folder / "s"

    async def start(self) -> None:
        self._runner = web.AppRunner(self.app)
        await self._runner.setup()
        await web.UnixSite(self._runner, str(self._socket)).start()
        self.session = aiohttp.ClientSession(
            "http://127.0.0.1", connector=aiohttp.UnixConnector(str(self._socket)), headers={"Accept-Language": "en"}
        )

    async def stop(self) -> None:
        await self.session.close()
        await self._runner.cleanup()

    async def ask(self, method: str, path: str, **options: Any) -> Answer:
        full = path if path.startswith("/livez") or path.startswith("/readyz") else f"/api/v1{path}"
        async with self.session.request(method, full, **options) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.ask("GET", path, headers=_headers(headers))

    async def post(self, path: str, wish: Any = None, **headers: str) -> Answer:
        return await self.ask("POST", path, json=wish, headers=_headers(headers))

    async def upload(self, data: bytes) -> str:
        answer = await self.ask("POST", "/objects", data=data)
        assert answer.status == 201, answer.body
        return answer.json["digest"]

    async def pth(self, name: str = "net") -> UUID:
        return await self.made("/pth", {"name": name, "digest": await self.upload(b"weights"), "file_name": "net.pth"})

    async def structure(self, class_name: str = "Net") -> UUID:
        source = SOURCE.replace(b"Net", class_name.encode())
        digest = await self.upload(source)
        return await self.made("/structures", {"name": class_name, "class_name": class_name, "digest": digest})

    async def template(self, structure: UUID, **changes: Any) -> UUID:
        return await self.made("/templates", {"document": template_document(structure, **changes)})

    async def made(self, path: str, wish: Any) -> UUID:
        answer = await self.post(path, wish)
        assert answer.status == 201, answer.body
        return UUID(answer.json["id"])

    async def conversion(self, **changes: Any) -> dict[str, Any]:
        """The job of a new conversion of a new model."""
        class_name = f"Net{uuid4().hex[:8]}"
        template = await self.template(await self.structure(class_name), name=class_name)
        wish = {"pth_id": str(await self.pth()), "template_id": str(template), **changes}
        answer = await self.post("/conversions", wish)
        assert answer.status == 201, answer.body
        return answer.json

    async def claimed(self, job_id: UUID, epoch: int = 1) -> None:
        event = JobClaimed(job_id=job_id, epoch=epoch, agent="agent-1", instance=INSTANCE)
        await self.speaker.say(event, id=uuid4(), actor=INSTANCE)
        if not self.views.lagging:
            await self.views.catch_up()

    async def finished(self, job: dict[str, Any], kind: type[msgspec.Struct], **fields: Any) -> None:
        await self.claimed(UUID(job["id"]))
        event = kind(job_id=UUID(job["id"]), epoch=1, instance=INSTANCE, **fields)
        await self.speaker.say(event, id=uuid4(), actor=INSTANCE)
        await self.views.catch_up()

    async def converted(self, *, report: bytes = b"tron", **changes: Any) -> UUID:
        """A Tron model with one revision, and these bytes as its report."""
        job = await self.conversion(**changes)
        tron = (await self.get(f"/trons/{job['subject_id']}")).json
        digest = await self.upload(b"tron")
        identity = {key: tron[key] for key in ("platform", "repo", "name", "method", "version")}
        await self.finished(
            job,
            ModelConverted,
            model_id=UUID(tron["id"]),
            identity=identity,
            tron=ObjectRef(digest, 4, "net.tron"),
            report=ObjectRef(await self.upload(report), len(report)),
            max_abs_error=1e-6,
            error_threshold=1e-4,
        )
        return UUID(tron["id"])

    async def dataset(self, name: str = "photos") -> UUID:
        """A dataset with one version."""
        digest = await self.upload(b"zip")
        answer = await self.post("/datasets", {"name": name, "digest": digest})
        assert answer.status == 201, answer.body
        id_ = UUID(answer.json["subject_id"])
        pack = ObjectRef(digest, 3)
        await self.finished(answer.json, DatasetImported, dataset_id=id_, pack=pack, images=20, classes=2, dropped=1)
        return id_

    async def tested(self, model: UUID, dataset: UUID, accuracy: float, **changes: Any) -> UUID:
        """A completed test."""
        wish = {"model_id": str(model), "dataset_id": str(dataset), **changes}
        answer = await self.post("/inferences", wish)
        assert answer.status == 201, answer.body
        report = await self.upload(json.dumps(report_of(accuracy)).encode())
        timing = StageTiming(20.0, 1.0, 1.0, 1.0, 1.0)
        await self.finished(
            answer.json,
            InferenceCompleted,
            images=20,
            skipped=0,
            accuracy=accuracy,
            tasks=(TaskSummary("class", 20, accuracy, None, accuracy, accuracy),),
            preprocess=timing,
            inference=timing,
            postprocess=timing,
            total_ms=60.0,
            used=BackendUsed("onnxruntime", "1", "fp32", "cpu", False),
            report=ObjectRef(report, 1),
            replicates=ObjectRef(await self.upload(replicates_of(accuracy)), 1),
        )
        return UUID(answer.json["id"])

    def later(self, seconds: float) -> None:
        self.clock.now += timedelta(seconds=seconds)


class Answer:
    """Status, headers and body of an answer."""

    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def _headers(given: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in given.items()}


def template_document(structure: UUID, **changes: Any) -> dict[str, Any]:
    sub = {
        "name": "main", "input_name": "input", "input_shape": "1,3,24,32", "mean_values": [0, 0, 0],
        "scale_values": [1, 1, 1], "max_batch": 8, "architecture": str(structure), "num_classes": 2,
        "tasks": [{"name": "class", "classes": ["cat", "dog"]}],
    }  # fmt: skip
    document = {
        "name": "template", "repo": "scene", "version": "1.0.0", "method": "classification", "error_threshold": "1e-4",
        "sub_templates": [sub],
    }  # fmt: skip
    return document | changes


def report_of(accuracy: float) -> dict[str, Any]:
    classes = [
        {"name": name, "precision": accuracy, "recall": None if name == "dog" else accuracy, "support": 10, "f1": 0.5}
        for name in ("cat", "dog")
    ]
    return {"tasks": [{"task": "class", "classes": classes, "confusion": []}], "images": []}


def replicates_of(accuracy: float) -> bytes:
    right = np.arange(20) < round(20 * accuracy)
    return encode(sample([f"sha256:{f'{number:02x}' * 32}" for number in range(20)], {"top1/class": right}))


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    each = Api(tmp_path)
    await each.start()
    yield each
    await each.stop()
