"""What the evaluating child is told, and what it answers with besides the report."""

from __future__ import annotations

import msgspec

from schemas.events.tests import Backend, BackendUsed, StageTiming, TaskSummary
from schemas.specs.preprocessing import Step
from schemas.values import Platform, Precision

PLAN_FILE = "plan.json"
TRON_FILE = "model.tron"
PACK_FILE = "dataset.zip"
SUMMARY_FILE = "summary.json"
REPORT_FILE = "report.json"
REPLICATES_FILE = "replicates.bin"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One test; without steps the default chain for the model's input runs."""

    batch_size: int
    loops: int
    precision: Precision
    backend: Backend
    platform: Platform
    steps: tuple[Step, ...]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of `InferenceCompleted`."""

    images: int
    skipped: int
    accuracy: float
    tasks: tuple[TaskSummary, ...]
    preprocess: StageTiming
    inference: StageTiming
    postprocess: StageTiming
    total_ms: float
    used: BackendUsed
