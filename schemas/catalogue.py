"""The fold of decisions: names, versions, edits and deletions, decided in the order of the catalogue's one partition.

The same log gives the same outcomes, live and in a rebuild. An event whose id was seen before changes nothing and has
the outcome of the first one, so a retried command is one command.

What was deleted takes part in nothing new, and frees its unique names; what was made of it lives on. A Tron's identity
is never given twice: files with it are out in the world.
"""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import msgspec

from schemas.envelope import Envelope
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
from schemas.specs.dictionary import LIST_NAMES, list_id
from schemas.specs.versions import successor
from schemas.values import Code, TronIdentity

SUCCESSORS_TRIED_MAX = 10_000

_NOUNS: dict[type[Event], tuple[str, ...]] = {
    ModelEdited: ("pth", "tron"),
    ModelDeleted: ("pth", "tron"),
    StructureEdited: ("structure",),
    StructureDeleted: ("structure",),
    TemplateSaved: ("template",),
    TemplateDeleted: ("template",),
    DatasetEdited: ("dataset",),
    DatasetDeleted: ("dataset",),
    DictionaryEdited: ("dictionary",),
}
"""What a change may be about."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a decision. `version` is the one a reservation or a type config got; `repeated` marks a second
    saying.

    `revision` is the thing's newest one afterwards, 0 where the decision was refused.
    """

    accepted: bool
    reason: Code | None = None
    version: str = ""
    revision: int = 0
    repeated: bool = False


class Thing(msgspec.Struct):
    """What the fold keeps of a decided thing: its unique names, and the structures that a template names."""

    noun: str
    names: tuple[tuple[str, str], ...] = ()
    uses: frozenset[UUID] = frozenset()
    revision: int = 1
    deleted: bool = False


