"""Templates: checked documents become known by name, take the place of earlier ones, and are deleted."""

from __future__ import annotations

from uuid import UUID

import msgspec

from producers.say import Command, Speaker
from schemas.events import TemplateDeleted, TemplateSaved
from schemas.specs.templates import TemplateDocument
from schemas.values import ObjectRef
from storage.log.port import Position


async def save(
    speaker: Speaker, command: Command, *, document: TemplateDocument, stored: ObjectRef, note: str
) -> Position:
    """Ask for the template `command.id`, whose whole document is the object `stored`; raises as `Speaker.say`."""
    return await speaker.decide(_saved(command.id, document, stored, note), command)


async def replace(
    speaker: Speaker,
    command: Command,
    *,
    template_id: UUID,
    expected_revision: int,
    document: TemplateDocument,
    stored: ObjectRef,
    note: str,
) -> Position:
    """Ask for the next revision of a template, all of it; raises as `Speaker.say`."""
    event = _saved(template_id, document, stored, note)
    return await speaker.decide(msgspec.structs.replace(event, expected_revision=expected_revision), command)


async def delete(speaker: Speaker, command: Command, *, template_id: UUID, expected_revision: int) -> Position:
    """Ask for a template's deletion; raises as `Speaker.say`."""
    return await speaker.decide(TemplateDeleted(template_id=template_id, expected_revision=expected_revision), command)


def _saved(template_id: UUID, document: TemplateDocument, stored: ObjectRef, note: str) -> TemplateSaved:
    return TemplateSaved(
        template_id=template_id,
        name=document.name,
        repo=document.repo,
        method=document.method,
        start_version=document.version,
        error_threshold=document.error_threshold,
        architectures=tuple(dict.fromkeys(sub.architecture for sub in document.sub_templates)),
        document=stored,
        note=note,
    )
