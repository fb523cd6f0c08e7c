"""Models: PTH weights become known, Tron versions are reserved, conversions requested; models are changed."""

from __future__ import annotations

from uuid import UUID

import msgspec

from producers.say import Command, Speaker
from schemas.envelope import derived_id
from schemas.events import ConversionRequested, ModelDeleted, ModelEdited, TronUploaded, TronVersionReserved, Upload
from schemas.specs.uploads import FileKind
from schemas.values import DatasetRef, ObjectRef, StructureRef, TronIdentity
from storage.log.port import Position


def conversion_job_id(command_id: UUID) -> UUID:
    """The job that a conversion command leads to."""
    return derived_id(command_id, "conversion")


async def upload(
    speaker: Speaker, command: Command, *, name: str, weights: ObjectRef, training_id: str, note: str
) -> Position:
    """Make stored weights known as the model `command.id`; raises as `Speaker.say`."""
    event = Upload(model_id=command.id, name=name, weights=weights, training_id=training_id, note=note)
    return await speaker.decide(event, command)


async def reserve_version(
    speaker: Speaker, command: Command, *, identity: TronIdentity, start_version: str, pth_id: UUID, template_id: UUID
) -> Position:
    """Ask for the Tron model `command.id`; an empty version asks for the successor. Raises as `Speaker.say`."""
    event = TronVersionReserved(
        model_id=command.id,
        platform=identity.platform,
        repo=identity.repo,
        name=identity.name,
        method=identity.method,
        start_version=start_version,
        pth_id=pth_id,
        template_id=template_id,
        version=identity.version or None,
    )
    return await speaker.decide(event, command)


async def upload_tron(
    speaker: Speaker,
    command: Command,
    *,
    identity: TronIdentity,
    tron: ObjectRef,
    detected: FileKind,
    file_says: str,
    template_id: UUID | None,
    note: str,
) -> Position:
    """Make a stored model file known as the Tron model `command.id`; raises as `Speaker.say`."""
    event = TronUploaded(
        model_id=command.id,
        identity=identity,
        tron=tron,
        detected=detected,
        file_says=file_says,
        template_id=template_id,
        note=note,
    )
    return await speaker.decide(event, command)


async def request_conversion(
    speaker: Speaker,
    command: Command,
    *,
    reserved: TronVersionReserved,
    version: str,
    weights: ObjectRef,
    template: ObjectRef,
    structures: tuple[StructureRef, ...],
    overridden: tuple[str, ...],
    merge_operators: bool,
    copy_parameters: bool,
    real_inputs: DatasetRef | None,
) -> Position:
    """Ask for the conversion into the reserved model, under the version it was given; raises as `Speaker.say`."""
    job_id = conversion_job_id(command.id)
    event = ConversionRequested(
        job_id=job_id,
        resource="cpu-heavy",
        model_id=reserved.model_id,
        pth_id=reserved.pth_id,
        template_id=reserved.template_id,
        identity=TronIdentity(reserved.platform, reserved.repo, reserved.name, reserved.method, version),
        weights=weights,
        template=template,
        structures=structures,
        overridden=overridden or msgspec.UNSET,
        merge_operators=merge_operators,
        copy_parameters=copy_parameters,
        real_inputs=real_inputs or msgspec.UNSET,
    )
    return await speaker.follow(event, command, job_id)


async def edit(
    speaker: Speaker, command: Command, *, model_id: UUID, expected_revision: int, name: str | None, note: str | None
) -> Position:
    """Ask for another name or note of a model, None for neither; raises as `Speaker.say`."""
    event = ModelEdited(model_id=model_id, expected_revision=expected_revision, name=name, note=note)
    return await speaker.decide(event, command)


async def delete(speaker: Speaker, command: Command, *, model_id: UUID, expected_revision: int) -> Position:
    """Ask for a model's deletion; raises as `Speaker.say`."""
    return await speaker.decide(ModelDeleted(model_id=model_id, expected_revision=expected_revision), command)
