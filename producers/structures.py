"""Structures: stored Python files become known as networks."""

from __future__ import annotations

from producers.say import Command, Speaker
from schemas.events import StructureAdded
from schemas.values import ObjectRef
from storage.log.port import Position


async def add(
    speaker: Speaker,
    command: Command,
    *,
    name: str,
    class_name: str,
    source: ObjectRef,
    type_config: ObjectRef | None,
    note: str,
) -> Position:
    """Ask for the structure `command.id`; raises as `Speaker.say`."""
    event = StructureAdded(
        structure_id=command.id, name=name, class_name=class_name, source=source, type_config=type_config, note=note
    )
    return await speaker.decide(event, command)
