"""Templates: checked documents become known by name."""

from __future__ import annotations

from producers.say import Command, Speaker
from schemas.events import TemplateSaved
from schemas.specs.templates import TemplateDocument
from schemas.values import ObjectRef
from storage.log.port import Position


async def save(
    speaker: Speaker, command: Command, *, document: TemplateDocument, stored: ObjectRef, note: str
) -> Position:
    """Ask for the template `command.id`, whose whole document is the object `stored`; raises as `Speaker.say`."""
    event = TemplateSaved(
        template_id=command.id,
        name=document.name,
        repo=document.repo,
        method=document.method,
        start_version=document.version,
        error_threshold=document.error_threshold,
        architectures=tuple(dict.fromkeys(sub.architecture for sub in document.sub_templates)),
        document=stored,
        note=note,
    )
    return await speaker.decide(event, command)
