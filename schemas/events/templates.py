"""Conversion templates."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec

from schemas.events.base import Event
from schemas.values import NoteText, ObjectRef, ShortText


class TemplateSaved(Event, frozen=True, kw_only=True):
    """A template's main part; the whole of it (sub-templates, classes, args) is the object `document`."""

    template_id: UUID
    name: ShortText
    repo: ShortText
    method: ShortText
    start_version: ShortText
    error_threshold: Annotated[float, msgspec.Meta(gt=0)]
    architectures: tuple[UUID, ...]
    document: ObjectRef
    note: NoteText = ""

    def subject(self) -> str:
        return str(self.template_id)
