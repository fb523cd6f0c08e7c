"""Jobs as people meet them: what they wait for, asking again, their logs, their history."""

from __future__ import annotations

import time
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest

from api.queue import Scene, positions, standing
from schemas.events import AgentSeen, JobClaimed, JobFailed, JobLeaseExpired
from schemas.lifecycle import ATTEMPTS_MAX
from schemas.topics import JOBS
from schemas.values import Code, ObjectRef

INSTANCE = UUID(int=7)
SEEN = {"agent": "agent-1", "instance": INSTANCE, "host": "h", "fold_version": 1}


async def say(api, event, actor: UUID | None = None) -> None:
    await api.speaker.say(event, id=uuid4(), actor=actor or uuid4())
    await api.views.catch_up()


async def agent(api, platform: str = "nvidia", **slots: int) -> None:
    slots = {name.replace("_", "-"): number for name, number in slots.items()}
    await say(api, AgentSeen(**SEEN, platform=platform, slots=slots, state="ready"))


async def fail(api, job_id: str, *, retriable: bool = False, epoch: int = 1, log: ObjectRef | None = None) -> None:
    await api.claimed(UUID(job_id), epoch)
    reason = Code("job_child_failed", {"exit_code": "1"})
    await say(
        api,
        JobFailed(job_id=UUID(job_id), epoch=epoch, instance=INSTANCE, reason=reason, retriable=retriable, log=log),
    )


@pytest.fixture(autouse=True)
def the_logs_clock_is_ours(api, monkeypatch) -> None:
    """Agents are seen by the log's clock: let it be the test's."""

    def moment() -> float:
        return api.clock.now.timestamp()

    monkeypatch.setattr("storage.log.memory.time", SimpleNamespace(time=moment, monotonic=time.monotonic))


async def test_jobs_wait_in_the_fair_order_for_an_agent_that_fits(api):
    first = (await api.conversion())["id"]
    api.later(1)
    second = (await api.conversion())["id"]
    waits = (await api.get(f"/jobs/{second}")).json
    assert (waits["position"], waits["waiting_for"]["code"]) == (2, "no_agent_fits")
    assert waits["waiting_for"]["params"] == {"resource": "cpu-heavy", "platform": "*"}
    assert waits["waiting_message"].startswith("No agent")
    await agent(api, cpu_heavy=1)
    assert (await api.get(f"/jobs/{first}")).json["waiting_for"] is None
    listed = {each["id"]: each for each in (await api.get("/jobs")).json["items"]}
    assert listed[second]["waiting_for"] == {"code": "all_agents_busy", "params": {"agents": "1", "slots": "1"}}
    await api.claimed(UUID(first))
    running, waiting = [(await api.get(f"/jobs/{each}")).json for each in (first, second)]
    assert (running["position"], running["waiting_for"]) == (None, None)
    assert (waiting["position"], waiting["waiting_for"]["code"]) == (1, "all_agents_busy")
    api.later(60)
    assert (await api.get(f"/jobs/{second}")).json["waiting_for"]["code"] == "no_agent_fits"


async def test_a_job_that_waits_for_a_sandbox_says_so(api):
    job = (await api.conversion())["id"]
    probes = ("reading", "secrets")
    unsafe = AgentSeen(**SEEN, platform="nvidia", slots={"cpu-heavy": 1}, state="draining", sandbox_failed=probes)
    await say(api, unsafe)
    waits = (await api.get(f"/jobs/{job}")).json
    assert waits["waiting_for"] == {
        "code": "agents_without_sandbox",
        "params": {"agents": "1", "probes": "reading, secrets"},
    }
    assert "mo doctor" in waits["waiting_message"]
    assert (await api.get("/agents/agent-1")).json["sandbox_failed"] == ["reading", "secrets"]
    await agent(api, cpu_heavy=1)
    assert (await api.get(f"/jobs/{job}")).json["waiting_for"] is None


async def test_an_agent_of_another_platform_does_not_fit(api):
    model, dataset = await api.converted(), await api.dataset()
    await agent(api, "ascend", device=4)
    asked = await api.post("/inferences", {"model_id": str(model), "dataset_id": str(dataset)})
    assert asked.json["waiting_for"]["params"] == {"resource": "device", "platform": "nvidia"}


async def test_a_user_at_the_limit_waits_for_an_own_job(api):
    ids = [(await api.conversion())["id"] for _ in range(2)]
    await agent(api, cpu_heavy=9)
    await api.claimed(UUID(ids[0]))
    row = await api.views.job(UUID(ids[1]))
    scene = Scene(await api.views.waiting("cpu-heavy", limit=9), await api.views.busy(), [], user_running_max=1)
    assert standing(row, scene, positions(scene, "")[row.id], api.clock.now).waiting_for == Code(
        "user_limit", {"running": "1", "max": "1"}
    )


async def test_a_failed_attempt_is_followed_by_a_pause_and_told_why(api):
    job = (await api.conversion())["id"]
    await agent(api, cpu_heavy=1)
    await fail(api, job, retriable=True)
    waits = (await api.get(f"/jobs/{job}")).json
    assert (waits["state"], waits["epoch"], waits["attempts_max"]) == ("queued", 1, ATTEMPTS_MAX)
    assert waits["waiting_for"] == {"code": "paused_after_failure", "params": {"retry_after_ms": "1000"}}
    assert waits["reason"]["code"] == "job_child_failed"
    assert waits["retry_at"] > waits["updated_at"]
    api.later(2)
    assert (await api.get(f"/jobs/{job}")).json["waiting_for"] is None


