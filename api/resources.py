"""The JSON that the API speaks, as types: the server builds them, the client returns them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import msgspec

from schemas.events.structures import StructureText
from schemas.events.tests import BackendUsed, StageTiming, TaskSummary
from schemas.specs.preprocessing import Step
from schemas.values import Code, NoteText, ObjectRef, Platform, Precision, ShortText

T = TypeVar("T")
NameText = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Resource(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Base of everything the API answers with."""


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of everything the API is asked for: a field that is not known is an error, never ignored."""


class Page(Resource, Generic[T], frozen=True, kw_only=True):
    """Part of a list, newest update first; `next` is the cursor of the following part."""

    items: list[T]
    next: str | None = None


class Problem(Resource, frozen=True, kw_only=True):
    """RFC 9457 problem document; `code` and `params` are stable, `title` and `detail` are rendered for the reader."""

    type: str
    title: str
    status: int
    code: str
    detail: str = ""
    params: dict[str, str] = {}


class Pth(Resource, frozen=True, kw_only=True):
    """PTH weights as uploaded."""

    id: UUID
    name: str
    owner: UUID
    weights: ObjectRef
    training_id: str
    note: str
    created_at: datetime


class Revision(Resource, frozen=True, kw_only=True):
    """One immutable Tron file of a model, with how far it is from PyTorch."""

    job_id: UUID
    revision: int
    tron: ObjectRef
    report: ObjectRef
    max_abs_error: float
    error_threshold: float
    created_at: datetime


class Tron(Resource, frozen=True, kw_only=True):
    """A Tron model (one version) with its revisions; without any it is reserved but not converted yet."""

    id: UUID
    platform: Platform
    repo: str
    name: str
    method: str
    version: str
    owner: UUID
    pth_id: UUID
    template_id: UUID
    file_name: str
    revisions: list[Revision]
    created_at: datetime


class Structure(Resource, frozen=True, kw_only=True):
    """A model structure: source file and the class in it."""

    id: UUID
    name: str
    class_name: str
    owner: UUID
    source: ObjectRef
    type_config: ObjectRef | None
    created_at: datetime


class Template(Resource, frozen=True, kw_only=True):
    """`document` is the whole template (see schemas.specs.templates), `notices` what is allowed and still looks wrong
    in it, `messages` the same as sentences; present in detail answers only."""

    id: UUID
    name: str
    repo: str
    method: str
    start_version: str
    error_threshold: float
    architectures: list[UUID]
    owner: UUID
    created_at: datetime
    document: dict[str, Any] | None = None
    notices: list[Code] = []
    messages: list[str] = []


class DatasetVersion(Resource, frozen=True, kw_only=True):
    """One immutable version of a dataset, named by the digest of its pack."""

    job_id: UUID
    pack: ObjectRef
    images: int
    classes: int
    dropped: int
    reasons: dict[str, int]
    created_at: datetime


class Dataset(Resource, frozen=True, kw_only=True):
    """A dataset with its versions, newest first."""

    id: UUID
    name: str
    type: str
    owner: UUID
    versions: list[DatasetVersion]
    created_at: datetime


class Progress(Resource, frozen=True, kw_only=True):
    """How far a running job is: `fraction` 0..1 of the stage."""

    epoch: int
    step: int
    stage: str
    fraction: float
    seen_at: datetime


class Job(Resource, frozen=True, kw_only=True):
    """`kind` is conversion, inference or import; `subject_id` the model or dataset the job works on."""

    id: UUID
    kind: str
    state: str
    owner: UUID
    resource: str
    platform: Platform | None
    epoch: int
    agent: str
    cancelling: bool
    subject_id: UUID
    requested_at: datetime
    updated_at: datetime
    progress: Progress | None = None
    reason: Code | None = None
    message: str = ""
    """`reason` as a sentence in the reader's language: what happened and what to do next."""


class Test(Resource, frozen=True, kw_only=True):
    """An inference test; the result fields are None until it has completed."""

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
    images: int | None = None
    skipped: int | None = None
    accuracy: float | None = None
    tasks: list[TaskSummary] = []
    preprocess: StageTiming | None = None
    inference: StageTiming | None = None
    postprocess: StageTiming | None = None
    total_ms: float | None = None
    used: BackendUsed | None = None
    report: ObjectRef | None = None


