"""The dictionary at the API: seeds, edits by revision, and what templates make of it."""

from __future__ import annotations

from typing import Any

import pytest

ONE = '"1"'


async def put(api, name: str, entries: list[Any], default: str, if_match: str = ONE, **headers: str):
    wish = {"entries": [each if isinstance(each, dict) else {"name": each} for each in entries], "default": default}
    given = {"If-Match": if_match, **{key.replace("_", "-"): value for key, value in headers.items()}}
    return await api.ask("PUT", f"/dictionary/{name}", json=wish, headers=given)


async def document(api, **changes: Any) -> dict[str, Any]:
    """A template's document; changes of its one sub-template by `sub`."""
    sub = {
        "name": "main", "input_name": "input", "input_shape": "1,3,24,32", "mean_values": "0..1",
        "scale_values": "0..1", "max_batch": 8, "architecture": str(await api.structure()), "num_classes": 2,
        "class_name": ["cat", "dog"], **changes.pop("sub", {}),
    }  # fmt: skip
    main = {"name": "t", "version": "1.0.0", "error_threshold": "1e-4", "sub_templates": [sub], **changes}
    return {"document": main}


async def test_every_list_is_there_from_the_beginning(api):
    lists = (await api.get("/dictionary")).json["lists"]
    assert [each["name"] for each in lists] == ["repo", "method", "model_type", "mean_values", "scale_values"]
    assert all(each["default"] in [entry["name"] for entry in each["entries"]] for each in lists)
    one = await api.get("/dictionary/repo")
    assert (one.json, one.headers["ETag"]) == (lists[0], ONE)
    assert (await api.get("/dictionary/nothing")).json["code"] == "dictionary_list_unknown"


async def test_an_edit_takes_the_place_of_the_list_that_its_author_saw(api):
    edited = await put(api, "repo", ["face", "plate"], "plate", Idempotency_Key="k")
    assert (edited.status, edited.headers["ETag"]) == (200, '"2"')
    assert (edited.json["default"], [each["name"] for each in edited.json["entries"]]) == ("plate", ["face", "plate"])
    assert (await api.get("/dictionary/repo")).json == edited.json
    assert (await put(api, "repo", ["face", "plate"], "plate", Idempotency_Key="k")).json == edited.json
    stale = await put(api, "repo", ["face"], "face")
    assert (stale.status, stale.json["code"]) == (412, "revision_stale")
    assert (await put(api, "repo", ["face"], "face", '"2"')).status == 200


@pytest.mark.parametrize(
    ("name", "entries", "default", "code"),
    [
        ("repo", ["a"], "b", "dictionary_default_unknown"),
        ("repo", ["a", "a"], "a", "dictionary_entry_twice"),
        ("repo", [{"name": "a", "values": [1]}], "a", "dictionary_values_wrong"),
        ("repo", [f"{number:099}" for number in range(99)], f"{0:099}", "dictionary_list_too_long"),
        ("mean_values", ["a"], "a", "dictionary_values_wrong"),
        ("mean_values", [{"name": "a", "values": [1, 2, 3, 4, 5]}], "a", "dictionary_values_wrong"),
        ("scale_values", [{"name": "a", "values": [0]}], "a", "dictionary_values_wrong"),
        ("method", ["classification", "magic"], "magic", "dictionary_not_implemented"),
        ("model_type", ["tensorflow"], "tensorflow", "dictionary_not_implemented"),
    ],
)
async def test_lists_that_cannot_be_so_are_refused(api, name, entries, default, code):
    answer = await put(api, name, entries, default)
    assert (answer.status, answer.json["code"]) == (422, code)


async def test_a_template_takes_defaults_and_presets_from_the_dictionary(api):
    answer = await api.post("/templates", await document(api, sub={"mean_values": "imagenet"}))
    assert answer.status == 201, answer.json
    sub = answer.json["document"]["sub_templates"][0]
    assert (answer.json["repo"], answer.json["method"]) == ("classification", "classification")
    assert (sub["mean_values"], sub["scale_values"]) == ([123.675, 116.28, 103.53], [0.00392156863] * 3)


async def test_a_template_whose_repo_is_not_listed_is_told_how_to_add_it(api):
    wish = await document(api, repo="boats")
    refused = await api.post("/templates", wish)
    assert (refused.status, refused.json["code"]) == (422, "not_in_dictionary")
    assert "mo dictionary add repo boats" in refused.json["detail"]
    assert (await put(api, "repo", ["boats"], "boats")).status == 200
    assert (await api.post("/templates", wish)).status == 201


async def test_a_preset_that_is_not_listed_is_refused_with_those_that_are(api):
    refused = await api.post("/templates", await document(api, sub={"scale_values": "caffe"}))
    assert (refused.json["code"], refused.json["params"]["field"]) == ("preset_unknown", "scale_values")
    assert "imagenet" in refused.json["params"]["known"]


async def test_what_a_template_had_before_it_may_keep(api):
    made = (await api.post("/templates", await document(api, repo="face"))).json
    assert (await put(api, "repo", ["plate"], "plate")).status == 200
    path, kept = f"/templates/{made['id']}", {**made["document"], "version": "2"}
    edited = await api.ask("PATCH", path, json={"document": kept}, headers={"If-Match": ONE})
    assert (edited.status, edited.json["repo"]) == (200, "face")
    other = await api.ask("PATCH", path, json={"document": {**kept, "repo": "x"}}, headers={"If-Match": '"2"'})
    assert (other.status, other.json["code"]) == (422, "not_in_dictionary")
    job = await api.post("/conversions", {"pth_id": str(await api.pth()), "template_id": made["id"]})
    assert job.status == 201
