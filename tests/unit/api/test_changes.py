"""Edits and deletions: what they must name, what they change, what lives on, what depends."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from storage.log.port import LogError

NOUNS = ("pth", "trons", "structures", "templates", "datasets")
ONE = '"1"'


async def made(api, noun: str) -> UUID:
    """One of the noun, with nothing that depends on it but what made it."""
    match noun:
        case "pth":
            return await api.pth()
        case "trons":
            return await api.converted()
        case "structures":
            return await api.structure()
        case "templates":
            return await api.template(await api.structure())
    return await api.dataset()


async def patch(api, path: str, edit: object, if_match: str = ONE, **headers: str):
    given = {"If-Match": if_match, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return await api.ask("PATCH", path, json=edit, headers=given)


async def delete(api, path: str, if_match: str = ONE, **headers: str):
    given = {"If-Match": if_match, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return await api.ask("DELETE", path, headers=given)


@pytest.mark.parametrize("noun", NOUNS)
async def test_an_edit_is_seen_at_once_with_the_next_etag(api, noun):
    path = f"/{noun}/{await made(api, noun)}"
    before = await api.get(path)
    assert (before.headers["ETag"], before.json["etag"], before.json["deleted_at"]) == (ONE, ONE, None)
    answer = await patch(api, path, {"note": "better"}, Idempotency_Key="k")
    after = await api.get(path)
    assert (answer.status, answer.headers["ETag"], answer.json["note"]) == (200, '"2"', "better")
    assert answer.json == after.json
    assert after.json["name"] == before.json["name"]
    assert (await patch(api, path, {"note": "better"}, Idempotency_Key="k")).json == after.json
    stale = await patch(api, path, {"note": "third"})
    assert (stale.status, stale.json["code"], stale.json["params"]) == (
        412, "revision_stale", {"expected": "1", "actual": "2"},
    )  # fmt: skip


@pytest.mark.parametrize("noun", NOUNS)
async def test_what_was_deleted_leaves_the_lists_and_keeps_its_address(api, noun):
    path = f"/{noun}/{await made(api, noun)}"
    answer = await delete(api, path, Idempotency_Key="k")
    assert (answer.status, answer.json["etag"], answer.headers["ETag"]) == (200, '"2"', '"2"')
    assert answer.json["deleted_at"] is not None
    assert (await api.get(path)).json == answer.json
    assert [each["id"] for each in (await api.get(f"/{noun}?deleted=true")).json["items"]] == [answer.json["id"]]
    assert answer.json["id"] not in [each["id"] for each in (await api.get(f"/{noun}")).json["items"]]
    assert (await delete(api, path, Idempotency_Key="k")).json == answer.json
    again = await delete(api, path, '"2"')
    kind = noun if noun == "pth" else noun[:-1]
    assert (again.status, again.json["code"]) == (409, f"{kind}_deleted")
    assert (await patch(api, path, {"note": "n"}, '"2"')).status == 409


@pytest.mark.parametrize("noun", NOUNS)
async def test_who_changes_must_say_what_he_saw(api, noun):
    path = f"/{noun}/{await made(api, noun)}"
    for method, body in (("PATCH", {"note": "n"}), ("DELETE", None)):
        answer = await api.ask(method, path, json=body)
        assert (answer.status, answer.json["code"]) == (428, "precondition_required")
        for tag in ('W/"1"', '"x"', '"0"', '"1e1"', "1", '"' + "9" * 30 + '"', '"7"'):
            answer = await api.ask(method, path, json=body, headers={"If-Match": tag})
            assert (answer.status, answer.json["code"]) == (412, "revision_stale"), tag
    assert (await patch(api, path, {"note": "one"}, '"7", "1"')).status == 200
    assert (await patch(api, path, {"note": "two"}, "*")).status == 200
    assert (await api.get(path)).json["etag"] == '"3"'


@pytest.mark.parametrize("noun", NOUNS)
async def test_what_is_not_there_cannot_be_changed(api, noun):
    for answer in (await patch(api, f"/{noun}/{uuid4()}", {"note": "n"}), await delete(api, f"/{noun}/{uuid4()}")):
        assert answer.status == 404
    assert (await api.get(f"/{noun}/{uuid4()}/dependents")).status == 404


async def test_another_precondition_under_the_same_key_is_another_command(api):
    path = f"/pth/{await api.pth()}"
    await patch(api, path, {"note": "one"}, Idempotency_Key="k")
    answer = await patch(api, path, {"note": "one"}, '"2"', Idempotency_Key="k")
    assert (answer.status, answer.json["code"]) == (422, "idempotency_key_reused")


async def test_names_change_where_they_are_only_names(api):
    pth, structure = await api.pth(), await api.structure()
    assert (await patch(api, f"/pth/{pth}", {"name": "new"})).json["name"] == "new"
    assert (await patch(api, f"/structures/{structure}", {"name": "new"})).json["class_name"] == "Net"
    assert [each["name"] for each in (await api.get("/pth?search=new")).json["items"]] == ["new"]
    for path in (f"/trons/{await api.converted()}", f"/datasets/{await api.dataset()}"):
        assert (await patch(api, path, {"name": "new"})).json["code"] == "body_invalid"


@pytest.mark.parametrize("edit", [{}, {"note": None}])
async def test_an_edit_of_nothing_is_refused(api, edit):
    answer = await patch(api, f"/pth/{await api.pth()}", edit)
    assert (answer.status, answer.json["code"]) == (422, "nothing_to_change")


async def test_a_templates_new_document_takes_the_place_of_the_old_and_keeps_its_note(api):
    structure = await api.structure()
    id_ = await api.template(structure)
    await patch(api, f"/templates/{id_}", {"note": "mine"})
    document = (await api.get(f"/templates/{id_}")).json["document"] | {"name": "renamed", "error_threshold": 0.5}
    answer = await patch(api, f"/templates/{id_}", {"document": document}, '"2"')
    assert (answer.json["name"], answer.json["error_threshold"], answer.json["note"]) == ("renamed", 0.5, "mine")
    assert answer.json["document"]["name"] == "renamed"
    await api.template(structure)
    taken = await patch(api, f"/templates/{id_}", {"document": document | {"name": "template"}}, '"3"')
    assert (taken.status, taken.json["code"]) == (409, "name_taken")


async def test_a_template_keeps_its_deleted_structure_and_takes_no_other_deleted_one(api):
    used, other = await api.structure(), await api.structure("Other")
    id_ = await api.template(used)
    for structure in (used, other):
        await delete(api, f"/structures/{structure}")
    shown = (await api.get(f"/templates/{id_}")).json
    assert shown["parents_deleted"] == [str(used)]
    assert (await patch(api, f"/templates/{id_}", {"document": shown["document"]})).status == 200
    shown["document"]["sub_templates"][0]["architecture"] = str(other)
    assert (await patch(api, f"/templates/{id_}", {"document": shown["document"]}, '"2"')).status == 409
    new = await api.post("/templates", {"document": shown["document"] | {"name": "new"}})
    assert (new.status, new.json["code"]) == (409, "structure_deleted")
    wish = {"pth_id": str(await api.pth()), "template_id": str(id_)}
    assert (await api.post("/conversions", wish)).status == 201


@pytest.mark.parametrize("noun", ["pth", "template"])
async def test_no_conversion_is_asked_for_from_what_was_deleted(api, noun):
    ids = {"pth": await api.pth(), "template": await api.template(await api.structure())}
    await delete(api, f"/{noun if noun == 'pth' else 'templates'}/{ids[noun]}")
    answer = await api.post("/conversions", {f"{name}_id": str(id_) for name, id_ in ids.items()})
    assert (answer.status, answer.json["code"]) == (409, f"{noun}_deleted")


@pytest.mark.parametrize(("path", "noun"), [("trons", "tron"), ("datasets", "dataset")])
async def test_no_test_is_asked_for_of_what_was_deleted(api, path, noun):
    ids = {"tron": await api.converted(), "dataset": await api.dataset()}
    test = await api.tested(ids["tron"], ids["dataset"], 0.5)
    await delete(api, f"/{path}/{ids[noun]}")
    answer = await api.post("/inferences", {"model_id": str(ids["tron"]), "dataset_id": str(ids["dataset"])})
    assert (answer.status, answer.json["code"]) == (409, f"{noun}_deleted")
    for shown in ((await api.get(f"/tests/{test}")).json, (await api.get("/tests")).json["items"][0]):
        assert (shown["accuracy"], shown["parents_deleted"]) == (0.5, [str(ids[noun])])
    assert (await api.get(f"/comparisons?tests={test}")).status == 200


async def test_what_was_made_of_a_deleted_thing_lives_on_and_says_so(api):
    model = await api.converted()
    tron = (await api.get(f"/trons/{model}")).json
    await delete(api, f"/pth/{tron['pth_id']}")
    shown = (await api.get(f"/trons/{model}")).json
    assert (tron["parents_deleted"], shown["parents_deleted"]) == ([], [tron["pth_id"]])
    assert (await api.get("/trons")).json["items"] == [{**shown, "parents": []}]
    assert (await api.get(f"/trons/{model}/file")).body == b"tron"
    assert (await api.get(f"/pth/{tron['pth_id']}/file")).body == b"weights"


async def test_a_thing_names_what_it_was_made_of_and_what_that_was_made_of(api):
    model = await api.converted()
    tron = (await api.get(f"/trons/{model}")).json
    (structure,) = (await api.get(f"/templates/{tron['template_id']}")).json["architectures"]
    ids = [tron["pth_id"], tron["template_id"], structure]
    assert sorted(each["id"] for each in tron["parents"][:2]) == sorted(ids[:2])
    assert tron["parents"][2]["id"] == structure
    assert {each["noun"] for each in tron["parents"]} == {"pth", "template", "structure"}
    assert all(each["name"] and not each["deleted"] for each in tron["parents"])
    assert [each["id"] for each in (await api.get(f"/templates/{ids[1]}")).json["parents"]] == [structure]
    await delete(api, f"/pth/{ids[0]}")
    assert [each["noun"] for each in (await api.get(f"/trons/{model}")).json["parents"] if each["deleted"]] == ["pth"]
    assert (await api.get(f"/pth/{ids[0]}")).json["parents"] == []


async def test_a_freed_name_may_be_taken_again(api):
    first = await api.dataset("photos")
    await delete(api, f"/datasets/{first}")
    second = await api.dataset("photos")
    assert [each["id"] for each in (await api.get("/datasets")).json["items"]] == [str(second)]


async def test_dependents_are_counted_and_named(api):
    model, dataset = await api.converted(name="m"), await api.dataset()
    tron = (await api.get(f"/trons/{model}")).json
    test = await api.tested(model, dataset, 0.5)
    live = await api.post("/inferences", {"model_id": str(model), "dataset_id": str(dataset)})
    waiting = await api.post("/conversions", {"pth_id": tron["pth_id"], "template_id": tron["template_id"]})
    tested = [("test", str(test), "m@1.0.1 · photos"), ("job", live.json["id"], "m@1.0.1 · photos")]
    for path in (f"/trons/{model}", f"/datasets/{dataset}"):
        answer = (await api.get(f"{path}/dependents")).json
        assert answer["counts"] == {"test": 1, "job": 1}
        assert [(each["noun"], each["id"], each["name"]) for each in answer["items"]] == tested
    for path in (f"/pth/{tron['pth_id']}", f"/templates/{tron['template_id']}"):
        answer = (await api.get(f"{path}/dependents")).json
        assert answer["counts"] == {"tron": 2, "job": 1}
        assert {each["id"] for each in answer["items"]} == {str(model), waiting.json["subject_id"], waiting.json["id"]}
    structure = (await api.get(f"/templates/{tron['template_id']}")).json["architectures"][0]
    answer = (await api.get(f"/structures/{structure}/dependents")).json
    assert answer["counts"] == {"template": 1}
    await delete(api, f"/trons/{model}")
    assert (await api.get(f"/pth/{tron['pth_id']}/dependents")).json["counts"] == {"tron": 1, "job": 1}


async def test_a_change_that_is_not_visible_yet_is_answered_202(api):
    path = f"/pth/{await api.pth()}"
    api.views.lagging = True
    open_ = await delete(api, path, Idempotency_Key="k")
    assert (open_.status, open_.json["state"]) == (202, "pending")
    await api.views.catch_up()
    assert (await api.get(f"/commands/{open_.json['command_id']}")).json["state"] == "accepted"
    assert (await delete(api, path, Idempotency_Key="k")).json["deleted_at"] is not None


async def test_a_reservation_without_its_job_says_so_until_the_same_request_goes_on(api):
    wish = {"pth_id": str(await api.pth()), "template_id": str(await api.template(await api.structure()))}
    zip_ = {"name": "photos", "digest": await api.upload(b"zip")}
    api.views.lagging = True
    for path, body in (("/conversions", wish), ("/datasets", zip_)):
        assert (await api.post(path, body, Idempotency_Key="k")).status == 202
    api.views.lagging = False
    await api.views.catch_up()
    for noun in ("trons", "datasets"):
        assert [each["state"] for each in (await api.get(f"/{noun}")).json["items"]] == ["reserved"]
    for path, body in (("/conversions", wish), ("/datasets", zip_)):
        assert (await api.post(path, body, Idempotency_Key="k")).status == 201
    for noun in ("trons", "datasets"):
        assert [each["state"] for each in (await api.get(f"/{noun}")).json["items"]] == ["pending"]


async def test_states_of_what_jobs_make(api):
    failing = await api.conversion()
    assert (await api.post(f"/jobs/{failing['id']}/cancel")).status == 200
    ready = await api.converted()
    states = {each["id"]: each["state"] for each in (await api.get("/trons")).json["items"]}
    assert states == {failing["subject_id"]: "failed", str(ready): "ready"}


async def test_a_command_that_nobody_said_is_told_apart_from_one_that_is_not_visible(api):
    await api.pth()
    nobody = await api.get(f"/commands/{uuid4()}")
    assert (nobody.status, nobody.json["code"]) == (404, "command_unknown")
    api.views.lagging = True
    assert (await api.post("/pth", {"name": "n", "digest": await api.upload(b"w")})).status == 202
    assert (await api.get(f"/commands/{uuid4()}")).json["state"] == "pending"


async def test_a_command_without_the_log_is_not_called_unknown(api):
    async def away(_topic: str):
        raise LogError("away")

    api.log.end = away
    assert (await api.get(f"/commands/{uuid4()}")).json["state"] == "pending"
