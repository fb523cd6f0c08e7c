"""Model structures: the Python file that builds the network."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec

from schemas.events.base import Change, Event
from schemas.values import NoteText, ObjectRef

StructureText = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class StructureAdded(Event, frozen=True, kw_only=True):
    """A structure file was stored. Its class name is unique over all structures."""

    structure_id: UUID
    name: StructureText
    class_name: StructureText
    source: ObjectRef
    type_config: ObjectRef | None = None
    note: NoteText = ""

    def subject(self) -> str:
        return str(self.structure_id)


class StructureEdited(Change, frozen=True, kw_only=True):
    """A structure is to be called or described otherwise; None leaves it. Its class and its file stay."""

    structure_id: UUID
    name: StructureText | None = None
    note: NoteText | None = None

    def subject(self) -> str:
        return str(self.structure_id)


class StructureDeleted(Change, frozen=True, kw_only=True):
    """A structure is not to be used in new templates; its class name is free again."""

    structure_id: UUID

    def subject(self) -> str:
        return str(self.structure_id)
