"""Models: PTH weights, Tron versions, conversions."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec

from schemas.events.base import Change, Event, JobRequest, JobResult
from schemas.specs.uploads import FileKind
from schemas.values import DatasetRef, NoteText, ObjectRef, Platform, ShortText, StructureRef, TronIdentity


class Upload(Event, frozen=True, kw_only=True):
    """PTH weights were stored and are to be known as a model."""

    model_id: UUID
    name: ShortText
    weights: ObjectRef
    training_id: ShortText = ""
    note: NoteText = ""

    def subject(self) -> str:
        return str(self.model_id)


class ModelEdited(Change, frozen=True, kw_only=True):
    """A model is to be called or described otherwise; None leaves it. A Tron's name is part of its identity."""

    model_id: UUID
    name: ShortText | None = None
    note: NoteText | None = None

    def subject(self) -> str:
        return str(self.model_id)


class ModelDeleted(Change, frozen=True, kw_only=True):
    """A model is not to be used any more. What was made of it stays; a Tron's identity is never given again."""

    model_id: UUID

    def subject(self) -> str:
        return str(self.model_id)


class TronVersionReserved(Event, frozen=True, kw_only=True):
    """A Tron model's identity is wanted. Without `version` the catalogue takes the successor of the newest one."""

    model_id: UUID
    platform: Platform
    repo: ShortText
    name: ShortText
    method: ShortText
    start_version: ShortText
    pth_id: UUID
    template_id: UUID
    version: ShortText | None = None
    note: NoteText = ""

    def subject(self) -> str:
        return str(self.model_id)


class TronUploaded(Event, frozen=True, kw_only=True):
    """A model file made elsewhere was stored and is to be known under this identity, which nobody else may have.

    `detected` is what the file looks like; for a Tron of ours `file_says` is the identity in its manifest, as a file
    name would say it, which may be another one. `template_id` is the template that its author says it was made with.
    """

    model_id: UUID
    identity: TronIdentity
    tron: ObjectRef
    detected: FileKind
    file_says: ShortText = ""
    template_id: UUID | None = None
    note: NoteText = ""

    def subject(self) -> str:
        return str(self.model_id)


class ConversionRequested(JobRequest, frozen=True, kw_only=True):
    """PTH -> Tron. `template` is the template's document as it is to be used, overrides applied.

    `overridden` are the fields in which it differs from the template (`schemas.specs.differences.overridden`).
    `real_inputs`: whose first images are among the inputs of the verification; without it they are random ones only.
    """

    model_id: UUID
    pth_id: UUID
    template_id: UUID
    identity: TronIdentity
    weights: ObjectRef
    template: ObjectRef
    structures: tuple[StructureRef, ...]
    merge_operators: bool = True
    copy_parameters: bool = True
    overridden: tuple[ShortText, ...] | msgspec.UnsetType = msgspec.UNSET
    real_inputs: DatasetRef | msgspec.UnsetType = msgspec.UNSET


class ModelConverted(JobResult, frozen=True, kw_only=True):
    """A verified Tron file exists: revision `revision` of the model, immutable.

    `max_abs_error` is the largest absolute difference to PyTorch over all outputs and batches tried (fp32).
    """

    model_id: UUID
    identity: TronIdentity
    tron: ObjectRef
    report: ObjectRef
    max_abs_error: float
    error_threshold: float
    revision: Annotated[int, msgspec.Meta(ge=1)] = 1
    convert_ms: float = 0.0
    toolchain: dict[str, str] = {}
