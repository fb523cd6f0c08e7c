"""Decisions become commands always, and entities when accepted."""

from __future__ import annotations

import msgspec
import pytest

from consumers.projection.catalogue import changed_by, decide
from consumers.projection.reading import read
from schemas.catalogue import Catalogue
from schemas.events import (
    DatasetCreated,
    DatasetDeleted,
    DatasetEdited,
    DictionaryEdited,
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
from schemas.specs.dictionary import Entry, list_id


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
    decided = decide(Catalogue(), map(read, records), {})
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
    decided = decide(Catalogue(), map(read, records), {})
    refused = decided.commands[1]
    assert (refused.accepted, refused.code, refused.params["name"]) == (False, "name_taken", "cats")
    assert refused.request_digest == "x"
    assert [row.id for row in decided.entities] == [tell.id("a")]


def test_the_first_saying_of_an_id_is_the_one_that_is_kept(tell):
    first = tell.record(dataset(tell, "a", "cats"), id=tell.id("command"), request_digest="one")
    second = tell.record(dataset(tell, "b", "dogs"), id=tell.id("command"), request_digest="two")
    decided = decide(Catalogue(), map(read, (first, second)), {})
    assert [row.request_digest for row in decided.commands] == ["one"]
    assert [row.name for row in decided.entities] == ["cats"]


def changes(tell):
    return [
        ModelEdited(model_id=tell.id("pth"), expected_revision=1, name="renamed"),
        ModelEdited(model_id=tell.id("pth"), expected_revision=2, note="noted"),
        StructureEdited(structure_id=tell.id("s"), expected_revision=1, note="noted"),
        msgspec.structs.replace(everything(tell)[2], name="new", repo="r2", note="noted", expected_revision=1),
        ModelEdited(model_id=tell.id("tron"), expected_revision=1, note="noted"),
        DatasetEdited(dataset_id=tell.id("d"), expected_revision=1, note="noted"),
    ]


DELETIONS = {
    "pth": lambda tell: ModelDeleted(model_id=tell.id("pth"), expected_revision=3),
    "s": lambda tell: StructureDeleted(structure_id=tell.id("s"), expected_revision=2),
    "t": lambda tell: TemplateDeleted(template_id=tell.id("t"), expected_revision=2),
    "tron": lambda tell: ModelDeleted(model_id=tell.id("tron"), expected_revision=2),
    "d": lambda tell: DatasetDeleted(dataset_id=tell.id("d"), expected_revision=2),
}


@pytest.mark.parametrize("at_once", [True, False])
def test_changes_come_upon_what_was_there_in_one_batch_or_in_many(tell, at_once):
    events = [*everything(tell), *changes(tell), *(make(tell) for make in DELETIONS.values())]
    said = [read(tell.record(event)) for event in events]
    catalogue, rows = Catalogue(), {}
    for part in [said] if at_once else [[each] for each in said]:
        decided = decide(catalogue, part, rows)
        assert all(row.accepted for row in decided.commands)
        rows.update({row.id: row for row in decided.entities})
    seen = {row.kind: (row.name, row.note, row.revision, row.deleted_at is not None) for row in rows.values()}
    assert seen == {
        "pth": ("renamed", "noted", 4, True),
        "structure": ("net", "noted", 3, True),
        "template": ("new", "noted", 3, True),
        "tron": ("n", "noted", 3, True),
        "dataset": ("cats", "noted", 3, True),
    }
    template = rows[tell.id("t")]
    assert (template.repo, template.document) == ("r2", said[8].record.value)
    assert (template.created_at, template.updated_at, template.at) == (
        said[2].envelope.time,
        template.deleted_at,
        said[13].at,
    )
    assert template.parents == [str(tell.id("s"))]
    assert rows[tell.id("tron")].parents == [str(tell.id("pth")), str(tell.id("t"))]
    assert rows[tell.id("pth")].document == said[0].record.value


def test_a_clock_that_is_slow_does_not_take_a_row_back_in_its_list(tell):
    first = tell.record(dataset(tell, "d", "cats"))
    later = tell.record(DatasetEdited(dataset_id=tell.id("d"), expected_revision=1, note="n"), time=tell.noon)
    (row,) = decide(Catalogue(), map(read, (first, later)), {}).entities
    assert row.updated_at == row.created_at > tell.noon


def test_a_refused_change_changes_no_row(tell):
    records = [tell.record(dataset(tell, "d", "cats"))]
    records += [tell.record(DatasetEdited(dataset_id=tell.id("d"), expected_revision=7, note="n"))]
    decided = decide(Catalogue(), map(read, records), {})
    assert [row.accepted for row in decided.commands] == [True, False]
    assert [(row.note, row.revision) for row in decided.entities] == [("", 1)]


def test_the_rows_that_a_change_needs_are_named(tell):
    changed = [changed_by(event) for event in (*everything(tell), *changes(tell))]
    assert changed == [None] * 5 + [tell.id(name) for name in ("pth", "pth", "s", "t", "tron", "d")]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_list_of_the_dictionary_has_a_row_from_its_first_edit_on(tell, at_once):
    edits = [
        DictionaryEdited(list_name="repo", entries=(Entry(name),), default=name, expected_revision=number)
        for number, name in enumerate(("face", "plate"), 1)
    ]
    said = [read(tell.record(event)) for event in edits]
    catalogue, rows = Catalogue(), {}
    for part in [said] if at_once else [[each] for each in said]:
        rows.update({row.id: row for row in decide(catalogue, part, rows).entities})
    (row,) = rows.values()
    assert (row.id, row.kind, row.name, row.revision) == (list_id("repo"), "dictionary", "repo", 3)
    assert (row.document, row.created_at) == (said[1].record.value, said[0].envelope.time)


def test_a_type_config_has_its_version_and_a_structure_its_type_config(tell):
    events = [TypeConfigAdded(config_id=tell.id(name), name="resnet", file=tell.object) for name in ("a", "b")]
    events += [
        StructureAdded(
            structure_id=tell.id("s"), name="net", class_name="Net", source=tell.object, type_config=tell.object,
            type_config_id=tell.id("b"),
        )
    ]  # fmt: skip
    first, second, structure = decide(Catalogue(), [read(tell.record(event)) for event in events], {}).entities
    assert [(row.kind, row.version) for row in (first, second)] == [("type_config", "1"), ("type_config", "2")]
    assert structure.parents == [str(tell.id("b"))]
