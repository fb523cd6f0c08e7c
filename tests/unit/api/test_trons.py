"""Direct uploads: any file becomes a model under an identity of its own; what it is is said, and guards its use."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from small_tron import graph, manifest, write_small
from zip_tricks import GOOD, TRICKS, craft

from api import tron_files
from api.client.tron_files import composed_name
from schemas.tron import encode_manifest
from schemas.values import TronIdentity

TYPED = {"platform": "nvidia", "repo": "scene", "name": "a/b: 名", "method": "classification", "version": "第 1 版"}


@pytest.fixture
def tron(tmp_path: Path) -> bytes:
    return write_small(tmp_path / "m.tron").read_bytes()


async def uploaded(api, data: bytes, **changes: Any) -> dict[str, Any]:
    answer = await api.post("/trons", await wish_for(api, data, **changes))
    assert answer.status == 201, answer.body
    return answer.json


async def wish_for(api, data: bytes, **changes: Any) -> dict[str, Any]:
    return {**TYPED, "digest": await api.upload(data), "file_name": "net.bin", **changes}


async def test_a_tron_of_ours_is_known_as_such_with_both_of_its_names(api, tron):
    made = await uploaded(api, tron, note="from the lab")
    assert (made["origin"], made["detected"], made["state"], made["unusable"]) == ("uploaded", "tron", "ready", None)
    assert made["file_name"] == "scene_a_b_ 名_classification_第 1 版.tron"
    assert made["notices"] == [
        {
            "code": "tron_identity_differs",
            "params": {"typed": made["file_name"].removesuffix(".tron"), "file_says": "scene_n_classification_v2"},
        }
    ]
    assert "its manifest calls it scene_n_classification_v2" in made["messages"][1]
    assert made["revisions"][0]["tron"]["size_bytes"] == len(tron)
    assert (made["pth_id"], made["revisions"][0]["report"]) == (None, None)


async def test_the_composed_name_is_the_same_before_and_after(api, tmp_path, tron):
    path = tmp_path / "net.OM"
    newer = tron.replace(b'"format_version": 1', b'"format_version": 7')
    for number, data in enumerate((tron, newer, b"IMOD" + bytes(300), b"hello")):
        path.write_bytes(data)
        identity = TronIdentity(**(TYPED | {"version": f"{len(data)}.{number}"}))
        made = await uploaded(api, data, version=identity.version, file_name=path.name)
        assert made["file_name"] == composed_name(identity, path)


async def test_a_name_that_agrees_with_the_manifest_needs_no_notice(api, tron):
    identity = msgspec.to_builtins(manifest().identity)
    assert (await uploaded(api, tron, **identity))["notices"] == []


@pytest.mark.parametrize(
    ("data", "kind", "code"),
    [
        (graph(), "onnx", "upload_is_onnx"),
        (b"IMOD" + bytes(300), "ascend_om", "upload_is_om"),
        (b"ftrt" + bytes(300), "tensorrt_engine", "upload_is_engine"),
        (b"PK\3\4" + bytes(300), "zip", "upload_is_foreign_zip"),
        (b"hello", "text", "upload_is_text"),
        (bytes(300), "unknown", "upload_is_unknown"),
    ],
)
async def test_anything_else_is_kept_and_refused_where_it_would_be_used(api, data, kind, code):
    made, dataset = await uploaded(api, data), await api.dataset()
    assert (made["detected"], made["unusable"]["code"]) == (kind, code)
    tested = await api.post("/inferences", {"model_id": made["id"], "dataset_id": str(dataset)})
    assert (tested.status, tested.json["code"]) == (422, code)
    described = await api.get(f"/trons/{made['id']}/manifest")
    assert (described.status, described.json["code"]) == (409, code)
    file = await api.get(f"/trons/{made['id']}/file")
    assert (file.status, file.body) == (200, data)


async def test_no_trick_is_more_than_the_upload_of_some_file(api):
    """Whatever its bytes claim, a file is kept and called something."""
    for number, trick in enumerate(TRICKS.values()):
        if 0 < len(data := trick().data) <= 1 << 20:
            made = await uploaded(api, data, version=str(number))
            assert made["detected"], trick
            assert (await api.get(f"/trons/{made['id']}/manifest")).status in (200, 409)


async def test_a_manifest_that_is_too_long_to_be_read_here_refuses_no_upload(api, monkeypatch):
    monkeypatch.setattr(tron_files, "MANIFEST_BYTES_MAX", 100)
    made = await uploaded(api, craft(GOOD))
    assert (made["detected"], made["notices"]) == ("tron", [])
    described = await api.get(f"/trons/{made['id']}/manifest")
    assert (described.status, described.json["code"]) == (422, "object_too_large_to_read")


@pytest.mark.parametrize(
    "spoil", [lambda data: data[:-1], lambda data: data.replace(b'"format_version": 1', b'"format_version": 7')]
)
async def test_a_tron_that_cannot_be_read_is_a_broken_one(api, tron, spoil):
    assert spoil(tron) != tron
    made = await uploaded(api, spoil(tron))
    assert (made["detected"], made["unusable"]["code"]) == ("broken_tron", "upload_is_broken_tron")


async def test_an_uploaded_tron_is_tested_as_a_converted_one(api, tron):
    made, dataset = await uploaded(api, tron), await api.dataset()
    wish = {"model_id": made["id"], "dataset_id": str(dataset), "batch_size": 4}
    answer = await api.post("/inferences", wish)
    assert (answer.status, answer.json["platform"]) == (201, "nvidia")
    test = (await api.get(f"/tests/{answer.json['id']}")).json
    assert (test["model"], test["version"]) == (TYPED["name"], TYPED["version"])
    assert [step["op"] for step in test["steps"]] == ["resize", "cvtRGB", "transpose"]
    for changes, code in (
        ({"batch_size": 5}, "batch_size_over_max"),
        ({"revision_job_id": str(UUID(int=1))}, "revision_unknown"),
    ):
        refused = await api.post("/inferences", wish | changes)
        assert (refused.status, refused.json["code"]) == (422, code)


async def test_nothing_runs_models_of_ascend_yet(api, tron):
    made, dataset = await uploaded(api, tron, platform="ascend"), await api.dataset()
    answer = await api.post("/inferences", {"model_id": made["id"], "dataset_id": str(dataset)})
    assert (answer.status, answer.json["code"]) == (422, "platform_not_available")


async def test_only_what_was_converted_for_nvidia_can_be_quantized(api, tron):
    reserved, ready = (await api.conversion())["subject_id"], await api.converted()
    uploads = [(await uploaded(api, tron, platform=each))["id"] for each in ("nvidia", "ascend")]
    found = [(await api.get(f"/trons/{id_}")).json for id_ in (reserved, ready, *uploads)]
    assert [(each["quantizable"], (each["not_quantizable"] or {}).get("code")) for each in found] == [
        (False, "quantize_not_ready"),
        (True, None),
        (False, "quantize_not_for_uploads"),
        (False, "quantize_not_for_platform"),
    ]


async def test_identities_are_shared_with_conversions(api, tron):
    model = (await api.get(f"/trons/{await api.converted()}")).json
    identity = {name: model[name] for name in TYPED}
    answer = await api.post("/trons", await wish_for(api, tron, **identity))
    assert (answer.status, answer.json["code"]) == (409, "version_taken")
    await uploaded(api, tron, **identity | {"version": "v9"})
    again = await api.conversion(name=model["name"])
    named = (await api.get(f"/trons/{again['subject_id']}")).json
    assert (named["repo"], named["version"]) == (model["repo"], "v10")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"platform": "tpu"}, 422, "body_invalid"),
        ({"name": ""}, 422, "body_invalid"),
        ({"version": ""}, 422, "body_invalid"),
        ({"repo": "nowhere"}, 422, "not_in_dictionary"),
        ({"method": "nothing"}, 422, "not_in_dictionary"),
        ({"digest": "sha256:" + "0" * 64}, 422, "object_not_uploaded"),
        ({"template_id": str(UUID(int=9))}, 422, "template_unknown"),
    ],
)
async def test_wishes_that_cannot_be_kept_are_refused(api, tron, changes, status, code):
    answer = await api.post("/trons", await wish_for(api, tron, **changes))
    assert (answer.status, answer.json["code"]) == (status, code)


async def test_what_is_not_said_is_taken_from_the_dictionary(api, tron):
    made = await uploaded(api, tron, repo="", method="")
    lists = {each["name"]: each["default"] for each in (await api.get("/dictionary")).json["lists"]}
    assert (made["repo"], made["method"]) == (lists["repo"], lists["method"])


async def test_it_is_listed_edited_deleted_and_depends_on_its_template(api, tron):
    template = await api.template(await api.structure())
    made = await uploaded(api, tron, template_id=str(template))
    ascend = await uploaded(api, tron, platform="ascend")
    listed = (await api.get("/trons?platform=ascend")).json["items"]
    assert [each["id"] for each in listed] == [ascend["id"]]
    dependents = (await api.get(f"/templates/{template}/dependents")).json
    assert dependents["counts"] == {"tron": 1}
    edited = await api.ask("PATCH", f"/trons/{made['id']}", json={"note": "x"}, headers={"If-Match": made["etag"]})
    assert (edited.status, edited.json["note"]) == (200, "x")
    gone = await api.ask("DELETE", f"/trons/{made['id']}", headers={"If-Match": edited.json["etag"]})
    assert gone.json["deleted_at"] is not None
    dataset = await api.dataset()
    tested = await api.post("/inferences", {"model_id": made["id"], "dataset_id": str(dataset)})
    assert (tested.status, tested.json["code"]) == (409, "tron_deleted")


async def test_the_manifest_is_what_lies_in_the_file(api, tron):
    made = await uploaded(api, tron)
    answer = await api.get(f"/trons/{made['id']}/manifest")
    assert (answer.status, answer.body) == (200, encode_manifest(manifest()))
    assert answer.headers["Content-Type"].startswith("application/json")
    waiting = await api.conversion()
    none = await api.get(f"/trons/{waiting['subject_id']}/manifest")
    assert (none.status, none.json["code"]) == (409, "revision_missing")
    no_tron = await api.get(f"/trons/{await api.converted(name='other')}/manifest")
    assert (no_tron.status, no_tron.json["code"]) == (409, "manifest_unreadable")
