"""The resources of asking for tests: what became of several at once; and quick checks."""

from __future__ import annotations

from uuid import UUID

from api.resources import Job, Resource
from schemas.events.tests import Backend, BackendUsed, StageTiming, Trial
from schemas.specs.preprocessing import Step
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
