"""Datasets: a name is taken, then its package is imported; it is described and deleted."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

import msgspec

from producers.say import Command, Speaker
from schemas.envelope import derived_id
from schemas.events import (
    DatasetCreated,
    DatasetDeleted,
    DatasetEdited,
    DatasetImportRequested,
    DatasetScanRequested,
)
from schemas.events.datasets import DatasetType, PackageFormat
from schemas.values import ObjectRef, TemplateUse
from storage.log.port import Position


class Content(NamedTuple):
    """A package and how it is read: the fields of `DatasetScanRequested`. An import says its type."""

    package: ObjectRef
    format: PackageFormat
    type: DatasetType | None
    split: str = ""
    template: TemplateUse | None = None
    mapping: ObjectRef | None = None


def import_job_id(command_id: UUID) -> UUID:
    """The job that a dataset command leads to."""
    return derived_id(command_id, "import")


async def create(speaker: Speaker, command: Command, *, name: str, type_: DatasetType, note: str) -> Position:
    """Ask for the dataset `command.id`; raises as `Speaker.say`."""
    return await speaker.decide(DatasetCreated(dataset_id=command.id, name=name, type=type_, note=note), command)


async def request_scan(speaker: Speaker, command: Command, content: Content) -> Position:
    """Ask what an import of the package would keep, as the job `command.id`; raises as `Speaker.say`."""
    event = DatasetScanRequested(job_id=command.id, resource="cpu-light", **content._asdict())
    return await speaker.decide(event, command)


async def request_import(
    speaker: Speaker, command: Command, dataset_id: UUID, content: Content, scan_job_id: UUID | None = None
) -> Position:
    """Ask for the package's import as a version of the dataset; raises as `Speaker.say`."""
    job_id = import_job_id(command.id)
    event = DatasetImportRequested(
        job_id=job_id,
        resource="cpu-light",
        dataset_id=dataset_id,
        package=content.package,
        format=content.format,
        type=content.type or msgspec.UNSET,
        split=content.split or msgspec.UNSET,
        template=content.template or msgspec.UNSET,
        mapping=content.mapping or msgspec.UNSET,
        scan_job_id=scan_job_id or msgspec.UNSET,
    )
    return await speaker.follow(event, command, job_id)


async def edit(speaker: Speaker, command: Command, *, dataset_id: UUID, expected_revision: int, note: str) -> Position:
    """Ask for another note of a dataset; raises as `Speaker.say`."""
    event = DatasetEdited(dataset_id=dataset_id, expected_revision=expected_revision, note=note)
    return await speaker.decide(event, command)


async def delete(speaker: Speaker, command: Command, *, dataset_id: UUID, expected_revision: int) -> Position:
    """Ask for a dataset's deletion; raises as `Speaker.say`."""
    return await speaker.decide(DatasetDeleted(dataset_id=dataset_id, expected_revision=expected_revision), command)
