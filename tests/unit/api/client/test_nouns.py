"""Nouns: what they ask for, names, waiting, packing."""

import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from api import resources, resources_tests, terms, test_forms, wishes
from api.client.client import Client
from api.client.core import Core
from api.client.errors import (
    AmbiguousNameError,
    BadInputError,
    UnknownNameError,
    UnreachableError,
    WaitTimeoutError,
)
from api.client.imagefolder import pack_folder, pack_tree
from api.client.mode import Blocking
from api.client.naming import choose
from api.client.wire import Answer, ConnectionFailedError, Lines, ProgressCallback, Request
from schemas.specs.dictionary import Entry
from schemas.specs.preprocessing import CvtRGB, Transpose
from schemas.values import ObjectRef, TronIdentity

NOW = datetime(2026, 1, 2, tzinfo=UTC)
A, B, C = (UUID(f"{letter * 8}-0000-4000-8000-000000000000") for letter in "abc")


class Server:
    """Answers by path, as often as asked; a list is played in order, its last one again and again."""

    def __init__(self, **answers: Any) -> None:
        self.answers = {path.replace("__", "/"): answer for path, answer in answers.items()}
        self.asked: list[Request] = []
        self.now = 0.0

    async def send(self, request: Request, progress: ProgressCallback | None = None) -> Answer:
        self.asked.append(request)
        if request.file is not None:
            from api.client.transfers import digest_of

            return self._json(resources.Uploaded(digest=digest_of(request.file), size_bytes=1))
        answer = self.answers[request.path.removeprefix("/api/v1/").partition("?")[0]]
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, Exception):
            raise answer
        return self._json(answer)

    async def receive(self, request: Request, target: Path, progress: ProgressCallback | None = None) -> Answer:
        raise AssertionError("nothing is downloaded here")

    async def follow(self, request: Request, silence_s: float) -> Lines:
        raise ConnectionFailedError("no streams here")

    async def close(self) -> None:
        self.now = -1.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def client(self) -> Client:
        return Client.over(Core(self, api_url="u", mode=Blocking(self.sleep), clock=lambda: self.now), "u")

    @staticmethod
    def _json(resource: object) -> Answer:
        return Answer(200, {}, msgspec.json.encode(resource))


def job(state: str = "running", fraction: float = 0.5) -> resources.Job:
    progress = resources.Progress(epoch=1, step=1, stage="export", fraction=fraction, seen_at=NOW)
    return resources.Job(
        id=A,
        kind="conversion",
        state=state,
        owner=C,
        resource="cpu-heavy",
        platform=None,
        epoch=1,
        agent="one",
        cancelling=False,
        subject_id=B,
        requested_at=NOW,
        updated_at=NOW,
        progress=progress,
    )


def tron(id_: UUID, name: str, version: str) -> resources.Tron:
    return resources.Tron(
        id=id_,
        platform="nvidia",
        repo="r",
        name=name,
        method="classification",
        version=version,
        owner=C,
        pth_id=A,
        template_id=B,
        file_name=f"r_{name}_classification_{version}.tron",
        origin="converted",
        quantizable=True,
        state="reserved",
        revisions=[],
        note="",
        created_at=NOW,
        updated_at=NOW,
        etag='"1"',
    )


def page(*items: Any, more: str | None = None) -> dict[str, Any]:
    return {"items": list(items), "next": more}


def test_waiting_looks_until_the_end_and_shows_every_look() -> None:
    server = Server(**{f"jobs__{A}": [job(), job(fraction=0.9), job("completed")]})
    seen: list[str] = []
    assert server.client().jobs.wait(A, None, lambda one: seen.append(one.state)).state == "completed"
    assert seen == ["running", "running", "completed"]


def test_waiting_ends_at_its_time_and_says_that_the_job_goes_on() -> None:
    server = Server(**{f"jobs__{A}": job()})
    with pytest.raises(WaitTimeoutError, match="goes on"):
        server.client().jobs.wait(A, 5)
    assert 5 <= server.now < 8


def test_waiting_survives_an_api_that_is_away_for_a_moment_but_not_for_ever() -> None:
    away = ConnectionFailedError("refused")
    server = Server(**{f"jobs__{A}": [job(), *[away] * 7, job("completed")]})
    assert server.client().jobs.wait(A).state == "completed"
    server = Server(**{f"jobs__{A}": away})
    with pytest.raises(UnreachableError):
        server.client().jobs.wait(A)
    assert 60 <= server.now < 80


def test_a_tron_is_found_by_name_and_version_by_name_alone_and_by_the_beginning_of_its_id() -> None:
    trons = [tron(A, "net@home", "1"), tron(B, "net@home", "2"), tron(C, "other", "1")]
    mo = Server(trons=page(*trons)).client()
    assert mo.models.find_tron("net@home@2").id == B
    assert mo.models.find_tron("other").id == C
    assert mo.models.find_tron("aaaa").id == A
    with pytest.raises(AmbiguousNameError):
        mo.models.find_tron("net@home")
    with pytest.raises(UnknownNameError):
        mo.models.find_tron("net@home@3")


