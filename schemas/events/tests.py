"""Inference tests."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from schemas.events.base import JobRequest, JobResult
from schemas.specs.preprocessing import Step
from schemas.values import Code, ObjectRef, Precision, ShortText, TronIdentity, Value

Backend = Literal["auto", "onnxruntime"]


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
    """What really ran, and why not what was asked where the two differ."""

    backend: ShortText
    version: ShortText
    precision: Precision
    device: ShortText
    on_platform: bool
    fallbacks: tuple[Code, ...] = ()


class InferenceCompleted(JobResult, frozen=True, kw_only=True, omit_defaults=True):
    """A test's result. `accuracy` is the mean of the tasks' top-1; per class and image: the object `report`.

    `replicates` (schemas.verdict.replicates) is what intervals and verdicts are made of.
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
