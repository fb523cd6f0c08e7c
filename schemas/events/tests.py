"""Inference tests."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from schemas.events.base import JobRequest, JobResult
from schemas.specs.preprocessing import Step
from schemas.specs.testing import TestOptions
from schemas.values import Code, ObjectRef, Precision, ShortText, StructureRef, TronIdentity, Value

Backend = Literal["auto", "onnxruntime", "openvino"]
"""`auto`: the one that a short, recorded trial finds fastest among those that have the precision."""
Measure = Literal["top1", "ap", "exact"]
"""What a test's one accuracy is: the mean of the tasks' top-1, the mean over classes of the average precision at the
test's IoU threshold, or the share of texts that are right to the last character."""
PARITY_IMAGES_MAX = 2000
PARITY_ROWS_MAX = 20
SLICES_MAX = 40
"""Values of all dimensions together that an event has room for; the report has the others."""


class InferenceRequested(JobRequest, frozen=True, kw_only=True):
    """One Tron revision on one dataset version. The test's id is the job's id."""

    model_id: UUID
    identity: TronIdentity
    tron: ObjectRef
    dataset_id: UUID
    dataset_name: ShortText
    pack: ObjectRef
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=4096)]
    loops: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    precision: Precision = "fp32"
    backend: Backend = "auto"
    steps: tuple[Step, ...] = ()
    options: TestOptions | msgspec.UnsetType = msgspec.UNSET


class StageTiming(Value, frozen=True):
    """One stage of the pipeline, milliseconds an image; `total_ms` is the sum over every image and loop."""

    total_ms: float
    mean_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float


class TaskSummary(Value, frozen=True):
    """One classification task's accuracy. `top5` is None when the task has fewer than five classes."""

    task: ShortText
    images: int
    top1: float
    top5: float | None
    macro_precision: float
    macro_recall: float


class BackendUsed(Value, frozen=True):
    """What really ran, and why not what was asked where the two differ.

    `layers` says how many layers compute in which precision, where the runtime tells.
    """

    backend: ShortText
    version: ShortText
    precision: Precision
    device: ShortText
    on_platform: bool
    fallbacks: tuple[Code, ...] = ()
    layers: dict[str, int] | msgspec.UnsetType = msgspec.UNSET


class DetectionSummary(Value, frozen=True):
    """A detector's figures; an undefined one (no such object in the dataset) is -1, as pycocotools has it.

    `ap`: mean over classes with objects at the test's IoU threshold. `coco`: the twelve numbers of COCO's summary, in
    its order. `threshold` is the score at which F1 over all classes is best, `precision`, `recall` and `f1` are there.
    """

    ap: float
    coco: Annotated[tuple[float, ...], msgspec.Meta(min_length=12, max_length=12)]
    threshold: float
    precision: float
    recall: float
    f1: float
    objects: int
    found: int


class SequenceSummary(Value, frozen=True):
    """A reader's figures: texts read rightly as a whole, and wrong characters for each true one (edit distance)."""

    task: ShortText
    images: int
    exact: float
    character_error_rate: float


class SliceSummary(Value, frozen=True):
    """The images with one value of a dimension. `accuracy` is of the test's measure, precision and recall are macro
    averages (classification) or at the test's operating point (detection); None where undefined."""

    dimension: ShortText
    value: ShortText
    images: int
    accuracy: float | None
    precision: float | None = None
    recall: float | None = None


class Trial(Value, frozen=True):
    """A candidate of `auto`: what it took for the trial's batches, milliseconds an image; None where it did not run."""

    backend: ShortText
    precision: Precision
    infer_ms: float | None
    problem: Code | None = None


class InferenceCompleted(JobResult, frozen=True, kw_only=True, omit_defaults=True):
    """A test's result. `accuracy` is of the `measure`; per class: the object `report`; per image: `results`.

    `replicates` (schemas.verdict.replicates) is what intervals and verdicts are made of. `slices` are in the order of
    the dimensions asked for, at most SLICES_MAX. `images_per_second` is over the whole pipeline, loops included.
    """

    images: int
    skipped: int
    accuracy: float
    tasks: tuple[TaskSummary, ...]
    preprocess: StageTiming
    inference: StageTiming
    postprocess: StageTiming
    total_ms: float
    used: BackendUsed
    report: ObjectRef
    replicates: ObjectRef | None = None
    results: ObjectRef | None = None
    measure: Measure = "top1"
    detection: DetectionSummary | None = None
    sequences: tuple[SequenceSummary, ...] = ()
    slices: Annotated[tuple[SliceSummary, ...], msgspec.Meta(max_length=SLICES_MAX)] = ()
    images_per_second: float | None = None
    trials: tuple[Trial, ...] = ()


class QuickCheckRequested(JobRequest, frozen=True, kw_only=True):
    """One Tron revision on images that nobody labelled: what it answers, and how quick. Never a dataset, never a test.

    `images` is a zip of images; without `steps` every network takes its own.
    """

    model_id: UUID
    identity: TronIdentity
    tron: ObjectRef
    images: ObjectRef
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=4096)]
    precision: Precision = "fp32"
    backend: Backend = "auto"
    steps: tuple[Step, ...] = ()


class QuickCheckCompleted(JobResult, frozen=True, kw_only=True, omit_defaults=True):
    """What a quick check found: the answers in `results` (schemas.results, without truths), the images in `pack`.

    `skipped` images were none that could be read: `reasons` counts them by code.
    """

    images: int
    skipped: int
    reasons: dict[str, int] = {}
    preprocess: StageTiming
    inference: StageTiming
    postprocess: StageTiming
    total_ms: float
    used: BackendUsed
    results: ObjectRef
    pack: ObjectRef
    trials: tuple[Trial, ...] = ()


class ParityRequested(JobRequest, frozen=True, kw_only=True):
    """A Tron revision beside the PyTorch network that it was made of, on the first images of a dataset version.

    `weights`, `template` and `structures` are what the conversion `conversion_id` was given.
    """

    model_id: UUID
    identity: TronIdentity
    tron: ObjectRef
    conversion_id: UUID
    weights: ObjectRef
    template: ObjectRef
    structures: tuple[StructureRef, ...]
    dataset_id: UUID
    dataset_name: ShortText
    pack: ObjectRef
    images_max: Annotated[int, msgspec.Meta(ge=1, le=PARITY_IMAGES_MAX)]
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=4096)]
    backend: Backend = "auto"
    steps: tuple[Step, ...] = ()
    options: TestOptions | msgspec.UnsetType = msgspec.UNSET


class ParityOutput(Value, frozen=True):
    """One output of a sub-model over all images, Tron against PyTorch; see `schemas.reports.Measurement`."""

    sub_model: ShortText
    output: ShortText
    max_abs: float
    mean_abs: float
    relative: float | None
    cosine: float | None


class ParityFigure(Value, frozen=True):
    """One figure of the test from both sides; None where undefined."""

    key: Annotated[str, msgspec.Meta(max_length=400)]
    pytorch: float | None
    tron: float | None


class ParityCompleted(JobResult, frozen=True, kw_only=True, omit_defaults=True):
    """How the two compare: the first outputs and figures (`PARITY_ROWS_MAX` each), all of them in the `report`.

    `different`: images that they answer differently (another class, text or set of boxes).
    """

    images: int
    outputs: Annotated[tuple[ParityOutput, ...], msgspec.Meta(max_length=PARITY_ROWS_MAX)]
    figures: Annotated[tuple[ParityFigure, ...], msgspec.Meta(max_length=PARITY_ROWS_MAX)]
    different: int
    max_abs: float
    used: BackendUsed
    report: ObjectRef
