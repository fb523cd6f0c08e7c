"""The fold of decisions: unique names and versions, decided in the order of the catalogue's one partition.

The same log gives the same outcomes, live and in a rebuild. An event whose id was seen before changes nothing and has
the outcome of the first one, so a retried command is one command.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import msgspec

from schemas.envelope import Envelope
from schemas.events import DatasetCreated, Event, StructureAdded, TemplateSaved, TronVersionReserved, Upload
from schemas.specs.versions import successor
from schemas.values import Code, TronIdentity

SUCCESSORS_TRIED_MAX = 10_000


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a decision. `version` is the one a reservation got; `repeated` marks a second saying."""

    accepted: bool
    reason: Code | None = None
    version: str = ""
    repeated: bool = False


ACCEPTED = Outcome(accepted=True)


class Catalogue:
    """What has been decided so far."""

    def __init__(self) -> None:
        self._outcomes: dict[UUID, Outcome] = {}
        self._names: dict[tuple[str, str], UUID] = {}
        self._ids: dict[UUID, str] = {}
        self._identities: dict[TronIdentity, UUID] = {}
        self._newest: dict[tuple[str, str, str, str], str] = {}
        self._rules: dict[type[Event], Callable[[Event], Outcome]] = {
            Upload: self._upload,
            TronVersionReserved: self._tron_version,
            StructureAdded: self._structure,
            TemplateSaved: self._template,
            DatasetCreated: self._dataset,
        }

    def decide(self, envelope: Envelope) -> Outcome:
        """The outcome of the event, and from now on its effect."""
        if (first := self._outcomes.get(envelope.id)) is not None:
            return msgspec.structs.replace(first, repeated=True)
        rule = self._rules.get(type(envelope.event))
        outcome = _refused("not_a_decision", event=envelope.name) if rule is None else rule(envelope.event)
        self._outcomes[envelope.id] = outcome
        return outcome

    def _take(self, noun: str, id_: UUID, *names: tuple[str, str]) -> Outcome:
        """Give the entity its id and its unique names, or say which is taken."""
        if id_ in self._ids:
            return _refused("id_taken", noun=noun, id=str(id_))
        for kind, name in names:
            if (kind, name) in self._names:
                return _refused("name_taken", noun=noun, kind=kind, name=name, by=str(self._names[kind, name]))
        self._ids[id_] = noun
        for kind, name in names:
            self._names[kind, name] = id_
        return ACCEPTED

    def _known(self, noun: str, id_: UUID) -> bool:
        return self._ids.get(id_) == noun

    def _upload(self, event: Event) -> Outcome:
        assert isinstance(event, Upload)
        return self._take("pth", event.model_id)

    def _structure(self, event: Event) -> Outcome:
        assert isinstance(event, StructureAdded)
        return self._take("structure", event.structure_id, ("class_name", event.class_name))

    def _template(self, event: Event) -> Outcome:
        assert isinstance(event, TemplateSaved)
        for structure in event.architectures:
            if not self._known("structure", structure):
                return _refused("structure_unknown", id=str(structure))
        return self._take("template", event.template_id, ("template", event.name))

    def _dataset(self, event: Event) -> Outcome:
        assert isinstance(event, DatasetCreated)
        return self._take("dataset", event.dataset_id, ("dataset", event.name))

    def _tron_version(self, event: Event) -> Outcome:
        assert isinstance(event, TronVersionReserved)
        if not self._known("pth", event.pth_id):
            return _refused("pth_unknown", id=str(event.pth_id))
        if not self._known("template", event.template_id):
            return _refused("template_unknown", id=str(event.template_id))
        family = (event.platform, event.repo, event.name, event.method)
        version = event.version or self._next_version(family, event.start_version)
        identity = TronIdentity(*family, version)
        if identity in self._identities:
            return _refused("version_taken", name=event.name, version=version, by=str(self._identities[identity]))
        outcome = self._take("tron", event.model_id)
        if not outcome.accepted:
            return outcome
        self._identities[identity] = event.model_id
        self._newest[family] = version
        return Outcome(accepted=True, version=version)

    def _next_version(self, family: tuple[str, str, str, str], start: str) -> str:
        """The successor of the family's newest version, or of `start` for the first one, skipping taken ones."""
        version = successor(self._newest.get(family, start))
        for _ in range(SUCCESSORS_TRIED_MAX):
            if TronIdentity(*family, version) not in self._identities:  # type: ignore[arg-type]
                return version
            version = successor(version)
        return version


def _refused(code: str, **params: str) -> Outcome:
    return Outcome(accepted=False, reason=Code(code=code, params=params))
