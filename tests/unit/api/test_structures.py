"""Structures and type configs at the API: the annotation rule, zips, versions, and certification by a conversion."""

from __future__ import annotations

import io
import zipfile

import pytest

NET = b"class Net:\n    pass\n"


async def add(api, source: bytes, class_name: str = "Net", **more: object):
    return await api.post(
        "/structures", {"name": class_name, "class_name": class_name, "digest": await api.upload(source), **more}
    )


async def config(api, text: bytes, name: str = "resnet", **headers: str):
    return await api.post("/type-configs", {"name": name, "digest": await api.upload(text)}, **headers)


async def test_an_annotation_that_names_another_class_is_refused_in_the_manuals_words(api):
    source = NET + b"@register('Other')\ndef make(): ...\n"
    wish = {"name": "n", "class_name": "Net", "digest": await api.upload(source)}
    answer = await api.post("/structures", wish, Accept_Language="zh")
    assert (answer.status, answer.json["code"]) == (422, "structure_annotation_differs")
    assert "注解里写的名字要和模型结构类名一致" in answer.json["title"]


async def test_a_class_name_that_is_taken_is_refused_in_the_manuals_words(api):
    await api.structure()
    wish = {"name": "other", "class_name": "Net", "digest": await api.upload(NET)}
    answer = await api.post("/structures", wish, Accept_Language="zh")
    assert (answer.status, answer.json["code"]) == (409, "class_name_taken")
    assert "不能和已有的结构类名重复" in answer.json["title"]
    assert "如果出现重复，需要修改py文件" in answer.json["detail"]


async def test_a_zip_of_several_files_is_a_structure(api):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("net.py", "from blocks import Block\n" + NET.decode())
        archive.writestr("blocks.py", "class Block: ...")
    answer = await add(api, data.getvalue(), file_name="net.zip")
    assert (answer.status, answer.json["source"]["name"]) == (201, "net.zip")


async def test_type_configs_are_checked_and_keep_their_versions(api):
    first, second = await config(api, b"depth: 20\neps: 1e-5\n"), await config(api, b'{"depth": 32}')
    assert (first.status, first.json["version"], first.json["arguments"]) == (201, "1", {"depth": 20, "eps": 1e-5})
    assert (second.json["version"], second.json["file"]["name"]) == ("2", "resnet.yaml")
    listed = (await api.get("/type-configs?search=res")).json["items"]
    assert [(each["version"], each["arguments"]) for each in listed] == [("1", None), ("2", None)]
    assert (await api.get(f"/type-configs/{first.json['id']}")).json == first.json
    refused = await config(api, b"[1, 2]")
    assert (refused.status, refused.json["code"]) == (422, "type_config_no_mapping")


async def test_a_structure_names_a_type_config_that_is_there(api):
    given = (await config(api, b"depth: 20")).json
    made = (await add(api, NET, type_config_id=given["id"])).json
    assert (made["type_config_id"], made["type_config"]) == (given["id"], given["file"])
    unknown = await add(api, NET.replace(b"Net", b"Other"), "Other", type_config_id=made["id"])
    assert (unknown.status, unknown.json["code"]) == (422, "type_config_unknown")
    assert (await add(api, NET.replace(b"Net", b"Bare"), "Bare")).json["type_config_id"] is None


async def certified(api, query: str = "") -> dict[str, bool]:
    return {each["name"]: each["certified"] for each in (await api.get(f"/structures{query}")).json["items"]}


async def test_the_first_conversion_that_succeeds_certifies_the_structure(api):
    waiting = await api.structure("Waiting")
    tron = (await api.get(f"/trons/{await api.converted()}")).json
    template = (await api.get(f"/templates/{tron['template_id']}")).json
    (used,) = template["architectures"]
    shown = (await api.get(f"/structures/{used}")).json
    assert (shown["certified"], shown["certified_by"]) == (True, tron["revisions"][0]["job_id"])
    assert shown["certified_at"] == tron["revisions"][0]["created_at"]
    assert await certified(api) == {"Waiting": False, shown["name"]: True}
    assert await certified(api, "?certified=true&mine=true") == {shown["name"]: True}
    assert await certified(api, "?certified=false&mine=true") == {"Waiting": False}
    assert (await api.get("/structures?certified=maybe")).status == 400
    assert (await api.get("/templates?certified=true")).status == 400
    doubtful = (await api.get(f"/templates/{await api.template(waiting)}")).json
    assert [each["code"] for each in doubtful["notices"]] == ["structure_uncertified"]
    assert template["notices"] == []


@pytest.mark.parametrize("state", ["queued", "running"])
async def test_a_conversion_that_has_not_succeeded_certifies_nothing(api, state):
    job = await api.conversion()
    if state == "running":
        await api.claimed(job["id"])
    assert set((await certified(api)).values()) == {False}
