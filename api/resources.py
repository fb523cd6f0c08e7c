"""The JSON that the API speaks, as types: the server builds them, the client returns them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

import msgspec

from schemas.lifecycle import ATTEMPTS_MAX
from schemas.specs.uploads import FileKind
from schemas.values import Code, ObjectRef, Platform

T = TypeVar("T")
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A point in time; RFC 3339 on the wire."""
MadeState = Literal["reserved", "pending", "ready", "failed"]
"""reserved: the name is taken, but no job was asked for (its author was cut off: the same request with the same
Idempotency-Key goes on); pending: its job waits or runs; failed: the job ended badly; ready: there is a file."""


class Resource(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Base of everything the API answers with."""


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


class Linked(Resource, frozen=True, kw_only=True):
    """A thing by its name, such as one that a job was given or has made: `noun` is pth, tron, template, structure,
    type_config, dataset, test, parity, quick_check, scan or file (which has no address). `deleted`: it is no more."""

    noun: str
    id: UUID | None
    name: str
    deleted: bool = False


class Thing(Resource, frozen=True, kw_only=True):
    """What everything that people decide has. An edit or a deletion gives `etag` back in If-Match.

    What was deleted keeps its address and says when (`deleted_at`), but takes part in nothing new. `parents` is what it
    was made of, nearest first, and what that was made of; present in detail answers only.
    """

    id: UUID
    name: str
    owner: UUID
    owner_name: str = ""
    note: str
    created_at: Moment
    updated_at: Moment
    etag: str
    deleted_at: Moment | None = None
    parents: list[Linked] = []


class Pth(Thing, frozen=True, kw_only=True):
    """PTH weights as uploaded."""

    weights: ObjectRef
    training_id: str


class Revision(Resource, frozen=True, kw_only=True):
    """One immutable file of a model; of a conversion with its job, report, and how far it is from PyTorch."""

    revision: int
    tron: ObjectRef
    created_at: Moment
    job_id: UUID | None = None
    report: ObjectRef | None = None
    max_abs_error: float | None = None
    error_threshold: float | None = None


class Tron(Thing, frozen=True, kw_only=True):
    """A Tron model (one version) with its revisions, newest first: its files, each immutable.

    `origin` is uploaded where the file was made elsewhere; `detected` is what it looks like, `unusable` why it cannot
    be tested, `notices` what is odd about it (its manifest names another identity). `not_quantizable` is why it cannot
    be quantized. `messages` are these codes as sentences, in detail answers only. `parents_deleted` are those of its
    PTH and template that were deleted since, `overridden` the fields in which its conversion differed from its
    template.
    """

    platform: Platform
    repo: str
    method: str
    version: str
    origin: Literal["converted", "uploaded"]
    pth_id: UUID | None
    template_id: UUID | None
    file_name: str
    state: MadeState
    revisions: list[Revision]
    quantizable: bool
    detected: FileKind | None = None
    unusable: Code | None = None
    not_quantizable: Code | None = None
    notices: list[Code] = []
    messages: list[str] = []
    parents_deleted: list[UUID] = []
    overridden: list[str] = []


class Graph(Resource, frozen=True, kw_only=True):
    """A graph in a Tron model's file: which network in which precision (None: nobody knows), as a file of its own."""

    sub_model: str
    precision: Literal["fp32", "fp16", "int8"] | None
    file_name: str
    size_bytes: int


class Graphs(Resource, frozen=True, kw_only=True):
    """The graphs of a Tron model's newest file, in the order of their numbers.

    `viewer` is the address below which pages find Netron; None where the server's installation lacks it.
    """

    graphs: list[Graph]
    viewer: str | None


class Structure(Thing, frozen=True, kw_only=True):
    """A model structure: source file (or a zip of several) and the class in it.

    It is `certified` by the first conversion that succeeded with it: the job `certified_by`.
    """

    class_name: str
    source: ObjectRef
    type_config: ObjectRef | None
    type_config_id: UUID | None = None
    certified: bool = False
    certified_by: UUID | None = None
    certified_at: Moment | None = None


class Template(Thing, frozen=True, kw_only=True):
    """`document` is the whole template (see schemas.specs.templates), `notices` what is allowed and still looks wrong
    in it, `messages` the same as sentences; present in detail answers only. `parents_deleted` are its structures that
    were deleted since."""

    repo: str
    method: str
    start_version: str
    error_threshold: float
    architectures: list[UUID]
    parents_deleted: list[UUID] = []
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
    created_at: Moment


class Dataset(Thing, frozen=True, kw_only=True):
    """A dataset with its versions, newest first."""

    type: str
    state: MadeState
    versions: list[DatasetVersion]


class Dependent(Resource, frozen=True, kw_only=True):
    """Something that was made of a thing, or works on it: `noun` is tron, template, test or job (one that goes on)."""

    noun: str
    id: UUID
    name: str


class Dependents(Resource, frozen=True, kw_only=True):
    """What depends on a thing: the newest of each noun, and how many there are by noun. All of it outlives the thing:
    children stay and say `parents_deleted`, jobs that were asked for go on to their end; only new requests are refused.
    """

    counts: dict[str, int]
    items: list[Dependent]


class Progress(Resource, frozen=True, kw_only=True):
    """How far a running job is: `fraction` 0..1 of the stage."""

    epoch: int
    step: int
    stage: str
    fraction: float
    seen_at: Moment


class Job(Resource, frozen=True, kw_only=True):
    """`kind` is conversion, inference or import; `subject_id` the model or dataset the job works on.

    `name` is what people call it, `inputs` and `outputs` (once it has completed) are what it was given and has made,
    `settings` what else was asked for. A completed conversion says the `revision` that it made and its
    `max_abs_error`, the largest difference to PyTorch, below `error_threshold`.

    `epoch` counts the attempts begun, of `attempts_max`; `logs` are those whose log can be read. A queued job has its
    `position` (1 is next) and, unless an agent is about to take it, `waiting_for`: no_agent_fits,
    agents_without_sandbox, all_agents_busy, paused_after_failure (until `retry_at`) or user_limit. `retry_of` is the
    job that this one is asked for again for. `overridden` are the fields in which a conversion differs from its
    template.
    """

    id: UUID
    kind: str
    state: str
    owner: UUID
    owner_name: str = ""
    resource: str
    platform: Platform | None
    epoch: int
    agent: str
    cancelling: bool
    subject_id: UUID
    requested_at: Moment
    updated_at: Moment
    progress: Progress | None = None
    attempts_max: int = ATTEMPTS_MAX
    position: int | None = None
    waiting_for: Code | None = None
    waiting_message: str = ""
    retry_at: Moment | None = None
    retry_of: UUID | None = None
    logs: list[int] = []
    overridden: list[str] = []
    reason: Code | None = None
    message: str = ""
    """`reason` as a sentence in the reader's language: what happened and what to do next."""
    name: str = ""
    inputs: list[Linked] = []
    outputs: list[Linked] = []
    settings: dict[str, Any] = {}
    revision: int | None = None
    max_abs_error: float | None = None
    error_threshold: float | None = None


class Agent(Resource, frozen=True, kw_only=True):
    """An agent process on a machine, as it last spoke. `sandbox` names the walls around its jobs (`none`: there are
    none), `sandbox_failed` what got through them when it started: then it takes no jobs."""

    agent: str
    platform: Platform
    state: str
    device: str
    device_present: bool
    slots: dict[str, int]
    host: str
    seen_at: Moment
    sandbox: str = ""
    sandbox_failed: list[str] = []


class Uploaded(Resource, frozen=True, kw_only=True):
    """The object that an upload became."""

    digest: str
    size_bytes: int


class Upload(Resource, frozen=True, kw_only=True):
    """An object that comes in pieces: `offset_bytes` of `size_bytes` are kept; `digest` once all of them are."""

    id: UUID
    size_bytes: int
    offset_bytes: int
    digest: str | None
    file_name: str
    began_at: Moment
    expires_at: Moment


class Accepted(Resource, frozen=True, kw_only=True):
    """202: said, but its outcome is not known yet; ask `GET /api/v1/commands/{id}`."""

    command_id: UUID
    state: str
    reason: Code | None = None


class Happened(Resource, frozen=True, kw_only=True):
    """One message of the stream: something was said. Whether it counted, its resources tell, read with `position` as
    Min-Position. `ids` is all that it is about, its subject first; `data` what progress and log lines say."""

    topics: list[str]
    name: str
    ids: list[UUID]
    position: str
    time: Moment
    data: dict[str, Any] = {}
    reason: Code | None = None
    message: str = ""


class Said(Resource, frozen=True, kw_only=True):
    """One event as it lies in the log: `name` and `data` are the event, the rest its circumstances."""

    id: UUID
    name: str
    position: str
    time: Moment
    actor: UUID
    actor_name: str = ""
    source: str
    cause: UUID | None
    data: dict[str, Any]


class Story(Resource, frozen=True, kw_only=True):
    """What was said about one thing or job, oldest first; behind `next` there may be more."""

    items: list[Said]
    next: str | None = None


class Grant(Resource, frozen=True, kw_only=True):
    """A job's token for the object gateway."""

    token: str
    expires_at: Moment


class Health(Resource, frozen=True, kw_only=True):
    """`/readyz`: `lag` is how many records the projector is behind, by topic, `lag_seconds` for how long.

    `projector_state` is starting, catching_up, running, waiting, refused, away or unknown; refused and away come with
    a reason. `schema` is the read models' schema that is read.
    """

    ready: bool
    kafka: bool
    postgres: bool
    lag: dict[str, int]
    lag_seconds: float = 0.0
    stale: bool = False
    schema: str = ""
    projector_state: str = "unknown"
    projector_reason: Code | None = None
    projector_message: str = ""
