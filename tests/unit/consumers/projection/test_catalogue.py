"""Decisions become commands always, and entities when accepted."""

from __future__ import annotations

import pytest

from consumers.projection.catalogue import decide
from consumers.projection.reading import read
from schemas.catalogue import Catalogue
from schemas.events import DatasetCreated, StructureAdded, TemplateSaved, TronVersionReserved, Upload


@pytest.fixture
def tell(teller):
    return teller()


def dataset(tell, id_: str, name: str) -> DatasetCreated:
    return DatasetCreated(dataset_id=tell.id(id_), name=name, type="classification")


def everything(tell):
    return [
        Upload(model_id=tell.id("pth"), name="weights", weights=tell.object),
        StructureAdded(structure_id=tell.id("s"), name="net", class_name="Net", source=tell.object),
        TemplateSaved(
            template_id=tell.id("t"),
            name="plain",
            repo="r",
            method="m",
            start_version="1.0.0",
            error_threshold=0.1,
            architectures=(tell.id("s"),),
            document=tell.object,
        ),
        TronVersionReserved(
            model_id=tell.id("tron"),
            platform="nvidia",
            repo="r",
            name="n",
            method="m",
            start_version="1.0.0",
            pth_id=tell.id("pth"),
            template_id=tell.id("t"),
        ),
        dataset(tell, "d", "cats"),
    ]


def test_every_decision_has_its_entity(tell):
    records = [tell.record(event) for event in everything(tell)]
    decided = decide(Catalogue(), map(read, records))
    assert [row.accepted for row in decided.commands] == [True] * 5
    assert [(row.kind, row.name) for row in decided.entities] == [
        ("pth", "weights"),
        ("structure", "net"),
        ("template", "plain"),
        ("tron", "n"),
        ("dataset", "cats"),
    ]
    assert [row.document for row in decided.entities] == [record.value for record in records]
    tron = decided.entities[3]
    assert (tron.platform, tron.repo, tron.method) == ("nvidia", "r", "m")
    assert tron.version == decided.commands[3].version != ""


def test_a_refused_decision_is_a_command_without_an_entity(tell):
    records = [tell.record(dataset(tell, "a", "cats")), tell.record(dataset(tell, "b", "cats"), request_digest="x")]
    decided = decide(Catalogue(), map(read, records))
    refused = decided.commands[1]
    assert (refused.accepted, refused.code, refused.params["name"]) == (False, "name_taken", "cats")
    assert refused.request_digest == "x"
    assert [row.id for row in decided.entities] == [tell.id("a")]


def test_the_first_saying_of_an_id_is_the_one_that_is_kept(tell):
    first = tell.record(dataset(tell, "a", "cats"), id=tell.id("command"), request_digest="one")
    second = tell.record(dataset(tell, "b", "dogs"), id=tell.id("command"), request_digest="two")
    decided = decide(Catalogue(), map(read, (first, second)))
    assert [row.request_digest for row in decided.commands] == ["one"]
    assert [row.name for row in decided.entities] == ["cats"]
