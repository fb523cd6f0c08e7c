"""The form of a test, filled for a model and a dataset."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from schemas.events import DatasetImported
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


async def test_a_form_needs_both(api):
    assert (await api.get(f"/test-form?model_id={UUID(int=1)}")).status == 400
