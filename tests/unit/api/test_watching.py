"""What the API says about itself: names and lines of requests, measurements, staleness, its services' absence."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest
from people import LOCAL, TOKEN

from api.access import RequestIds
from api.lag import LAG
from storage.log.port import LogError
from storage.views.rows import KeeperRow

SECRET = "hush-hush"


def series(text: bytes) -> dict[str, float]:
    lines = [line for line in text.decode().splitlines() if not line.startswith("#")]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


async def metrics(api) -> dict[str, float]:
    async with api.session.get("/metrics") as answer:
        return series(await answer.read())


async def look(api):
    """The watch, after it has looked (it does so by itself twice a second)."""
    watch = api.app[LAG]
    await watch.look()
    return watch


def behind(api, monkeypatch, seconds: float) -> None:
    monkeypatch.setattr(api.app[LAG].lag, "longest_s", lambda: seconds)


@pytest.fixture
def access_lines(caplog):
    caplog.set_level(logging.INFO, logger="mo.access")
    caplog.handler.addFilter(RequestIds())
    return lambda: [record for record in caplog.records if record.name == "mo.access"]


async def test_a_request_has_a_name_on_its_answer_and_in_its_line(api, access_lines):
    named = await api.get("/jobs", X_Request_Id="mine-7")
    assert named.headers["X-Request-Id"] == "mine-7"
    (line,) = access_lines()
    assert (line.request_id, line.method, line.route, line.status) == ("mine-7", "GET", "/api/v1/jobs", 200)
    assert line.ms >= 0
    assert line.actor_id == str(LOCAL.id)


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "x\ty", "é"])
async def test_a_name_that_could_forge_a_line_is_replaced(api, given):
    answer = await api.get("/jobs", **({"X_Request_Id": given} if given else {}))
    assert answer.headers["X-Request-Id"] != given
    assert len(answer.headers["X-Request-Id"]) == 32


async def test_a_write_is_logged_with_the_id_of_its_command_and_never_with_what_it_carries(api, access_lines):
    digest = await api.upload(SECRET.encode())
    wish = {"name": SECRET, "digest": digest, "file_name": f"{SECRET}.pth"}
    answer = await api.post(f"/pth?token={SECRET}", wish, Cookie=f"mo_session={SECRET}", Idempotency_Key=SECRET)
    assert answer.status == 201
    assert access_lines()[-1].event_id == answer.json["id"]
    hidden = (SECRET, TOKEN, TOKEN.split("_")[2])
    assert not [each for each in access_lines() if any(secret in repr(vars(each)) for secret in hidden)]


async def test_errors_are_named_lines_too_and_machines_that_ask_all_day_are_not(api, access_lines):
    answer = await api.ask("GET", "/nowhere/at/all")
    assert (answer.status, answer.headers["X-Request-Id"] != "") == (404, True)
    assert access_lines()[-1].route == "unknown"
    count = len(access_lines())
    await api.ask("GET", "/readyz")
    await metrics(api)
    assert len(access_lines()) == count
    api.views.away = True
    assert (await api.ask("GET", "/readyz")).status == 503
    assert access_lines()[-1].route == "/readyz"


async def test_measurements_carry_templates_and_never_paths(api):
    job = await api.conversion()
    for _ in range(2):
        await api.get(f"/jobs/{job['id']}")
    await api.get("/jobs/no-id")
    told = await metrics(api)
    route = 'method="GET",route="/api/v1/jobs/{id}"'
    assert told[f'mo_http_requests_total{{{route},status="200"}}'] == 2
    assert told[f'mo_http_requests_total{{{route},status="404"}}'] == 1
    assert told[f"mo_http_request_seconds_count{{{route}}}"] == 3
    assert not [name for name in told if job["id"] in name]
    before = told["mo_upload_bytes_total"]
    await api.upload(b"1234567")
    assert (await metrics(api))["mo_upload_bytes_total"] == before + 7
    assert told['mo_jobs{platform="",resource="cpu-heavy",state="queued"}'] == 1
    assert told['mo_jobs_queued{platform="",resource="cpu-heavy"}'] == 1
    assert told["mo_event_loop_lag_seconds"] >= 0


async def test_measurements_outlive_the_database(api):
    await api.conversion()
    before = await metrics(api)
    api.views.away = True
    assert (await metrics(api))['mo_jobs_queued{platform="",resource="cpu-heavy"}'] == 1
    assert before['mo_jobs_queued{platform="",resource="cpu-heavy"}'] == 1


async def test_answers_say_when_they_are_old_and_how_much_is_missing(api, monkeypatch):
    assert "Mo-Stale" not in (await api.get("/jobs")).headers
    api.views.lagging = True
    await _unseen(api)
    watch = await look(api)
    behind(api, monkeypatch, 1.9)
    assert "Mo-Stale" not in (await api.get("/jobs")).headers
    behind(api, monkeypatch, 2.1)
    answer = await api.get("/jobs")
    assert (answer.headers["Mo-Stale"], answer.headers["Mo-Lag-Records"]) == ("true", "1")
    assert sum(watch.lag.records().values()) == 1
    health = (await api.ask("GET", "/readyz")).json
    assert (health["stale"], health["lag_seconds"], health["lag"]["mo.catalog"]) == (True, 2.1, 1)


async def _unseen(api) -> None:
    answer = await api.post("/pth", {"name": "net", "digest": await api.upload(b"weights"), "file_name": "n.pth"})
    assert answer.status == 202


async def test_while_the_log_is_away_writes_are_refused_at_once_and_reads_go_on(api, monkeypatch):
    wish = {"name": "net", "digest": await api.upload(b"weights"), "file_name": "n.pth"}
    end = api.log.end

    async def away(topic: str):
        raise LogError("away")

    monkeypatch.setattr(api.log, "end", away)
    await look(api)
    async with asyncio.timeout(1):
        answer = await api.post("/pth", wish)
    assert (answer.status, answer.json["code"], answer.headers["Retry-After"]) == (503, "log_away", "1")
    assert (await api.get("/jobs")).status == 200
    assert (await api.ask("POST", "/objects", data=b"x")).status == 201
    assert (await api.ask("GET", "/readyz")).json["kafka"] is False
    monkeypatch.setattr(api.log, "end", end)
    await look(api)
    assert (await api.post("/pth", wish)).status == 201


async def test_while_the_database_is_away_reads_say_so_and_heal(api):
    api.views.away = True
    answer = await api.get("/jobs")
    assert (answer.status, answer.json["code"], answer.headers["Retry-After"]) == (503, "read_models_away", "1")
    health = await api.ask("GET", "/readyz")
    assert (health.status, health.json["postgres"], health.json["projector_state"]) == (503, False, "unknown")
    api.views.away = False
    assert (await api.get("/jobs")).status == 200


@pytest.mark.parametrize(
    ("state", "code", "age_s", "told"),
    [
        ("running", "", 1, ("running", None)),
        ("running", "", 11, ("away", "projector_away")),
        ("refused", "log_lost", 100, ("refused", "log_lost")),
        ("refused", "log_foreign", 0, ("refused", "log_foreign")),
    ],
)
async def test_the_projectors_state_is_said_with_its_reason(api, state, code, age_s, told):
    seen_at = api.clock() - timedelta(seconds=age_s)
    api.views.keeping = KeeperRow(schema="rm_v1", state=state, code=code, seen_at=seen_at)
    health = (await api.ask("GET", "/readyz")).json
    reason = health["projector_reason"] and health["projector_reason"]["code"]
    assert (health["projector_state"], reason) == told
    assert bool(health["projector_message"]) == bool(reason)
    assert (health["ready"], health["schema"]) == (True, "rm_v1")


async def test_a_projector_that_never_spoke_is_away(api):
    assert (await api.ask("GET", "/readyz")).json["projector_state"] == "away"