def test_a_whole_id_is_asked_for_directly() -> None:
    server = Server(**{f"trons__{A}": tron(A, "n", "1")})
    assert server.client().models.find_tron(str(A)).id == A
    assert len(server.asked) == 1


def test_an_exact_name_goes_before_the_beginning_of_an_id() -> None:
    items = [tron(A, "bbbb", "1"), tron(B, "x", "1")]
    assert choose("tron", "bbbb", items, lambda one: (one.name,)).id == A
    assert choose("tron", "BBBBBBBB-", items, lambda one: (one.name,)).id == B


def test_names_are_looked_for_on_every_page() -> None:
    server = Server(pth=[page(more="c2"), page()])
    with pytest.raises(UnknownNameError):
        server.client().models.find_pth("x")
    assert "cursor=c2" in server.asked[1].path


def test_an_inference_pins_what_it_is_given() -> None:
    server = Server(inferences=job())
    server.client().infer(A, B, batch_size=4, steps=[CvtRGB(), Transpose()])
    wish = msgspec.json.decode(server.asked[0].body, type=wishes.InferenceWish)
    assert (wish.model_id, wish.dataset_id, wish.batch_size, wish.steps) == (A, B, 4, [CvtRGB(), Transpose()])


def test_a_conversion_names_the_dataset_that_it_is_verified_on() -> None:
    server = Server(conversions=job())
    server.client().convert(A, B, dataset_id=C)
    wish = msgspec.json.decode(server.asked[0].body, type=wishes.ConversionWish)
    assert (wish.dataset_id, wish.version_job_id) == (C, None)


def test_a_comparison_names_its_tests_and_its_base() -> None:
    server = Server(comparisons=resources_tests.Comparison(base=A, tests=[]))
    server.client().compare([A, B], A)
    assert server.asked[0].path == f"/api/v1/comparisons?tests={A}%2C{B}&base={A}"


def test_images_of_a_test_are_asked_for_by_what_is_said_only() -> None:
    server = Server(**{f"tests/{A}/images": resources.Page(items=[])})
    server.client().tests.images(A, outcome="fn", class_="traffic light", limit=5)
    path, _, query = server.asked[0].path.partition("?")
    assert path == f"/api/v1/tests/{A}/images"
    assert sorted(query.split("&")) == ["class=traffic+light", "limit=5", "outcome=fn"]


def test_weights_are_called_like_their_file(tmp_path: Path) -> None:
    path = tmp_path / "best.pth"
    path.write_bytes(b"w")
    ref = ObjectRef("sha256:" + "1" * 64, 1)
    pth = resources.Pth(
        id=A, name="best", owner=C, weights=ref, training_id="", note="", created_at=NOW, updated_at=NOW, etag='"1"'
    )
    server = Server(pth=pth)
    server.client().models.upload(path)
    assert msgspec.json.decode(server.asked[1].body)["name"] == "best"


def test_a_direct_upload_says_what_its_author_typed(tmp_path: Path) -> None:
    path = tmp_path / "best.om"
    path.write_bytes(b"IMOD")
    server = Server(trons=tron(A, "n", "1"))
    server.client().models.upload_tron(path, TronIdentity("ascend", "", "名", "", "一"), template_id=B)
    said = msgspec.json.decode(server.asked[1].body)
    assert (said["platform"], said["name"], said["version"], said["file_name"]) == ("ascend", "名", "一", "best.om")
    assert said["template_id"] == str(B)


def test_a_model_without_a_revision_cannot_be_downloaded(tmp_path: Path) -> None:
    with pytest.raises(BadInputError):
        Server().client().models.download(tron(A, "n", "1"), tmp_path)


