"""The agents' door: who gets a token, for what, for how long."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.gateway import digests_in
from api.grants import Claim, make_token, read_token
from schemas.events import JobLeaseExpired

NOW = datetime(2026, 11, 23, tzinfo=UTC)
INSTANCE = UUID(int=7)


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


async def grant(api, job: UUID, *, epoch: int = 1, instance: UUID = INSTANCE, secret: str | None = None):
    wish = {"epoch": epoch, "instance": str(instance)}
    headers = bearer(api.deps.agent_secret if secret is None else secret)
    return await api.ask("POST", f"/gateway/jobs/{job}/grant", json=wish, headers=headers)


async def running(api) -> UUID:
    job = UUID((await api.conversion())["id"])
    await api.claimed(job)
    return job


async def test_the_claimant_reads_what_the_request_names_and_nothing_else(api):
    other = await api.upload(b"somebody else's")
    token = (await grant(api, await running(api))).json["token"]
    weights = await api.upload(b"weights")
    own = await api.ask("GET", f"/gateway/objects/{weights}", headers=bearer(token))
    foreign = await api.ask("GET", f"/gateway/objects/{other}", headers=bearer(token))
    assert (own.status, own.body) == (200, b"weights")
    assert (foreign.status, foreign.json["code"]) == (403, "object_not_of_job")


async def test_the_claimant_stores_results_up_to_the_limit(api):
    token = (await grant(api, await running(api))).json["token"]
    stored = await api.ask("PUT", "/gateway/objects", data=b"tron", headers=bearer(token))
    large = await api.ask("PUT", "/gateway/objects", data=io.BytesIO(b"x" * ((1 << 20) + 1)), headers=bearer(token))
    assert (stored.status, stored.json["digest"]) == (201, await api.upload(b"tron"))
    assert (large.status, large.json["code"]) == (413, "object_too_large")


async def test_a_claim_that_is_not_projected_yet_is_waited_for(api):
    job = UUID((await api.conversion())["id"])
    api.views.lagging = True
    await api.claimed(job)
    early = await grant(api, job)
    api.views.lagging = False
    assert (early.status, early.json["code"], (await grant(api, job)).status) == (409, "claim_not_current", 200)


@pytest.mark.parametrize("wrong", [{"epoch": 2}, {"instance": uuid4()}])
async def test_nobody_else_gets_a_token(api, wrong):
    assert (await grant(api, await running(api), **wrong)).status == 409


@pytest.mark.parametrize("secret", ["", "wrong", "token-secret"])
async def test_the_agents_secret_is_needed(api, secret):
    answer = await grant(api, await running(api), secret=secret)
    assert (answer.status, answer.json["code"]) == (401, "agent_secret_wrong")


async def test_the_agents_secret_is_no_token_and_a_token_no_secret(api):
    job = await running(api)
    token = (await grant(api, job)).json["token"]
    weights = await api.upload(b"weights")
    assert (await api.ask("GET", f"/gateway/objects/{weights}", headers=bearer(api.deps.agent_secret))).status == 401
    assert (await grant(api, job, secret=token)).status == 401


async def test_a_token_ends_with_its_time_and_with_its_claim(api):
    job = await running(api)
    token = (await grant(api, job)).json["token"]
    weights = await api.upload(b"weights")
    await api.speaker.say(JobLeaseExpired(job_id=job, epoch=1, progressed=True), id=uuid4(), actor=uuid4())
    await api.views.catch_up()
    lost = await api.ask("GET", f"/gateway/objects/{weights}", headers=bearer(token))
    put = await api.ask("PUT", "/gateway/objects", data=b"x", headers=bearer(token))
    api.later(api.deps.grant_s)
    late = await api.ask("GET", f"/gateway/objects/{weights}", headers=bearer(token))
    assert (lost.status, lost.json["code"], put.status) == (403, "claim_not_current", 403)
    assert (late.status, late.json["code"]) == (401, "job_token_invalid")


async def test_without_a_secret_set_nobody_is_an_agent(tmp_path, api):
    (tmp_path / "other").mkdir()
    other = type(api)(tmp_path / "other", agent_secret="")
    await other.start()
    try:
        assert (await grant(other, await running(other), secret="")).status == 401
    finally:
        await other.stop()


claims = st.builds(
    Claim,
    job_id=st.uuids(),
    epoch=st.integers(1, 2**31),
    instance=st.uuids(),
    expires_at=st.just(NOW + timedelta(seconds=1)),
)


@given(claims)
def test_a_token_says_its_claim_until_it_expires(claim):
    token = make_token(claim, "s")
    assert read_token(token, "s", NOW) == claim
    assert read_token(token, "s", claim.expires_at) is None
    assert read_token(token, "other", NOW) is None


@given(claims, st.data())
def test_a_token_with_one_letter_changed_is_none(claim, data):
    token = make_token(claim, "s")
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.characters(min_codepoint=33, max_codepoint=126).filter(lambda each: each != token[place]))
    assert read_token(token[:place] + letter + token[place + 1 :], "s", NOW) is None


@given(st.text())
def test_no_text_is_a_token(text):
    assert read_token(text, "s", NOW) is None


def test_nothing_is_signed_with_an_empty_secret():
    with pytest.raises(ValueError, match="MO_TOKEN_SECRET"):
        make_token(Claim(uuid4(), 1, uuid4(), NOW), "")


def test_digests_are_found_however_deep_and_only_as_digests():
    request = {"a": [{"digest": "1"}, {"b": {"digest": "2", "name": "3"}}], "digest": {"digest": "4"}, "note": "5"}
    assert set(digests_in(request)) == {"1", "2", "4"}
