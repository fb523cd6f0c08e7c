"""What the evaluating child is told, and what it answers with besides its files."""

from __future__ import annotations

import msgspec

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
from schemas.values import Platform, Precision

PLAN_FILE = "plan.json"
TRON_FILE = "model.tron"
PACK_FILE = "dataset.zip"
SUMMARY_FILE = "summary.json"
REPORT_FILE = "report.json"
REPLICATES_FILE = "replicates.bin"
RESULTS_FILE = "results.bin"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One test; without steps the default chain for the model's input runs."""

    batch_size: int
    loops: int
    precision: Precision
    backend: Backend
    platform: Platform
    steps: tuple[Step, ...]
    options: TestOptions = TestOptions()


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of `InferenceCompleted`."""

    images: int
    skipped: int
    accuracy: float
    measure: Measure
    tasks: tuple[TaskSummary, ...]
    detection: DetectionSummary | None
    sequences: tuple[SequenceSummary, ...]
    slices: tuple[SliceSummary, ...]
    preprocess: StageTiming
    inference: StageTiming
    postprocess: StageTiming
    total_ms: float
    images_per_second: float
    used: BackendUsed
    trials: tuple[Trial, ...]
