"""The resources of asking for tests: what became of several at once; and quick checks."""

from __future__ import annotations

from uuid import UUID

from api.resources import Job, Resource
from schemas.events.tests import Backend, BackendUsed, StageTiming, Trial
from schemas.specs.preprocessing import Step
from schemas.specs.testing import PrecisionSwitch, TaskPair
from schemas.values import Code, ObjectRef, Precision


class RefusedTest(Resource, frozen=True, kw_only=True):
    """A test of a batch that cannot be; `message` is the reason as a sentence."""

    model_id: UUID
    dataset_id: UUID
    precision: Precision
    reason: Code
    message: str


class TestBatch(Resource, frozen=True, kw_only=True):
    """The jobs of a batch, models first, in the order in which they were named; or what was refused, and no job."""

    jobs: list[Job] = []
    refused: list[RefusedTest] = []


class QuickCheck(Resource, frozen=True, kw_only=True):
    """A model on some images that nobody labelled; the result fields are None until it has completed.

    It belongs to no dataset, has no accuracy, and is compared with nothing. `results` (`schemas.results`) is what was
    answered to each image, `pack` holds the images; `reasons` counts the skipped ones by code.
    """

    id: UUID
    job: Job
    model_id: UUID
    model: str
    version: str
    batch_size: int
    precision: Precision
    backend: Backend
    steps: list[Step]
    images: int | None = None
    skipped: int | None = None
    reasons: dict[str, int] = {}
    preprocess: StageTiming | None = None
    inference: StageTiming | None = None
    postprocess: StageTiming | None = None
    total_ms: float | None = None
    used: BackendUsed | None = None
    trials: list[Trial] = []
    results: ObjectRef | None = None
    pack: ObjectRef | None = None


class FormTask(Resource, frozen=True, kw_only=True):
    """A task that can be paired, and how many classes it has."""

    name: str
    classes: int


class FormDimension(Resource, frozen=True, kw_only=True):
    """What figures can be split by: a task or an attribute of the dataset, and how many values it has.

    `as_task`: whether it is one that the model has a head for, so that it can be evaluated too.
    """

    name: str
    values: int
    as_task: bool


class TestForm(Resource, frozen=True, kw_only=True):
    """What the form of a test is filled with for a model and a dataset.

    `switches` are fp16 and int8 with why one is disabled (`messages`: as sentences, by precision); with both off fp32
    runs. `precisions` is what API and CLI may name. `tasks` are the pairs that are proposed, of `model_tasks` and
    `dataset_tasks`; with `nothing_common` there are none, and no test can be. `iou_threshold`: whether it and the size
    policy mean something. Without a dataset it is the form of a quick check: no tasks, no dimensions.
    """

    model_id: UUID
    dataset_id: UUID | None
    type: str
    max_batch: int
    switches: list[PrecisionSwitch]
    messages: dict[str, str]
    precisions: list[Precision]
    iou_threshold: bool
    steps: list[Step]
    model_tasks: list[FormTask]
    dataset_tasks: list[FormTask]
    tasks: list[TaskPair]
    dimensions: list[FormDimension]
    nothing_common: bool