class Catalogue:
    """What has been decided so far."""

    def __init__(self) -> None:
        self._outcomes: dict[UUID, Outcome] = {}
        self._names: dict[tuple[str, str], UUID] = {}
        self._things: dict[UUID, Thing] = {list_id(name): Thing("dictionary") for name in LIST_NAMES}
        self._configs: Counter[str] = Counter()
        self._identities: dict[TronIdentity, UUID] = {}
        self._newest: dict[tuple[str, str, str, str], str] = {}

    def decide(self, envelope: Envelope) -> Outcome:
        """The outcome of the event, and from now on its effect."""
        if (first := self._outcomes.get(envelope.id)) is not None:
            return msgspec.structs.replace(first, repeated=True)
        outcome = self._outcome(envelope.event)
        self._outcomes[envelope.id] = outcome
        return outcome

    def _outcome(self, event: Event) -> Outcome:
        match event:
            case Upload():
                return self._take(event.model_id, Thing("pth"))
            case TronVersionReserved():
                return self._reserve(event)
            case TypeConfigAdded():
                return self._add_config(event)
            case TronUploaded():
                return self._upload_tron(event)
            case StructureAdded():
                return self._add_structure(event)
            case TemplateSaved():
                return self._save_template(event)
            case DatasetCreated():
                return self._take(event.dataset_id, Thing("dataset", (("dataset", event.name),)))
            case ModelEdited() | StructureEdited() | DatasetEdited() | DictionaryEdited():
                return self._edit(event)
            case ModelDeleted() | StructureDeleted() | TemplateDeleted() | DatasetDeleted():
                return self._delete(event)
        return _refused("not_a_decision", event=type(event).__name__)

    def _take(self, id_: UUID, thing: Thing) -> Outcome:
        """Give the thing its id and its unique names, or say which is taken."""
        if id_ in self._things:
            return _refused("id_taken", noun=thing.noun, id=str(id_))
        if (refusal := self._name_taken(id_, thing)) is not None:
            return refusal
        self._things[id_] = thing
        self._names.update(dict.fromkeys(thing.names, id_))
        return Outcome(accepted=True, revision=thing.revision)

    def _name_taken(self, id_: UUID, thing: Thing) -> Outcome | None:
        for kind, name in thing.names:
            if (by := self._names.get((kind, name), id_)) != id_:
                code = "class_name_taken" if kind == "class_name" else "name_taken"
                return _refused(code, noun=thing.noun, kind=kind, name=name, by=str(by))
        return None

    def _not_usable(self, noun: str, id_: UUID) -> Outcome | None:
        """Why nothing new can be made of this thing; None where it can."""
        thing = self._things.get(id_)
        if thing is None or thing.noun != noun:
            return _refused(f"{noun}_unknown", id=str(id_))
        return _refused(f"{noun}_deleted", id=str(id_)) if thing.deleted else None

    def _expected(self, event: Event, revision: int) -> Thing | Outcome:
        """The thing that a change is about, or why it is not as the change expects it."""
        id_ = UUID(event.subject())
        nouns = _NOUNS[type(event)]
        thing = self._things.get(id_)
        if thing is None or thing.noun not in nouns:
            return _refused(f"{nouns[0]}_unknown", id=str(id_))
        if thing.deleted:
            return _refused(f"{thing.noun}_deleted", id=str(id_))
        if thing.revision != revision:
            return _refused("revision_stale", expected=str(revision), actual=str(thing.revision))
        return thing

    def _edit(self, event: ModelEdited | StructureEdited | DatasetEdited | DictionaryEdited) -> Outcome:
        thing = self._expected(event, event.expected_revision)
        if isinstance(thing, Outcome):
            return thing
        if isinstance(event, ModelEdited) and thing.noun == "tron" and event.name is not None:
            return _refused("tron_name_fixed", id=event.subject())
        return _changed(thing)

    def _delete(self, event: Change) -> Outcome:
        thing = self._expected(event, event.expected_revision)
        if isinstance(thing, Outcome):
            return thing
        for name in thing.names:
            del self._names[name]
        thing.names, thing.uses, thing.deleted = (), frozenset(), True
        return _changed(thing)

    def _add_config(self, event: TypeConfigAdded) -> Outcome:
        """The next version under the name: 1, 2, ..."""
        outcome = self._take(event.config_id, Thing("type_config"))
        if outcome.accepted:
            self._configs[event.name] += 1
        return msgspec.structs.replace(outcome, version=str(self._configs[event.name]) if outcome.accepted else "")

    def _add_structure(self, event: StructureAdded) -> Outcome:
        config = event.type_config_id
        refusal = None if isinstance(config, msgspec.UnsetType) else self._not_usable("type_config", config)
        return refusal or self._take(event.structure_id, Thing("structure", (("class_name", event.class_name),)))

    def _save_template(self, event: TemplateSaved) -> Outcome:
        """A new template, or the next revision of one, which may keep structures that were deleted meanwhile."""
        new = Thing("template", (("template", event.name),), frozenset(event.architectures))
        if isinstance(event.expected_revision, msgspec.UnsetType):
            return self._missing_structure(new.uses) or self._take(event.template_id, new)
        before = self._expected(event, event.expected_revision)
        if isinstance(before, Outcome):
            return before
        refusal = self._missing_structure(new.uses - before.uses) or self._name_taken(event.template_id, new)
        if refusal is not None:
            return refusal
        for name in before.names:
            del self._names[name]
        self._names.update(dict.fromkeys(new.names, event.template_id))
        before.names, before.uses = new.names, new.uses
        return _changed(before)

    def _missing_structure(self, ids: frozenset[UUID]) -> Outcome | None:
        # in one order, so that every reader gives the same one of several reasons
        refusals = (self._not_usable("structure", id_) for id_ in sorted(ids))
        return next((each for each in refusals if each is not None), None)

    def _reserve(self, event: TronVersionReserved) -> Outcome:
        refusal = self._not_usable("pth", event.pth_id) or self._not_usable("template", event.template_id)
        if refusal is not None:
            return refusal
        family = (event.platform, event.repo, event.name, event.method)
        version = event.version or self._next_version(family, event.start_version)
        return self._take_identity(event.model_id, TronIdentity(*family, version))

    def _upload_tron(self, event: TronUploaded) -> Outcome:
        if event.template_id is not None and (refusal := self._not_usable("template", event.template_id)) is not None:
            return refusal
        return self._take_identity(event.model_id, event.identity)

    def _take_identity(self, model_id: UUID, identity: TronIdentity) -> Outcome:
        """Give the model the identity, whose version is then its family's newest."""
        if (by := self._identities.get(identity)) is not None:
            return _refused("version_taken", name=identity.name, version=identity.version, by=str(by))
        outcome = self._take(model_id, Thing("tron"))
        if not outcome.accepted:
            return outcome
        self._identities[identity] = model_id
        self._newest[(identity.platform, identity.repo, identity.name, identity.method)] = identity.version
        return msgspec.structs.replace(outcome, version=identity.version)

    def _next_version(self, family: tuple[str, str, str, str], start: str) -> str:
        """The successor of the family's newest version, or of `start` for the first one, skipping taken ones."""
        version = successor(self._newest.get(family, start))
        for _ in range(SUCCESSORS_TRIED_MAX):
            if TronIdentity(*family, version) not in self._identities:  # type: ignore[arg-type]
                return version
            version = successor(version)
        return version


def _changed(thing: Thing) -> Outcome:
    thing.revision += 1
    return Outcome(accepted=True, revision=thing.revision)


def _refused(code: str, **params: str) -> Outcome:
    return Outcome(accepted=False, reason=Code(code=code, params=params))
