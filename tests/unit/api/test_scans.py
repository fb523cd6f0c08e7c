"""Datasets in two steps: a scan is asked for and shown, its confirmation takes the name and imports what it saw."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from schemas.events import DatasetImported, DatasetImportRequested, DatasetScanned
from schemas.specs.mapping import Mismatch, PackageKey, Pair, TaskMapping, Wanted, mapping_problems, propose
from schemas.specs.parts import TaskSpec
from schemas.values import ObjectRef
from storage.datasets.pack import DroppedValue
from storage.datasets.survey import ScanReport, Survey

LEFT = Wanted("classification", (TaskSpec("class", ("cat", "dog")),))
KEYS = (
    PackageKey("animal", "radio", {"cat": 5, "dog": 3, "cow": 2}),
    PackageKey("weather", "radio", {"sun": 10}),
    PackageKey("source", "text", {}),
)
FOUND = ScanReport(
    format="labelx",
    records=10,
    unread={},
    keys=KEYS,
    wanted=LEFT,
    pairs=(Pair("class", "animal"),),
    survey=Survey(
        images=8,
        dropped=2,
        reasons={"value_outside_classes": 2},
        values=(DroppedValue(code="value_outside_classes", count=2, params={"value": "cow"}),),
    ),
)


async def scan(api: Any, **wish: Any) -> dict[str, Any]:
    answer = await api.post("/dataset-scans", {"digest": await api.upload(b"zip"), **wish})
    assert answer.status == 201, answer.body
    return answer.json


async def scanned(api: Any, report: ScanReport = FOUND, **wish: Any) -> str:
    """A scan that found this."""
    job = await scan(api, **wish)
    stored = ObjectRef(await api.upload(msgspec.json.encode(report)), 1)
    problem = next(iter(report.problems), None)
    await api.finished(
        job, DatasetScanned, format=report.format, type=report.type, images=8, dropped=2, problem=problem, report=stored
    )
    return job["id"]


async def template(api: Any) -> str:
    return str(await api.template(await api.structure()))


async def requested(api: Any) -> DatasetImportRequested:
    """The newest import that was asked for."""
    rows = [each for each in api.views.rows["jobs"].values() if each.kind == "DatasetImportRequested"]
    return msgspec.json.decode(rows[-1].request, type=DatasetImportRequested)


async def test_a_scan_is_a_job_that_takes_no_name_and_shows_what_it_found(api):
    job = await scan(api, file_name="photos.zip")
    assert (job["kind"], job["state"], job["subject_id"]) == ("scan", "queued", job["id"])
    open_ = (await api.get(f"/dataset-scans/{job['id']}")).json
    assert (open_["report"], open_["notices"], open_["package"]["name"]) == (None, [], "photos.zip")
    id_ = await scanned(api, template_id=await template(api))
    found = (await api.get(f"/dataset-scans/{id_}", **{"Accept-Language": "zh"})).json
    assert found["report"]["pairs"] == [{"task": "class", "key": "animal"}]
    assert found["report"]["survey"]["reasons"] == {"value_outside_classes": 2}
    assert (await api.get("/datasets")).json["items"] == [], "cancelling leaves nothing: there is nothing yet"


async def test_data_that_does_not_match_is_said_in_the_manual_s_words_with_counts(api):
    mismatch = Mismatch("class", "animal", {"cow": 2}, 1, 2, unused=("dog",), unused_classes=1)
    report = msgspec.structs.replace(FOUND, mismatches=(mismatch,))
    id_ = await scanned(api, report, template_id=await template(api))
    found = (await api.get(f"/dataset-scans/{id_}", **{"Accept-Language": "zh"})).json
    assert [each["code"] for each in found["notices"]] == ["data_not_matching", "classes_without_data"]
    assert found["messages"][0].startswith("数据不匹配，系统将以模版信息对数据进行处理")
    assert found["notices"][0]["params"] == {"images": "8", "dropped": "2", "tasks": "class"}


async def test_a_confirmed_scan_takes_the_name_and_imports_with_its_mapping(api):
    id_ = await scanned(api, template_id=await template(api), split="val")
    answer = await api.post("/datasets", {"name": "animals", "scan_job_id": id_, "note": "n"})
    assert answer.status == 201, answer.body
    asked = await requested(api)
    assert (str(asked.scan_job_id), asked.format, asked.type, asked.split) == (id_, "labelx", "classification", "val")
    mapping = msgspec.json.decode((await api.get(f"/objects/{asked.mapping.digest}")).body, type=TaskMapping)
    assert mapping == TaskMapping(LEFT, (Pair("class", "animal"),))
    dataset = (await api.get(f"/datasets/{answer.json['subject_id']}")).json
    assert (dataset["name"], dataset["type"], dataset["state"]) == ("animals", "classification", "pending")


async def test_the_right_side_may_be_chosen_otherwise_and_the_left_side_not(api):
    id_ = await scanned(api, template_id=await template(api))
    wish = {"name": "a", "scan_job_id": id_, "pairs": [{"task": "class", "key": "weather"}]}
    assert (await api.post("/datasets", wish)).status == 201
    mapping = msgspec.json.decode(
        (await api.get(f"/objects/{(await requested(api)).mapping.digest}")).body, type=TaskMapping
    )
    assert mapping.pairs == (Pair("class", "weather"),)
    for pairs, code in (
        ([{"task": "other", "key": "animal"}], "mapping_task_unknown"),
        ([{"task": "class", "key": "animal"}, {"task": "class", "key": "animal"}], "mapping_task_twice"),
        ([{"task": "class", "key": "source"}], "mapping_key_tool_wrong"),
        ([{"task": "class", "key": "nothing"}], "mapping_key_unknown"),
    ):
        answer = await api.post("/datasets", {"name": "b", "scan_job_id": id_, "pairs": pairs})
        assert (answer.status, answer.json["code"]) == (422, code)
    assert [each["name"] for each in (await api.get("/datasets")).json["items"]] == ["a"]


def test_a_key_is_used_once():
    left = Wanted("classification", (TaskSpec("one", ("cat",)), TaskSpec("two", ("dog",))))
    assert {pair.key for pair in propose(left, KEYS)} == {"animal"}, "the second task finds no other that fits"
    twice = (Pair("one", "animal"), Pair("two", "animal"))
    assert "mapping_key_twice" in [each.code for each in mapping_problems(left, twice, KEYS)]


async def test_what_cannot_be_confirmed_is_refused_before_a_name_is_taken(api):
    queued = (await scan(api))["id"]
    nothing = msgspec.structs.replace(FOUND, survey=Survey(images=0, dropped=10))
    own = msgspec.structs.replace(FOUND, wanted=msgspec.structs.replace(LEFT, own=True))
    made_of = await template(api)
    gone = await scanned(api, template_id=made_of)
    tag = (await api.get(f"/templates/{made_of}")).headers["ETag"]
    assert (await api.ask("DELETE", f"/templates/{made_of}", headers={"If-Match": tag})).status == 200
    for id_, pairs, status, code in (
        (queued, [], 409, "scan_not_completed"),
        (str(uuid4()), [], 422, "scan_unknown"),
        (await scanned(api, nothing), [], 422, "scan_fits_nothing"),
        (await scanned(api, own), [{"task": "class", "key": "weather"}], 422, "mapping_without_template"),
        (gone, [], 409, "template_deleted"),
    ):
        answer = await api.post("/datasets", {"name": "x", "scan_job_id": id_, "pairs": pairs})
        assert (answer.status, answer.json["code"]) == (status, code)
    assert (await api.get("/datasets")).json["items"] == []


@pytest.mark.parametrize(
    "wish",
    [
        {"name": "x"},
        {"name": "x", "digest": "sha256:" + "0" * 64, "scan_job_id": str(UUID(int=1))},
        {"name": "x", "digest": "sha256:" + "0" * 64, "pairs": [{"task": "a", "key": "b"}]},
    ],
)
async def test_a_wish_names_a_scan_or_a_package(api, wish):
    answer = await api.post("/datasets", wish)
    assert (answer.status, answer.json["code"]) == (422, "body_invalid")


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"format": "nonsense"}, "value_not_supported"),
        ({"type": "nonsense"}, "value_not_supported"),
        ({"template_id": str(UUID(int=1))}, "template_unknown"),
        ({"pairs": [{"task": "a", "key": "b"}]}, "body_invalid"),
        ({"sub_template": "main"}, "body_invalid"),
    ],
)
async def test_a_scan_that_cannot_be_asked_for(api, wish, code):
    answer = await api.post("/dataset-scans", {"digest": await api.upload(b"zip"), **wish})
    assert (answer.status, answer.json["code"]) == (422, code)


async def test_a_sub_template_that_is_not_there_is_refused_with_those_that_are(api):
    wish = {"digest": await api.upload(b"zip"), "template_id": await template(api), "sub_template": "nothing"}
    answer = await api.post("/dataset-scans", wish)
    assert (answer.status, answer.json["code"]) == (422, "sub_template_not_clear")
    assert answer.json["params"]["known"]


async def test_a_corrected_package_is_another_version_of_the_same_dataset(api):
    dataset = await api.dataset()
    corrected = await api.upload(b"corrected")
    api.later(60)
    answer = await api.post(f"/datasets/{dataset}/versions", {"digest": corrected})
    assert answer.status == 201, answer.body
    assert answer.json["subject_id"] == str(dataset)
    asked = await requested(api)
    assert (asked.type, asked.format, asked.package.digest) == ("classification", "imagefolder", corrected)
    pack = ObjectRef(await api.upload(b"other pack"), 10)
    await api.finished(answer.json, DatasetImported, dataset_id=dataset, pack=pack, images=21, classes=2)
    versions = (await api.get(f"/datasets/{dataset}")).json["versions"]
    assert [each["images"] for each in versions] == [21, 20]
    assert versions[0]["pack"]["digest"] != versions[1]["pack"]["digest"]


async def test_versions_of_a_dataset_have_one_type(api):
    dataset = await api.dataset()
    boxes = ScanReport(
        format="coco", records=1, unread={}, keys=(PackageKey("boxes", "box", {"cat": 1}),),
        wanted=Wanted("detection", (TaskSpec("class", ("cat",)),), own=True), pairs=(Pair("class", "boxes"),),
        survey=Survey(images=1, dropped=0),
    )  # fmt: skip
    answer = await api.post(f"/datasets/{dataset}/versions", {"scan_job_id": await scanned(api, boxes)})
    assert (answer.status, answer.json["code"]) == (422, "dataset_type_differs")
    assert (await api.post(f"/datasets/{uuid4()}/versions", {"digest": await api.upload(b"z")})).status == 404


async def test_a_dataset_of_a_scan_has_the_scan_s_type(api):
    boxes = ScanReport(
        format="coco", records=1, unread={}, keys=(PackageKey("boxes", "box", {"cat": 1}),),
        wanted=Wanted("detection", (TaskSpec("class", ("cat",)),), own=True), pairs=(Pair("class", "boxes"),),
        survey=Survey(images=1, dropped=0),
    )  # fmt: skip
    answer = await api.post("/datasets", {"name": "boxes", "scan_job_id": await scanned(api, boxes)})
    assert answer.status == 201
    assert (await api.get(f"/datasets/{answer.json['subject_id']}")).json["type"] == "detection"
    assert (await requested(api)).type == "detection"
