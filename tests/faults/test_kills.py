"""Processes are killed at bad moments; nothing is lost, nothing happens twice."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from small_case import make

from api.client.client import Client
from deploy.local import control
from deploy.settings import Settings

pytestmark = pytest.mark.real
JOB_SECONDS_MAX = 120


def until_in(mo: Client, job_id, stage_after: int) -> None:
    """Wait until the job has told that many steps of progress."""
    deadline = time.monotonic() + JOB_SECONDS_MAX
    while time.monotonic() < deadline:
        job = mo.jobs.get(job_id)
        if job.state == "running" and job.progress is not None and job.progress.step >= stage_after:
            return
        time.sleep(0.02)
    pytest.fail(f"job {job_id} did not get to step {stage_after}")


def test_an_agent_killed_during_a_conversion_is_replaced_and_the_job_done_once(
    mo: Client, system_settings: Settings, tmp_path: Path
):
    case = make(tmp_path)
    structure = tmp_path / "killed_net.py"
    structure.write_text(case.structure.read_text().replace("SmallNet", "KilledNet"))
    added = mo.structures.add(structure, "KilledNet")
    template = mo.templates.add(case.template("killed", str(added.id)))
    pth = mo.models.upload(case.weights[0], name="killed")
    job = mo.convert(pth.id, template.id, name="killed")
    until_in(mo, job.id, 1)
    state = control.state(system_settings)
    assert state is not None
    process = state.child("agent-nvidia").process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    ended = mo.jobs.wait(job.id, JOB_SECONDS_MAX)
    assert (ended.state, ended.epoch) == ("completed", 2), ended.message
    assert len(mo.models.get_tron(job.subject_id).revisions) == 1
    running = (path for path in Path("/proc").iterdir() if path.name.isdigit())
    left = [path.name for path in running if f"{job.id}-1" in _command(path)]
    assert left == [], "children of the killed agent are still there"


def _command(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""
