"""Decisions -> what became of them, and the things that were decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

import msgspec

from consumers.projection.reading import Said
from schemas.catalogue import Catalogue, Outcome
from schemas.events import (
    Change,
    DatasetCreated,
    DatasetDeleted,
    DatasetEdited,
    DictionaryEdited,
    Event,
    ModelDeleted,
    ModelEdited,
    StructureAdded,
    StructureDeleted,
    StructureEdited,
    TemplateDeleted,
    TemplateSaved,
    TronUploaded,
    TronVersionReserved,
    TypeConfigAdded,
    Upload,
)
from storage.views.rows import CommandRow, EntityRow


class Decided(NamedTuple):
    """The rows that decisions make; an entity once, however often it changed."""

    commands: list[CommandRow]
    entities: list[EntityRow]


class _Face(NamedTuple):
    """How an entity is found in lists."""

    id: UUID
    kind: str
    name: str
    note: str
    platform: str = ""
    repo: str = ""
    method: str = ""
    version: str = ""
    parents: tuple[UUID, ...] = ()


def remember(catalogue: Catalogue, said: Iterable[Said]) -> None:
    """Fold decisions that have their rows already."""
    for each in said:
        catalogue.decide(each.envelope)


def changed_by(event: Event) -> UUID | None:
    """The entity that the event changes, so that its row is needed; None where the event makes a new one."""
    if isinstance(event, Change):
        return UUID(event.subject())
    if isinstance(event, TemplateSaved) and event.expected_revision is not msgspec.UNSET:
        return event.template_id
    return None


def decide(catalogue: Catalogue, said: Iterable[Said], before: Mapping[UUID, EntityRow]) -> Decided:
    """What the decisions come to; the catalogue has them in it from now on. `before`: rows that they may change."""
    commands: list[CommandRow] = []
    entities: dict[UUID, EntityRow] = {}
    for each in said:
        outcome = catalogue.decide(each.envelope)
        if outcome.repeated:
            continue
        commands.append(_command(each, outcome))
        if outcome.accepted:
            id_ = changed_by(each.envelope.event)
            # a list of the dictionary is there before anybody has said anything about it
            old = None if id_ is None else entities.get(id_) or before.get(id_)
            row = _made(each, outcome) if old is None else _changed(old, each, outcome)
            entities[row.id] = row
    return Decided(commands, list(entities.values()))


def _command(said: Said, outcome: Outcome) -> CommandRow:
    reason = outcome.reason
    return CommandRow(
        at=said.at,
        event_id=said.envelope.id,
        accepted=outcome.accepted,
        code=reason.code if reason else "",
        params=reason.params if reason else {},
        version=outcome.version,
        request_digest=said.envelope.request_digest,
    )


def _made(said: Said, outcome: Outcome) -> EntityRow:
    face = _face(said.envelope.event, outcome)
    return EntityRow(
        at=said.at,
        owner=said.envelope.actor,
        created_at=said.envelope.time,
        updated_at=said.envelope.time,
        document=said.record.value or b"",
        revision=outcome.revision,
        **(face._asdict() | {"parents": [str(parent) for parent in face.parents]}),
    )


def _changed(old: EntityRow, said: Said, outcome: Outcome) -> EntityRow:
    event = said.envelope.event
    # clocks of several APIs differ: a list by update must not see a row go back
    updated_at = max(said.envelope.time, old.updated_at)
    row = msgspec.structs.replace(old, at=said.at, updated_at=updated_at, revision=outcome.revision)
    match event:
        case TemplateSaved():
            made = _made(said, outcome)
            return msgspec.structs.replace(made, owner=old.owner, created_at=old.created_at, updated_at=updated_at)
        case ModelEdited() | StructureEdited():
            return msgspec.structs.replace(
                row,
                name=old.name if event.name is None else event.name,
                note=old.note if event.note is None else event.note,
            )
        case DictionaryEdited():
            return msgspec.structs.replace(row, document=said.record.value or b"")
        case DatasetEdited():
            return msgspec.structs.replace(row, note=event.note)
        case ModelDeleted() | StructureDeleted() | TemplateDeleted() | DatasetDeleted():
            return msgspec.structs.replace(row, deleted_at=said.envelope.time)
    raise LookupError(f"{type(event).__name__} changes no row: name it in consumers/projection/catalogue.py")


def _face(event: Event, outcome: Outcome) -> _Face:
    match event:
        case Upload():
            return _Face(event.model_id, "pth", event.name, event.note)
        case TronVersionReserved():
            family = (event.platform, event.repo, event.method, outcome.version)
            return _Face(event.model_id, "tron", event.name, event.note, *family, (event.pth_id, event.template_id))
        case TypeConfigAdded():
            return _Face(event.config_id, "type_config", event.name, event.note, version=outcome.version)
        case TronUploaded():
            said = event.identity
            family = (said.platform, said.repo, said.method, said.version)
            parents = () if event.template_id is None else (event.template_id,)
            return _Face(event.model_id, "tron", said.name, event.note, *family, parents)
        case StructureAdded():
            config = event.type_config_id
            parents = () if isinstance(config, msgspec.UnsetType) else (config,)
            return _Face(event.structure_id, "structure", event.name, event.note, parents=parents)
        case TemplateSaved():
            return _Face(
                event.template_id,
                "template",
                event.name,
                event.note,
                repo=event.repo,
                method=event.method,
                parents=event.architectures,
            )
        case DictionaryEdited():
            return _Face(UUID(event.subject()), "dictionary", event.list_name, "")
        case DatasetCreated():
            return _Face(event.dataset_id, "dataset", event.name, event.note)
    raise LookupError(f"{type(event).__name__} is decided but has no row: name it in consumers/projection/catalogue.py")
