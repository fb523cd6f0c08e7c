"""Which walls are chosen, who a child is, and what is bound where."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from agents.sandbox import bubblewrap, identity, walls
from agents.sandbox.cgroups import Cgroup, sweep
from agents.sandbox.spec import Mount
from agents.work import Limits

BWRAP = walls.Walls("bubblewrap", "bubblewrap 0.11.0", "/usr/bin/bwrap")
REAL_PYTHON = Path(sys.executable).resolve()
RIGHTS = walls.rights_of(Limits(10, 1 << 30), 5 << 20)


@pytest.mark.parametrize(
    ("said", "name"), [("bubblewrap 0.11.0", "bubblewrap 0.11.0"), ("bubblewrap 0.7.9", ""), ("?", "")]
)
def test_old_bubblewraps_are_not_taken(tmp_path: Path, said: str, name: str) -> None:
    program = tmp_path / "bwrap"
    program.write_text(f"#!/bin/sh\necho {said}\n")
    program.chmod(0o755)
    assert walls._bwrap_name(str(program)) == name
    assert walls._bwrap_name(str(tmp_path / "none")) == ""


def test_walls_that_do_not_stand_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    other = walls.Walls("landlock", "landlock ABI 7")
    monkeypatch.setattr(walls, "candidates", lambda: iter([BWRAP, other]))
    monkeypatch.setattr(walls, "stands", lambda each: each == other)
    assert walls.first_that_stands.__wrapped__() == other
    monkeypatch.setattr(walls, "stands", lambda _: False)
    assert walls.first_that_stands.__wrapped__() is None


async def test_walls_that_were_not_found_are_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    walls.first_that_stands.cache_clear()
    answers = iter([False, True])
    monkeypatch.setattr(walls, "candidates", lambda: iter([BWRAP]))
    monkeypatch.setattr(walls, "stands", lambda _: next(answers))
    assert [await walls.found() for _ in range(3)] == [None, BWRAP, BWRAP]
    walls.first_that_stands.cache_clear()


def test_walls_that_cannot_be_built_do_not_stand() -> None:
    assert not walls.stands(walls.Walls("bubblewrap", "broken", "/usr/bin/false"))


def test_links_that_lead_to_python_are_found_as_far_as_they_lie_outside(tmp_path: Path) -> None:
    for folder in ("real", "made", "links"):
        (tmp_path / folder).mkdir()
    real = tmp_path / "real" / "python3.11"
    real.touch()
    (tmp_path / "links" / "python3").symlink_to("python3.x")
    (tmp_path / "links" / "python3.x").symlink_to("../real/python3.11")
    (tmp_path / "made" / "python3").symlink_to(tmp_path / "links" / "python3")
    (tmp_path / "made" / "python").symlink_to("python3")
    found = walls.links_to(tmp_path / "made" / "python", [str(tmp_path / "made"), str(tmp_path / "real")])
    links = tmp_path / "links"
    assert found == {str(links / "python3"): str(links / "python3.x"), str(links / "python3.x"): str(real)}
    (tmp_path / "other").symlink_to("real")
    through = tmp_path / "other" / "python3.11"
    assert walls.links_to(through, [str(tmp_path / "real")]) == {str(through): str(real)}
    assert walls.links_to(real, []) == {}


@pytest.mark.parametrize(
    "each", [each for each in walls.candidates() if walls.stands(each)], ids=lambda each: each.kind
)
def test_our_python_may_be_a_link_in_any_folder(
    each: walls.Walls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "elsewhere"))
    assert not walls.stands(each)
    (tmp_path / "elsewhere").symlink_to(tmp_path / "python")
    (tmp_path / "python").symlink_to(REAL_PYTHON)
    assert walls.stands(each)


def test_a_child_sees_what_is_named_and_nothing_else() -> None:
    spec = walls.spec(
        BWRAP, (Mount("/x/in", "/in"), Mount("/x/o", "/out/o", writable=True)), RIGHTS, ("/usr/bin/true",)
    )
    told = bubblewrap.arguments(spec, spec.mounts, 7)
    bound = {told[place + 2] for place, word in enumerate(told) if word in {"--bind", "--ro-bind"}}
    assert {"/usr", "/in", "/out/o", "/mo/agents", "/mo/schemas", "/mo/storage"} <= bound
    assert [told[place + 2] for place, word in enumerate(told) if word == "--bind"] == ["/out/o"]
    assert not bound & {"/", "/etc", "/home", "/root", "/tmp", "/var", "/run", "/mo", "/mo/deploy"}
    assert told[-4:] == ["--remount-ro", "/out", "--remount-ro", "/"]
    assert "MO_" not in " ".join(spec.environment)


def test_every_runner_has_a_user_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    whole, container, alone = "0 0 4294967295", "0 100000 65536", "0 1000 1"
    users = {identity.own_user(pid, whole) for pid in range(1, 5000)}
    assert len(users) == 4999
    assert min(user for user in users if user) > 0x6D6F0000
    assert identity.own_user(70_001, container) == 50_001
    assert identity.own_user(1, alone) is None
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert identity.own_user(1, whole) is None


def test_cgroups_of_both_versions_and_none(tmp_path: Path) -> None:
    assert Cgroup.make("g", memory_bytes_max=9, processes_max=5, root=tmp_path) is None
    for each in ("memory", "pids"):
        (tmp_path / "v1" / each).mkdir(parents=True)
    first = Cgroup.make("g", memory_bytes_max=9, processes_max=5, root=tmp_path / "v1")
    assert first is not None
    assert first.version == 1
    assert (tmp_path / "v1/memory/g/memory.limit_in_bytes").read_text() == "9"
    assert (tmp_path / "v1/pids/g/pids.max").read_text() == "5"
    (tmp_path / "v2").mkdir()
    (tmp_path / "v2/cgroup.controllers").touch()
    second = Cgroup.make("g", memory_bytes_max=9, processes_max=5, root=tmp_path / "v2")
    assert second is not None
    assert (tmp_path / "v2/g/memory.max").read_text() == "9"
    assert not second.memory_ran_out()
    (tmp_path / "v2/g/memory.events").write_text("low 0\noom 1\noom_kill 1\n")
    assert second.memory_ran_out()


def test_groups_of_killed_runners_are_swept_and_taken_over(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").touch()
    dead, alive = tmp_path / "mo-job-4194999", tmp_path / f"mo-job-{os.getpid()}"
    for folder in (dead, alive, tmp_path / "mo-job-x", tmp_path / "other"):
        folder.mkdir()
    sweep(tmp_path)
    assert not dead.exists()
    assert alive.exists()
    assert {"mo-job-x", "other"} <= {each.name for each in tmp_path.iterdir()}
    assert Cgroup.make(alive.name, memory_bytes_max=9, processes_max=5, root=tmp_path) is not None
