"""How long people wait for comparisons and results, over HTTP, with the API in a process of its own.

`.venv/bin/python tests/benchmarks/compare.py [--tests 50] [--images 20000]`. Tests of 20,000 images with 20 slices,
first detectors (mean AP, precision, recall), then classifiers (top-1, top-5), are compared in one table: cold (the API
has just started, nothing is decoded) and warm. Then the result view of one detector's test of as many
images, 10 boxes each: the test, its report, pages by filter, one image, flips. Rows and objects are there before; the
read models are in memory, the objects on disk. Prints seconds; exits with 1 over a bar.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

if TYPE_CHECKING:
    from schemas.results import Results
    from schemas.values import ObjectRef
    from storage.views.rows import JobRow

COLD_S, WARM_S, VIEW_S = 3.0, 1.0, 0.2
CLASSES, BOXES = 80, 10
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests" / "support"))
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = "rows"


def boxes(images: int, seed: int) -> Results:
    """What a detector left: found boxes of which most are under the threshold, three true ones an image."""
    import numpy as np
    from verdict import digests

    from schemas.results import DetectedPart, DimensionPart, Results, packed

    rng, count = np.random.default_rng(seed), images * BOXES
    corners = rng.uniform(0, 400, (count, 2))
    true = np.random.default_rng(0).uniform(0, 400, (images * 3, 2))
    part = DetectedPart(
        task="boxes",
        classes=tuple(f"class {each}" for each in range(CLASSES)),
        iou_threshold=0.5,
        size_policy="true",
        threshold=0.5,
        counts=packed(np.full(images, BOXES), "<i4"),
        boxes=packed(np.concatenate([corners, corners + 100], axis=1), "<f4"),
        scores=packed(rng.random(count), "<f4"),
        labels=packed(rng.integers(0, CLASSES, count), "<i4"),
        outcomes=packed(rng.choice([0, 1, 3, 3], count), "u1"),
        partners=packed(np.full(count, -1), "<i4"),
        truth_counts=packed(np.full(images, 3), "<i4"),
        truth_boxes=packed(np.concatenate([true, true + 100], axis=1), "<f4"),
        truth_labels=packed(np.random.default_rng(1).integers(0, CLASSES, images * 3), "<i4"),
        truth_outcomes=packed(rng.integers(0, 2, images * 3), "u1"),
    )
    weather = DimensionPart(name="weather", values=("rain", "sun"), places=packed(rng.integers(0, 2, images), "<i4"))
    return Results(
        images=images,
        names=tuple(f"street/{each:06}.jpg" for each in range(images)),
        digests=b"".join(bytes.fromhex(each[7:]) for each in digests(images)),
        sizes=packed(np.tile([640, 480], (images, 1)), "<i4"),
        detected=(part,),
        dimensions=(weather,),
    )


def report() -> bytes:
    """A detector's report: 80 classes with their curves, a full confusion matrix."""
    import msgspec

    from schemas.events.tests import BackendUsed, DetectionSummary
    from schemas.reports import DetectionClass, DetectionReport, EvaluationReport

    classes = tuple(
        DetectionClass(
            name=f"class {each}", objects=(10, 3, 3, 4), ap=(0.5, 0.4, 0.5, 0.6), found=12, precision=0.5, recall=0.5,
            f1=0.5, best_threshold=0.4, best_precision=0.5, best_recall=0.5, best_f1=0.5,
            curve=tuple(1 - place / 128 for place in range(101)), curve_scores=tuple(1 - p / 128 for p in range(101)),
        )
        for each in range(CLASSES)
    )  # fmt: skip
    detection = DetectionReport(
        task="boxes",
        dataset_task="boxes",
        summary=DetectionSummary(0.4, (0.4,) * 12, 0.5, 0.5, 0.5, 0.5, 800, 960),
        iou_threshold=0.5,
        size_policy="true",
        ap_by_size=(0.4, 0.3, 0.4, 0.5),
        classes=classes,
        confusion=tuple((true, said, 1) for true in range(CLASSES + 1) for said in range(CLASSES + 1)),
        unscored=0,
        found_per_image_max=100,
    )
    used = BackendUsed("onnxruntime", "1", "fp32", "cpu", False)
    told = EvaluationReport(
        tasks=(), skipped=(), steps=(), batch_size=1, loops=1, precision="fp32", used=used, measure="ap",
        detection=detection,
    )  # fmt: skip
    return msgspec.json.encode(told)


