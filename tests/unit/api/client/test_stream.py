"""The stream's client: what it makes of lines, that it connects again, and how waiting uses it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from api import resources
from api.client.client import Client
from api.client.core import Core
from api.client.errors import ProblemError, UnreachableError
from api.client.mode import Blocking
from api.client.wire import Answer, ConnectionFailedError, Lines, ProgressCallback, Request

NOW = datetime(2026, 1, 2, tzinfo=UTC)
JOB = UUID(int=1)
HELLO = ["event: hello", "id: b-1", "data: {}", ""]
PING = [": ping", ""]


def happened(number: int) -> list[str]:
    said = resources.Happened(topics=["jobs"], name="JobFailed", ids=[JOB], position="mo.jobs/0/9", time=NOW)
    return [f"id: b-{number}", f"data: {msgspec.json.encode(said).decode()}", ""]


def job(state: str) -> resources.Job:
    return resources.Job(
        id=JOB, kind="conversion", state=state, owner=JOB, resource="cpu-heavy", platform=None, epoch=1, agent="",
        cancelling=False, subject_id=JOB, requested_at=NOW, updated_at=NOW,
    )  # fmt: skip


class Server:
    """Plays connections one after another: lists of lines, each cut at its end, or what opening them raises."""

    def __init__(self, *connections: list[str] | Answer | Exception, jobs: tuple[str, ...] = ("running",)) -> None:
        self.connections, self.jobs = list(connections), list(jobs)
        self.followed: list[Request] = []
        self.asked: list[Request] = []
        self.now = 0.0
        self.closed = 0

    async def follow(self, request: Request, silence_s: float) -> Lines:
        self.followed.append(request)
        connection = self.connections.pop(0) if self.connections else ConnectionFailedError("away")
        if isinstance(connection, Exception):
            raise connection
        if isinstance(connection, Answer):
            return Lines(connection, self._play([]))
        return Lines(Answer(200, {}, b""), self._play(connection))

    async def _play(self, lines: list[str]) -> AsyncGenerator[str]:
        try:
            for line in lines:
                yield line
            raise ConnectionFailedError("cut")
        finally:
            self.closed += 1

    async def send(self, request: Request, progress: ProgressCallback | None = None) -> Answer:
        self.asked.append(request)
        return Answer(200, {}, msgspec.json.encode(job(self.jobs.pop(0) if len(self.jobs) > 1 else self.jobs[0])))

    async def receive(self, request: Request, target: Path, progress: ProgressCallback | None = None) -> Answer:
        raise AssertionError("nothing is downloaded here")

    async def close(self) -> None:
        """Nothing to close."""

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def client(self) -> Client:
        return Client.over(Core(self, api_url="u", mode=Blocking(self.sleep), clock=lambda: self.now), "u")


def refusal(status: int) -> Answer:
    problem = resources.Problem(type="t", title="T", status=status, code="c")
    return Answer(status, {}, msgspec.json.encode(problem))


def test_messages_come_and_a_cut_stream_goes_on_behind_the_last_one() -> None:
    resync = ["event: resync", "id: c-4", "data: {}", ""]
    server = Server([*HELLO, *PING, *happened(2)], ConnectionFailedError("away"), [*HELLO, *resync, *happened(5)])
    messages = server.client().stream(topics=("jobs", "logs"), entity=JOB)
    heard = [next(messages) for _ in range(3)]
    assert [(each.what, each.id) for each in heard] == [("happened", "b-2"), ("resync", "c-4"), ("happened", "b-5")]
    assert heard[0].happened is not None
    assert heard[0].happened.ids == [JOB]
    assert "topics=jobs%2Clogs" in server.followed[0].path
    assert [each.headers.get("Last-Event-ID") for each in server.followed] == [None, "b-2", "b-2"]
    assert server.closed == 1


def test_what_a_newer_server_says_must_be_read_again() -> None:
    messages = Server(["id: b-1", 'data: {"topics": 7}', ""]).client().stream()
    assert next(messages).what == "resync"


def test_a_refused_stream_is_an_error_and_a_full_one_is_tried_again() -> None:
    server = Server(refusal(503), [*happened(1)], refusal(400))
    messages = server.client().stream()
    assert next(messages).id == "b-1"
    with pytest.raises(ProblemError):
        next(messages)


def test_a_stream_that_stays_away_is_given_up() -> None:
    server = Server([*happened(1)])
    messages = server.client().stream()
    next(messages)
    with pytest.raises(UnreachableError):
        next(messages)
    assert server.now >= 60


def test_waiting_looks_when_the_stream_tells_of_the_job() -> None:
    server = Server([*HELLO, *happened(2)], jobs=("running", "running", "completed"))
    assert server.client().jobs.wait(JOB).state == "completed"
    assert server.now == 0.0
    assert [each.headers.get("Min-Position") for each in server.asked] == [None, None, "mo.jobs/0/9"]
    assert server.closed == 1


def test_waiting_goes_on_without_a_stream() -> None:
    server = Server(refusal(404), jobs=("running", "running", "completed"))
    assert server.client().jobs.wait(JOB).state == "completed"
    assert server.now > 0
