"""Conversion templates."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec

from schemas.events.base import Change, Event, Revision
from schemas.values import NoteText, ObjectRef, ShortText


class TemplateSaved(Event, frozen=True, kw_only=True):
    """A template's main part; the whole of it (sub-templates, classes, args) is the object `document`.

    With `expected_revision` it takes the place of that revision of the same template: every saying holds the whole
    template, so that its readers need not know whether it is the first.
    """

    template_id: UUID
    name: ShortText
    repo: ShortText
    method: ShortText
    start_version: ShortText
    error_threshold: Annotated[float, msgspec.Meta(gt=0)]
    architectures: tuple[UUID, ...]
    document: ObjectRef
    note: NoteText = ""
    expected_revision: Revision | msgspec.UnsetType = msgspec.UNSET

    def subject(self) -> str:
        return str(self.template_id)


class TemplateDeleted(Change, frozen=True, kw_only=True):
    """A template is not to be used any more; its name is free again."""

    template_id: UUID

    def subject(self) -> str:
        return str(self.template_id)
