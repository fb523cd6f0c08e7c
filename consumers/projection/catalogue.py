"""Decisions -> what became of them, and the things that were decided."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from consumers.projection.reading import Said
from schemas.catalogue import Catalogue, Outcome
from schemas.events import DatasetCreated, Event, StructureAdded, TemplateSaved, TronVersionReserved, Upload
from storage.views.rows import CommandRow, EntityRow


class Decided(NamedTuple):
    """The rows that decisions make."""

    commands: list[CommandRow]
    entities: list[EntityRow]


class _Face(NamedTuple):
    """How an entity is found in lists."""

    id: UUID
    kind: str
    name: str
    platform: str = ""
    repo: str = ""
    method: str = ""
    version: str = ""


def decide(catalogue: Catalogue, said: Iterable[Said]) -> Decided:
    """What the decisions come to; the catalogue has them in it from now on."""
    commands: list[CommandRow] = []
    entities: list[EntityRow] = []
    for each in said:
        outcome = catalogue.decide(each.envelope)
        if outcome.repeated:
            continue
        commands.append(_command(each, outcome))
        if outcome.accepted:
            entities.append(_entity(each, _face(each.envelope.event, outcome)))
    return Decided(commands, entities)


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


def _entity(said: Said, face: _Face) -> EntityRow:
    return EntityRow(
        at=said.at,
        owner=said.envelope.actor,
        created_at=said.envelope.time,
        updated_at=said.envelope.time,
        document=said.record.value or b"",
        **face._asdict(),
    )


def _face(event: Event, outcome: Outcome) -> _Face:
    match event:
        case Upload():
            return _Face(event.model_id, "pth", event.name)
        case TronVersionReserved():
            return _Face(event.model_id, "tron", event.name, event.platform, event.repo, event.method, outcome.version)
        case StructureAdded():
            return _Face(event.structure_id, "structure", event.name)
        case TemplateSaved():
            return _Face(event.template_id, "template", event.name, repo=event.repo, method=event.method)
        case DatasetCreated():
            return _Face(event.dataset_id, "dataset", event.name)
    raise LookupError(f"{type(event).__name__} is decided but has no row: name it in consumers/projection/catalogue.py")
