"""The fold of decisions: unique names and versions, in the order of the log."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4, uuid5

from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import Catalogue, Outcome
from schemas.envelope import NAMESPACE, Envelope
from schemas.events import (
    DatasetCreated,
    Event,
    JobCancelRequested,
    StructureAdded,
    TemplateSaved,
    TronUploaded,
    TronVersionReserved,
    Upload,
)
from schemas.values import ObjectRef, TronIdentity

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OBJECT = ObjectRef(digest="sha256:" + "0" * 64, size_bytes=1)


def id_of(name: str) -> UUID:
    return uuid5(NAMESPACE, name)


def say(event: Event, id_: UUID | None = None) -> Envelope:
    return Envelope(id=id_ or uuid4(), event=event, time=NOW, source="t", actor=id_of("me"), fold_version=1)


def upload(name: str = "pth") -> Event:
    return Upload(model_id=id_of(name), name=name, weights=OBJECT)


def structure(name: str = "Net", class_name: str = "Net") -> Event:
    return StructureAdded(structure_id=id_of(name), name=name, class_name=class_name, source=OBJECT)


def template(name: str = "template", architecture: str = "Net") -> Event:
    return TemplateSaved(
        template_id=id_of(name),
        name=name,
        repo="r",
        method="classification",
        start_version="1.0.0",
        error_threshold=1e-4,
        architectures=(id_of(architecture),),
        document=OBJECT,
    )


def reserve(id_: str, version: str | None = None, start: str = "1.0.0", name: str = "net") -> Event:
    return TronVersionReserved(
        model_id=id_of(id_),
        platform="nvidia",
        repo="r",
        name=name,
        method="classification",
        start_version=start,
        pth_id=id_of("pth"),
        template_id=id_of("template"),
        version=version,
    )


def tron_upload(id_: str, version: str, *, name: str = "net", template: str | None = None) -> Event:
    return TronUploaded(
        model_id=id_of(id_),
        identity=TronIdentity("nvidia", "r", name, "classification", version),
        tron=OBJECT,
        detected="onnx",
        template_id=None if template is None else id_of(template),
    )


def ready() -> Catalogue:
    catalogue = Catalogue()
    for event in (upload(), structure(), template()):
        assert catalogue.decide(say(event)).accepted
    return catalogue


def code(outcome: Outcome) -> str:
    assert outcome.reason is not None
    return outcome.reason.code


def test_versions_count_on_from_the_start_version():
    catalogue = ready()
    assert catalogue.decide(say(reserve("m1"))).version == "1.0.1"
    assert catalogue.decide(say(reserve("m2"))).version == "1.0.2"
    assert catalogue.decide(say(reserve("m3", name="other"))).version == "1.0.1"


def test_an_own_version_is_taken_once_and_counting_goes_on_from_it():
    catalogue = ready()
    assert catalogue.decide(say(reserve("m1", version="v7"))).version == "v7"
    refused = catalogue.decide(say(reserve("m2", version="v7")))
    assert code(refused) == "version_taken"
    assert catalogue.decide(say(reserve("m3"))).version == "v8"


def test_a_taken_successor_is_skipped():
    catalogue = ready()
    catalogue.decide(say(reserve("m1", version="1.0.2")))
    catalogue.decide(say(reserve("m2", version="1.0.1")))
    assert catalogue.decide(say(reserve("m3"))).version == "1.0.3"


def test_names_are_unique_by_noun():
    catalogue = ready()
    assert code(catalogue.decide(say(template("template")))) in {"id_taken", "name_taken"}
    again = TemplateSaved(
        template_id=uuid4(), name="template", repo="r", method="classification", start_version="1",
        error_threshold=1, architectures=(), document=OBJECT,
    )  # fmt: skip
    assert code(catalogue.decide(say(again))) == "name_taken"
    assert code(catalogue.decide(say(structure("Other", class_name="Net")))) == "class_name_taken"
    assert catalogue.decide(say(DatasetCreated(dataset_id=uuid4(), name="d", type="classification"))).accepted
    assert (
        code(catalogue.decide(say(DatasetCreated(dataset_id=uuid4(), name="d", type="classification")))) == "name_taken"
    )
    assert catalogue.decide(say(Upload(model_id=uuid4(), name="pth", weights=OBJECT))).accepted


def test_what_is_referred_to_must_exist():
    catalogue = Catalogue()
    assert code(catalogue.decide(say(template()))) == "structure_unknown"
    assert code(catalogue.decide(say(reserve("m")))) == "pth_unknown"
    catalogue.decide(say(upload()))
    assert code(catalogue.decide(say(reserve("m")))) == "template_unknown"


def test_what_is_no_decision_is_refused():
    assert code(Catalogue().decide(say(JobCancelRequested(job_id=uuid4())))) == "not_a_decision"


def test_a_repeated_command_has_the_first_outcome():
    catalogue = ready()
    command = uuid4()
    first = catalogue.decide(say(reserve("m1"), command))
    again = catalogue.decide(say(reserve("m1"), command))
    assert (again.accepted, again.version, again.repeated) == (True, first.version, True)
    assert catalogue.decide(say(reserve("m2"))).version == "1.0.2"


EVENTS = st.sampled_from(
    [upload(), structure(), structure("B"), template(), template("other", "B")]
    + [reserve(f"m{number}", version) for number in range(4) for version in (None, "1.0.1", "2")]
)


@given(st.lists(EVENTS, max_size=30))
def test_identities_never_repeat_and_a_replay_decides_the_same(events: list[Event]):
    said = [say(event) for event in events]
    live, rebuilt = Catalogue(), Catalogue()
    outcomes = [live.decide(each) for each in said]
    assert outcomes == [rebuilt.decide(each) for each in said]
    versions = [
        outcome.version
        for each, outcome in zip(said, outcomes, strict=True)
        if outcome.accepted and isinstance(each.event, TronVersionReserved)
    ]
    assert len(versions) == len(set(versions))


@given(st.lists(EVENTS, max_size=20), st.data())
def test_a_command_delivered_twice_changes_nothing(events: list[Event], data: st.DataObject):
    said = [say(event) for event in events]
    at = data.draw(st.integers(0, max(len(said) - 1, 0)))
    once, twice = Catalogue(), Catalogue()
    first = [once.decide(each) for each in said]
    doubled = [twice.decide(each) for each in said[: at + 1] + said[at : at + 1] + said[at + 1 :]]
    assert [each for each in doubled if not each.repeated] == first


def test_uploads_and_conversions_share_identities_and_count_on_from_each_other():
    catalogue = ready()
    assert catalogue.decide(say(tron_upload("one", "v7", template="template"))).version == "v7"
    assert catalogue.decide(say(reserve("two"))).version == "v8"
    taken = catalogue.decide(say(tron_upload("three", "v8")))
    assert (taken.accepted, taken.reason.code, taken.reason.params["by"]) == (False, "version_taken", str(id_of("two")))
    assert catalogue.decide(say(reserve("four", version="v7"))).reason.code == "version_taken"
    assert catalogue.decide(say(tron_upload("five", "v7", name="other"))).accepted


def test_an_upload_may_name_only_a_template_that_is_there():
    assert ready().decide(say(tron_upload("one", "v1", template="nowhere"))).reason.code == "template_unknown"
