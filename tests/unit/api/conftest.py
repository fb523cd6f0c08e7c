"""The whole API on a log in memory, with read models in dictionaries; spoken to over a unix socket."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import msgspec
import numpy as np
import pytest
from aiohttp import web
from browsing import PASSWORD, Browser
from fake_views import FakeViews
from people import HEADERS, account, passwords, people

from api.app import create_app
from api.deps import Deps
from producers.say import Speaker
from schemas.events import DatasetImported, InferenceCompleted, JobClaimed, ModelConverted
from schemas.events.tests import BackendUsed, StageTiming, TaskSummary
from schemas.topics import TOPICS
from schemas.values import ObjectRef
from schemas.verdict.replicates import encode, sample
from storage.log.memory import MemoryLog
from storage.objects.local import LocalObjects

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


class Api:
    """The API as a person meets it, and the few things an agent does behind it."""

    def __init__(self, folder: Path, *, agent_secret: str = AGENT_SECRET) -> None:
        self.log = MemoryLog({topic.name: topic.partitions for topic in TOPICS.values()})
        self.views = FakeViews(self.log)
        self.objects = LocalObjects(folder / "objects")
        self.clock = Clock()
        self.accounts = people()
        self.speaker = Speaker(self.log, "/test", self.clock, 0.05)
        self.deps = Deps(
            views=self.views,
            watcher=self.views,
            log=self.log,
            speaker=self.speaker,
            objects=self.objects,
            agent_secret=agent_secret,
            token_secret="token-secret",
            accounts=self.accounts,
            passwords=passwords(),
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
            "http://127.0.0.1",
            connector=aiohttp.UnixConnector(str(self._socket)),
            headers={"Accept-Language": "en", **HEADERS},
            cookie_jar=aiohttp.DummyCookieJar(),
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


@pytest.fixture
def browser(api):
    return Browser(api)


@pytest.fixture
async def li_lei(api):
    """An engineer with a password."""
    row = account("li.lei", password=await api.deps.passwords.hash(PASSWORD))
    await api.accounts.add(row)
    return row
