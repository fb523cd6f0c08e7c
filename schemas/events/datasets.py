"""Datasets and their versions."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from schemas.events.base import Change, Event, JobRequest, JobResult
from schemas.specs.mapping import Kind
from schemas.values import Code, NoteText, ObjectRef, ShortText, TemplateUse

DatasetType = Kind
"""What a dataset is for: tied to the family of the methods whose models can be tested on it."""
PackageFormat = Literal["auto", "labelx", "coco", "voc", "yolo", "imagefolder", "images", "mo"]
Count = Annotated[int, msgspec.Meta(ge=0)]


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


class DatasetScanRequested(JobRequest, frozen=True, kw_only=True):
    """It is wanted to know what an import of the package would keep; nothing is made, no name is taken.

    `split`: which of train, val and test is meant. With a `template` its tasks are answered as `mapping` (a
    `schemas.specs.mapping.TaskMapping`) says; without pairs in it as the scan proposes. Without one the package's own
    classes count, for `type` if that is said.
    """

    package: ObjectRef
    format: PackageFormat = "auto"
    split: ShortText = ""
    type: DatasetType | None = None
    template: TemplateUse | None = None
    mapping: ObjectRef | None = None


class DatasetScanned(JobResult, frozen=True, kw_only=True):
    """What was found: the package's format, and for what `type` of dataset how many images fit.

    `reasons` counts what would be dropped by code; `problem` says why nothing can be counted yet. The `report`
    (`storage.datasets.survey.ScanReport`) has keys, values and the mapping.
    """

    format: PackageFormat
    type: DatasetType | None
    images: Count
    dropped: Count
    reasons: dict[str, int] = {}
    problem: Code | None = None
    report: ObjectRef


class DatasetImportRequested(JobRequest, frozen=True, kw_only=True):
    """An uploaded package is to become a version of the dataset. Unset in old records: classification, all of the
    package, its own classes. `scan_job_id` is the scan that was confirmed; the rest is as in `DatasetScanRequested`.
    """

    dataset_id: UUID
    package: ObjectRef
    format: PackageFormat
    type: DatasetType | msgspec.UnsetType = msgspec.UNSET
    split: ShortText | msgspec.UnsetType = msgspec.UNSET
    template: TemplateUse | msgspec.UnsetType = msgspec.UNSET
    mapping: ObjectRef | msgspec.UnsetType = msgspec.UNSET
    scan_job_id: UUID | msgspec.UnsetType = msgspec.UNSET


class DatasetImported(JobResult, frozen=True, kw_only=True):
    """A version of the dataset exists: `pack` (see `storage.datasets.pack`), named by its digest.

    `dropped` images were left out; the pack's drop ledger says which and why, `reasons` how many for each code.
    """

    dataset_id: UUID
    pack: ObjectRef
    images: Count
    classes: Count
    dropped: Count = 0
    reasons: dict[str, int] = {}
    notices: tuple[Code, ...] = ()
    task: ShortText = "class"