async def test_a_quarantined_job_says_why_and_may_be_asked_for_again(api):
    job = (await api.conversion())["id"]
    for epoch in (1, 2):
        await api.claimed(UUID(job), epoch)
        await say(api, JobLeaseExpired(job_id=UUID(job), epoch=epoch, progressed=False))
    shown = (await api.get(f"/jobs/{job}")).json
    assert (shown["state"], shown["reason"]["code"], shown["epoch"]) == ("quarantined", "lease_expired_twice", 2)
    assert (await api.post(f"/jobs/{job}/retry")).status == 201


async def test_a_retry_is_a_new_job_for_the_same_model(api):
    old = await api.conversion()
    await fail(api, old["id"])
    new = await api.post(f"/jobs/{old['id']}/retry", Idempotency_Key="again")
    assert (new.status, new.json["retry_of"], new.json["state"]) == (201, old["id"], "queued")
    assert new.json["id"] != old["id"]
    assert new.json["subject_id"] == old["subject_id"]
    assert (await api.post(f"/jobs/{old['id']}/retry", Idempotency_Key="again")).json["id"] == new.json["id"]
    assert (await api.get(f"/trons/{old['subject_id']}")).json["state"] == "pending"
    other = await api.post(f"/jobs/{old['id']}/retry", Idempotency_Key="another")
    assert (other.status, other.json["code"], other.json["params"]) == (409, "job_superseded", {"id": new.json["id"]})
    said = (await api.get(f"/entities/{new.json['id']}/events")).json["items"]
    assert [each["cause"] for each in said] == [old["id"]]


async def test_only_jobs_that_ended_badly_are_asked_for_again(api):
    live = (await api.conversion())["id"]
    assert (await api.post(f"/jobs/{live}/retry")).json["params"] == {"state": "queued"}
    model = await api.converted()
    done = (await api.get(f"/trons/{model}")).json["revisions"][0]["job_id"]
    assert (await api.post(f"/jobs/{done}/retry")).json["code"] == "job_not_retriable"
    assert (await api.post(f"/jobs/{uuid4()}/retry")).status == 404
    cancelled = (await api.conversion())["id"]
    await api.post(f"/jobs/{cancelled}/cancel")
    assert (await api.post(f"/jobs/{cancelled}/retry")).status == 201


async def test_nothing_is_made_again_for_a_model_that_was_deleted(api):
    old = await api.conversion()
    await fail(api, old["id"])
    tron = await api.get(f"/trons/{old['subject_id']}")
    await api.ask("DELETE", f"/trons/{old['subject_id']}", headers={"If-Match": tron.headers["ETag"]})
    refused = await api.post(f"/jobs/{old['id']}/retry")
    assert (refused.status, refused.json["code"]) == (409, "tron_deleted")


async def test_every_attempts_log_can_be_read_whole_or_in_part(api):
    job = (await api.conversion())["id"]
    assert (await api.get(f"/jobs/{job}/log")).json["code"] == "job_log_unknown"
    texts = [b"Traceback one", b"Traceback two"]
    for epoch, text in enumerate(texts, 1):
        api.later(60)
        await fail(api, job, retriable=epoch == 1, epoch=epoch, log=ObjectRef(await api.upload(text), len(text)))
    assert (await api.get(f"/jobs/{job}")).json["logs"] == [1, 2]
    newest = await api.get(f"/jobs/{job}/log")
    assert (newest.body, newest.headers["Content-Type"]) == (texts[1], "text/plain; charset=utf-8")
    part = await api.get(f"/jobs/{job}/log?attempt=1", Range="bytes=-3")
    assert (part.status, part.body) == (206, b"one")
    assert (await api.get(f"/jobs/{job}/log?attempt=7")).status == 404


async def test_the_history_of_a_thing_is_told_page_by_page(api):
    job = (await api.conversion())["id"]
    await fail(api, job)
    for _ in range(5):
        await api.conversion()
    names, after = [], ""
    while after is not None:
        page = (await api.get(f"/entities/{job}/events?limit=1{f'&after={after}' if after else ''}")).json
        names += [each["name"] for each in page["items"]]
        after = page["next"]
    assert names == ["ConversionRequested", "JobClaimed", "JobFailed"]
    pth = await api.pth()
    (said,) = (await api.get(f"/entities/{pth}/events")).json["items"]
    assert (said["name"], said["data"]["name"], said["position"].split("/")[0]) == ("Upload", "net", "mo.catalog")
    assert (await api.get(f"/entities/{uuid4()}/events")).json["code"] == "entity_unknown"
    assert (await api.get(f"/entities/{pth}/events?after=x")).json["code"] == "query_invalid"
    assert (await api.get(f"/entities/{pth}/events?after=99999")).json == {"items": [], "next": None}


async def test_a_claim_shows_in_the_history_even_where_it_did_not_count(api):
    job = (await api.conversion())["id"]
    await api.claimed(UUID(job))
    await say(api, JobClaimed(job_id=UUID(job), epoch=1, agent="late", instance=uuid4()))
    said = (await api.get(f"/entities/{job}/events")).json["items"]
    assert [each["data"].get("agent") for each in said] == [None, "agent-1", "late"]
    assert {each["position"].split("/")[0] for each in said} == {JOBS.name}
