"""Structures: stored Python files become known as networks, and are changed."""

from __future__ import annotations

from uuid import UUID

import msgspec

from producers.say import Command, Speaker
from schemas.events import StructureAdded, StructureDeleted, StructureEdited, TypeConfigAdded
from schemas.values import ObjectRef
from storage.log.port import Position


async def add(
    speaker: Speaker,
    command: Command,
    *,
    name: str,
    class_name: str,
    source: ObjectRef,
    type_config: TypeConfigAdded | None,
    note: str,
) -> Position:
    """Ask for the structure `command.id`; raises as `Speaker.say`."""
    event = StructureAdded(
        structure_id=command.id,
        name=name,
        class_name=class_name,
        source=source,
        type_config=type_config.file if type_config is not None else None,
        type_config_id=type_config.config_id if type_config is not None else msgspec.UNSET,
        note=note,
    )
    return await speaker.decide(event, command)


async def add_config(speaker: Speaker, command: Command, *, name: str, file: ObjectRef, note: str) -> Position:
    """Ask for the type config `command.id`, the next version under its name; raises as `Speaker.say`."""
    return await speaker.decide(TypeConfigAdded(config_id=command.id, name=name, file=file, note=note), command)


async def edit(
    speaker: Speaker,
    command: Command,
    *,
    structure_id: UUID,
    expected_revision: int,
    name: str | None,
    note: str | None,
) -> Position:
    """Ask for another name or note of a structure, None for neither; raises as `Speaker.say`."""
    event = StructureEdited(structure_id=structure_id, expected_revision=expected_revision, name=name, note=note)
    return await speaker.decide(event, command)


async def delete(speaker: Speaker, command: Command, *, structure_id: UUID, expected_revision: int) -> Position:
    """Ask for a structure's deletion; raises as `Speaker.say`."""
    event = StructureDeleted(structure_id=structure_id, expected_revision=expected_revision)
    return await speaker.decide(event, command)
