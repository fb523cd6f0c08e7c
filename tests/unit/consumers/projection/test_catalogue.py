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
    ModelDeleted,
    ModelEdited,
    StructureAdded,
    StructureDeleted,
    StructureEdited,
    TemplateDeleted,
    TemplateSaved,
    TronVersionReserved,
    Upload,
)


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
