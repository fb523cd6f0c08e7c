"""A child is started again with growing pauses, and nothing of it outlives its end."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.children import LOGS_KEPT_MAX, Child, ChildSpec, always, pause_s, rotate
from deploy.local.state import is_alive, process_id

WAIT_SECONDS_MAX = 20.0
SLEEP = "import signal; signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
WITH_GRANDCHILD = (
    "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()']);"
    "print(p.pid, flush=True); sys.exit(1)"
)


def spec(code: str, **changes: object) -> ChildSpec:
    told = ChildSpec("c", (sys.executable, "-c", code), {}, Path("/"), always)
    return told._replace(**changes)


def until(child: Child, check: Callable[[], bool], *, now_s: float) -> None:
    end = time.monotonic() + WAIT_SECONDS_MAX
    while not check():
        assert time.monotonic() < end, child.report()
        child.step(now_s)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Callable[[ChildSpec], Child]]:
    children: list[Child] = []

    def make(told: ChildSpec) -> Child:
        children.append(Child(told, tmp_path / "c.log", 100.0))
        return children[-1]

    yield make
    for child in children:
        child.stop()


def test_a_child_is_ready_when_its_check_says_so(made) -> None:
    answers = iter([False, False, True])
    child = made(spec(SLEEP, ready=lambda: next(answers)))
    child.step(101)
    assert child.state == "starting"
    child.step(102)
    child.step(103)
    assert not child.settled()
    child.step(104)
    assert child.settled()
    assert child.report().since_s == 104


def test_a_child_that_dies_is_started_again_after_a_pause(made) -> None:
    child = made(spec("raise SystemExit(3)"))
    until(child, lambda: child.state == "failed", now_s=100)
    assert child.exits == 1
    child.step(100.4)
    assert child.state == "failed"
    child.step(100.5)
    assert child.state == "starting"
    until(child, lambda: child.state == "failed", now_s=101)
    child.step(101.9)
    assert child.state == "failed"
    child.step(102)
    assert child.state == "starting"


def test_after_a_steady_minute_the_pause_is_short_again(made) -> None:
    child = made(spec(SLEEP))
    until(child, lambda: child.state == "ready", now_s=100)
    for start, end in ((100, 101), (102, 103), (110, 180)):
        until(child, lambda: child.state == "ready", now_s=start)
        os.kill(child.report().process.pid, signal.SIGKILL)
        until(child, lambda: child.state == "failed", now_s=end)
    child.step(180.4)
    assert child.state == "failed"
    child.step(180.5)
    assert child.state == "starting"


def test_a_one_shot_child_is_done_once(made) -> None:
    child = made(spec("pass", once=True))
    until(child, lambda: child.state == "done", now_s=100)
    child.step(1000)
    assert child.report().exits == 0
    assert child.report().process is None


def test_a_deaf_child_is_killed_after_its_time(made, tmp_path: Path) -> None:
    child = made(spec(STUBBORN, stop_s=0.1))
    until(child, lambda: "deaf" in (tmp_path / "c.log").read_text() if child.settled() else False, now_s=100)
    process = child.report().process
    child.stop()
    assert not is_alive(process)
    assert child.state == "stopped"


def test_what_a_dead_child_left_in_its_group_is_killed(made, tmp_path: Path) -> None:
    child = made(spec(WITH_GRANDCHILD))
    until(child, lambda: child.state == "failed", now_s=100)
    grandchild = process_id(int((tmp_path / "c.log").read_text()))
    end = time.monotonic() + WAIT_SECONDS_MAX
    while grandchild is not None and is_alive(grandchild):
        assert time.monotonic() < end


def test_pauses_double_up_to_half_a_minute() -> None:
    assert [pause_s(exits) for exits in (1, 2, 3, 7, 8, 1000)] == [0.5, 1, 2, 30, 30, 30]


def test_only_a_log_that_is_too_large_moves_and_old_ones_end(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    rotate(log, bytes_max=4)
    log.write_text("abc")
    rotate(log, bytes_max=4)
    assert log.exists()
    for number in range(6):
        log.write_text(f"text{number}")
        rotate(log, bytes_max=4)
    assert not log.exists()
    kept = sorted(tmp_path.iterdir())
    assert [path.read_text() for path in kept] == ["text5", "text4", "text3"]
    assert len(kept) == LOGS_KEPT_MAX
