"""The doctor's checks: what follows from what is found, and that every finding has words and every fault a command."""

from __future__ import annotations

import ast
import importlib.metadata
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents.sandbox import selftest
from agents.sandbox.walls import Walls
from api.cli.words import known
from deploy.doctor import checks, machine
from deploy.doctor.checks import GIB, Check, Looked
from deploy.local.state import ChildReport, ProcessId, StackState
from deploy.settings import Settings


def settings(tmp_path: Path, **more: str) -> Settings:
    return Settings.from_env({"MO_HOME": str(tmp_path / "home"), "MO_CACHE": str(tmp_path / "cache"), **more})


def always(value: Any) -> Callable[..., Any]:
    return lambda *_args, **_kwargs: value


def test_every_finding_has_words_in_both_languages() -> None:
    said = set()
    for source in Path(checks.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Check":
                found = node.args[2]
                texts = (found.body, found.orelse) if isinstance(found, ast.IfExp) else (found,)
                said |= {text.value for text in texts if isinstance(text, ast.Constant)}
    assert {"version", "absent", "free", "jars", "unreachable"} <= said
    for lang in ("zh", "en"):
        assert [key for key in said if not known(lang, f"doctor.found.{key}")] == []


def test_a_missing_package_names_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "torch":
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(importlib.metadata, "version", version)
    found = {check.name: check for check in checks.versions()}
    assert found["torch"].state == "missing"
    assert "install" in found["torch"].mend
    assert "[convert]" in found["torch"].mend
    assert found["onnx"] == Check("onnx", "ok", "version", {"version": "1.0"})


@pytest.mark.parametrize(
    ("restricted", "allowed", "said"),
    [
        (True, True, checks.RESTRICTED_MEND),
        (True, False, checks.RESTRICTED_MEND),
        (False, True, "sudo apt-get install bubblewrap"),
        (False, False, "sudo sysctl user.max_user_namespaces=15000"),
    ],
)
def test_a_sandbox_is_mended_where_it_is_denied(
    monkeypatch: pytest.MonkeyPatch, restricted: bool, allowed: bool, said: str
) -> None:
    async def failed() -> selftest.Tested:
        return selftest.Tested("none", ("sandbox_missing",))

    monkeypatch.setattr(checks, "self_test", failed)
    monkeypatch.setattr(checks, "candidates", always([Walls("bubblewrap", "bubblewrap 0.11.0", "bwrap")]))
    monkeypatch.setattr(platform, "machine", always("x86_64"))
    monkeypatch.setattr(machine, "namespaces_are_restricted", always(restricted))
    monkeypatch.setattr(machine, "user_namespaces", always(allowed))
    assert next(checks.sandbox()).mend == said


@pytest.mark.parametrize(("free", "state"), [(100 * GIB, "ok"), (2 * GIB, "note"), (GIB // 2, "missing")])
def test_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, state: str) -> None:
    monkeypatch.setattr(machine, "free_bytes", always(free))
    found = list(checks.disks(settings(tmp_path)))
    assert [check.state for check in found] == [state, state]
    assert (found[0].mend != "") == (state == "missing")


def test_a_folder_that_cannot_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "writable", always(False))
    assert [(check.state, check.found) for check in checks.disks(settings(tmp_path))] == [
        ("missing", "not_writable")
    ] * 2


@pytest.mark.parametrize(("free", "state"), [(8 * GIB, "ok"), (2 * GIB, "note"), (GIB // 2, "missing")])
def test_memory(monkeypatch: pytest.MonkeyPatch, free: int, state: str) -> None:
    monkeypatch.setattr(machine, "memory_bytes", always(free))
    assert checks.memory().state == state


def test_memory_is_what_our_group_may_have(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:    4000000 kB\n")
    (tmp_path / "max").write_text("1000000\n")
    assert machine.memory_bytes(tmp_path / "meminfo", (str(tmp_path / "none"),)) == 4_000_000 << 10
    assert machine.memory_bytes(tmp_path / "meminfo", (str(tmp_path / "max"),)) == 1_000_000
    (tmp_path / "max").write_text("max\n")
    assert machine.memory_bytes(tmp_path / "meminfo", (str(tmp_path / "max"),)) == 4_000_000 << 10


def test_a_taken_port_is_only_looked_at_when_it_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "port_is_free", always(False))
    assert list(checks.ports(Looked(settings(tmp_path), None))) == []
    (taken,) = checks.ports(Looked(settings(tmp_path, MO_API_PORT="8080"), None))
    assert (taken.state, taken.mend) == ("missing", "unset MO_API_PORT")


def test_jars_that_are_not_there_yet_are_no_fault(tmp_path: Path) -> None:
    found = checks.kafka_jars(settings(tmp_path))
    assert (found.state, found.params["there"], found.mend) == ("note", "0", "mo up")


def test_a_wrong_setting_ends_the_look_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "asked", always("1.0"))
    last = list(checks.look({"MO_API_PORT": "no number"}))[-1]
    assert (last.name, last.state, last.mend) == ("settings", "missing", "unset MO_API_PORT")


def test_a_failed_child_names_its_log(tmp_path: Path) -> None:
    process = ProcessId(1, 1)
    children = (ChildReport("kafka", "ready", process, 0, 0.0), ChildReport("agent", "failed", None, 3, 0.0))
    state = StackState(process, False, "k", "p", "http://a", children)
    system, kafka, agent = checks.stack(Looked(settings(tmp_path), state))
    assert (system.state, kafka.state, agent.state) == ("missing", "ok", "missing")
    assert agent.mend == f"tail -n 50 {tmp_path}/home/logs/agent.log"
    assert next(checks.stack(Looked(settings(tmp_path), None))).mend == "mo up"


def test_devices_are_found_by_their_files(tmp_path: Path) -> None:
    for name in ("nvidia0", "nvidia1", "nvidiactl", "davinci0"):
        (tmp_path / name).touch()
    assert machine.devices(tmp_path) == {"nvidia": ["nvidia0", "nvidia1"], "ascend": ["davinci0"]}


def test_a_program_that_is_not_there_or_fails_says_nothing() -> None:
    assert machine.asked(["no-such-program-here"]) is None
    assert machine.asked(["false"]) is None
    assert machine.asked(["echo", "one\ntwo"]) == "one"


def test_the_nearest_folder_that_exists_is_asked(tmp_path: Path) -> None:
    assert machine.free_bytes(tmp_path / "not" / "there") > 0
    assert machine.writable(tmp_path / "not" / "there")
