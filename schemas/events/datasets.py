"""Datasets and their versions."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from schemas.events.base import Change, Event, JobRequest, JobResult
from schemas.values import Code, NoteText, ObjectRef, ShortText

DatasetType = Literal["classification"]
PackageFormat = Literal["imagefolder"]


class DatasetCreated(Event, frozen=True, kw_only=True):
    """A dataset's name is wanted; names are unique over all datasets."""

    dataset_id: UUID
    name: ShortText
    type: DatasetType
    note: NoteText = ""

    def subject(self) -> str:
        return str(self.dataset_id)


class DatasetEdited(Change, frozen=True, kw_only=True):
    """A dataset is to be described otherwise. Its name stays: tests say it."""

    dataset_id: UUID
    note: NoteText

    def subject(self) -> str:
        return str(self.dataset_id)


class DatasetDeleted(Change, frozen=True, kw_only=True):
    """A dataset is not to be tested on any more; its name is free again."""

    dataset_id: UUID

    def subject(self) -> str:
        return str(self.dataset_id)


class DatasetImportRequested(JobRequest, frozen=True, kw_only=True):
    """An uploaded package is to become a version of the dataset."""

    dataset_id: UUID
    package: ObjectRef
    format: PackageFormat


class DatasetImported(JobResult, frozen=True, kw_only=True):
    """A version of the dataset exists: `pack` (see `storage.datasets.pack`), named by its digest.

    `dropped` images were left out; the pack's drop ledger says which and why, `reasons` how many for each code.
    """

    dataset_id: UUID
    pack: ObjectRef
    images: Annotated[int, msgspec.Meta(ge=0)]
    classes: Annotated[int, msgspec.Meta(ge=0)]
    dropped: Annotated[int, msgspec.Meta(ge=0)] = 0
    reasons: dict[str, int] = {}
    notices: tuple[Code, ...] = ()
    task: ShortText = "class"
