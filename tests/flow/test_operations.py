"""Operations on the whole running system: read models rebuilt and flipped, services away and back, what is measured."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from uuid import UUID, uuid4

import asyncpg
import pytest
from people import bearer

from api.client.client import Client
from deploy.local import control
from deploy.local.state import StackState
from deploy.settings import Settings
from storage.views.postgres import Views

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

ROOT = Path(__file__).parents[2]
SECONDS_MAX = 60
LOOK_S = 0.02
TOKEN: dict[str, str] = {}
"""The header that proves who asks; that of the stack which runs."""


@pytest.fixture
def state(system_settings: Settings, mo: Client) -> StackState:
    state = control.state(system_settings)
    assert state is not None
    TOKEN.update(bearer(mo._core.token))
    return state


@pytest.fixture
def command(system_settings: Settings) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """The command `mo`, with the read models put back afterwards to what they were."""

    def run(*argv: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, **system_settings.to_env(), "MO_LANG": "en", "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "deploy.main", *argv], cwd=ROOT, env=env, capture_output=True, text=True
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    yield run
    listed = {each["schema"]: each["active"] for each in json.loads(run("projections", "list", "-o", "json").stdout)}
    if not listed["rm_v1"]:
        run("projections", "flip", "rm_v1")
    for schema in set(listed) - {"rm_v1"}:
        run("projections", "drop", schema)


class Answer:
    """Status, headers and JSON of an answer of the API."""

    def __init__(self, url: str, data: bytes | None = None, **headers: str) -> None:
        request = urllib.request.Request(url, data, {"Content-Type": "application/json", **TOKEN, **headers})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                self.status, self.headers, self.text = answer.status, answer.headers, answer.read()
        except HTTPError as error:
            self.status, self.headers, self.text = error.code, error.headers, error.read()

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def until(what: Callable[[], Any]) -> Any:
    """The first true answer; nobody outside tells us when a server has come back."""
    end = time.monotonic() + SECONDS_MAX
    while not (found := what()):
        assert time.monotonic() < end, "that did not happen in time"
        time.sleep(LOOK_S)
    return found


def kill(settings: Settings, name: str) -> None:
    state = control.state(settings)
    assert state is not None
    process = state.child(name).process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)


def dataset_wish(state: StackState) -> bytes:
    """The wish for a dataset of a package that was uploaded (and is no package: its import fails, which is fine)."""
    uploaded = Answer(f"{state.api_url}/api/v1/objects", uuid4().bytes, **{"Content-Type": "application/octet-stream"})
    return json.dumps({"name": f"ops-{uuid4().hex[:8]}", "digest": uploaded.json["digest"]}).encode()


async def dump(state: StackState, schema: str) -> dict[str, list[object]]:
    views = await Views.open(state.postgres_dsn, schema)
    try:
        return await views.dump()
    finally:
        await views.close()


async def test_read_models_are_rebuilt_beside_the_old_ones_flipped_and_given_up(command, state, mo):
    jobs = f"{state.api_url}/api/v1/jobs"
    created = Answer(f"{state.api_url}/api/v1/datasets", dataset_wish(state))
    assert created.status == 201
    until(lambda: Answer(f"{jobs}/{created.json['id']}").json["state"] == "failed")
    assert "rm_v2" in command("projections", "rebuild").stderr
    listed = {each["schema"]: each for each in json.loads(command("projections", "list", "-o", "json").stdout)}
    assert {schema: each["active"] for schema, each in listed.items()} == {"rm_v1": True, "rm_v2": False}

    command("projections", "flip", "rm_v2")
    until(lambda: mo.ready().schema == "rm_v2")
    assert await dump(state, "rm_v2") == await dump(state, "rm_v1"), "rows of the rebuild equal those of the old one"
    written = Answer(f"{state.api_url}/api/v1/datasets", dataset_wish(state))
    assert written.status == 201, "what is said after the flip is seen in the new read models"
    assert Answer(f"{jobs}/{written.json['id']}").status == 200
    until(lambda: mo.ready().projector_state == "running")

    assert "flip to another one first" in command("projections", "drop", "rm_v2", code=1).stderr
    command("projections", "flip", "rm_v1")
    until(lambda: mo.ready().schema == "rm_v1")
    assert Answer(f"{jobs}/{written.json['id']}").status == 200, "the old one was kept up to date all the time"
    command("projections", "drop", "rm_v2")
    link = await asyncpg.connect(state.postgres_dsn)
    assert await link.fetchval("select count(*) from pg_namespace where nspname = 'rm_v2'") == 0
    await link.close()


async def test_a_rebuild_that_is_killed_goes_on_where_it_stopped(command, state, system_settings):
    env = {**os.environ, **system_settings.to_env()}
    argv = [sys.executable, "-m", "deploy.main", "projections", "rebuild"]
    rebuilding = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs here
        argv, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    link = await asyncpg.connect(state.postgres_dsn)
    end = time.monotonic() + SECONDS_MAX
    while not await link.fetchval("select to_regclass('rm_v2.offsets')"):
        assert time.monotonic() < end
    rebuilding.kill()
    rebuilding.wait()
    command("projections", "rebuild")
    assert await link.fetchval("select count(*) from mo_control.schemas where schema = 'rm_v2'") == 1
    assert await link.fetchval("select to_regclass('rm_v3.offsets')") is None
    await link.close()
    command("projections", "flip", "rm_v2")
    assert await dump(state, "rm_v2") == await dump(state, "rm_v1")


def test_without_the_database_reads_say_so_and_heal_by_themselves(state, system_settings):
    jobs = f"{state.api_url}/api/v1/jobs"
    assert Answer(jobs).status == 200
    kill(system_settings, "postgres")
    refused = until(lambda: (answer := Answer(jobs)).status != 200 and answer)
    # who asks is kept in the same database
    assert (refused.status, refused.json["code"]) in ((503, "accounts_away"), (503, "read_models_away"))
    assert refused.headers["Retry-After"]
    until(lambda: Answer(jobs).status == 200)
    until(lambda: Answer(f"{state.api_url}/readyz").json.get("projector_state") == "running")
    assert Answer(f"{state.api_url}/api/v1/datasets", dataset_wish(state)).status == 201


def test_without_kafka_writes_say_so_reads_go_on_and_all_heals(state, system_settings):
    jobs, datasets = (f"{state.api_url}/api/v1/{noun}" for noun in ("jobs", "datasets"))
    wish = dataset_wish(state)
    kill(system_settings, "kafka")
    until(lambda: not Answer(f"{state.api_url}/readyz").json["kafka"])
    refused = Answer(datasets, wish, **{"Idempotency-Key": "during"})
    assert (refused.status, refused.json["code"]) == (503, "log_away")
    assert refused.headers["Retry-After"]
    assert Answer(jobs).status == 200
    until(lambda: Answer(f"{state.api_url}/readyz").json["kafka"])
    assert Answer(datasets, wish, **{"Idempotency-Key": "during"}).status == 201


def test_a_projector_that_stands_still_makes_answers_stale_and_is_said(state, system_settings, mo):
    process = state.child("projector").process
    assert process is not None
    process = control.state(system_settings).child("projector").process
    os.kill(process.pid, signal.SIGSTOP)
    try:
        stale = until(lambda: (answer := Answer(f"{state.api_url}/api/v1/jobs")).headers.get("Mo-Stale") and answer)
        assert int(stale.headers["Mo-Lag-Records"]) > 0
        until(lambda: mo.ready().projector_state == "away")
        assert mo.ready().projector_reason.code == "projector_away"
    finally:
        os.kill(process.pid, signal.SIGCONT)
    until(lambda: "Mo-Stale" not in Answer(f"{state.api_url}/api/v1/jobs").headers)
    until(lambda: mo.ready().projector_state == "running")


def test_every_process_is_alive_ready_and_measured(state, system_settings):
    state = control.state(system_settings)
    assert set(state.metrics) == {"api", "projector", "agent-nvidia"}
    wanted = {
        "api": ("mo_http_requests_total", "mo_projection_lag_records", "mo_jobs{"),
        "projector": ("mo_projected_records_total", "mo_projection_lag_seconds"),
        "agent-nvidia": ("mo_agent_claims_total", "mo_agent_attempt_seconds_bucket", "mo_agent_leases_expired_total"),
    }
    for name, url in state.metrics.items():
        base = url.removesuffix("/metrics")
        assert Answer(f"{base}/livez").status == 200
        until(lambda base=base: Answer(f"{base}/readyz").status == 200)
        text = Answer(url).text.decode()
        for each in (*wanted[name], "mo_event_loop_lag_seconds"):
            assert each in text, (name, each)


def test_logs_are_lines_of_json_with_ids(state, system_settings, mo):
    created = Answer(f"{state.api_url}/api/v1/datasets", dataset_wish(state), **{"X-Request-Id": f"ops-{uuid4().hex}"})
    name = created.headers["X-Request-Id"]

    def line() -> Any:
        lines = (system_settings.home / "logs" / "api.log").read_text().splitlines()
        return next((said for each in lines if (said := json.loads(each)).get("request_id") == name), None)

    said = until(line)
    assert (said["process"], said["route"], said["status"]) == ("api", "/api/v1/datasets", 201)
    assert UUID(said["event_id"])
    assert UUID(said["actor_id"])


def test_the_services_are_checked_and_what_mends_them_is_named(command):
    good = json.loads(command("provision", "--check", "-o", "json").stdout)
    assert {each["state"] for each in good} == {"ok"}
    bad = json.loads(command("provision", "--check", "--replication", "3", "-o", "json", code=1).stdout)
    wrong = [each for each in bad if each["state"] == "wrong"]
    assert "mo.jobs has 1 replicas and must have at least 3" in {each["what"] for each in wrong}
    assert all(each["mend"].startswith(("kafka-configs.sh", "echo '{")) for each in wrong)