class ClassRow(Resource, frozen=True, kw_only=True):
    """One class of one task in one test: precision and recall, None where undefined; images with that label."""

    name: str
    precision: float | None
    recall: float | None
    support: int


class ComparedTest(Resource, frozen=True, kw_only=True):
    """A test beside the base: signed differences (this minus base), None on the base itself or where undefined.

    `notes` say why a row does not compare fairly (another dataset version, another precision, no device...), and
    `messages` says the same as sentences in the reader's language. Keys of `delta`: accuracy, and for each task
    top1/TASK, top5/TASK, macro_precision/TASK, macro_recall/TASK (fractions of 1); preprocess_ms, inference_ms,
    postprocess_ms (means an image) and total_ms. `class_delta` is task -> class -> precision, recall.
    """

    test: Test
    classes: dict[str, list[ClassRow]]
    delta: dict[str, float | None]
    class_delta: dict[str, dict[str, dict[str, float | None]]]
    notes: list[Code]
    messages: list[str] = []


class Comparison(Resource, frozen=True, kw_only=True):
    """Several tests beside one base."""

    base: UUID
    tests: list[ComparedTest]


class Agent(Resource, frozen=True, kw_only=True):
    """An agent process on a machine, as it last spoke."""

    agent: str
    platform: Platform
    state: str
    device: str
    device_present: bool
    slots: dict[str, int]
    host: str
    seen_at: datetime


class PthWish(Wish, frozen=True, kw_only=True):
    """Make stored weights known as a PTH model."""

    name: NameText
    digest: str
    file_name: ShortText = ""
    training_id: ShortText = ""
    note: NoteText = ""


class StructureWish(Wish, frozen=True, kw_only=True):
    """Add a stored `.py` file as a structure."""

    name: StructureText
    class_name: StructureText
    digest: str
    file_name: ShortText = ""
    type_config_digest: str | None = None
    note: NoteText = ""


class TemplateWish(Wish, frozen=True, kw_only=True):
    """Save a conversion template."""

    document: dict[str, Any]
    note: NoteText = ""


class ConversionWish(Wish, frozen=True, kw_only=True):
    """PTH -> Tron. `name` defaults to the PTH's name and the day; `version` to the successor; `overrides` change the
    template's document for this job only (top-level fields; a list of sub-templates is merged by name)."""

    pth_id: UUID
    template_id: UUID
    name: ShortText = ""
    version: ShortText | None = None
    overrides: dict[str, Any] = {}
    merge_operators: bool = True
    copy_parameters: bool = True


class DatasetWish(Wish, frozen=True, kw_only=True):
    """Create a dataset from a stored package."""

    name: NameText
    digest: str
    type: str = "classification"
    format: str = "imagefolder"
    note: NoteText = ""


class InferenceWish(Wish, frozen=True, kw_only=True):
    """Without `revision_job_id` and `version_job_id` the newest revision and dataset version are taken and pinned.
    Without `steps` the default chain for the model's input is taken."""

    model_id: UUID
    dataset_id: UUID
    revision_job_id: UUID | None = None
    version_job_id: UUID | None = None
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=4096)] = 1
    loops: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    precision: Precision = "fp32"
    backend: str = "auto"
    steps: list[Step] | None = None


class Uploaded(Resource, frozen=True, kw_only=True):
    """The object that an upload became."""

    digest: str
    size_bytes: int


class Accepted(Resource, frozen=True, kw_only=True):
    """202: said, but its outcome is not known yet; ask `GET /api/v1/commands/{id}`."""

    command_id: UUID
    state: str
    reason: Code | None = None


class Grant(Resource, frozen=True, kw_only=True):
    """A job's token for the object gateway."""

    token: str
    expires_at: datetime


class Health(Resource, frozen=True, kw_only=True):
    """`/readyz`: lag is how many records the projector is behind, by topic."""

    ready: bool
    kafka: bool
    postgres: bool
    lag: dict[str, int]
