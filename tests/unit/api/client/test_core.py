"""The request/answer core: headers, retries with the same key, 202, problems, transfers."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from api import resources, wishes
from api.client.answers import RETRY_S_MAX, retry_after_s
from api.client.core import ATTEMPTS_MAX, Core
from api.client.errors import (
    BadInputError,
    DamagedTransferError,
    ProblemError,
    UnreachableError,
    WaitTimeoutError,
)
from api.client.mode import Blocking, finished
from api.client.wire import Answer, ConnectionFailedError, Lines, ProgressCallback, Request
from schemas.values import ObjectRef

ID = UUID(int=7)
WISH = wishes.PthWish(name="n", digest="sha256:" + "0" * 64)


class Script:
    """A transport that plays answers in order and keeps what it was asked."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[Request] = []

    async def send(self, request: Request, progress: ProgressCallback | None = None) -> Answer:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def receive(self, request: Request, target: Path, progress: ProgressCallback | None = None) -> Answer:
        answer = await self.send(request)
        if answer.status == 200:
            target.write_bytes(answer.body)  # noqa: ASYNC240
        return answer

    async def follow(self, request: Request, silence_s: float) -> Lines:
        raise ConnectionFailedError("no streams here")

    async def close(self) -> None:
        self.closed = True


class AtOnce:
    """A core whose coroutines are run to their end."""

    def __init__(self, core: Core[Blocking]) -> None:
        self._core = core

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *args, **kwargs: finished(getattr(self._core, name)(*args, **kwargs))


