"""The escape suite: what an uploaded program might try, behind every kind of walls that this machine has.

Each harmless attack also runs without walls, where it must succeed: else it proves nothing.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from escape_runs import LIMITS, PROCESSES_MAX, Scene, inside, outside

from agents.sandbox.processes import descendants, marked
from agents.sandbox.walls import Walls, candidates, stands

ROOT = Path(__file__).parents[2]
SMALL = LIMITS._replace(memory_bytes_max=256 << 20)
PROBES = {
    "files": 23, "secrets": 6, "sockets": 12, "listeners": 3, "calls": 38, "clones": 5, "ioctls": 3, "writing": 15,
    "outputs": 12, "victims": 4, "privileges": 10, "processes": 2, "space": 3, "limits": 8,
}  # fmt: skip
"""Attacks that answer probe by probe, with the least number of answers."""


@pytest.fixture(params=[each for each in candidates() if stands(each)], ids=lambda each: each.name.replace(" ", "-"))
def walls(request: pytest.FixtureRequest) -> Walls:
    return request.param


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_this_machine_has_walls() -> None:
    assert any(stands(each) for each in candidates())


def test_there_are_enough_probes() -> None:
    assert sum(PROBES.values()) >= 100


@pytest.mark.parametrize("attack", [each for each in PROBES if each not in {"listeners", "victims"}])
async def test_no_probe_gets_through(walls: Walls, scene: Scene, monkeypatch: pytest.MonkeyPatch, attack: str) -> None:
    monkeypatch.setenv("MO_CANARY", scene.canary)
    ask = scene.ask(attack, places=[str(scene.folder / "new"), str(ROOT / "agents" / "new.py")])
    outcome = await inside(walls, scene.folder, ask)
    assert (outcome.code, outcome.through()) == ("", {}), outcome.log
    assert len(outcome.answers) >= PROBES[attack]


async def test_no_listener_is_reached(walls: Walls, scene: Scene) -> None:
    with scene.listening() as places:
        ask = scene.ask("listeners", **places)
        outcome = await inside(walls, scene.folder, ask)
        assert (len(outcome.answers), outcome.through(), scene.accepted) == (3, {}, [])
        assert len(outside(scene.folder, ask).through()) == 3
        await asyncio.sleep(0.2)
        assert sorted(scene.accepted) == ["abstract", "path", "tcp"]


async def test_no_other_process_is_touched(walls: Walls, scene: Scene) -> None:
    with scene.victims() as victims:
        outcome = await inside(walls, scene.folder, scene.ask("victims", **victims))
        assert (outcome.code, outcome.through()) == ("", {})
        assert len(outcome.answers) >= PROBES["victims"]
        assert len(scene.alive()) == len(victims["victims"])
        control = outside(scene.folder, scene.ask("victims", **victims))
        assert control.answers["kill same user"] == control.answers["pidfd same user"] == "done"
        await asyncio.sleep(0.2)
        assert "same user" not in scene.alive()


@pytest.mark.parametrize(
    ("attack", "succeed"),
    [
        ("files", ["/etc/passwd", "SECRET", "/proc/self/rootSECRET"]),
        ("secrets", ["environ", "/proc/*/environ"]),
        ("sockets", ["unix", "inet", "netlink"]),
        ("calls", ["bpf", "pidfd_open", "personality", "keyctl", "socketpair", "ptrace"]),
        ("ioctls", ["TIOCSTI", "with upper bits"]),
        ("writing", ["NEW"]),
        ("outputs", ["symlink", "hard link out", "unlink", "too large"]),
    ],
)
def test_without_walls_the_attacks_work(scene: Scene, attack: str, succeed: list[str]) -> None:
    new = str(scene.folder / "new")
    control = outside(scene.folder, scene.ask(attack, places=[new]))
    names = [each.replace("SECRET", str(scene.secret)).replace("NEW", new) for each in succeed]
    assert [each for each in names if not control.answers.get(each)] == [], control


async def test_a_daemon_does_not_stay(walls: Walls, scene: Scene) -> None:
    ask = scene.ask("daemon")
    assert (await inside(walls, scene.folder, ask)).answers == {"left": ""}
    assert marked(ask["mark"]) == []
    outside(scene.folder, ask)
    left = marked(ask["mark"])
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert len(left) == 1


@pytest.mark.parametrize("busy", [False, True])
async def test_nothing_waits_longer_than_the_wall_clock(walls: Walls, scene: Scene, busy: bool) -> None:
    begun = time.monotonic()
    limits = LIMITS._replace(job_seconds_max=3)
    outcome = await inside(walls, scene.folder, scene.ask("wait", busy=busy), limits)
    assert outcome.code == "job_time_exceeded"
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize(
    ("way", "code"),
    [("one", "job_memory_exceeded"), ("children", "job_memory_exceeded"), ("memfd", "job_child_failed")],
)
async def test_memory_is_what_the_job_was_given(walls: Walls, scene: Scene, way: str, code: str) -> None:
    outcome = await inside(walls, scene.folder, scene.ask("memory", way=way), SMALL)
    assert (outcome.answers, outcome.code) == ({}, code)


async def test_an_abort_leaves_no_core_file(walls: Walls, scene: Scene) -> None:
    outcome = await inside(walls, scene.folder, scene.ask("abort"))
    assert (outcome.code, outcome.answers) == ("job_child_died", {"aborts": ""})
    assert not list(scene.folder.rglob("core*"))


async def test_a_neighbour_is_not_starved(walls: Walls, scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    bomb = asyncio.create_task(inside(walls, scene.folder, scene.ask("processes", busy=True)))
    async with asyncio.timeout(50):
        while len(descendants(os.getpid())) < PROCESSES_MAX // 2:  # noqa: ASYNC110  nobody says when they are there
            await asyncio.sleep(0.1)
    neighbour = await inside(walls, tmp_path / "b", scene.ask("limits"))
    assert (neighbour.code, neighbour.through()) == ("", {})
    assert not bomb.done()
    bomb.cancel()
    with pytest.raises(asyncio.CancelledError):
        await bomb


@pytest.mark.bars
@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", ["files", "depth"])
async def test_files_without_end_are_gone_with_the_child(walls: Walls, scene: Scene, way: str) -> None:
    outcome = await inside(walls, scene.folder, scene.ask("inodes", way=way), SMALL._replace(job_seconds_max=60))
    assert outcome.code in {"", "job_time_exceeded", "job_memory_exceeded"}
    assert outcome.through() == {}


@pytest.mark.bars
@pytest.mark.timeout(900)
def test_twenty_killed_agents_leave_no_survivor(walls: Walls, tmp_path: Path) -> None:
    code: Any = f"""
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from agents.sandbox.walls import Walls
from escape_runs import Scene, inside
folder = Path(sys.argv[1])
ask = Scene(folder).ask("stay", mark=sys.argv[2])
asyncio.run(inside({walls!r}, folder, ask))
"""
    for number in range(20):
        folder, mark = tmp_path / str(number), f"mark-{os.getpid()}-{number}-{walls.kind}"
        folder.mkdir()
        with subprocess.Popen([sys.executable, "-c", code, str(folder), mark], cwd=ROOT) as agent:
            while len(marked(mark)) < 2:
                assert agent.poll() is None
                time.sleep(0.05)
            below = [os.pidfd_open(pid) for pid in (*descendants(agent.pid), *marked(mark)) if _there(pid)]
            assert len(below) >= 3
            agent.kill()
            for handle in below:
                assert select.select([handle], [], [], 20)[0], "a process outlived the agent"
                os.close(handle)
        assert marked(mark) == []


def _there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
