"""Templates at the API: copies, differences, and what a job changes in one."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

from schemas.events import TemplateSaved
from schemas.values import ObjectRef

OLDER = Path(__file__).parents[2] / "golden" / "templates" / "older.json"


async def test_a_copy_says_the_same_under_another_name(api):
    id_ = await api.template(await api.structure())
    before = (await api.get(f"/templates/{id_}")).json
    copied = await api.post(f"/templates/{id_}/copy", {"name": "second"}, Idempotency_Key="k")
    assert (copied.status, copied.json["document"]) == (201, before["document"] | {"name": "second"})
    assert (await api.post(f"/templates/{id_}/copy", {"name": "second"}, Idempotency_Key="k")).json == copied.json
    assert (await api.post(f"/templates/{id_}/copy", {"name": "second"})).json["code"] == "name_taken"
    assert (await api.post(f"/templates/{uuid4()}/copy", {"name": "third"})).status == 404


async def test_two_templates_differ_field_by_field(api):
    structure = await api.structure()
    left = await api.template(structure)
    document = (await api.get(f"/templates/{left}")).json["document"]
    changed = {
        **document["sub_templates"][0],
        "max_batch": 4,
        "args": [{"name": "colour", "kind": "ss", "value": "bgr"}],
    }
    right = await api.template(structure, name="other", repo="face", sub_templates=[changed])
    found = (await api.get(f"/templates/{left}/diff?with={right}")).json
    assert (found["left"], found["right"]) == (str(left), str(right))
    assert [(each["path"], each["left"], each["right"]) for each in found["differences"]] == [
        ("name", "template", "other"),
        ("repo", "scene", "face"),
        ("sub_templates.main.max_batch", 8, 4),
        ("sub_templates.main.args.colour", None, {"name": "colour", "kind": "ss", "value": "bgr"}),
    ]
    assert (await api.get(f"/templates/{left}/diff?with={left}")).json["differences"] == []
    assert (await api.get(f"/templates/{left}/diff?with={structure}")).json["code"] == "template_unknown"
    assert (await api.get(f"/templates/{left}/diff")).json["code"] == "query_invalid"


async def test_a_job_and_its_model_say_where_they_differ_from_the_template(api):
    subs = [{"name": "main", "maxbatch": "4", "meanValues": "imagenet", "class_name": ["dog", "cat"]}]
    job = await api.conversion(overrides={"error_threshold": "0.00005", "sub_templates": subs})
    expected = [
        "error_threshold",
        "sub_templates.main.mean_values",
        "sub_templates.main.max_batch",
        "sub_templates.main.tasks.class.classes",
    ]
    assert job["overridden"] == expected
    assert (await api.get(f"/trons/{job['subject_id']}")).json["overridden"] == expected
    plain = await api.conversion(overrides={"error_threshold": 1e-4})
    assert plain["overridden"] == []


async def test_an_override_cannot_name_a_repo_that_is_not_listed(api):
    template = await api.template(await api.structure())
    wish = {"pth_id": str(await api.pth()), "template_id": str(template), "overrides": {"repo": "boats"}}
    refused = await api.post("/conversions", wish)
    assert (refused.status, refused.json["code"]) == (422, "not_in_dictionary")


async def older(api, structure: UUID) -> UUID:
    """A template as the first version stored it, which today's checks would not take."""
    data = OLDER.read_bytes().replace(b"12345678-1234-5678-1234-567812345678", str(structure).encode())
    id_ = uuid4()
    event = TemplateSaved(
        template_id=id_,
        name="older",
        repo="scene",
        method="classification",
        start_version="1.0.0",
        error_threshold=1e-4,
        architectures=(structure,),
        document=ObjectRef(await api.upload(data), len(data)),
    )
    await api.speaker.say(event, id=id_, actor=uuid4())
    await api.views.catch_up()
    return id_


async def test_an_older_template_stays_readable_and_says_why_nothing_new_is_made_of_it(api):
    structure = await api.structure()
    id_ = await older(api, structure)
    shown = await api.get(f"/templates/{id_}")
    codes = ["brackets_not_allowed", "arg_unknown", "arg_unknown", "structure_uncertified"]
    assert (shown.status, [each["code"] for each in shown.json["notices"]]) == (200, codes)
    edited = await api.ask("PATCH", f"/templates/{id_}", json={"note": "x"}, headers={"If-Match": shown.json["etag"]})
    assert (edited.status, edited.json["note"], edited.json["document"]) == (200, "x", shown.json["document"])
    assert (await api.get(f"/templates/{id_}/diff?with={await api.template(structure)}")).status == 200
    wish = {"pth_id": str(await api.pth()), "template_id": str(id_)}
    for refused in (await api.post("/conversions", wish), await api.post(f"/templates/{id_}/copy", {"name": "second"})):
        assert (refused.status, refused.json["code"]) == (422, "brackets_not_allowed")
        assert refused.json["params"]["more"] == "2"
    mended = {"name": "main", "input_name": "raw_data", "args": []}
    assert (await api.post("/conversions", wish | {"overrides": {"sub_templates": [mended]}})).status == 201
