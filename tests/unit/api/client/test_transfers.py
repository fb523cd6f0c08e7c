"""Large files: pieces and ranges, what is tried again and how often, and what another process remembers."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from api import resources
from api.client.errors import BadInputError, DamagedTransferError, ProblemError, UnreachableError
from api.client.ledger import AGE_S_MAX, Errand, Ledger
from api.client.mode import Blocking, finished
from api.client.transfers import FAILURES_MAX, Transfers
from api.client.wire import (
    Answer,
    ConnectionFailedError,
    Lines,
    ProgressCallback,
    Request,
    chunks_of,
    landing,
    opened_at,
)
from schemas.values import ObjectRef

DATA = bytes(range(256)) * 20
DIGEST = f"sha256:{hashlib.sha256(DATA).hexdigest()}"
REF = ObjectRef(DIGEST, len(DATA))
ID = UUID(int=5)


class Tus:
    """A tus server without a network: `cuts` are the places at which the link breaks, once each."""

    def __init__(self, *cuts: int) -> None:
        self.kept = bytearray()
        self.cuts = list(cuts)
        self.refuse: list[Answer | ConnectionFailedError] = []
        self.asked: list[str] = []
        self.headers: dict[str, str] = {}
        self.served = DATA

    async def send(self, request: Request, progress: ProgressCallback | None = None) -> Answer:
        self.asked.append(request.method)
        assert request.headers["Tus-Resumable"] == "1.0.0"
        if self.refuse and request.method != "HEAD":
            refused = self.refuse.pop(0)
            if isinstance(refused, Exception):
                raise refused
            return refused
        if request.method == "POST":
            self.headers = dict(request.headers)
            self.kept.clear()
            return Answer(201, {"location": f"http://elsewhere/api/v1/uploads/{ID}"}, b"")
        assert request.path == f"/api/v1/uploads/{ID}"
        if request.method == "HEAD":
            return Answer(200, {"upload-offset": str(len(self.kept))}, b"")
        return self._take(request, progress)

    def _take(self, request: Request, progress: ProgressCallback | None) -> Answer:
        assert request.headers["Upload-Offset"] == str(len(self.kept))
        for chunk in chunks_of(request, progress):
            place = len(self.kept) + len(chunk)
            if self.cuts and place > self.cuts[0]:
                self.kept += chunk[: self.cuts[0] - len(self.kept)]
                self.cuts.pop(0)
                raise ConnectionFailedError("cut")
            self.kept += chunk
        said = {"mo-digest": f"sha256:{hashlib.sha256(self.kept).hexdigest()}"} if self.whole else {}
        return Answer(204, said, b"")

    @property
    def whole(self) -> bool:
        return len(self.kept) == int(self.headers["Upload-Length"])

    async def receive(self, request: Request, target: Path, progress: ProgressCallback | None = None) -> Answer:
        self.asked.append(request.headers.get("Range", "whole"))
        if self.refuse:
            return self.refuse.pop(0)
        ranged = request.headers.get("Range", "")
        start = int(ranged.removeprefix("bytes=").rstrip("-") or 0)
        if start:
            assert request.headers["If-Range"] == f'"{DIGEST}"'
        said = {"content-length": str(len(self.served) - start), "content-range": f"bytes {start}-"}
        answer = Answer(206 if start else 200, said, b"")
        place, total = landing(answer)
        stop = self.cuts.pop(0) if self.cuts else len(self.served)
        with opened_at(target, place) as file:
            file.write(self.served[start:stop])
        if progress is not None:
            progress(stop, total)
        if stop < len(self.served):
            raise ConnectionFailedError("cut")
        return answer

    async def follow(self, request: Request, silence_s: float) -> Lines:
        raise ConnectionFailedError("no streams here")

    async def close(self) -> None:
        """Nothing is open."""


class World:
    """One process of a user, whose cache folder outlives it."""

    def __init__(self, tmp_path: Path, server: Tus) -> None:
        self.naps: list[float] = []
        self.told: list[tuple[int, int]] = []
        self.ledger = Ledger(tmp_path / "cache")
        self._transfers = Transfers(server, Blocking(self.naps.append), "http://there", {}, self.ledger)

    def upload(self, path: Path) -> Any:
        return finished(self._transfers.upload(path, lambda done, total: self.told.append((done, total))))

    def download(self, target: Path, ref: ObjectRef = REF) -> None:
        finished(self._transfers.download(ref, target, lambda done, total: self.told.append((done, total))))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "权重.pth"
    path.write_bytes(DATA)
    return path


def refusal(status: int, code: str = "some_code", **headers: str) -> Answer:
    problem = resources.Problem(type="t", title="T", status=status, code=code)
    return Answer(
        status, {name.replace("_", "-"): value for name, value in headers.items()}, msgspec.json.encode(problem)
    )


def test_a_file_goes_up_whole_over_a_link_that_breaks(tmp_path, file):
    server = Tus(1, 2, 700, 701, 4000)
    world = World(tmp_path, server)
    assert world.upload(file) == resources.Uploaded(digest=DIGEST, size_bytes=len(DATA))
    assert bytes(server.kept) == DATA
    assert base64.b64decode(server.headers["Upload-Metadata"].removeprefix("filename ")).decode() == "权重.pth"
    assert server.asked.count("PATCH") == 6
    assert max(world.naps) <= 0.2, "every break came further than the one before"
    assert world.told[-1] == (len(DATA), len(DATA))


def test_another_process_goes_on_where_one_was_stopped(tmp_path, file):
    server = Tus(3000)

    def stopped(done: int, total: int) -> None:
        raise KeyboardInterrupt

    first = World(tmp_path, server)
    server.refuse = [Answer(201, {"location": f"/api/v1/uploads/{ID}"}, b"")]
    server.headers, server.kept = {"Upload-Length": str(len(DATA))}, bytearray(DATA[:3000])
    with pytest.raises(KeyboardInterrupt):
        finished(first._transfers.upload(file, stopped))
    again = World(tmp_path, server)
    assert again.upload(file).digest == DIGEST
    assert again.told[0] == (3000, len(DATA)), "the bar begins with what is there"
    assert "POST" not in server.asked[server.asked.index("HEAD") :]
    assert again.ledger.known(Errand.of("http://there", file)) is None


@pytest.mark.parametrize("change", ["bytes", "time", "api", "file"])
def test_a_file_that_is_another_one_begins_anew(tmp_path, file, change):
    ledger = Ledger(tmp_path / "cache")
    ledger.remember(Errand.of("http://there", file), ID)
    if change == "bytes":
        file.write_bytes(DATA + b"!")
    elif change == "time":
        os.utime(file, ns=(1, 1))
    elif change == "file":  # as `cp -p` and `mv` of a file that was changed at the same time
        other = file.with_name("other")
        other.write_bytes(DATA[::-1])
        os.utime(other, ns=(1, file.stat().st_mtime_ns))
        other.replace(file)
    assert ledger.known(Errand.of("http://other" if change == "api" else "http://there", file)) is None


def test_an_upload_that_the_server_forgot_begins_anew(tmp_path, file):
    server = Tus()
    world = World(tmp_path, server)
    world.ledger.remember(Errand.of("http://there", file), ID)
    heads = iter([404, 410, 200])
    send = server.send

    async def forgetful(request: Request, progress: ProgressCallback | None = None) -> Answer:
        if request.method == "HEAD" and (status := next(heads)) != 200:
            return Answer(status, {}, b"")
        return await send(request, progress)

    server.send = forgetful
    assert world.upload(file).digest == DIGEST
    assert server.asked == ["POST", "POST", "HEAD", "PATCH"]


@pytest.mark.parametrize("status", [423, 409, 408, 503, 429])
def test_what_passes_is_waited_for_and_what_does_not_is_said(tmp_path, file, status):
    server = Tus()
    server.refuse = [refusal(status, retry_after="1")] * 3
    world = World(tmp_path, server)
    assert world.upload(file).digest == DIGEST
    assert world.naps == [1.0, 1.0, 1.0]
    server = Tus()
    server.refuse = [refusal(status, "upload_busy")] * 99
    with pytest.raises(ProblemError) as caught:
        World(tmp_path, server).upload(file)
    assert (caught.value.code, len(server.refuse)) == ("upload_busy", 99 - FAILURES_MAX)


def test_a_link_that_never_gets_further_is_given_up_and_remembered(tmp_path, file):
    server = Tus(*[3000] * 99)
    world = World(tmp_path, server)
    with pytest.raises(UnreachableError, match="cut"):
        world.upload(file)
    assert sum(world.naps) > 30, "longer than a server holds on to a dead link"
    assert world.ledger.known(Errand.of("http://there", file)) == ID
    server.cuts.clear()
    assert World(tmp_path, server).upload(file).digest == DIGEST


def test_a_refusal_is_said_at_once_and_the_upload_is_kept_for_later(tmp_path, file):
    server = Tus()
    server.refuse = [Answer(201, {"location": f"/{ID}"}, b""), refusal(507, "store_full")]
    server.headers = {"Upload-Length": str(len(DATA))}
    world = World(tmp_path, server)
    with pytest.raises(ProblemError) as caught:
        world.upload(file)
    assert (caught.value.code, world.naps) == ("store_full", [])
    assert world.upload(file).digest == DIGEST


@pytest.mark.parametrize(
    "said", [Answer(201, {}, b""), Answer(201, {"location": "/x"}, b""), Answer(200, {"upload-offset": "x"}, b"")]
)
def test_somebody_else_than_mo_is_given_up(tmp_path, file, said):
    server, world = Tus(), World(tmp_path, Tus())
    world._transfers._transport = server
    if said.status == 200:
        world.ledger.remember(Errand.of("http://there", file), ID)

    async def foreign(request: Request, progress: ProgressCallback | None = None) -> Answer:
        return said

    server.send = foreign
    with pytest.raises(UnreachableError, match="somebody else"):
        world.upload(file)


def test_other_bytes_in_the_store_are_noticed(tmp_path, file):
    server = Tus()
    take = server._take

    def torn(request: Request, progress: ProgressCallback | None) -> Answer:
        take(request, progress)
        return Answer(204, {"mo-digest": "sha256:0"}, b"")

    server._take = torn
    with pytest.raises(DamagedTransferError):
        World(tmp_path, server).upload(file)


def test_a_file_that_changes_meanwhile_is_not_sent(tmp_path, file):
    server = Tus()
    server.refuse = [ConnectionFailedError("cut")]
    world = World(tmp_path, server)
    world._transfers._mode = Blocking(lambda _: file.write_bytes(b"other"))
    with pytest.raises(BadInputError) as caught:
        world.upload(file)
    assert caught.value.code == "file_changed"


def test_what_is_old_is_struck_out_and_a_folder_that_cannot_be_used_is_no_error(tmp_path, file):
    ledger, errand = Ledger(tmp_path / "cache"), Errand.of("http://there", file)
    ledger.remember(errand, ID)
    (line,) = (tmp_path / "cache" / "uploads").iterdir()
    os.utime(line, (1, line.stat().st_mtime - 2 * AGE_S_MAX))
    ledger.remember(errand._replace(api_url="http://other"), ID)
    assert ledger.known(errand) is None
    line.write_text("no id")
    assert ledger.known(errand) is None
    unusable = Ledger(file)
    unusable.remember(errand, ID)
    unusable.forget(errand)
    assert unusable.known(errand) is None


def test_what_cannot_be_struck_out_stops_nothing_that_is_to_be_remembered(tmp_path, file):
    for name in ("a folder", "another"):
        folder = tmp_path / "cache" / "uploads" / name
        folder.mkdir(parents=True)
        os.utime(folder, (1, 1))
    old = folder.with_name("old")
    old.touch()
    os.utime(old, (1, 1))
    ledger, errand = Ledger(tmp_path / "cache"), Errand.of("http://there", file)
    ledger.remember(errand, ID)
    assert ledger.known(errand) == ID
    assert not old.exists()


def test_a_download_goes_on_where_the_link_broke(tmp_path):
    server, target = Tus(1, 700, 4000), tmp_path / "model.tron"
    World(tmp_path, server).download(target)
    assert target.read_bytes() == DATA
    assert server.asked == ["whole", "bytes=1-", "bytes=700-", "bytes=4000-"]
    assert [each.name for each in tmp_path.iterdir()] == ["model.tron"]


def test_a_download_that_was_given_up_is_gone_on_with_by_another_process(tmp_path):
    server, target = Tus(*[700] * 99), tmp_path / "model.tron"
    world = World(tmp_path, server)
    with pytest.raises(UnreachableError):
        world.download(target)
    assert not target.exists()
    server.cuts.clear()
    server.asked.clear()
    again = World(tmp_path, server)
    again.download(target)
    assert (target.read_bytes(), server.asked, again.told) == (DATA, ["bytes=700-"], [(len(DATA), len(DATA))])


def test_two_downloads_of_one_object_to_one_target_do_not_write_to_one_part(tmp_path):
    """The second one comes in the middle of the first, which then goes on where it was."""
    target, first, second = tmp_path / "model.tron", Tus(700), Tus()
    world = World(tmp_path, first)
    world._transfers._mode = Blocking(lambda _: World(tmp_path, second).download(target))
    world.download(target)
    assert (first.asked, second.asked) == (["whole", "bytes=700-"], ["whole"])
    assert target.read_bytes() == DATA
    assert [each.name for each in tmp_path.iterdir()] == ["model.tron"]


@pytest.mark.parametrize("name", ["模" * 85, "x" * 255, "x" + "型" * 80 + ".tron"])
def test_a_part_has_a_name_even_where_the_target_s_is_as_long_as_may_be(tmp_path, name):
    target = tmp_path / name
    World(tmp_path, Tus(700)).download(target)
    assert target.read_bytes() == DATA


def test_a_part_of_another_object_is_left_alone(tmp_path):
    server, target = Tus(700), tmp_path / "model.tron"
    other = target.with_name(f"{target.name}.{'0' * 12}.part")
    other.write_bytes(b"other")
    World(tmp_path, server).download(target)
    assert (target.read_bytes(), other.read_bytes()) == (DATA, b"other")


@pytest.mark.parametrize("left", [b"wrong", b"wrong" * 9999, b"x" * len(DATA)], ids=["short", "long", "as long"])
def test_wrong_bytes_are_fetched_once_more_from_the_beginning(tmp_path, left):
    server, target = Tus(), tmp_path / "model.tron"
    part = target.with_name(f"{target.name}.{DIGEST[7:19]}.part")
    part.write_bytes(left)
    World(tmp_path, server).download(target)
    assert target.read_bytes() == DATA
    server.served = b"x" * len(DATA)
    with pytest.raises(DamagedTransferError):
        World(tmp_path, server).download(tmp_path / "other")
    assert [each.name for each in tmp_path.iterdir()] == ["model.tron"]


def test_a_busy_api_is_waited_for_and_a_refusal_said(tmp_path):
    server = Tus()
    server.refuse = [refusal(503), refusal(404)]
    world = World(tmp_path, server)
    with pytest.raises(ProblemError):
        world.download(tmp_path / "x")
    assert world.naps == [0.2]


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, {"content-length": "7"}, (0, 7)),
        (200, {}, (0, 0)),
        (206, {"content-length": "7", "content-range": "bytes 3-9/10"}, (3, 10)),
    ],
)
def test_where_a_body_goes(status, headers, expected):
    assert landing(Answer(status, headers, b"")) == expected


def test_a_part_that_nobody_asked_for_is_no_part(tmp_path):
    with pytest.raises(ConnectionFailedError):
        landing(Answer(206, {}, b""))
    (tmp_path / "x").write_bytes(b"abc")
    with pytest.raises(ConnectionFailedError), opened_at(tmp_path / "x", 4):
        pass
    with opened_at(tmp_path / "x", 2) as file:
        file.write(b"C")
    assert (tmp_path / "x").read_bytes() == b"abC"
