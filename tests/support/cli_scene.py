"""The command line over a client that is not there: what it is given, and how it is called."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from api import resources, resources_tests
from api.cli.app import run
from schemas.events.tests import BackendUsed, StageTiming, TaskSummary
from schemas.values import Code, ObjectRef
from schemas.verdict.words import Interval, Verdict

NOW = datetime(2026, 1, 2, tzinfo=UTC)
A, B, C = (UUID(f"{letter * 8}-0000-4000-8000-000000000000") for letter in "abc")
REF = ObjectRef("sha256:" + "1" * 64, 2_500_000, "file")
ENVIRON = {"MO_API_URL": "http://api", "MO_LANG": "en", "NO_COLOR": "1"}


def job(state: str = "completed", **more: Any) -> resources.Job:
    return resources.Job(
        id=A,
        kind="conversion",
        state=state,
        owner=C,
        resource="cpu-heavy",
        platform=None,
        epoch=1,
        agent="one",
        cancelling=False,
        subject_id=B,
        requested_at=NOW,
        updated_at=NOW,
        **more,
    )


def tron() -> resources.Tron:
    revision = resources.Revision(
        job_id=A, revision=1, tron=REF, report=REF, max_abs_error=1.5e-6, error_threshold=1e-4, created_at=NOW
    )
    return resources.Tron(
        id=B,
        platform="nvidia",
        repo="r",
        name="net [v]",
        method="classification",
        version="1.0.1",
        owner=C,
        pth_id=A,
        template_id=C,
        file_name="r_net.tron",
        origin="converted",
        quantizable=True,
        state="ready",
        revisions=[revision],
        note="",
        created_at=NOW,
        updated_at=NOW,
        etag='"1"',
    )


def timing(mean: float) -> StageTiming:
    return StageTiming(total_ms=mean * 10, mean_ms=mean, p50_ms=mean, p95_ms=mean, p99_ms=mean)


def outcome(id_: UUID, accuracy: float) -> Any:
    return resources_tests.Test(
        id=id_,
        job=job(),
        model_id=B,
        model="net",
        version="1",
        dataset_id=C,
        dataset="photos",
        pack=REF.digest,
        batch_size=1,
        loops=1,
        precision="fp32",
        steps=[],
        images=10,
        skipped=0,
        accuracy=accuracy,
        tasks=[TaskSummary("class", 10, accuracy, None, accuracy, accuracy)],
        preprocess=timing(1.0),
        inference=timing(9.0),
        postprocess=timing(0.1),
        total_ms=101.0,
        used=BackendUsed("onnxruntime", "1", "fp32", "CPU", False, (Code("no_nvidia_runtime"),)),
    )


class Fake:
    """A client whose nouns are what a test puts there."""

    def __init__(self, **nouns: Any) -> None:
        self.api_url = "http://api"
        self.closed = False
        for name, noun in nouns.items():
            setattr(self, name, SimpleNamespace(**noun) if isinstance(noun, dict) else noun)

    def close(self) -> None:
        self.closed = True


def mo(client: Fake, *argv: str, **environ: str) -> int:
    return run(argv, ENVIRON | environ, client_factory=lambda _url, _lang: client)  # type: ignore[arg-type, return-value]


def raiser(error: Exception) -> Any:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


def compared() -> resources_tests.Comparison:
    row = resources_tests.ClassRow(name="cat", precision=0.5, recall=1.0, support=5)
    before = resources_tests.ClassRow(name="cat", precision=0.25, recall=None, support=5)
    same = resources_tests.ClassRow(name="dog", precision=0.5, recall=0.5, support=5)
    base = resources_tests.ComparedTest(
        test=outcome(A, 0.8),
        classes={"class": [before, same]},
        delta={},
        class_delta={},
        notes=[],
        intervals={"top1/class": Interval(0.7781, 0.8234, 1000, "wilson", 0.801)},
        figures={"accuracy": 0.8, "top1/class": 0.8, "top5/class": None, "top1/class@light=night": 0.7},
    )
    other = resources_tests.ComparedTest(
        test=outcome(B, 0.75),
        classes={"class": [row, same]},
        delta={"accuracy": -0.05, "top1/class": -0.05, "inference_ms": -1.25},
        class_delta={"class": {"cat": {"precision": 0.25, "recall": None}, "dog": {"precision": 0.0, "recall": 0.0}}},
        notes=[Code("few_images", {"images": "10"})],
        messages=["only 10 images"],
        verdicts={
            "top1/class": Verdict("worse", 990, 10, -0.05, -0.0714, -0.0288, "linear"),
            "top5/class": Verdict("not_comparable"),
        },
        figures={"accuracy": 0.75, "top1/class": 0.75, "top5/class": 0.9, "top1/class@light=night": 0.5},
    )
    return resources_tests.Comparison(base=A, tests=[base, other])
