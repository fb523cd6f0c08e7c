"""Asking for tests: every field arrives in the request, several at once, once more with changes."""

from __future__ import annotations

import json
from uuid import UUID

import msgspec
import pytest

from schemas.events import DatasetImported, InferenceRequested
from schemas.specs.testing import TestOptions
from schemas.values import ObjectRef


def asked(api, test_id: str) -> InferenceRequested:
    row = api.views.rows["jobs"][UUID(test_id)]
    return msgspec.json.decode(row.request, type=InferenceRequested)


FIELDS = [
    ("batch_size", 4),
    ("loops", 3),
    ("precision", "bf16"),
    ("backend", "openvino"),
    ("steps", [{"op": "transpose"}]),
    ("tasks", [{"task": "class", "dataset_task": "class"}]),
    ("dimensions", [{"name": "light", "as_task": False}]),
]


@pytest.mark.parametrize(("field", "value"), FIELDS)
async def test_a_field_changes_itself_and_nothing_else(api, field, value):
    wish = {"model_id": str(await api.converted()), "dataset_id": str(await api.dataset())}
    change = {"options": {field: value}} if field in ("tasks", "dimensions") else {field: value}
    plain, other = [(await api.post("/inferences", each)).json for each in (wish, {**wish, **change})]
    before, after = [json.loads(msgspec.json.encode(asked(api, each["id"]))) for each in (plain, other)]
    before, after = [each | each.pop("options") | {"job_id": ""} for each in (before, after)]
    assert {name for name in before if before[name] != after[name]} == {field}
    assert after[field] == value


async def test_a_batch_is_every_model_on_every_dataset_in_every_precision_and_asking_twice_is_asking_once(api):
    models, datasets = [await api.converted()], [await api.dataset("one"), await api.dataset("two")]
    wish = {
        "model_ids": list(map(str, models)),
        "dataset_ids": list(map(str, datasets)),
        "precisions": ["fp32", "bf16"],
        "batch_size": 2,
    }
    first, second = [await api.post("/test-batches", wish, idempotency_key="k") for _ in range(2)]
    assert (first.status, second.status) == (201, 201)
    ids = [job["id"] for job in first.json["jobs"]]
    assert ids == [job["id"] for job in second.json["jobs"]]
    made = [asked(api, id_) for id_ in ids]
    assert [(each.dataset_name, each.precision, each.batch_size) for each in made] == [
        ("one", "fp32", 2), ("one", "bf16", 2), ("two", "fp32", 2), ("two", "bf16", 2),
    ]  # fmt: skip


async def test_a_batch_with_one_that_does_not_fit_starts_none_and_says_which_and_why(api):
    model, there = await api.converted(), await api.dataset()
    wish = {"model_ids": [str(model)], "dataset_ids": [str(there)], "precisions": ["fp32", "int8"]}
    answer = await api.post("/test-batches", wish)
    assert (answer.status, answer.json["jobs"]) == (200, [])
    (refused,) = answer.json["refused"]
    assert (refused["precision"], refused["reason"]["code"]) == ("int8", "precision_not_available")
    assert "int8" in refused["message"]
    assert (await api.get("/tests")).json["items"] == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"precisions": ["fp32", "fp32"]}, "test_parts_twice"),
        ({"dataset_ids": [str(UUID(int=n)) for n in range(200)], "precisions": ["fp32", "bf16"]},
         "test_batch_too_large"),
    ],
)  # fmt: skip
async def test_a_batch_has_bounds(api, changes, code):
    wish = {"model_ids": [str(UUID(int=1))], "dataset_ids": [str(UUID(int=2))]}
    answer = await api.post("/test-batches", {**wish, **changes})
    assert (answer.status, answer.json["code"]) == (422, code)


async def test_a_clone_is_the_same_test_with_the_changes_in_it(api):
    wish = {
        "model_id": str(await api.converted()),
        "dataset_id": str(await api.dataset()),
        "batch_size": 4,
        "loops": 2,
        "steps": [{"op": "transpose"}],
        "options": {"dimensions": [{"name": "light"}]},
    }
    test = (await api.post("/inferences", wish)).json["id"]
    again = (await api.post(f"/tests/{test}/clone", {})).json["id"]
    other = (await api.post(f"/tests/{test}/clone", {"batch_size": 8})).json["id"]
    assert len({test, again, other}) == 3
    first, rerun, changed = [
        msgspec.structs.replace(asked(api, each), job_id=UUID(int=0)) for each in (test, again, other)
    ]
    assert rerun == first
    assert changed == msgspec.structs.replace(first, batch_size=8)


async def test_a_clone_stays_on_the_version_that_was_tested(api):
    model, there = await api.converted(), await api.dataset()
    test = (await api.post("/inferences", {"model_id": str(model), "dataset_id": str(there)})).json["id"]
    before = asked(api, test).pack
    newer = await api.upload(b"newer")
    job = (await api.post(f"/datasets/{there}/versions", {"digest": newer})).json
    await api.finished(job, DatasetImported, dataset_id=there, pack=ObjectRef(newer, 5), images=1, classes=2)
    again = (await api.post(f"/tests/{test}/clone", {})).json["id"]
    assert asked(api, again).pack == before
    fresh = (await api.post("/inferences", {"model_id": str(model), "dataset_id": str(there)})).json["id"]
    assert asked(api, fresh).pack.digest == newer


async def test_a_clone_on_another_dataset_leaves_the_pairs_and_dimensions_of_the_old_one(api):
    model, there, other = await api.converted(), await api.dataset(), await api.dataset("other")
    options = {"tasks": [{"task": "class", "dataset_task": "class"}], "dimensions": [{"name": "light"}]}
    wish = {"model_id": str(model), "dataset_id": str(there), "options": options, "batch_size": 4}
    test = (await api.post("/inferences", wish)).json["id"]
    moved = asked(api, (await api.post(f"/tests/{test}/clone", {"dataset_id": str(other)})).json["id"])
    assert (moved.dataset_name, moved.batch_size, moved.options) == ("other", 4, TestOptions())


async def test_only_tests_are_cloned(api):
    job = await api.conversion()
    assert (await api.post(f"/tests/{job['id']}/clone", {})).status == 404