def row(told: ObjectRef, replicates: ObjectRef, results: ObjectRef, images: int, *, boxed: bool) -> JobRow:
    """A completed test."""
    import msgspec

    from schemas.events.tests import BackendUsed, InferenceCompleted, InferenceRequested, StageTiming
    from schemas.values import ObjectRef, TronIdentity
    from storage.views.rows import At, JobRow

    id_, model, dataset = uuid4(), uuid4(), UUID(int=8)
    timing = StageTiming(10.0, 1.0, 1.0, 1.0, 1.0)
    somewhere = ObjectRef("sha256:" + "1" * 64, 1)
    asked = InferenceRequested(
        job_id=id_, resource="device", model_id=model, tron=somewhere, dataset_id=dataset,
        identity=TronIdentity(platform="nvidia", repo="r", name="net", method="detection", version="1.0.1"),
        dataset_name="streets", pack=somewhere, batch_size=8,
    )  # fmt: skip
    got = InferenceCompleted(
        job_id=id_, epoch=1, instance=UUID(int=2), images=images, skipped=0, accuracy=0.4, tasks=(), preprocess=timing,
        inference=timing, postprocess=timing, total_ms=1.0, report=told, replicates=replicates, results=results,
        used=BackendUsed("onnxruntime", "1", "fp32", "cpu", False), measure="ap" if boxed else "top1",
    )  # fmt: skip
    return JobRow(
        at=At(0, 0), id=id_, kind="InferenceRequested", owner=UUID(int=1), state="completed", resource="device",
        platform="nvidia", epoch=1, agent="a", cancelling=False, subject_id=model, request_digest="", requested_at=NOW,
        updated_at=NOW, request=msgspec.json.encode(asked), fold=b"", dataset_id=dataset,
        result=msgspec.json.encode(got),
    )  # fmt: skip


async def prepare(folder: Path, tests: int, images: int) -> tuple[list[list[UUID]], list[UUID]]:
    """Write rows and objects: ids of the detectors, of the classifiers; of two tests with images."""
    import msgspec
    from verdict import JUDGED_IMAGES, classifier, detector, sliced

    from api.commands.objects import keep
    from schemas.results import encode as encode_results
    from schemas.verdict.replicates import encode
    from storage.objects.local import LocalObjects

    objects, slices = LocalObjects(folder / "objects"), sliced(JUDGED_IMAGES)
    told = await keep(objects, report(), "r")
    left = [await keep(objects, encode_results(boxes(images, seed)), "i") for seed in (1, 2)]
    rows: list[list[JobRow]] = []
    for number, made in enumerate((detector, classifier)):
        samples = [await keep(objects, encode(made(seed, slices)), "s") for seed in range(tests)]
        rows.append([row(told, each, left[at % 2], images, boxed=number == 0) for at, each in enumerate(samples)])
    (folder / ROWS).write_bytes(msgspec.msgpack.encode([each for part in rows for each in part]))
    return [[each.id for each in part] for part in rows], [each.id for each in rows[0][:2]]


