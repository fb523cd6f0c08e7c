"""What a test is asked for beyond running the model reaches its request, or is refused before anything is said."""

from __future__ import annotations

import pytest


async def asked(api, **wish):
    ids = {"model_id": str(await api.converted()), "dataset_id": str(await api.dataset())}
    return await api.post("/inferences", {**ids, **wish})


async def test_options_are_shown_with_the_test(api):
    pairs = [{"task": "class", "dataset_task": "class"}]
    options = {"dimensions": [{"name": "天气", "as_task": False}], "tasks": pairs}
    answer = await asked(api, options=options, backend="openvino", precision="bf16")
    assert answer.status in (201, 202), answer.json
    (test,) = (await api.get("/tests")).json["items"]
    assert test["options"]["dimensions"] == options["dimensions"]
    assert test["options"]["tasks"] == options["tasks"]
    assert (test["options"]["iou_threshold"], test["options"]["size_policy"]) == (0.5, "true")
    assert (test["backend"], test["precision"]) == ("openvino", "bf16")
    assert (test["measure"], test["slices"], test["trials"]) == (None, [], [])


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({"options": {"iou_threshold": 0.6}}, 422, "option_for_detection_only"),
        ({"options": {"size_policy": "1920x1080"}}, 422, "option_for_detection_only"),
        ({"options": {"dimensions": [{"name": "a"}, {"name": "a"}]}}, 422, "dimension_twice"),
        ({"options": {"iou_threshold": 1.5}}, 400, None),
        ({"options": {"size_policy": "4k"}}, 400, None),
        ({"options": {"unknown": 1}}, 400, None),
        ({"precision": "int8"}, 422, "precision_not_available"),
        ({"backend": "tensorrt"}, 422, "value_not_supported"),
    ],
)
async def test_what_does_not_fit_is_refused_before_anything_is_said(api, wish, status, code):
    answer = await asked(api, **wish)
    assert answer.status in ((400, 422) if code is None else (status,)), answer.json
    if code is not None:
        assert answer.json["code"] == code
    assert (await api.get("/tests")).json["items"] == []


async def test_tests_are_listed_by_their_dataset(api):
    model, one, other = await api.converted(), await api.dataset(), await api.dataset("other")
    first = await api.tested(model, one, 0.5)
    await api.tested(model, other, 0.5)
    listed = (await api.get(f"/tests?dataset_id={one}")).json["items"]
    assert [test["id"] for test in listed] == [str(first)]
