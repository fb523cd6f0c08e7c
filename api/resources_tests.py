"""The JSON that the API speaks of tests and their comparison, as types."""

from __future__ import annotations

from uuid import UUID

from api.resources import Job, Resource
from schemas.events.tests import (
    Backend,
    BackendUsed,
    DetectionSummary,
    Measure,
    SequenceSummary,
    SliceSummary,
    StageTiming,
    TaskSummary,
    Trial,
)
from schemas.specs.preprocessing import Step
from schemas.specs.testing import TestOptions
from schemas.values import Code, ObjectRef, Precision
from schemas.verdict.words import Interval, Verdict


class Test(Resource, frozen=True, kw_only=True):
    """An inference test; the result fields are None until it has completed.

    `accuracy` is of the `measure`; `detection` and `sequences` are there where the dataset is of that kind; `slices`
    are the first ones, all of them are in the report. `results` is what it said of each image (`schemas.results`).
    """

    id: UUID
    job: Job
    model_id: UUID
    model: str
    version: str
    dataset_id: UUID
    dataset: str
    pack: str
    batch_size: int
    loops: int
    precision: Precision
    steps: list[Step]
    backend: Backend = "auto"
    options: TestOptions = TestOptions()
    images: int | None = None
    skipped: int | None = None
    accuracy: float | None = None
    measure: Measure | None = None
    tasks: list[TaskSummary] = []
    detection: DetectionSummary | None = None
    sequences: list[SequenceSummary] = []
    slices: list[SliceSummary] = []
    preprocess: StageTiming | None = None
    inference: StageTiming | None = None
    postprocess: StageTiming | None = None
    total_ms: float | None = None
    images_per_second: float | None = None
    used: BackendUsed | None = None
    trials: list[Trial] = []
    report: ObjectRef | None = None
    replicates: ObjectRef | None = None
    results: ObjectRef | None = None
    parents_deleted: list[UUID] = []


class ClassRow(Resource, frozen=True, kw_only=True):
    """One class of one task in one test: precision and recall, None where undefined; images (boxes) with that label.

    `ap` is a detector's average precision at the test's IoU threshold."""

    name: str
    precision: float | None
    recall: float | None
    support: int
    ap: float | None = None


class ComparedTest(Resource, frozen=True, kw_only=True):
    """A test beside the base: signed differences (this minus base), None on the base itself or where undefined (the
    accuracy's also where the base's is of another measure or of other tasks).

    `notes` say why a row does not compare fairly (another dataset version, another precision, no device...), and
    `messages` says the same as sentences in the reader's language. `figures` are the test's own, `delta` has the same
    keys: accuracy; for each task top1/TASK, top5/TASK, macro_precision/TASK, macro_recall/TASK, ap/TASK,
    precision/TASK, recall/TASK, exact/TASK, cer/TASK (fractions of 1) as far as there are such figures; the same in a
    slice as KEY@DIMENSION=VALUE (an @ in a task is written %40, a = in a dimension %3D); preprocess_ms, inference_ms,
    postprocess_ms (means an image), total_ms, images_per_second. `class_delta` is task -> class -> precision, recall
    (and ap). `intervals` (around the test's own figures) and `verdicts` (differences on the images that both tests
    have; none on the base) have those of the keys that are made of images, and accuracy where that is one of them.
    """

    test: Test
    classes: dict[str, list[ClassRow]]
    delta: dict[str, float | None]
    class_delta: dict[str, dict[str, dict[str, float | None]]]
    notes: list[Code]
    messages: list[str] = []
    intervals: dict[str, Interval] = {}
    verdicts: dict[str, Verdict] = {}
    figures: dict[str, float | None] = {}


class Parameter(Resource, frozen=True, kw_only=True):
    """Something that compared tests were asked for: each one's value, in the order of the tests."""

    name: str
    values: list[str]


class ComparedCurve(Resource, frozen=True, kw_only=True):
    """One class of one test. Detection: 101 precisions at recalls from 0 to 1 and the scores there (None where the
    recall is never reached). Classification has no curve: precision, recall and F1 are the bars."""

    test: UUID
    task: str
    name: str
    ap: float | None = None
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    points: list[float] = []
    scores: list[float | None] = []


class Curves(Resource, frozen=True, kw_only=True):
    """The curves (or bars) of one class, one for each test that has it, and the classes there are."""

    classes: list[str]
    curves: list[ComparedCurve]


class Comparison(Resource, frozen=True, kw_only=True):
    """Several tests beside one base; `parameters` are those in which they differ, `shared` the others."""

    base: UUID
    tests: list[ComparedTest]
    parameters: list[Parameter] = []
    shared: list[Parameter] = []
