"""Which walls are chosen, who a child is, and what is bound where."""

from __future__ import annotations

import os
import shutil
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


def made(root: Path, membership: str) -> Cgroup | None:
    """A group as the agent makes it that the kernel puts into these groups."""
    told = root / "membership"
    told.write_text(membership)
    return Cgroup.make("g", memory_bytes_max=9, processes_max=5, root=root, membership=told)


def test_cgroups_are_made_below_the_agents_own_in_version_1(tmp_path: Path) -> None:
    told = "9:name=systemd:/x\n8:pids:/agents\n4:memory,cpu:/agents/one\n0::/\n"
    assert made(tmp_path, told) is None
    for each in ("memory/agents/one", "pids/agents"):
        (tmp_path / each).mkdir(parents=True)
    assert made(tmp_path, "8:pids:/agents\n") is None
    first = made(tmp_path, told)
    assert first is not None
    assert first.version == 1
    assert (tmp_path / "memory/agents/one/g/memory.limit_in_bytes").read_text() == "9"
    assert (tmp_path / "pids/agents/g/pids.max").read_text() == "5"


def test_cgroups_of_version_2_lie_below_the_agents_own_or_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cgroup.controllers").touch()
    own = tmp_path / "mo.service/agent"
    own.mkdir(parents=True)
    below = made(tmp_path, "0::/mo.service/agent\n")
    assert below is not None
    assert below.folders == (own / "g",)
    assert (own / "g/memory.max").read_text() == "9"
    assert not below.memory_ran_out()
    (own / "g/memory.events").write_text("low 0\noom 1\noom_kill 1\n")
    assert below.memory_ran_out()

    write = Path.write_text

    def refused(path: Path, text: str) -> int:
        if path.parent == own / "g":
            raise PermissionError  # as the kernel says where a group has processes and no bounded groups below it
        return write(path, text)

    shutil.rmtree(own / "g")
    monkeypatch.setattr(Path, "write_text", refused)
    write(own / "memory.max", "max\n")
    write(own / "cpu.max", "max 100000\n")
    write(own / "cpuset.cpus", "\n")
    write(own.parent / "cgroup.subtree_control", "cpu\n")
    beside = made(tmp_path, "0::/mo.service/agent\n")
    assert beside is not None
    assert (own.parent / "cgroup.subtree_control").read_text() == "+memory +pids"
    assert beside.folders == (tmp_path / "mo.service/g",)
    assert not (own / "g").exists()


@pytest.mark.parametrize(
    ("file", "bound"),
    [("memory.max", "1073741824"), ("pids.max", "100"), ("cpu.max", "50000 100000"), ("cpuset.cpus", "0-1")],
)
def test_no_cgroup_leaves_the_bounds_of_the_agents_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, bound: str
) -> None:
    (tmp_path / "cgroup.controllers").touch()
    own = tmp_path / "mo.service"
    own.mkdir()
    (own / "g").touch()  # nothing can be made below it
    (own / file).write_text(bound)
    assert made(tmp_path, "0::/mo.service\n") is None
    assert made(tmp_path, "0::/../mo.service\n") is None
    (own / file).write_text("max")
    assert made(tmp_path, "0::/mo.service\n") is not None


def test_groups_of_killed_runners_are_swept_and_taken_over(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").touch()
    told = tmp_path / "membership"
    told.write_text("0::/agent\n")
    (tmp_path / "agent").mkdir()
    dead, alive = tmp_path / "mo-job-4194999", tmp_path / f"agent/mo-job-{os.getpid()}"
    for folder in (dead, alive, tmp_path / "mo-job-x", tmp_path / "other"):
        folder.mkdir()
    sweep(tmp_path, told)
    assert not dead.exists()
    assert alive.exists()
    assert {"mo-job-x", "other"} <= {each.name for each in tmp_path.iterdir()}
    again = Cgroup.make(alive.name, memory_bytes_max=9, processes_max=5, root=tmp_path, membership=told)
    assert again is not None
    assert again.folders == (alive,)