async def serve(folder: Path) -> None:
    """The API on loopback until it is told to stop; prints its port."""
    import msgspec
    from aiohttp import web
    from fake_views import FakeViews
    from people import passwords, people

    from api.app import create_app, serving
    from api.deps import Deps
    from producers.say import Speaker
    from schemas.topics import TOPICS
    from storage.log.memory import MemoryLog
    from storage.objects.local import LocalObjects
    from storage.views.rows import JobRow

    log = MemoryLog({topic.name: topic.partitions for topic in TOPICS.values()})
    views = FakeViews(log)
    jobs = msgspec.msgpack.decode((folder / ROWS).read_bytes(), type=list[JobRow])
    views.rows["jobs"] = {each.id: each for each in jobs}
    deps = Deps(
        views=views,  # type: ignore[arg-type]
        watcher=views,  # type: ignore[arg-type]
        log=log,
        speaker=Speaker(log, "/bench", lambda: NOW, 1.0),
        objects=LocalObjects(folder / "objects"),
        agent_secret="a",
        token_secret="t",
        accounts=people(),
        passwords=passwords(),
        upload_bytes_max=1,
        clock=lambda: NOW,
        new_id=uuid4,
    )
    runner = serving(create_app(deps))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


def timed(base: str, path: str) -> tuple[float, int]:
    """Seconds until the answer was read, and its bytes."""
    from people import HEADERS

    begun = time.perf_counter()
    with urllib.request.urlopen(urllib.request.Request(base + path, headers=HEADERS)) as answer:
        data = answer.read()
    return time.perf_counter() - begun, len(data)


def told(name: str, seconds: float, size: int, bar: float) -> bool:
    """Say it, and whether it keeps to the bar."""
    print(f"{name:<44} {seconds * 1000:8.1f} ms  {size / 1e6:6.2f} MB  (bar {bar * 1000:.0f} ms)")
    return seconds <= bar


def compared(base: str, kinds: list[list[UUID]]) -> bool:
    """Each table cold and three times warm."""
    kept = True
    for name, ids in zip(("detectors", "classifiers"), kinds, strict=True):
        path = "/comparisons?tests=" + ",".join(map(str, ids))
        kept &= told(f"{len(ids)} {name}, cold", *timed(base, path), COLD_S)
        kept &= told(f"{len(ids)} {name}, warm", *min(timed(base, path) for _ in range(3)), WARM_S)
    return kept


def viewed(base: str, ids: list[UUID], images: int) -> bool:
    """What a person opens in a result: each cold (the first time) and warm."""
    one, other = ids
    own = f"/tests/{one}"
    paths = {
        "the test": own,
        "its report": f"{own}/result",
        "first page of images": f"{own}/images",
        "missed ones of a class": f"{own}/images?outcome=fn&class=class%207",
        "a cell of the confusion matrix": f"{own}/images?class=class%207&found=class%209",
        "a slice's wrong ones": f"{own}/images?outcome=wrong&slice=weather%3Drain",
        "by name": f"{own}/images?search=19999",
        "one image": f"{own}/images/{images - 1}",
        "flips": f"/comparisons/flips?base={one}&test={other}",
    }
    kept = True
    for name, path in paths.items():
        kept &= told(f"{name}, first time", *timed(base, path), VIEW_S)
        kept &= told(f"{name}, again", *min(timed(base, path) for _ in range(3)), VIEW_S)
    return kept


def main() -> int:
    """Both parts, against one API process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", type=int, default=50)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve is not None:
        asyncio.run(serve(given.serve))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        kinds, viewing = asyncio.run(prepare(Path(folder), given.tests, given.images))
        return measured(folder, lambda base: [compared(base, kinds), viewed(base, viewing, given.images)])


def measured(folder: str, measure: Callable[[str], list[bool]]) -> int:
    """Measure against an API that has just started; 1 if something was over its bar."""
    argv = [sys.executable, __file__, "--serve", folder]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as api:
        try:
            assert api.stdout is not None
            return 0 if all(measure(f"http://127.0.0.1:{int(api.stdout.readline())}/api/v1")) else 1
        finally:
            api.terminate()


if __name__ == "__main__":
    for variable in THREADS:
        os.environ.setdefault(variable, "1")
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support"), str(ROOT / "tests" / "benchmarks")]
    sys.exit(main())