def photos(folder: Path) -> Path:
    for name in ("cat/1.jpg", "cat/2.jpg", "犬/1.jpg", "cat/.hidden", ".cache/x.jpg", "loose.jpg", "empty/deep/x.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


def test_packing_keeps_labels_and_gives_the_same_bytes_for_the_same_files(tmp_path: Path) -> None:
    one, two = photos(tmp_path / "one"), photos(tmp_path / "two")
    (one / "cat" / "link.jpg").symlink_to(one / "cat" / "1.jpg")
    told: list[tuple[int, int]] = []
    assert pack_folder(one, tmp_path / "1.zip", lambda done, total: told.append((done, total))) == 3
    pack_folder(two, tmp_path / "2.zip")
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()
    assert told[-1] == (3, 3)
    with zipfile.ZipFile(tmp_path / "1.zip") as package:
        assert package.namelist() == ["cat/1.jpg", "cat/2.jpg", "犬/1.jpg"]
        assert {entry.compress_type for entry in package.infolist()} == {zipfile.ZIP_STORED}
        assert package.read("犬/1.jpg") == "犬/1.jpg".encode()


@pytest.mark.parametrize("make", ["nothing", "file", "flat"])
def test_a_folder_without_classes_is_refused(tmp_path: Path, make: str) -> None:
    folder = tmp_path / "f"
    if make == "file":
        folder.write_bytes(b"")
    elif make == "flat":
        folder.mkdir()
        (folder / "a.jpg").write_bytes(b"")
    with pytest.raises(BadInputError):
        pack_folder(folder, tmp_path / "x.zip")


def test_an_import_uploads_the_package_and_cleans_up_after_itself(tmp_path: Path) -> None:
    server = Server(datasets=job())
    stages: list[str] = []
    server.client().datasets.import_folder("d", photos(tmp_path), on_progress=lambda stage, *_: stages.append(stage))
    upload, post = server.asked
    assert upload.file is not None
    assert not upload.file.exists()
    assert set(msgspec.json.decode(post.body)) >= {"name", "digest", "format"}
    assert "pack" in stages


def config(id_: UUID, version: str, digest: str = "sha256:" + "1" * 64) -> terms.TypeConfig:
    return terms.TypeConfig(
        id=id_, name="net", owner=C, note="", created_at=NOW, updated_at=NOW, etag='"1"', version=version,
        file=ObjectRef(digest, 1),
    )  # fmt: skip


def test_a_type_config_is_found_by_name_and_version_and_by_name_alone_the_newest() -> None:
    items = [config(B, "2"), config(A, "1")]
    answers = {f"type-configs__{id_}": one for id_, one in ((A, items[1]), (B, items[0]))}
    mo = Server(**answers, **{"type-configs": page(*items)}).client()
    found = [mo.structures.find_config(text).version for text in ("net", "net@1", "net@2", "aaaa", str(B)[:8])]
    assert found == ["2", "1", "2", "1", "2"]
    with pytest.raises(UnknownNameError):
        mo.structures.find_config("net@3")


def test_a_type_config_that_says_the_same_as_the_newest_is_no_new_version(tmp_path: Path) -> None:
    from api.client.core import digest_of

    path = tmp_path / "net.yaml"
    path.write_bytes(b"depth: 20")
    same = Server(**{"type-configs": page(config(B, "2", digest_of(path)), config(A, "1"))})
    assert same.client().structures.add_config(path).version == "2"
    assert [each.method for each in same.asked if "type-configs" in each.path] == ["GET"]
    other = Server(**{"type-configs": [page(config(B, "2"), config(A, "1", digest_of(path))), config(C, "3")]})
    assert other.client().structures.add_config(path).version == "3"


def test_a_filter_that_says_no_is_sent_and_one_that_says_nothing_is_not() -> None:
    server = Server(structures=page())
    server.client().structures.list(certified=False)
    server.client().structures.list()
    assert ["certified=false" in each.path for each in server.asked] == [True, False]


def test_two_templates_are_named_in_the_path_and_the_query() -> None:
    server = Server(**{f"templates__{A}__diff": terms.TemplateDiff(left=A, right=B, differences=[])})
    assert server.client().templates.diff(A, B).right == B
    assert server.asked[0].path == f"/api/v1/templates/{A}/diff?with={B}"


def test_a_list_of_the_dictionary_is_edited_as_it_was_seen() -> None:
    seen = terms.DictionaryList(name="repo", entries=[Entry("face")], default="face", etag='"3"')
    server = Server(dictionary__repo=seen)
    mo = server.client()
    mo.dictionary.edit(mo.dictionary.list("repo"), entries=[Entry("face"), Entry("boat")], default="boat")
    asked = server.asked[1]
    assert (asked.method, asked.headers["If-Match"]) == ("PUT", '"3"')
    assert msgspec.json.decode(asked.body, type=wishes.DictionaryWish).default == "boat"


def test_a_package_s_whole_tree_is_packed_but_for_links_and_hidden_files(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    (folder / "images" / "deep").mkdir(parents=True)
    (folder / "images" / "deep" / "b.jpg").write_bytes(b"b")
    (folder / "a.json").write_bytes(b"{}")
    (folder / ".hidden").write_bytes(b"-")
    (folder / "link.jpg").symlink_to("/etc/passwd")
    (folder / "linked").symlink_to("/etc")
    assert pack_tree(folder, tmp_path / "one.zip") == 2
    assert zipfile.ZipFile(tmp_path / "one.zip").namelist() == ["a.json", "images/deep/b.jpg"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInputError, match="has 0 files"):
        pack_tree(tmp_path / "empty", tmp_path / "two.zip")


def test_images_are_looked_at_of_a_test_or_of_a_quick_check() -> None:
    check = test_forms.QuickCheck(
        id=B, job=job(), model_id=A, model="net", version="1", batch_size=1, precision="fp32", backend="auto", steps=[]
    )
    server = Server(tests=resources.Page(items=[]), **{"quick-checks": resources.Page(items=[check])})
    assert server.client().tests.find_seen("bbbb") == B
    assert server.client().tests.find_seen(str(A)) == A
    with pytest.raises(UnknownNameError):
        server.client().tests.find_seen("cccc")
