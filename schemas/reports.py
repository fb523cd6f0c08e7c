"""The reports that conversions and tests leave as objects: too long for an event, read by the comparison views."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from schemas.events.tests import (
    BackendUsed,
    DetectionSummary,
    Measure,
    SequenceSummary,
    SliceSummary,
    StageTiming,
    Trial,
)
from schemas.specs.preprocessing import Step
from schemas.specs.testing import SizePolicy
from schemas.values import Code, DatasetRef, Digest, Precision

CONVERSION_FORMAT_VERSION = 2
"""1 knew one sub-model only."""
EVALUATION_FORMAT_VERSION = 2
"""1 had every image in it, and classification only."""
SKIPPED_MAX = 1000
SLICE_CLASSES_MAX = 100

InputKind = Literal["random", "real"]
"""What a measurement was made on: random images, or the first images of the dataset that the conversion named."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the reports' parts: unknown fields are ignored, so that older readers survive newer writers."""


class Measurement(Part, frozen=True, kw_only=True):
    """One output at one batch size on one kind of inputs, Tron against PyTorch, fp32.

    `magnitude` is the largest absolute value in PyTorch's output, `relative` is `max_abs` over it (None where it is 0),
    `cosine` None where either output is all zeros.
    """

    output: str
    batch: int
    max_abs: float
    mean_abs: float
    relative: float | None
    cosine: float | None
    inputs: InputKind = "random"
    magnitude: float = 0.0


class GraphFacts(Part, frozen=True, kw_only=True):
    """A graph before or after merging: nodes, bytes (weights included), numbers in its weights, how many of each
    operator."""

    nodes: int
    size_bytes: int
    operators: dict[str, int]
    parameters: int = 0


class SubReport(Part, frozen=True, kw_only=True):
    """How one sub-model's conversion went.

    `batch_drift` is the largest change of an image's output with the batch it came in (PyTorch); `proposed_threshold`
    the error threshold that the measured differences suggest (None: they are no rounding); `real_images` how many
    images of a dataset were used (0: random inputs only); `folded_scale` the part of the normalisation that lies in the
    graph. `arguments` is what the structure's constructor was called with. `notices` say what is allowed and still
    worth knowing.
    """

    name: str
    max_abs_error: float
    proposed_threshold: float | None
    differences: tuple[Measurement, ...]
    batch_drift: float
    exported: GraphFacts
    converted: GraphFacts
    backend: str
    export_ms: float
    verify_ms: float
    real_images: int = 0
    folded_scale: tuple[float, ...] = ()
    arguments: dict[str, str] = {}
    notices: tuple[Code, ...] = ()


class ConversionReport(Part, frozen=True, kw_only=True):
    """How a conversion went, sub-model by sub-model, and with which execution parameters.

    `overridden` are the fields in which its document differed from the template; `real_inputs` is the dataset whose
    first images were among the inputs (None: random ones only).
    """

    sub_models: Annotated[tuple[SubReport, ...], msgspec.Meta(min_length=1)]
    max_abs_error: float
    error_threshold: float
    merge_operators: bool
    copy_parameters: bool
    toolchain: dict[str, str]
    overridden: tuple[str, ...] = ()
    real_inputs: DatasetRef | None = None
    format: Literal["mo.conversion-report"] = "mo.conversion-report"
    format_version: int = CONVERSION_FORMAT_VERSION


class ReportError(ValueError):
    """These bytes are no conversion report that this reader understands."""


class _Version(msgspec.Struct):
    format_version: int


class _First(Part, frozen=True, kw_only=True):
    """A conversion report of format 1, which knew one sub-model and not its name."""

    max_abs_error: float
    error_threshold: float
    differences: tuple[Measurement, ...]
    batch_drift: float
    exported: GraphFacts
    converted: GraphFacts
    merge_operators: bool
    toolchain: dict[str, str]
    backend: str
    export_ms: float
    verify_ms: float


def decode_conversion_report(data: bytes) -> ConversionReport:
    """The report in these bytes, also one of format 1.

    Raises:
        ReportError: malformed, or of a newer format.
    """
    try:
        version = msgspec.json.decode(data, type=_Version).format_version
        if version > CONVERSION_FORMAT_VERSION:
            raise ReportError(f"the report has format {version}: upgrade Mo")
        if version == CONVERSION_FORMAT_VERSION:
            return msgspec.json.decode(data, type=ConversionReport)
        return _upgraded(msgspec.json.decode(data, type=_First))
    except msgspec.MsgspecError as error:
        raise ReportError(f"malformed: {error}") from error


def _upgraded(first: _First) -> ConversionReport:
    part = SubReport(
        name="",
        max_abs_error=first.max_abs_error,
        proposed_threshold=first.error_threshold,
        differences=first.differences,
        batch_drift=first.batch_drift,
        exported=first.exported,
        converted=first.converted,
        backend=first.backend,
        export_ms=first.export_ms,
        verify_ms=first.verify_ms,
    )
    return ConversionReport(
        sub_models=(part,),
        max_abs_error=first.max_abs_error,
        error_threshold=first.error_threshold,
        merge_operators=first.merge_operators,
        copy_parameters=True,
        toolchain=first.toolchain,
    )