class World:
    """A core on a script, with time that only passes by sleeping."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.script = Script(*answers)
        self.now = 0.0
        self.naps: list[float] = []
        keys = iter(f"key-{number}" for number in range(99))
        core = Core(
            self.script,
            api_url="http://there",
            mode=Blocking(self.sleep),
            lang="en",
            clock=lambda: self.now,
            new_key=lambda: next(keys),
        )
        self.core = AtOnce(core)

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


def said(resource: object, status: int = 200, **headers: str) -> Answer:
    return Answer(
        status, {name.replace("_", "-"): value for name, value in headers.items()}, msgspec.json.encode(resource)
    )


def problem(status: int, code: str = "some_code") -> Answer:
    return said(resources.Problem(type="t", title="T", status=status, code=code, detail="D", params={"a": "b"}), status)


UPLOADED = resources.Uploaded(digest="sha256:" + "1" * 64, size_bytes=1)


def test_a_read_leaves_out_empty_query_values_and_says_its_language() -> None:
    world = World(said(UPLOADED))
    assert world.core.read("/x", resources.Uploaded, search="", cursor=None, limit=5, mine=True) == UPLOADED
    (request,) = world.script.asked
    assert (request.method, request.path) == ("GET", "/api/v1/x?limit=5&mine=true")
    assert request.headers["Accept-Language"] == "en"


def test_query_values_are_escaped() -> None:
    world = World(said(UPLOADED))
    world.core.read("/x", resources.Uploaded, search="a&b=c/中")
    assert world.script.asked[0].path == "/api/v1/x?search=a%26b%3Dc%2F%E4%B8%AD"


def test_every_write_has_a_key_of_its_own_and_later_reads_name_its_position() -> None:
    world = World(said(UPLOADED, 201, mo_position="mo.jobs/3/9"), said(UPLOADED), said(UPLOADED, 201))
    world.core.write("/pth", WISH, resources.Uploaded)
    world.core.read("/x", resources.Uploaded)
    world.core.write("/pth", WISH, resources.Uploaded)
    first, read, second = world.script.asked
    assert first.headers["Idempotency-Key"] != second.headers["Idempotency-Key"]
    assert read.headers["Min-Position"] == "mo.jobs/3/9"
    assert msgspec.json.decode(first.body) == msgspec.to_builtins(WISH)


@pytest.mark.parametrize("hiccup", [ConnectionFailedError("refused"), problem(503), problem(429)])
def test_a_write_is_tried_again_with_the_same_key(hiccup: Answer | Exception) -> None:
    world = World(hiccup, hiccup, said(UPLOADED, 201))
    assert world.core.write("/pth", WISH, resources.Uploaded) == UPLOADED
    assert {request.headers["Idempotency-Key"] for request in world.script.asked} == {"key-0"}
    assert world.naps == [0.2, 0.4]


def test_retries_are_bounded_and_name_the_way_out() -> None:
    world = World(*[ConnectionFailedError("refused")] * 9)
    with pytest.raises(UnreachableError, match=r"http://there.*mo up"):
        world.core.read("/x", resources.Uploaded)
    assert len(world.script.asked) == ATTEMPTS_MAX


def test_a_server_that_stays_busy_is_a_problem_in_the_end() -> None:
    world = World(*[problem(503, "append_unknown")] * 9)
    with pytest.raises(ProblemError) as caught:
        world.core.write("/pth", WISH, resources.Uploaded)
    assert (caught.value.code, len(world.script.asked)) == ("append_unknown", ATTEMPTS_MAX)


def test_a_refusal_is_not_tried_again() -> None:
    world = World(problem(409, "name_taken"))
    with pytest.raises(ProblemError) as caught:
        world.core.write("/pth", WISH, resources.Uploaded)
    assert (caught.value.code, caught.value.params, world.naps) == ("name_taken", {"a": "b"}, [])


@pytest.mark.parametrize(("text", "expected"), [("3", 3.0), ("9999", RETRY_S_MAX), ("", 0.7), ("Tue, 1 Jan", 0.7)])
def test_retry_after_is_followed_within_reason(text: str, expected: float) -> None:
    assert retry_after_s(Answer(503, {"retry-after": text}, b""), 0.7) == expected


def command(state: str, status: int = 200) -> Answer:
    return said(resources.Accepted(command_id=ID, state=state), status)


def test_an_open_outcome_is_waited_for_and_then_asked_again_with_the_same_key() -> None:
    world = World(command("pending", 202), command("pending"), command("accepted"), said(UPLOADED, 201))
    assert world.core.write("/pth", WISH, resources.Uploaded) == UPLOADED
    first, look, _, again = world.script.asked
    assert look.path == f"/api/v1/commands/{ID}"
    assert again == first


def test_an_open_outcome_that_ends_in_a_refusal_is_the_apis_own_problem() -> None:
    world = World(command("pending", 202), command("refused"), problem(409, "name_taken"))
    with pytest.raises(ProblemError) as caught:
        world.core.write("/pth", WISH, resources.Uploaded)
    assert caught.value.code == "name_taken"
    assert world.script.asked[2] == world.script.asked[0]


def test_a_command_nobody_has_seen_yet_is_said_again_after_a_while_and_given_up_after_a_minute() -> None:
    world = World(*[answer for _ in range(200) for answer in (command("pending", 202), *[problem(404)] * 16)])
    with pytest.raises(WaitTimeoutError):
        world.core.write("/pth", WISH, resources.Uploaded)
    posts = [request for request in world.script.asked if request.method == "POST"]
    assert 5 < len(posts) < 15
    assert len({request.headers["Idempotency-Key"] for request in posts}) == 1
    assert 60 <= world.now < 70


@pytest.mark.parametrize("body", [b"<html>", b'{"a": 1}', b""])
def test_what_is_no_problem_document_is_still_a_problem(body: bytes) -> None:
    world = World(Answer(502, {}, body))
    with pytest.raises(ProblemError) as caught:
        world.core.read("/x", resources.Uploaded)
    assert (caught.value.code, caught.value.problem.status) == ("http_502", 502)


def test_an_answer_of_another_version_is_said_to_be_one() -> None:
    world = World(Answer(200, {}, b'{"digest": 5}'))
    with pytest.raises(ProblemError) as caught:
        world.core.read("/x", resources.Uploaded)
    assert caught.value.code == "answer_not_understood"


def test_readiness_is_read_from_a_503_too_and_never_tried_again() -> None:
    health = resources.Health(ready=False, kafka=True, postgres=False, lag={})
    world = World(said(health, 503))
    assert world.core.glance("/readyz", resources.Health) == health
    world = World(ConnectionFailedError("refused"))
    with pytest.raises(UnreachableError):
        world.core.glance("/readyz", resources.Health)
    assert world.naps == []


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def test_an_upload_is_checked_against_what_was_stored(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    path.write_bytes(b"weights")
    stored = resources.Uploaded(digest=digest(b"weights"), size_bytes=7)
    world = World(said(stored, 201))
    assert world.core.upload(path) == stored
    assert world.script.asked[0].file == path
    world = World(said(resources.Uploaded(digest=digest(b"other"), size_bytes=7), 201))
    with pytest.raises(DamagedTransferError):
        world.core.upload(path)
    with pytest.raises(BadInputError):
        world.core.upload(tmp_path / "missing")


def download(world: World, ref: ObjectRef, target: Path) -> Callable[[], None]:
    return lambda: world.core.download(ref, target)


def test_a_download_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    ref = ObjectRef(digest(b"right"), 5)
    target = tmp_path / "model.tron"
    with pytest.raises(DamagedTransferError):
        download(World(Answer(200, {}, b"wrong"), Answer(200, {}, b"other")), ref, target)()
    with pytest.raises(ProblemError):
        download(World(problem(404)), ref, target)()
    assert list(tmp_path.iterdir()) == []
    download(World(Answer(200, {}, b"wrong"), Answer(200, {}, b"right")), ref, target)()
    target.unlink()
    download(World(ConnectionFailedError("cut"), Answer(200, {}, b"right")), ref, target)()
    assert target.read_bytes() == b"right"
    assert list(tmp_path.iterdir()) == [target]
