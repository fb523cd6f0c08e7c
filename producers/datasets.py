"""Datasets: a name is taken, then its package is imported; it is described and deleted."""

from __future__ import annotations

from uuid import UUID

from producers.say import Command, Speaker
from schemas.envelope import derived_id
from schemas.events import DatasetCreated, DatasetDeleted, DatasetEdited, DatasetImportRequested
from schemas.events.datasets import DatasetType, PackageFormat
from schemas.values import ObjectRef
from storage.log.port import Position


def import_job_id(command_id: UUID) -> UUID:
    """The job that a dataset command leads to."""
    return derived_id(command_id, "import")


async def create(speaker: Speaker, command: Command, *, name: str, type_: DatasetType, note: str) -> Position:
    """Ask for the dataset `command.id`; raises as `Speaker.say`."""
    return await speaker.decide(DatasetCreated(dataset_id=command.id, name=name, type=type_, note=note), command)


async def request_import(speaker: Speaker, command: Command, *, package: ObjectRef, format_: PackageFormat) -> Position:
    """Ask for the package's import as a version of the dataset `command.id`; raises as `Speaker.say`."""
    job_id = import_job_id(command.id)
    event = DatasetImportRequested(
        job_id=job_id, resource="cpu-light", dataset_id=command.id, package=package, format=format_
    )
    return await speaker.follow(event, command, job_id)


async def edit(speaker: Speaker, command: Command, *, dataset_id: UUID, expected_revision: int, note: str) -> Position:
    """Ask for another note of a dataset; raises as `Speaker.say`."""
    event = DatasetEdited(dataset_id=dataset_id, expected_revision=expected_revision, note=note)
    return await speaker.decide(event, command)


async def delete(speaker: Speaker, command: Command, *, dataset_id: UUID, expected_revision: int) -> Position:
    """Ask for a dataset's deletion; raises as `Speaker.say`."""
    return await speaker.decide(DatasetDeleted(dataset_id=dataset_id, expected_revision=expected_revision), command)
