"""Queues, retries, logs and events on the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from api import resources
from api.cli.app import run
from api.client.stream import Message
from schemas.values import Code

NOW = datetime(2026, 1, 2, tzinfo=UTC)
JOB, OLD = UUID(int=1), UUID(int=2)


def job(state: str = "queued", **more: Any) -> resources.Job:
    return resources.Job(
        id=JOB, kind="conversion", state=state, owner=JOB, resource="cpu-heavy", platform=None, epoch=1, agent="one",
        cancelling=False, subject_id=OLD, requested_at=NOW, updated_at=NOW, **more,
    )  # fmt: skip


def logged(first_line: int, *lines: str) -> Message:
    return heard("JobLogged", job_id=JOB, epoch=1, instance=JOB, first_line=first_line, lines=list(lines))


def heard(name: str, **data: Any) -> Message:
    plain = {key: str(value) if isinstance(value, UUID) else value for key, value in data.items()}
    said = resources.Happened(
        topics=["jobs"], name=name, ids=[JOB], position="mo.jobs/0/1", time=NOW, data=plain, message="why"
    )
    return Message("happened", "b-1", said)


def mo(jobs: dict[str, Any], *argv: str, lang: str = "en", **more: Any) -> int:
    client = SimpleNamespace(jobs=SimpleNamespace(**jobs), close=lambda: None, **more)
    environ = {"MO_API_URL": "http://api", "MO_LANG": lang, "NO_COLOR": "1"}
    return run(argv, environ, client_factory=lambda _url, _lang: client)


@pytest.mark.parametrize(("lang", "says"), [("en", "number 3 in the queue"), ("zh", "排队第 3 位")])
def test_a_queued_job_says_its_place_and_what_it_waits_for(capsys, lang: str, says: str) -> None:
    waits = job(
        position=3, waiting_for=Code("all_agents_busy"), waiting_message="All slots are taken.", retry_of=OLD, logs=[1]
    )
    assert mo({"find": lambda _: waits}, "jobs", "show", "x", lang=lang) == 0
    out = capsys.readouterr().out
    for text in (says, "All slots are taken.", str(OLD)):
        assert text in out


def test_a_retry_shows_the_new_job_or_waits_for_it(capsys) -> None:
    jobs = {
        "find": lambda _: job("failed"),
        "retry": lambda id_: job(retry_of=id_),
        "wait": lambda *_: job("completed"),
    }
    assert mo(jobs, "jobs", "retry", "x", "-o", "json", "--no-wait") == 0
    assert json.loads(capsys.readouterr().out)["retry_of"] == str(JOB)
    assert mo(jobs, "jobs", "retry", "x", "--wait") == 0
    assert mo({**jobs, "wait": lambda *_: job("failed")}, "jobs", "retry", "x", "--wait") == 1


def test_a_kept_log_is_printed(capsys) -> None:
    jobs = {"find": lambda _: job("failed"), "log": lambda _id, attempt: f"log of {attempt}"}
    assert mo(jobs, "jobs", "logs", "x", "-f") == 0
    assert mo(jobs, "jobs", "logs", "x", "--attempt", "2") == 0
    assert capsys.readouterr().out == "log of None\nlog of 2\n"


def test_a_running_jobs_log_is_followed_to_its_end(capsys) -> None:
    states = iter(["running", "completed"])
    said = [logged(0, "one", "two"), logged(2, "three"), heard("JobClaimed"), logged(9, "ten"), Message("resync", "b")]
    jobs = {"find": lambda _: job("running"), "get": lambda _id, _at: job(next(states))}
    assert mo(jobs, "jobs", "logs", "x", "-f", stream=lambda **_: iter(said)) == 0
    assert capsys.readouterr().out.split() == ["one", "two", "three", "…", "ten"]


def test_events_are_shown_as_lines_or_as_json(capsys) -> None:
    told = resources.Said(
        id=OLD,
        name="Upload",
        position="mo.catalog/0/1",
        time=NOW,
        actor=JOB,
        source="/s",
        cause=None,
        data={"name": "n"},
    )
    client = {
        "history": lambda _: iter([told]),
        "stream": lambda **_: iter([heard("JobFailed"), Message("resync", "b")]),
    }
    assert mo({}, "events", "tail", "--entity", str(OLD), **client) == 0
    shown = capsys.readouterr()
    assert [line.split("  ")[2] for line in shown.out.splitlines()] == ["Upload", "JobFailed"]
    assert "missed" in shown.err
    assert mo({}, "events", "tail", "--entity", str(OLD), "--no-follow", "-o", "jsonl", **client) == 0
    assert json.loads(capsys.readouterr().out)["data"] == {"name": "n"}
