"""Every POST: what it becomes, said twice, refused, open, unknown."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from schemas.codec import decode
from schemas.events import ConversionRequested, TronVersionReserved
from schemas.topics import TOPICS


async def said(api) -> list:
    """Every event in the log, by topic and place."""
    ends = [partition for topic in TOPICS for partition in await api.log.end(topic)]
    reader = await api.log.open(dict.fromkeys(ends, 0))
    return [decode(record.value, record.headers) for record in await reader.read(records_max=10_000, wait_s=0)]


async def test_an_upload_is_an_object_and_then_a_model(api):
    digest = await api.upload(b"weights")
    answer = await api.post("/pth", {"name": "net", "digest": digest, "note": "first"})
    assert (answer.status, answer.json["weights"]) == (201, {"digest": digest, "size_bytes": 7, "name": "net"})
    assert answer.headers["Mo-Position"] == "mo.catalog/0/0"
    assert (await api.get(f"/pth/{answer.json['id']}")).json == answer.json


async def test_the_same_key_says_it_once_and_answers_the_same(api):
    wish = {"name": "net", "digest": await api.upload(b"weights")}
    first = await api.post("/pth", wish, Idempotency_Key="k")
    again = await api.post("/pth", wish, Idempotency_Key="k")
    assert (first.status, again.status) == (201, 201)
    assert first.json == again.json
    assert len(await said(api)) == 1


async def test_fields_left_at_their_defaults_make_no_other_request(api):
    wish = {"name": "net", "digest": await api.upload(b"weights")}
    await api.post("/pth", wish, Idempotency_Key="k")
    assert (await api.post("/pth", {**wish, "note": ""}, Idempotency_Key="k")).status == 201


@pytest.mark.parametrize("path", ["/pth", "/datasets"])
async def test_the_same_key_with_another_body_is_refused(api, path):
    digest = await api.upload(b"weights")
    assert (await api.post(path, {"name": "a", "digest": digest}, Idempotency_Key="k")).status == 201
    answer = await api.post(path, {"name": "b", "digest": digest}, Idempotency_Key="k")
    assert (answer.status, answer.json["code"]) == (422, "idempotency_key_reused")


async def test_equal_keys_on_other_routes_are_other_commands(api):
    digest = await api.upload(b"weights")
    pth = await api.post("/pth", {"name": "a", "digest": digest}, Idempotency_Key="k")
    dataset = await api.post("/datasets", {"name": "a", "digest": digest}, Idempotency_Key="k")
    assert (pth.status, dataset.status) == (201, 201)


async def test_a_name_is_taken_once(api):
    digest = await api.upload(b"zip")
    assert (await api.post("/datasets", {"name": "d", "digest": digest})).status == 201
    answer = await api.post("/datasets", {"name": "d", "digest": digest}, Idempotency_Key="k")
    assert (answer.status, answer.json["code"], answer.json["params"]["name"]) == (409, "name_taken", "d")
    assert (await api.post("/datasets", {"name": "d", "digest": digest}, Idempotency_Key="k")).status == 409
    assert len([each for each in await said(api) if each.name == "DatasetImportRequested"]) == 1


async def test_what_is_not_projected_in_time_is_answered_202_and_later_the_same_request_201(api):
    wish = {"name": "net", "digest": await api.upload(b"weights")}
    api.views.lagging = True
    open_ = await api.post("/pth", wish, Idempotency_Key="k")
    assert (open_.status, open_.json["state"]) == (202, "pending")
    command = f"/commands/{open_.json['command_id']}"
    assert (await api.get(command)).json["state"] == "pending"
    api.views.lagging = False
    await api.views.catch_up()
    assert (await api.get(command)).json["state"] == "accepted"
    assert (await api.post("/pth", wish, Idempotency_Key="k")).status == 201


async def test_a_refusal_that_came_late_is_told_by_the_command(api):
    digest = await api.upload(b"zip")
    await api.post("/datasets", {"name": "d", "digest": digest})
    api.views.lagging = True
    open_ = await api.post("/datasets", {"name": "d", "digest": digest})
    await api.views.catch_up()
    told = (await api.get(f"/commands/{open_.json['command_id']}")).json
    assert (open_.status, told["state"], told["reason"]["code"]) == (202, "refused", "name_taken")


async def test_without_an_answer_of_the_log_the_client_is_told_to_try_the_same_key(api):
    wish = {"name": "net", "digest": await api.upload(b"weights")}
    api.log.answering = False
    answer = await api.post("/pth", wish, Idempotency_Key="k")
    assert (answer.status, answer.json["code"], answer.headers["Retry-After"]) == (503, "append_unknown", "1")
    api.log.answering = True
    assert (await api.post("/pth", wish, Idempotency_Key="k")).status == 201


async def test_without_the_database_nothing_is_said(api):
    wish = {"name": "net", "digest": await api.upload(b"weights")}
    api.views.away = True
    answer = await api.post("/pth", wish)
    assert (answer.status, answer.json["code"]) == (503, "read_models_away")
    assert await said(api) == []


@pytest.mark.parametrize("digest", [f"sha256:{'0' * 64}", "sha256:../../etc/passwd", "x"])
async def test_objects_that_are_not_there_are_refused_before_anything_is_said(api, digest):
    answer = await api.post("/pth", {"name": "net", "digest": digest})
    assert (answer.status, answer.json["code"]) == (422, "object_not_uploaded")
    assert await said(api) == []


async def test_an_empty_object_is_no_model(api):
    answer = await api.post("/pth", {"name": "net", "digest": await api.upload(b"")})
    assert (answer.status, answer.json["code"]) == (422, "object_empty")


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"class Other:\n    pass\n", "structure_class_missing"),
        (b"def f():\n    class Net:\n        pass\n", "structure_class_missing"),
        (b"class Net(:\n", "structure_not_python"),
        (b"class Net:\n    pass\n\0", "structure_not_python"),
        (b"(" * 10_000, "structure_not_python"),
        (b"-" * 99_000 + b"1", "structure_not_python"),
        (b"-" * 100_000 + b"1", "structure_too_long"),
    ],
)
async def test_structures_are_parsed_and_never_run(api, source, code):
    answer = await api.post("/structures", {"name": "n", "class_name": "Net", "digest": await api.upload(source)})
    assert (answer.status, answer.json["code"]) == (422, code)


async def test_a_structure_with_side_effects_is_not_imported(api, tmp_path):
    trap = tmp_path / "trap"
    source = f"open({str(trap)!r}, 'w')\nclass Net: pass\n".encode()
    answer = await api.post("/structures", {"name": "n", "class_name": "Net", "digest": await api.upload(source)})
    assert answer.status == 201
    assert not trap.exists()


async def test_a_structure_too_large_to_parse_is_refused(api):
    digest = await api.upload(b"#" * 300_000)
    answer = await api.post("/structures", {"name": "n", "class_name": "Net", "digest": digest})
    assert (answer.status, answer.json["code"]) == (422, "structure_file_too_large")


async def test_a_template_is_stored_in_one_form_and_shown_with_its_doubts(api):
    structure = await api.structure()
    id_ = await api.template(structure)
    shown = (await api.get(f"/templates/{id_}")).json
    assert shown["document"]["sub_templates"][0]["input_shape"] == [1, 3, 24, 32]
    assert (shown["error_threshold"], shown["architectures"]) == (1e-4, [str(structure)])
    assert (await api.get("/templates")).json["items"][0]["document"] is None


async def test_a_template_with_an_unknown_structure_or_brackets_is_refused(api):
    from_nowhere = await api.post("/templates", {"document": {"name": "t"}})
    assert (from_nowhere.status, from_nowhere.json["code"]) == (422, "template_malformed")
    document = (await api.get(f"/templates/{await api.template(await api.structure())}")).json["document"]
    document["name"] = "other"
    document["sub_templates"][0]["architecture"] = str(uuid4())
    unknown = await api.post("/templates", {"document": document})
    assert (unknown.status, unknown.json["code"]) == (422, "structure_unknown")
    document["sub_templates"][0]["mean_values"] = "[0,0,0]"
    brackets = await api.post("/templates", {"document": document})
    assert (brackets.status, brackets.json["code"]) == (422, "brackets_not_allowed")


async def test_a_conversion_reserves_a_version_and_then_asks_for_the_job(api):
    job = await api.conversion(name="m")
    tron = (await api.get(f"/trons/{job['subject_id']}")).json
    assert (job["kind"], job["state"], job["resource"], job["platform"]) == ("conversion", "queued", "cpu-heavy", None)
    assert (tron["version"], tron["file_name"], tron["revisions"]) == ("1.0.1", "scene_m_classification_1.0.1.tron", [])
    reserved, requested = [
        each for each in await said(api) if isinstance(each.event, TronVersionReserved | ConversionRequested)
    ]
    assert requested.cause == reserved.id
    assert requested.event.identity.version == "1.0.1"


async def test_the_next_conversion_gets_the_next_version_and_a_taken_one_is_refused(api):
    template = str(await api.template(await api.structure()))
    wish = {"pth_id": str(await api.pth()), "template_id": template, "name": "m"}
    versions = []
    for _ in range(2):
        job = (await api.post("/conversions", wish)).json
        versions.append((await api.get(f"/trons/{job['subject_id']}")).json["version"])
    taken = await api.post("/conversions", {**wish, "version": "1.0.2"})
    assert versions == ["1.0.1", "1.0.2"]
    assert (taken.status, taken.json["code"]) == (409, "version_taken")


async def test_a_conversion_said_twice_is_one_job_even_when_its_day_has_passed(api):
    template = str(await api.template(await api.structure()))
    wish = {"pth_id": str(await api.pth()), "template_id": template}
    api.views.lagging = True
    assert (await api.post("/conversions", wish, Idempotency_Key="k")).status == 202
    api.views.lagging = False
    api.later(86_400)
    first = await api.post("/conversions", wish, Idempotency_Key="k")
    again = await api.post("/conversions", wish, Idempotency_Key="k")
    assert (first.status, first.json["id"]) == (201, again.json["id"])
    tron = (await api.get(f"/trons/{first.json['subject_id']}")).json
    assert tron["name"] == "net-20261123"
    events = [each.event for each in await said(api) if isinstance(each.event, ConversionRequested)]
    assert [event.identity.name for event in events] == ["net-20261123"]


async def test_overrides_change_the_template_for_this_job_only(api):
    template = await api.template(await api.structure())
    wish = {"pth_id": str(await api.pth()), "template_id": str(template)}
    changes = {"error_threshold": 0.5, "sub_templates": [{"name": "main", "max_batch": 2}]}
    answer = await api.post("/conversions", {**wish, "overrides": changes})
    assert answer.status == 201, answer.body
    requested = next(each.event for each in await said(api) if isinstance(each.event, ConversionRequested))
    stored = (await api.get(f"/objects/{requested.template.digest}")).json
    assert (stored["error_threshold"], stored["sub_templates"][0]["max_batch"]) == (0.5, 2)
    assert (await api.get(f"/templates/{template}")).json["document"]["sub_templates"][0]["max_batch"] == 8


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"overrides": {"sub_templates": [{"name": "other"}]}}, "sub_template_unknown"),
        ({"overrides": {"sub_templates": "main"}}, "overrides_malformed"),
        ({"overrides": {"colour": "blue"}}, "template_malformed"),
        ({"pth_id": str(UUID(int=1))}, "pth_unknown"),
        ({"template_id": str(UUID(int=1))}, "template_unknown"),
        ({"dataset_id": str(UUID(int=1))}, "dataset_unknown"),
        ({"version_job_id": str(UUID(int=1))}, "body_invalid"),
    ],
)
async def test_a_conversion_that_cannot_work_is_refused_before_anything_is_said(api, changes, code):
    wish = {"pth_id": str(await api.pth()), "template_id": str(await api.template(await api.structure()))}
    before = len(await said(api))
    answer = await api.post("/conversions", {**wish, **changes})
    assert (answer.status, answer.json["code"]) == (422, code)
    assert len(await said(api)) == before


async def test_a_conversion_may_have_several_networks_and_other_execution_parameters(api):
    first, second = await api.structure("First"), await api.structure("Second")
    made = (await api.get(f"/templates/{await api.template(first)}")).json["document"]["sub_templates"][0]
    subs = [made, {**made, "name": "other", "architecture": str(second)}]
    template = await api.template(first, name="two", sub_templates=subs)
    wish = {"pth_id": str(await api.pth()), "template_id": str(template)}
    answer = await api.post("/conversions", {**wish, "merge_operators": False, "copy_parameters": False})
    assert answer.status == 201, answer.body
    requested = next(each.event for each in await said(api) if isinstance(each.event, ConversionRequested))
    assert [each.class_name for each in requested.structures] == ["First", "Second"]
    assert (requested.merge_operators, requested.copy_parameters) == (False, False)


async def test_a_conversion_pins_the_dataset_that_it_is_verified_on_and_a_retry_keeps_it(api):
    dataset = await api.dataset()
    job = await api.conversion(dataset_id=str(dataset))
    await api.post(f"/jobs/{job['id']}/cancel")
    assert (await api.post(f"/jobs/{job['id']}/retry")).status == 201
    version = (await api.get(f"/datasets/{dataset}")).json["versions"][0]
    asked = [each.event for each in await said(api) if isinstance(each.event, ConversionRequested)]
    real = [(each.real_inputs.dataset_id, each.real_inputs.name, each.real_inputs.pack.digest) for each in asked]
    assert real == [(dataset, "photos", version["pack"]["digest"])] * 2
    assert [each["noun"] for each in (await api.get(f"/datasets/{dataset}/dependents")).json["items"]] == ["job"]


async def test_a_retry_does_not_outlive_the_dataset(api):
    dataset = await api.dataset()
    job = await api.conversion(dataset_id=str(dataset))
    await api.post(f"/jobs/{job['id']}/cancel")
    tag = (await api.get(f"/datasets/{dataset}")).headers["ETag"]
    assert (await api.ask("DELETE", f"/datasets/{dataset}", headers={"If-Match": tag})).status == 200
    again = await api.post(f"/jobs/{job['id']}/retry")
    wish = {"pth_id": str(await api.pth()), "template_id": str(await api.template(await api.structure()))}
    other = await api.post("/conversions", {**wish, "dataset_id": str(dataset)})
    assert [(each.status, each.json["code"]) for each in (again, other)] == [(409, "dataset_deleted")] * 2


async def test_an_inference_takes_the_newest_revision_and_the_default_chain(api):
    model, dataset = await api.converted(), await api.dataset()
    answer = await api.post("/inferences", {"model_id": str(model), "dataset_id": str(dataset), "batch_size": 8})
    test = (await api.get(f"/tests/{answer.json['id']}")).json
    assert (answer.status, answer.json["resource"], answer.json["platform"]) == (201, "device", "nvidia")
    assert [step["op"] for step in test["steps"]] == ["resize", "cvtRGB", "transpose"]
    assert (test["steps"][0]["width"], test["steps"][0]["height"], test["dataset"]) == (32, 24, "photos")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"batch_size": 9}, "batch_size_over_max"),
        ({"precision": "int8"}, "precision_not_available"),
        ({"backend": "magic"}, "value_not_supported"),
        ({"steps": [{"op": "transpose"}, {"op": "cvtRGB"}]}, "transpose_not_last"),
        ({"steps": [{"op": "resize", "width": 3}]}, "body_invalid"),
        ({"loops": 0}, "body_invalid"),
        ({"model_id": str(UUID(int=1))}, "tron_unknown"),
        ({"dataset_id": str(UUID(int=1))}, "dataset_unknown"),
        ({"revision_job_id": str(UUID(int=1))}, "revision_unknown"),
        ({"version_job_id": str(UUID(int=1))}, "dataset_version_unknown"),
    ],
)
async def test_an_inference_that_cannot_work_is_refused(api, changes, code):
    wish = {"model_id": str(await api.converted()), "dataset_id": str(await api.dataset())}
    answer = await api.post("/inferences", {**wish, **changes})
    assert (answer.status, answer.json["code"]) == (422, code)


async def test_a_model_that_was_not_converted_cannot_be_tested(api):
    job, dataset = await api.conversion(), await api.dataset()
    answer = await api.post("/inferences", {"model_id": job["subject_id"], "dataset_id": str(dataset)})
    assert (answer.status, answer.json["code"]) == (422, "revision_missing")


async def test_a_queued_job_is_cancelled_at_once_and_a_running_one_is_told(api):
    queued, running = await api.conversion(), await api.conversion()
    await api.claimed(UUID(running["id"]))
    first = await api.post(f"/jobs/{queued['id']}/cancel")
    second = await api.post(f"/jobs/{running['id']}/cancel")
    assert (first.status, first.json["state"]) == (200, "cancelled")
    assert (second.status, second.json["state"], second.json["cancelling"]) == (200, "running", True)
    assert (await api.post(f"/jobs/{queued['id']}/cancel")).status == 200


async def test_an_ended_job_cannot_be_cancelled(api):
    model = await api.converted()
    job = (await api.get(f"/trons/{model}")).json["revisions"][0]["job_id"]
    answer = await api.post(f"/jobs/{job}/cancel")
    assert (answer.status, answer.json["code"], answer.json["params"]) == (409, "job_ended", {"state": "completed"})
    assert (await api.post(f"/jobs/{uuid4()}/cancel")).status == 404


async def test_a_cancellation_that_is_not_visible_yet_is_accepted(api):
    job = await api.conversion()
    api.views.lagging = True
    answer = await api.post(f"/jobs/{job['id']}/cancel")
    assert (answer.status, answer.json["state"]) == (202, "accepted")
