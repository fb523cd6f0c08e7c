"""A process is known by its pid and its start, and a state that cannot be read is no state."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from deploy.local.home import Home
from deploy.local.state import ChildReport, ProcessId, StackState, is_alive, live_state, process_id, read_state


def said(supervisor: ProcessId) -> StackState:
    return StackState(supervisor, True, "127.0.0.1:1", "dsn", "url", (ChildReport("kafka", "ready", None, 2, 1.5),))


def test_this_process_lives_and_another_start_is_another_process() -> None:
    this = process_id(os.getpid())
    assert this is not None
    assert is_alive(this)
    assert not is_alive(ProcessId(this.pid, this.started_ticks - 1))


def test_a_process_that_waits_to_be_reaped_is_gone() -> None:
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    try:
        assert process_id(pid) is None
    finally:
        os.waitpid(pid, 0)


def test_a_state_lives_as_long_as_its_supervisor(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    assert live_state(home) is None
    this = process_id(os.getpid())
    assert this is not None
    home.state.write_bytes(msgspec.json.encode(said(this)))
    assert live_state(home) == said(this)
    home.state.write_bytes(msgspec.json.encode(said(ProcessId(this.pid, 1))))
    assert live_state(home) is None
    assert read_state(home) == said(ProcessId(this.pid, 1))
    home.state.write_bytes(b'{"supervisor"')
    assert read_state(home) is None


def test_a_child_is_found_by_name() -> None:
    state = said(ProcessId(1, 1))
    assert state.child("kafka").exits == 2
    with pytest.raises(LookupError, match="redis"):
        state.child("redis")
