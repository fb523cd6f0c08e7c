"""Datasets: a name is taken, then its package is imported."""

from __future__ import annotations

from uuid import UUID

from producers.say import Command, Speaker
from schemas.envelope import derived_id
from schemas.events import DatasetCreated, DatasetImportRequested
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
