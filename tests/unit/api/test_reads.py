"""Lists, details, files, comparisons; reading one's own writes."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from schemas.events import AgentSeen, JobFailed, JobLeaseExpired, JobProgressed
from schemas.values import Code

LISTS = ["pth", "trons", "structures", "templates", "datasets", "jobs", "tests", "agents"]


@pytest.mark.parametrize("path", LISTS)
async def test_empty_lists_are_empty_pages(api, path):
    answer = await api.get(f"/{path}")
    assert (answer.status, answer.json) == (200, {"items": [], "next": None})


@pytest.mark.parametrize("noun", ["pth", "tron", "structure", "template", "dataset", "job", "test", "agent"])
@pytest.mark.parametrize("id_", [str(UUID(int=9)), "no-id"])
async def test_what_is_not_there_is_said_by_its_noun(api, noun, id_):
    path = noun if noun == "pth" else f"{noun}s"
    answer = await api.get(f"/{path}/{id_}")
    assert (answer.status, answer.json["code"], answer.json["params"]) == (404, f"{noun}_unknown", {"id": id_})


async def test_an_id_of_another_kind_is_not_there(api):
    pth = await api.pth()
    assert (await api.get(f"/trons/{pth}")).status == 404
    assert (await api.get(f"/tests/{(await api.conversion())['id']}")).status == 404


async def test_pages_follow_each_other(api):
    ids = {str(await api.pth(f"net{number}")) for number in range(5)}
    seen, cursor = [], ""
    while cursor is not None:
        page = (await api.get(f"/pth?limit=2{f'&cursor={cursor}' if cursor else ''}")).json
        seen += [each["id"] for each in page["items"]]
        cursor = page["next"]
    assert (len(seen), set(seen)) == (5, ids)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "query_invalid"),
        ("limit=201", "query_invalid"),
        ("limit=²", "query_invalid"),
        ("mine=perhaps", "query_invalid"),
        ("colour=blue", "query_unknown"),
        ("limit=1&limit=2", "query_unknown"),
        ("cursor=forged", "cursor_invalid"),
    ],
)
async def test_queries_that_mean_nothing_are_refused(api, query, code):
    answer = await api.get(f"/pth?{query}")
    assert (answer.status, answer.json["code"]) == (400, code)


async def test_lists_are_filtered(api):
    await api.pth("one")
    await api.pth("two")
    model = await api.converted()
    assert [each["name"] for each in (await api.get("/pth?search=two&mine=True")).json["items"]] == ["two"]
    assert len((await api.get("/trons?platform=nvidia")).json["items"]) == 1
    assert (await api.get("/trons?platform=ascend")).json["items"] == []
    assert [each["kind"] for each in (await api.get("/jobs?kind=conversion&state=completed")).json["items"]]
    assert (await api.get("/jobs?state=queued")).json["items"] == []
    assert len((await api.get(f"/jobs?subject_id={model}")).json["items"]) == 1


async def test_a_reader_waits_for_its_position_and_is_told_when_it_is_not_reached(api):
    digest = await api.upload(b"weights")
    api.views.lagging = True
    position = (await api.post("/pth", {"name": "net", "digest": digest})).headers["Mo-Position"]
    stale = await api.get("/pth", Min_Position=position)
    api.views.lagging = False
    fresh = await api.get("/pth", Min_Position=position)
    assert (stale.headers["Mo-Stale"], stale.json["items"]) == ("true", [])
    assert ("Mo-Stale" in fresh.headers, len(fresh.json["items"])) == (False, 1)


@pytest.mark.parametrize("position", ["", "mo.catalog", "mo.catalog/0/x", "other/0/0", "mo.catalog/0/-1", "a/b/c/d"])
async def test_a_position_that_is_none_is_refused(api, position):
    answer = await api.get("/pth", Min_Position=position)
    assert (answer.status, answer.json["code"]) == (400, "position_invalid")


async def test_a_position_in_a_partition_that_does_not_exist_is_only_stale(api):
    assert (await api.get("/pth", Min_Position="mo.catalog/99/0")).headers["Mo-Stale"] == "true"


async def test_a_job_shows_the_progress_of_its_current_attempt_only(api):
    job = UUID((await api.conversion())["id"])
    await api.claimed(job)
    said = JobProgressed(job_id=job, epoch=1, instance=uuid4(), agent="a", step=3, stage="export", fraction=0.5)
    await api.speaker.say(said, id=uuid4(), actor=uuid4())
    await api.views.catch_up()
    assert (await api.get(f"/jobs/{job}")).json["progress"]["stage"] == "export"
    await api.speaker.say(JobLeaseExpired(job_id=job, epoch=1, progressed=True), id=uuid4(), actor=uuid4())
    await api.claimed(job, epoch=2)
    second = (await api.get(f"/jobs/{job}")).json
    assert (second["epoch"], second["progress"]) == (2, None)


async def test_a_failed_job_says_why_in_the_readers_language(api):
    job = await api.conversion()
    await api.finished(job, JobFailed, reason=Code("threshold_exceeded", {"measured": "0.1", "threshold": "0.0001"}))
    english = (await api.get(f"/jobs/{job['id']}")).json
    chinese = (await api.get(f"/jobs/{job['id']}", Accept_Language="fr, zh-CN;q=0.9, en;q=0.1")).json
    assert (english["state"], english["reason"]["code"]) == ("failed", "threshold_exceeded")
    assert "0.1, above the threshold 0.0001" in english["message"]
    assert "超过阈值" in chinese["message"]


async def test_models_and_datasets_show_what_was_made(api):
    model, dataset = await api.converted(), await api.dataset()
    tron = (await api.get(f"/trons/{model}")).json
    assert [each["revision"] for each in tron["revisions"]] == [1]
    shown = (await api.get(f"/datasets/{dataset}")).json
    assert [(each["images"], each["dropped"]) for each in shown["versions"]] == [(20, 1)]
    assert (await api.get("/trons")).json["items"] == [{**tron, "parents": []}]
    assert (await api.get("/datasets")).json["items"] == [shown]


async def test_files_come_under_the_name_that_people_gave_them(api):
    digest = await api.upload(b"weights")
    wish = {"name": "网络", "digest": digest, "file_name": '网络/"v1".pth'}
    id_ = (await api.post("/pth", wish)).json["id"]
    answer = await api.get(f"/pth/{id_}/file")
    assert answer.body == b"weights"
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"__--v1-.pth\"; filename*=UTF-8''%E7%BD%91%E7%BB%9C--v1-.pth"
    )
    assert (await api.get(f"/trons/{await api.converted()}/file")).body == b"tron"


async def test_a_tron_without_a_file_says_so(api):
    job = await api.conversion()
    answer = await api.get(f"/trons/{job['subject_id']}/file")
    assert (answer.status, answer.json["code"]) == (409, "revision_missing")


async def test_a_test_shows_its_result_and_gives_its_report(api):
    test = await api.tested(await api.converted(), await api.dataset(), 0.75)
    shown = (await api.get(f"/tests/{test}")).json
    assert (shown["accuracy"], shown["used"]["backend"], shown["job"]["state"]) == (0.75, "onnxruntime", "completed")
    assert (await api.get(f"/tests/{test}/report")).json["tasks"][0]["task"] == "class"
    assert [each["id"] for each in (await api.get("/tests")).json["items"]] == [str(test)]


async def test_a_comparison_has_signed_differences_to_its_base(api):
    dataset = await api.dataset()
    worse = await api.tested(await api.converted(), dataset, 0.5)
    better = await api.tested(await api.converted(name="m2"), dataset, 0.75)
    answer = await api.get(f"/comparisons?tests={worse},{better}&base={worse}")
    base, other = answer.json["tests"]
    assert (answer.json["base"], base["delta"]["accuracy"], base["class_delta"]) == (str(worse), None, {})
    assert (other["delta"]["accuracy"], other["delta"]["top1/class"], other["delta"]["inference_ms"]) == (0.25, 0.25, 0)
    assert other["class_delta"]["class"] == {
        "cat": {"precision": 0.25, "recall": 0.25}, "dog": {"precision": 0.25, "recall": None},
    }  # fmt: skip
    assert other["notes"] == []
    assert (base["verdicts"], other["verdicts"]["top1/class"]["code"]) == ({}, "better")
    assert other["verdicts"]["accuracy"]["difference"] == 0.25
    assert base["intervals"]["top1/class"]["low"] < 0.5 < base["intervals"]["top1/class"]["high"]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 400, "tests_count_wrong"),
        ("tests=x", 400, "query_invalid"),
        (f"tests={UUID(int=1)}", 404, "test_unknown"),
        (f"tests={UUID(int=1)}&base={UUID(int=2)}", 400, "base_not_compared"),
        ("tests=" + ",".join(str(UUID(int=n)) for n in range(51)), 400, "tests_count_wrong"),
    ],
)
async def test_comparisons_that_cannot_be_are_refused(api, query, status, code):
    answer = await api.get(f"/comparisons?{query}")
    assert (answer.status, answer.json["code"]) == (status, code)


async def test_a_test_without_a_result_cannot_be_compared(api):
    wish = {"model_id": str(await api.converted()), "dataset_id": str(await api.dataset())}
    test = (await api.post("/inferences", wish)).json["id"]
    for path in (f"/comparisons?tests={test}", f"/tests/{test}/report"):
        answer = await api.get(path)
        assert (answer.status, answer.json["code"]) == (409, "test_not_completed")


async def test_agents_that_fell_silent_are_lost(api):
    said = AgentSeen(agent="agent-1", instance=uuid4(), platform="nvidia", slots={"device": 1})
    await api.speaker.say(said, id=uuid4(), actor=uuid4())
    await api.views.catch_up()
    seen_at = api.views.rows["agents"]["agent-1"].seen_at
    api.clock.now = seen_at
    assert [each["state"] for each in (await api.get("/agents")).json["items"]] == ["ready"]
    api.later(31)
    assert (await api.get("/agents/agent-1")).json["state"] == "lost"


async def test_readiness_says_what_is_away_and_how_far_behind(api):
    ready = await api.get("/readyz")
    assert (ready.status, ready.json["ready"], ready.json["lag"]["mo.catalog"]) == (200, True, 0)
    api.views.lagging = True
    await api.post("/pth", {"name": "net", "digest": await api.upload(b"weights")})
    assert (await api.get("/readyz")).json["lag"]["mo.catalog"] == 1
    api.views.away = True
    away = await api.get("/readyz")
    assert (away.status, away.json["ready"], away.json["kafka"], away.json["postgres"]) == (503, False, True, False)
    assert (await api.get("/livez")).status == 200
