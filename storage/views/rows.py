"""The rows of the read models. `document` is the JSON that a row was made of; the columns beside it are for finding it.

Each row is fed by one partition only, and `at` says by which record last.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec


class At(NamedTuple):
    """The record that fed a row last."""

    partition: int
    offset: int


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What every row has."""

    at: At


class CommandRow(Row, frozen=True, kw_only=True):
    """What became of a decision in `mo.catalog`; the first saying of an event id is the one that is kept."""

    event_id: UUID
    accepted: bool
    code: str = ""
    params: dict[str, str] = {}
    version: str = ""
    request_digest: str = ""


class EntityRow(Row, frozen=True, kw_only=True):
    """A decided thing: `kind` is pth, tron, structure, type_config, template, dataset or
    dictionary.

    `document` is the saying that made it (of a template the newest), `name` and `note` are what later ones made of
    them. `revision` counts the accepted decisions about it, `parents` are the ids of the things it was made of.
    """

    id: UUID
    kind: str
    owner: UUID
    name: str
    created_at: datetime
    updated_at: datetime
    document: bytes
    platform: str = ""
    repo: str = ""
    method: str = ""
    version: str = ""
    note: str = ""
    revision: int = 1
    deleted_at: datetime | None = None
    parents: list[str] = []


class JobRow(Row, frozen=True, kw_only=True):
    """A job as folded so far. `subject_id` is the model or dataset it works on; `fold` the fold's own state.

    `dataset_id` is the dataset that a test runs on, or whose images a conversion is verified on; `logs` (JSON:
    attempt -> object) what the attempts left to read.
    """

    id: UUID
    kind: str
    owner: UUID
    state: str
    resource: str
    platform: str
    epoch: int
    agent: str
    cancelling: bool
    subject_id: UUID
    request_digest: str
    requested_at: datetime
    updated_at: datetime
    request: bytes
    fold: bytes
    dataset_id: UUID | None = None
    result: bytes | None = None
    reason: bytes | None = None
    logs: bytes = b"{}"


class ProductRow(Row, frozen=True, kw_only=True):
    """What a job made, keyed by the job: `kind` is revision (of a Tron model) or dataset_version.

    `uses` are the ids of the structures that it was made with; the first revision made with one certifies it.
    """

    job_id: UUID
    kind: str
    entity_id: UUID
    digest: str
    created_at: datetime
    document: bytes
    uses: list[str] = []


class ProgressRow(Row, frozen=True, kw_only=True):
    """The newest progress of a job."""

    job_id: UUID
    epoch: int
    step: int
    stage: str
    fraction: float
    seen_at: datetime


class AgentRow(Row, frozen=True, kw_only=True):
    """The newest word of an agent."""

    agent: str
    seen_at: datetime
    document: bytes


class UndecodableRow(Row, frozen=True, kw_only=True):
    """A record that could not be read, kept byte for byte."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: bytes
    error: str


class CertificateRow(NamedTuple):
    """The conversion that succeeded first with a structure."""

    structure_id: UUID
    job_id: UUID
    created_at: datetime


class WaitingRow(NamedTuple):
    """A queued job, as far as its place in the queue goes."""

    id: UUID
    owner: UUID
    platform: str
    requested_at: datetime


class BusyRow(NamedTuple):
    """How many jobs of an owner an agent runs in a resource class."""

    owner: UUID
    agent: str
    resource: str
    jobs: int


class KeeperRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a projector last said about a schema: starting, catching_up, running, waiting or refused, and why."""

    schema: str
    state: str
    code: str = ""
    seen_at: datetime
