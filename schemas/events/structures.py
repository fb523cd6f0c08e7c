"""Model structures: the Python files that build networks, and the type configs that say which variant."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec

from schemas.events.base import Change, Event
from schemas.values import NoteText, ObjectRef

StructureText = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class TypeConfigAdded(Event, frozen=True, kw_only=True):
    """A type config was stored: the next version under its name. All versions are kept."""

    config_id: UUID
    name: StructureText
    file: ObjectRef
    note: NoteText = ""

    def subject(self) -> str:
        return str(self.config_id)


class StructureAdded(Event, frozen=True, kw_only=True):
    """A structure's source was stored. Its class name is unique over all structures.

    `type_config` is the file of the type config `type_config_id`.
    """

    structure_id: UUID
    name: StructureText
    class_name: StructureText
    source: ObjectRef
    type_config: ObjectRef | None = None
    type_config_id: UUID | msgspec.UnsetType = msgspec.UNSET
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