class ClassScore(Part, frozen=True, kw_only=True):
    """One class. `precision` is None where nothing was predicted as it, `recall` and `f1` where no image is of it."""

    name: str
    support: int
    predicted: int
    precision: float | None
    recall: float | None
    f1: float | None


class TaskReport(Part, frozen=True, kw_only=True):
    """One task. `confusion` lists (true class, predicted class, images), by index, without empty cells.

    Macro averages run over the classes that have images; an undefined precision counts as 0 there.
    """

    task: str
    dataset_task: str
    images: int
    top1: float
    top5: float | None
    macro_precision: float
    macro_recall: float
    macro_f1: float
    softmax_added: bool
    classes: tuple[ClassScore, ...]
    confusion: tuple[tuple[int, int, int], ...]


class Answer(Part, frozen=True, kw_only=True):
    """What the model said of one image for one task: class indexes and scores, best first (at most five)."""

    label: int
    top: tuple[int, ...]
    scores: tuple[float, ...]


class ImageResult(Part, frozen=True, kw_only=True):
    """One image that was scored; `answers` in the order of the tasks."""

    name: str
    digest: Digest
    answers: tuple[Answer, ...]


class DetectionClass(Part, frozen=True, kw_only=True):
    """One class of a detector at the test's IoU threshold; None is undefined.

    `objects` and `ap` are of all sizes, small, medium and large boxes. `found`, `precision`, `recall` and `f1` are at
    the threshold that is best for all classes together, `best_*` at the class's own. `curve` has 101 precisions at
    recalls from 0 to 1, `curve_scores` the scores there (None where the recall is never reached).
    """

    name: str
    objects: tuple[int, ...]
    ap: tuple[float | None, ...]
    found: int
    precision: float | None
    recall: float | None
    f1: float | None
    best_threshold: float
    best_precision: float | None
    best_recall: float | None
    best_f1: float | None
    curve: tuple[float, ...] = ()
    curve_scores: tuple[float | None, ...] = ()


class DetectionReport(Part, frozen=True, kw_only=True):
    """A detector against the dataset's boxes.

    `ap_by_size`: mean AP of all sizes, small, medium and large. `confusion` lists (true class, found class, boxes) by
    index at the threshold, the index after the last class being the background. `unscored`: found boxes of classes that
    the dataset does not have. `found_per_image_max`: how many boxes of an image and class are looked at.
    """

    task: str
    dataset_task: str
    summary: DetectionSummary
    iou_threshold: float
    size_policy: SizePolicy
    ap_by_size: tuple[float | None, ...]
    classes: tuple[DetectionClass, ...]
    confusion: tuple[tuple[int, int, int], ...]
    unscored: int
    found_per_image_max: int


class SliceTask(Part, frozen=True, kw_only=True):
    """One task on the images of a slice; `classes` only where the task has no more than `SLICE_CLASSES_MAX`."""

    task: str
    accuracy: float | None
    precision: float | None = None
    recall: float | None = None
    classes: tuple[ClassScore, ...] = ()


class SliceReport(Part, frozen=True, kw_only=True):
    """A slice as the event has it (all of them, also those beyond its limit), and task by task."""

    summary: SliceSummary
    tasks: tuple[SliceTask, ...] = ()


class SkippedImage(Part, frozen=True, kw_only=True):
    """One image that was not scored, and the code that says why."""

    name: str
    code: str


class Clock(Part, frozen=True, kw_only=True):
    """What the timings mean. Stages that overlap add up to more than the whole."""

    inside_preprocess: str = "decode, chain, normalise"
    inside_inference: str = "one batch through the runtime, divided by its images"
    inside_postprocess: str = "softmax where the graph has none, top 5, boxes, texts; divided by the batch's images"
    outside: str = "reading the pack, loading the model, compiling for a batch size, one warm-up batch"
    overlapped: bool = True
    threads: Annotated[int, msgspec.Meta(ge=1)] = 1


class NetworkReport(Part, frozen=True, kw_only=True):
    """One network of the model in a test: its chain and its share of the inference.

    `boxes`: how many a detector found, `whole_images`: how often `crop_from` found nothing to cut out; in one pass.
    """

    name: str
    method: str
    steps: tuple[Step, ...]
    inference: StageTiming
    boxes: int | None = None
    crop_from: str | None = None
    whole_images: int | None = None


class EvaluationReport(Part, frozen=True, kw_only=True):
    """A test in total, per class and per slice. What it said of each image: `schemas.results` (format 1 had it here).

    `skipped` are the first `SKIPPED_MAX` images that were left out, `skipped_reasons` counts all of them by code.
    """

    tasks: tuple[TaskReport, ...]
    skipped: tuple[SkippedImage, ...]
    steps: tuple[Step, ...]
    batch_size: int
    loops: int
    precision: Precision
    used: BackendUsed
    images: tuple[ImageResult, ...] = ()
    networks: tuple[NetworkReport, ...] = ()
    clock: Clock = Clock()
    measure: Measure = "top1"
    skipped_reasons: dict[str, int] = {}
    detection: DetectionReport | None = None
    sequences: tuple[SequenceSummary, ...] = ()
    slices: tuple[SliceReport, ...] = ()
    trials: tuple[Trial, ...] = ()
    format: Literal["mo.evaluation-report"] = "mo.evaluation-report"
    format_version: int = EVALUATION_FORMAT_VERSION
