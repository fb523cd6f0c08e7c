"""Commands of every noun: which event they become, where, and under which id."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from producers import datasets, jobs, models, structures, templates, tests
from producers.say import Command, Speaker
from schemas.catalogue import Catalogue
from schemas.codec import decode
from schemas.envelope import command_id
from schemas.events import TronVersionReserved
from schemas.lifecycle import step
from schemas.specs.preprocessing import Transpose
from schemas.specs.templates import read_template
from schemas.specs.testing import TestOptions
from schemas.topics import TOPICS
from schemas.values import ObjectRef, StructureRef, TronIdentity
from storage.log.memory import MemoryLog

NOW = datetime(2026, 11, 23, tzinfo=UTC)
OBJECT = ObjectRef(f"sha256:{'0' * 64}", 1, "object")
IDENTITY = TronIdentity("nvidia", "repo", "name", "classification", "")


class Room:
    """A speaker, and the ears to hear it."""

    def __init__(self) -> None:
        self.log = MemoryLog({topic.name: topic.partitions for topic in TOPICS.values()})
        self.speaker = Speaker(self.log, "/test", lambda: NOW, 1.0)

    async def heard(self, topic: str) -> list:
        reader = await self.log.open(dict.fromkeys(await self.log.end(topic), 0))
        return [decode(record.value, record.headers) for record in await reader.read(records_max=100, wait_s=0)]


@pytest.fixture
def room() -> Room:
    return Room()


def command(key: str = "k") -> Command:
    actor = UUID(int=1)
    return Command(command_id(actor, "POST /x", key), actor, "sha256:1")


def test_the_jobs_of_commands_are_derived_from_them():
    first, second = command("1").id, command("2").id
    ids = [make(id_) for make in (models.conversion_job_id, datasets.import_job_id) for id_ in (first, second)]
    assert len({*ids, first, second}) == 6
    assert models.conversion_job_id(first) == models.conversion_job_id(command("1").id)


async def test_decisions_are_accepted_by_the_catalogue_and_said_twice_are_said_once(room):
    structure, template, pth, tron, dataset = (command(str(number)) for number in range(5))
    document = read_template(
        {
            "name": "t", "repo": "repo", "version": "1", "method": "classification", "error_threshold": 1e-4,
            "sub_templates": [{
                "name": "main", "input_name": "x", "input_shape": "1,1,2,2", "mean_values": [0], "scale_values": [1],
                "max_batch": 1, "architecture": str(structure.id), "num_classes": 1,
                "tasks": [{"name": "class", "classes": ["cat"]}],
            }],
        }
    )  # fmt: skip
    for _ in range(2):
        await structures.add(
            room.speaker, structure, name="Net", class_name="Net", source=OBJECT, type_config=None, note=""
        )
        await templates.save(room.speaker, template, document=document, stored=OBJECT, note="")
        await models.upload(room.speaker, pth, name="net", weights=OBJECT, training_id="", note="")
        await models.reserve_version(
            room.speaker, tron, identity=IDENTITY, start_version="1", pth_id=pth.id, template_id=template.id
        )
        await datasets.create(room.speaker, dataset, name="d", type_="classification", note="")
    catalogue = Catalogue()
    outcomes = [catalogue.decide(envelope) for envelope in await room.heard("mo.catalog")]
    assert all(outcome.accepted for outcome in outcomes)
    assert [outcome.repeated for outcome in outcomes] == [False] * 5 + [True] * 5
    assert outcomes[3].version == "2"


async def test_requests_queue_jobs_where_machines_look_for_them(room):
    conversion, import_, test, cancelled, scan = (command(str(number)) for number in range(5))
    reserved = TronVersionReserved(
        model_id=conversion.id, platform="nvidia", repo="r", name="n", method="m", start_version="1",
        pth_id=uuid4(), template_id=uuid4(),
    )  # fmt: skip
    await models.request_conversion(
        room.speaker, conversion, reserved=reserved, version="2", weights=OBJECT, template=OBJECT,
        structures=(StructureRef(uuid4(), "Net", OBJECT),), overridden=(), merge_operators=True, copy_parameters=True,
        real_inputs=None,
    )  # fmt: skip
    content = datasets.Content(OBJECT, "imagefolder", "classification")
    await datasets.request_import(room.speaker, import_, import_.id, content)
    await datasets.request_scan(room.speaker, scan, content)
    await tests.request(
        room.speaker, test, model_id=uuid4(), identity=IDENTITY, tron=OBJECT, dataset_id=uuid4(), dataset_name="d",
        pack=OBJECT, batch_size=1, loops=1, precision="fp32", backend="auto", steps=(Transpose(),),
            options=TestOptions(),
    )  # fmt: skip
    await jobs.cancel(room.speaker, cancelled, job_id=test.id)
    folded = {}
    for envelope in await room.heard("mo.jobs"):
        folded[envelope.event.job_id] = step(folded.get(envelope.event.job_id), envelope)
    seen = {id_: (job.resource, job.platform, job.state) for id_, job in folded.items()}
    assert seen == {
        models.conversion_job_id(conversion.id): ("cpu-heavy", None, "queued"),
        datasets.import_job_id(import_.id): ("cpu-light", None, "queued"),
        scan.id: ("cpu-light", None, "queued"),
        test.id: ("device", "nvidia", "cancelled"),
    }
    assert {job.request_digest for job in folded.values()} == {"sha256:1"}


async def test_changes_are_decided_upon_the_revision_that_they_name(room):
    made = {name: command(name) for name in ("structure", "pth", "dataset")}
    await structures.add(
        room.speaker, made["structure"], name="Net", class_name="Net", source=OBJECT, type_config=None, note=""
    )
    await models.upload(room.speaker, made["pth"], name="net", weights=OBJECT, training_id="", note="")
    await datasets.create(room.speaker, made["dataset"], name="d", type_="classification", note="")
    edits = {"expected_revision": 1, "note": "n"}
    await structures.edit(room.speaker, command("1"), structure_id=made["structure"].id, name=None, **edits)
    await models.edit(room.speaker, command("2"), model_id=made["pth"].id, name="other", **edits)
    await datasets.edit(room.speaker, command("3"), dataset_id=made["dataset"].id, **edits)
    await structures.delete(room.speaker, command("4"), structure_id=made["structure"].id, expected_revision=2)
    await models.delete(room.speaker, command("5"), model_id=made["pth"].id, expected_revision=2)
    await datasets.delete(room.speaker, command("6"), dataset_id=made["dataset"].id, expected_revision=2)
    catalogue = Catalogue()
    heard = await room.heard("mo.catalog")
    assert [catalogue.decide(envelope).revision for envelope in heard] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert [envelope.id for envelope in heard[3:]] == [command(str(number)).id for number in range(1, 7)]


async def test_a_template_is_replaced_whole_and_deleted(room):
    structure, template = command("structure"), command("template")
    raw = {
        "name": "t", "repo": "repo", "version": "1", "method": "classification", "error_threshold": 1e-4,
        "sub_templates": [{
            "name": "main", "input_name": "x", "input_shape": "1,1,2,2", "mean_values": [0], "scale_values": [1],
            "max_batch": 1, "architecture": str(structure.id), "num_classes": 1,
            "tasks": [{"name": "class", "classes": ["cat"]}],
        }],
    }  # fmt: skip
    await structures.add(
        room.speaker, structure, name="Net", class_name="Net", source=OBJECT, type_config=None, note=""
    )
    await templates.save(room.speaker, template, document=read_template(raw), stored=OBJECT, note="")
    await templates.replace(
        room.speaker, command("edit"), template_id=template.id, expected_revision=1,
        document=read_template(raw | {"name": "t2"}), stored=OBJECT, note="n",
    )  # fmt: skip
    await templates.delete(room.speaker, command("delete"), template_id=template.id, expected_revision=2)
    catalogue = Catalogue()
    heard = await room.heard("mo.catalog")
    assert [catalogue.decide(envelope).revision for envelope in heard] == [1, 1, 2, 3]
    assert (heard[2].event.name, heard[2].event.template_id, heard[2].event.expected_revision) == ("t2", template.id, 1)
