"""The words that events are made of."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec

Digest = Annotated[str, msgspec.Meta(pattern=r"^sha256:[0-9a-f]{64}$")]
"""Name of an object: the SHA-256 of its bytes."""

ShortText = Annotated[str, msgspec.Meta(max_length=200)]
"""A name or a version: any text, at most 200 characters."""

NoteText = Annotated[str, msgspec.Meta(max_length=1000)]

Platform = Literal["nvidia", "ascend"]
Precision = Literal["fp32", "fp16", "int8", "bf16"]
ResourceClass = Literal["cpu-light", "cpu-heavy", "device"]
"""What a job needs of a machine: imports and scans; conversion; inference on a platform's device."""


def sayable(text: str) -> str:
    """The text with `?` for what UTF-8 cannot carry: half a surrogate, as escapes in files from outside may mean."""
    return text.encode("utf-8", "replace").decode()


class Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of the values inside events: immutable, compared by content."""


class ObjectRef(Value, frozen=True):
    """A stored object: its digest, its size and the name people gave it (a label, never a path)."""

    digest: Digest
    size_bytes: Annotated[int, msgspec.Meta(ge=0)]
    name: ShortText = ""


class TronIdentity(Value, frozen=True):
    """What makes a Tron model unique: platform, repo, name, method and version together."""

    platform: Platform
    repo: ShortText
    name: ShortText
    method: ShortText
    version: ShortText


class StructureRef(Value, frozen=True):
    """A model structure as a conversion uses it: source file, class in it, optional constructor arguments file."""

    structure_id: UUID
    class_name: ShortText
    source: ObjectRef
    type_config: ObjectRef | None = None


class TemplateUse(Value, frozen=True):
    """A template as a job uses it: its document at that time, and which of its sub-templates (its only one if "")."""

    template_id: UUID
    document: ObjectRef
    sub_template: ShortText = ""


class DatasetRef(Value, frozen=True):
    """A dataset's version as a job uses it: the dataset, its name at that time, its pack."""

    dataset_id: UUID
    name: ShortText
    pack: ObjectRef


class Code(Value, frozen=True):
    """A machine-readable outcome: a code and its parameters. Sentences are made of it by `api.texts`."""

    code: Annotated[str, msgspec.Meta(max_length=100)]
    params: dict[str, str] = {}
