"""The fold of decisions: edits and deletions of what was decided before."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4, uuid5

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import Catalogue, Outcome
from schemas.envelope import NAMESPACE, Envelope
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
    TronVersionReserved,
    TypeConfigAdded,
    Upload,
)
from schemas.specs.dictionary import Entry
from schemas.values import ObjectRef

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OBJECT = ObjectRef(digest="sha256:" + "0" * 64, size_bytes=1)


def id_of(name: str) -> UUID:
    return uuid5(NAMESPACE, name)


def say(event: Event) -> Envelope:
    return Envelope(id=uuid4(), event=event, time=NOW, source="t", actor=id_of("me"), fold_version=1)


def upload(name: str = "pth") -> Event:
    return Upload(model_id=id_of(name), name=name, weights=OBJECT)


def structure(name: str = "net", class_name: str = "Net") -> Event:
    return StructureAdded(structure_id=id_of(name), name=name, class_name=class_name, source=OBJECT)


def template(id_: str = "template", name: str = "t", uses: str = "net", expected: int | None = None) -> Event:
    saved = TemplateSaved(
        template_id=id_of(id_), name=name, repo="r", method="m", start_version="1", error_threshold=1e-4,
        architectures=(id_of(uses),), document=OBJECT,
    )  # fmt: skip
    return saved if expected is None else msgspec.structs.replace(saved, expected_revision=expected)


def dataset(id_: str = "dataset", name: str = "d") -> Event:
    return DatasetCreated(dataset_id=id_of(id_), name=name, type="classification")


def reserve(id_: str = "tron", version: str | None = None) -> Event:
    return TronVersionReserved(
        model_id=id_of(id_), platform="nvidia", repo="r", name="n", method="m", start_version="1",
        pth_id=id_of("pth"), template_id=id_of("template"), version=version,
    )  # fmt: skip


EVERYTHING = (upload(), structure(), template(), reserve(), dataset())
DELETIONS = {
    "pth": lambda n=1: ModelDeleted(model_id=id_of("pth"), expected_revision=n),
    "tron": lambda n=1: ModelDeleted(model_id=id_of("tron"), expected_revision=n),
    "structure": lambda n=1: StructureDeleted(structure_id=id_of("net"), expected_revision=n),
    "template": lambda n=1: TemplateDeleted(template_id=id_of("template"), expected_revision=n),
    "dataset": lambda n=1: DatasetDeleted(dataset_id=id_of("dataset"), expected_revision=n),
}
EDITS = {
    "pth": lambda n: ModelEdited(model_id=id_of("pth"), expected_revision=n, name="other"),
    "tron": lambda n: ModelEdited(model_id=id_of("tron"), expected_revision=n, note="other"),
    "structure": lambda n: StructureEdited(structure_id=id_of("net"), expected_revision=n, note="other"),
    "template": lambda n: template(name="other", expected=n),
    "dataset": lambda n: DatasetEdited(dataset_id=id_of("dataset"), expected_revision=n, note="other"),
}


@pytest.fixture
def told() -> Catalogue:
    catalogue = Catalogue()
    assert [catalogue.decide(say(event)).revision for event in EVERYTHING] == [1] * len(EVERYTHING)
    return catalogue


def code(outcome: Outcome) -> str:
    assert outcome.reason is not None
    return outcome.reason.code


@pytest.mark.parametrize("noun", EDITS)
def test_every_edit_makes_the_next_revision_and_a_stale_one_is_refused(told, noun):
    assert [told.decide(say(EDITS[noun](n))).revision for n in (1, 2)] == [2, 3]
    stale = told.decide(say(EDITS[noun](2)))
    assert (code(stale), stale.reason.params) == ("revision_stale", {"expected": "2", "actual": "3"})
    assert told.decide(say(EDITS[noun](3))).revision == 4


@pytest.mark.parametrize("noun", DELETIONS)
def test_what_was_deleted_cannot_be_changed_or_deleted_again(told, noun):
    assert told.decide(say(EDITS[noun](1))).accepted
    assert code(told.decide(say(DELETIONS[noun](1)))) == "revision_stale"
    assert told.decide(say(DELETIONS[noun](2))).revision == 3
    assert [code(told.decide(say(each))) for each in (DELETIONS[noun](3), EDITS[noun](3))] == [f"{noun}_deleted"] * 2


@pytest.mark.parametrize("noun", DELETIONS)
def test_what_never_was_cannot_be_changed(noun):
    asked = {"pth": "pth", "tron": "pth"}.get(noun, noun)
    for event in (DELETIONS[noun](), EDITS[noun](1)):
        assert code(Catalogue().decide(say(event))) == f"{asked}_unknown"


def test_a_change_is_only_about_things_of_its_noun(told):
    assert code(told.decide(say(ModelDeleted(model_id=id_of("dataset"), expected_revision=1)))) == "pth_unknown"
    assert code(told.decide(say(DatasetDeleted(dataset_id=id_of("pth"), expected_revision=1)))) == "dataset_unknown"


def test_a_trons_name_is_fixed_and_its_note_is_not(told):
    renamed = ModelEdited(model_id=id_of("tron"), expected_revision=1, name="other", note="n")
    assert code(told.decide(say(renamed))) == "tron_name_fixed"
    assert told.decide(say(EDITS["tron"](1))).revision == 2


def test_nothing_new_is_made_of_what_was_deleted(told):
    for noun in ("pth", "structure"):
        assert told.decide(say(DELETIONS[noun]())).accepted
    assert code(told.decide(say(reserve("second")))) == "pth_deleted"
    assert code(told.decide(say(template("second", "t2")))) == "structure_deleted"
    other = Catalogue()
    for event in (*EVERYTHING, DELETIONS["template"]()):
        other.decide(say(event))
    assert code(other.decide(say(reserve("second")))) == "template_deleted"


def test_a_template_keeps_a_structure_that_was_deleted_but_takes_no_other_such(told):
    told.decide(say(structure("second", "Second")))
    told.decide(say(StructureDeleted(structure_id=id_of("second"), expected_revision=1)))
    told.decide(say(DELETIONS["structure"]()))
    assert told.decide(say(template(name="t2", expected=1))).revision == 2
    assert code(told.decide(say(template(uses="second", expected=2)))) == "structure_deleted"
    assert told.decide(say(reserve("second model"))).accepted


def test_a_deletion_frees_names_and_never_a_trons_version(told):
    for noun in ("dataset", "tron", "template", "structure"):
        assert told.decide(say(DELETIONS[noun]())).accepted
    assert told.decide(say(dataset("second", "d"))).accepted
    assert told.decide(say(structure("second net", "Net"))).accepted
    assert told.decide(say(template("second template", "t", uses="second net"))).accepted
    again = msgspec.structs.replace(reserve("third", "2"), template_id=id_of("second template"))
    assert code(told.decide(say(again))) == "version_taken"
    assert told.decide(say(msgspec.structs.replace(again, version=None))).version == "3"


def test_a_renamed_template_frees_its_name_and_takes_no_other_ones(told):
    told.decide(say(template("second", "t2")))
    taken = told.decide(say(template(name="t2", expected=1)))
    assert (code(taken), taken.reason.params["by"]) == ("name_taken", str(id_of("second")))
    assert told.decide(say(template(name="t3", expected=1))).revision == 2
    assert told.decide(say(template("third", "t"))).accepted


NUMBERS = st.integers(1, 4)
EVENTS = st.one_of(
    st.sampled_from(
        [*EVERYTHING, dataset("d2"), dataset("d2", "e"), structure("s2"), template("t2", "t"), reserve("m2")]
    ),
    st.builds(lambda noun, n: DELETIONS[noun](n), st.sampled_from(sorted(DELETIONS)), NUMBERS),
    st.builds(lambda noun, n: EDITS[noun](n), st.sampled_from(sorted(EDITS)), NUMBERS),
)


class Told:
    """What accepted decisions say, read again in the simplest way: the whole history, every time."""

    def __init__(self) -> None:
        self.accepted: list[Event] = []

    def of(self, subject: str) -> list[Event]:
        return [event for event in self.accepted if event.subject() == subject]

    def deleted(self, subject: str) -> bool:
        return any(isinstance(event, Change) and "Deleted" in type(event).__name__ for event in self.of(subject))

    def names(self) -> list[tuple[str, str]]:
        """Unique names of what is there now."""
        newest = {}
        for event in self.accepted:
            if isinstance(event, DatasetCreated | TemplateSaved):
                newest[event.subject()] = (type(event).__name__, event.name)
            elif isinstance(event, StructureAdded):
                newest[event.subject()] = ("class", event.class_name)
        return [name for subject, name in newest.items() if not self.deleted(subject)]


@given(st.lists(EVENTS, max_size=40))
def test_whatever_is_said_revisions_count_and_names_are_unique(events: list[Event]):
    live, rebuilt, told = Catalogue(), Catalogue(), Told()
    for event in events:
        envelope = say(event)
        outcome = live.decide(envelope)
        assert rebuilt.decide(envelope) == outcome
        before = told.of(event.subject())
        if not outcome.accepted:
            assert outcome.revision == 0
            continue
        assert outcome.revision == len(before) + 1
        assert not told.deleted(event.subject())
        expected = getattr(event, "expected_revision", msgspec.UNSET)
        assert expected in (msgspec.UNSET, len(before))
        assert bool(before) == (expected is not msgspec.UNSET)
        if isinstance(event, TronVersionReserved):
            assert not told.deleted(str(event.pth_id))
            assert not told.deleted(str(event.template_id))
        told.accepted.append(event)
        assert len(told.names()) == len(set(told.names()))


def test_a_list_of_the_dictionary_is_there_from_the_beginning_and_is_edited_by_revision():
    told = Catalogue()
    edit = DictionaryEdited(list_name="repo", entries=(Entry("face"),), default="face", expected_revision=1)
    assert told.decide(say(edit)).revision == 2
    assert code(told.decide(say(edit))) == "revision_stale"
    assert told.decide(say(msgspec.structs.replace(edit, expected_revision=2))).revision == 3
    assert told.decide(say(msgspec.structs.replace(edit, list_name="method"))).revision == 2


def test_type_configs_count_their_versions_by_name_and_structures_may_name_one():
    told = Catalogue()

    def config(id_: str, name: str = "resnet") -> Event:
        return TypeConfigAdded(config_id=id_of(id_), name=name, file=OBJECT)

    outcomes = [told.decide(say(config(id_, name))) for id_, name in (("a", "resnet"), ("b", "vgg"), ("c", "resnet"))]
    assert [outcome.version for outcome in outcomes] == ["1", "1", "2"]
    assert code(told.decide(say(config("a")))) == "id_taken"
    assert told.decide(say(config("d"))).version == "3"
    named = msgspec.structs.replace(structure(), type_config=OBJECT, type_config_id=id_of("a"))
    assert told.decide(say(named)).accepted
    other = msgspec.structs.replace(structure("o", "Other"), type_config_id=id_of("net"))
    assert code(told.decide(say(other))) == "type_config_unknown"
