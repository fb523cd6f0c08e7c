"""The form of a test, filled for a model and a dataset."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from schemas.events import DatasetImported, InferenceRequested
from schemas.specs.testing import Dimension, TaskPair, TestOptions
from schemas.values import ObjectRef
from storage.datasets.pack import PackTask, PackWriter


async def dataset(api, tmp_path: Path, name: str = "photos") -> UUID:
    """A dataset whose pack is there: two tasks, and an attribute."""
    with PackWriter(tmp_path / "pack.zip") as writer:
        for number in range(4):
            labels = {"class": ("cat", "dog")[number % 2], "kind": "xy"[number // 2]}
            attributes = {"light": ("day", "night")[number % 2]}
            writer.add(
                bytes([number]), name=f"{number}", suffix="png", width=1, height=1, labels=labels,
                attributes=attributes,
            )  # fmt: skip
        writer.finish((PackTask("class", ("cat", "dog")), PackTask("kind", ("x", "y"))), "classification")
    data = (tmp_path / "pack.zip").read_bytes()
    digest = await api.upload(data)
    job = (await api.post("/datasets", {"name": name, "digest": digest})).json
    id_ = UUID(job["subject_id"])
    await api.finished(job, DatasetImported, dataset_id=id_, pack=ObjectRef(digest, len(data)), images=4, classes=2)
    return id_


async def test_the_form_says_what_a_test_would_be_filled_with(api, tmp_path):
    model, there = await api.converted(), await dataset(api, tmp_path)
    form = (await api.get(f"/test-form?model_id={model}&dataset_id={there}")).json
    assert (form["type"], form["max_batch"], form["nothing_common"]) == ("classification", 8, False)
    assert form["tasks"] == [{"task": "class", "dataset_task": "class"}]
    assert [(each["precision"], each["enabled"]) for each in form["switches"]] == [("fp16", False), ("int8", False)]
    assert set(form["messages"]) == {"fp16", "int8"}
    assert [step["op"] for step in form["steps"]] == ["resize", "cvtRGB", "transpose"]
    assert {each["name"]: (each["values"], each["as_task"]) for each in form["dimensions"]} == {
        "class": (2, True), "kind": (2, False), "light": (2, False),
    }  # fmt: skip


async def asked_without(api, tmp_path, *deleted: str, **options: object):
    """The options of a test without these tasks; or the code why there is none."""
    model, there = await api.converted(), await dataset(api, tmp_path)
    wish = {"model_id": str(model), "dataset_id": str(there), "options": options}
    answer = await api.post("/inferences", {**wish, "without_tasks": list(deleted)})
    return await options_of(api, answer.json["id"]) if answer.status == 201 else answer.json["code"]


async def options_of(api, test: str) -> TestOptions:
    row = await api.views.job(UUID(test))
    return msgspec.json.decode(row.request, type=InferenceRequested).options


PAIRS = [{"task": "class", "dataset_task": "kind"}, {"task": "other", "dataset_task": "class"}]
DIMENSIONS = [{"name": "class", "as_task": True}, {"name": "light"}]
LEFT = TestOptions(tasks=(TaskPair("class", "kind"),), dimensions=(Dimension("light"),))


async def test_a_task_deleted_from_the_list_takes_its_dimension_along(api, tmp_path):
    assert await asked_without(api, tmp_path, "class", tasks=PAIRS, dimensions=DIMENSIONS) == LEFT


@pytest.mark.parametrize(
    ("deleted", "code"),
    [(("kind",), "task_pair_unknown"), (("class",), "tasks_all_deleted"), (("class",) * 2, "task_pair_unknown")],
)
async def test_the_list_that_tasks_are_deleted_from_is_the_one_that_is_filled_in(api, tmp_path, deleted, code):
    """The model has one head, which `class` answers; `kind` is not in the list."""
    assert await asked_without(api, tmp_path, *deleted) == code


async def test_a_clone_may_leave_a_task_out(api, tmp_path):
    model, there = await api.converted(), await dataset(api, tmp_path)
    options = {"tasks": PAIRS, "dimensions": DIMENSIONS}
    wish = {"model_id": str(model), "dataset_id": str(there), "options": options}
    test = (await api.post("/inferences", wish)).json["id"]
    clone = (await api.post(f"/tests/{test}/clone", {"without_tasks": ["class"]})).json["id"]
    assert await options_of(api, clone) == LEFT


async def test_without_a_dataset_it_is_the_form_of_a_quick_check(api):
    model = await api.converted()
    form = (await api.get(f"/test-form?model_id={model}")).json
    assert (form["dataset_id"], form["type"], form["max_batch"]) == (None, "classification", 8)
    assert (form["dataset_tasks"], form["tasks"], form["dimensions"], form["nothing_common"]) == ([], [], [], False)
    assert [step["op"] for step in form["steps"]] == ["resize", "cvtRGB", "transpose"]


async def test_a_form_needs_a_model(api):
    assert (await api.get(f"/test-form?dataset_id={UUID(int=1)}")).status == 400
