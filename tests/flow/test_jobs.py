"""Jobs on the running system: ended at once, asked for again, with logs to read and a stream that survives the API."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from uuid import uuid4

import pytest
from small_case import STRUCTURE, SmallCase, make

from api.client.aio import AsyncClient
from api.client.client import Client
from api.client.errors import ProblemError
from api.client.stream import Message
from api.resources import Job
from deploy.local import control
from deploy.settings import Settings

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

SECONDS_MAX = 40.0
CANCELLED_S_MAX = 2.0

SLEEPS = """
import sys
import time

print("about to sleep", file=sys.stderr, flush=True)
time.sleep(600)
"""
CURIOUS = """
import os
from pathlib import Path

for each in Path("/proc").glob("[0-9]*/environ"):
    try:
        print(each.read_bytes().replace(b"\\0", b"\\n").decode(errors="replace"), flush=True)
    except OSError:
        pass
print("\\x1b[31m" + repr(dict(os.environ)))


def helper_of_the_user():
    raise ArithmeticError("the user's own mistake")


helper_of_the_user()
"""


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> SmallCase:
    return make(tmp_path_factory.mktemp("case"))


def conversion(mo: Client, case: SmallCase, folder: Path, first: str) -> Job:
    """A conversion with a structure that runs these lines before its class."""
    name = f"Net{uuid4().hex[:8]}"
    head, body = STRUCTURE.split("class SmallNet")
    file = folder / f"{name}.py"
    file.write_text(f"{head}{first}\n\nclass {name}{body}")
    structure = mo.structures.add(file, name)
    template = mo.templates.add(case.template(name, str(structure.id)))
    pth = mo.models.upload(case.weights[0], name=name)
    return mo.convert(pth.id, template.id, name=name)


def until(check: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS_MAX
    while not check():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def test_a_running_job_is_cancelled_within_two_seconds_and_may_be_asked_for_again(
    mo: Client, case: SmallCase, tmp_path: Path
):
    job = conversion(mo, case, tmp_path, SLEEPS)
    lines: list[str] = []
    for message in mo.stream(topics=("logs",), entity=job.id, recent=True):
        if message.happened is not None:
            lines += message.happened.data["lines"]
            if "about to sleep" in lines:
                break
    began = time.monotonic()
    mo.jobs.cancel(job.id)
    ended = mo.jobs.wait(job.id, SECONDS_MAX)
    took_s = time.monotonic() - began
    assert ended.state == "cancelled"
    assert took_s <= CANCELLED_S_MAX
    assert "about to sleep" in mo.jobs.log(job.id).splitlines()
    again = mo.jobs.retry(job.id)
    assert (again.retry_of, again.subject_id) == (job.id, job.subject_id)
    mo.jobs.cancel(again.id)
    assert mo.jobs.wait(again.id, SECONDS_MAX).state == "cancelled"


def test_a_queued_job_is_cancelled_at_once(mo: Client, case: SmallCase, tmp_path: Path, system_settings: Settings):
    slots = system_settings.agent_slots["cpu-heavy"]
    held = [conversion(mo, case, tmp_path, SLEEPS) for _ in range(slots)]
    until(lambda: all(mo.jobs.get(each.id).state == "running" for each in held))
    waiting = conversion(mo, case, tmp_path, SLEEPS)
    shown = mo.jobs.get(waiting.id)
    assert shown.state == "queued"
    assert shown.position == 1
    assert shown.waiting_for is not None
    assert shown.waiting_for.code == "all_agents_busy"
    assert mo.jobs.cancel(waiting.id).state == "cancelled"
    for each in held:
        mo.jobs.cancel(each.id)
    assert {mo.jobs.wait(each.id, SECONDS_MAX).state for each in held} == {"cancelled"}


def test_a_failed_jobs_log_has_the_users_traceback_and_no_secret(
    mo: Client, case: SmallCase, tmp_path: Path, system_settings: Settings
):
    job = conversion(mo, case, tmp_path, CURIOUS)
    ended = mo.jobs.wait(job.id, SECONDS_MAX)
    assert (ended.state, ended.logs) == ("failed", [1])
    log = mo.jobs.log(job.id)
    assert "helper_of_the_user" in log
    assert "ArithmeticError: the user's own mistake" in log
    assert "\x1b" not in log
    assert "BOX_INPUTS" in log, "the structure has seen an environment, its own; else this test shows nothing"
    assert "MO_" not in log, "nothing of the agent's settings is to be seen in the sandbox"
    for secret in secrets_of(system_settings):
        assert secret not in log
    with pytest.raises(ProblemError) as refused:
        mo.jobs.log(job.id, attempt=9)
    assert refused.value.code == "job_log_unknown"


def secrets_of(settings: Settings) -> set[str]:
    """The secrets that the agents of the system were given."""
    state = control.state(settings)
    assert state is not None
    found: set[str] = set()
    for child in state.children:
        if child.process is not None:
            environ = Path(f"/proc/{child.process.pid}/environ").read_text().split("\0")
            found |= {line.partition("=")[2] for line in environ if line.startswith("MO_AGENT_SECRET=")}
    assert found
    return found


def test_the_stream_goes_on_behind_a_restart_of_the_api(mo: Client, system_settings: Settings, case: SmallCase):
    state = control.state(system_settings)
    assert state is not None
    report = state.child("api")
    assert report.process is not None
    heard: list[Message] = []

    def listen() -> None:
        with Client(state.api_url, lang="en", token=mo._core.token) as client:
            for message in client.stream(topics=("models",)):
                heard.append(message)
                if len(heard) > 1 and heard[-2].what == "resync" and message.what == "happened":
                    return

    def told() -> bool:
        mo.models.upload(case.weights[0], name=f"told-{uuid4().hex[:8]}")
        return bool(heard) and heard[-1].what == "happened"

    listening = threading.Thread(target=listen, daemon=True)
    listening.start()
    until(told)
    os.kill(report.process.pid, signal.SIGKILL)
    until(lambda: any(each.what == "resync" for each in heard))
    until(told)
    listening.join(SECONDS_MAX)
    assert not listening.is_alive()
    assert [each.what for each in heard if each.what != "happened"] == ["resync"]


async def test_an_awaiting_client_hears_the_stream_and_waits_by_it(mo: Client, case: SmallCase, tmp_path: Path):
    job = await asyncio.to_thread(conversion, mo, case, tmp_path, "LIMIT = 1 / 0")
    async with AsyncClient(mo.api_url, lang="en", token=mo._core.token) as client:
        names = []
        async with asyncio.timeout(SECONDS_MAX), aclosing(client.stream(entity=job.id, recent=True)) as messages:
            async for message in messages:
                if message.happened is not None:
                    names.append(message.happened.name)
                    if message.happened.name == "JobFailed":
                        break
        assert {"ConversionRequested", "JobClaimed"} <= set(names)
        assert (await client.jobs.wait(job.id, SECONDS_MAX)).state == "failed"


def test_a_thing_and_a_job_tell_their_history(mo: Client, case: SmallCase, tmp_path: Path):
    job = conversion(mo, case, tmp_path, "LIMIT = 1 / 0")
    assert mo.jobs.wait(job.id, SECONDS_MAX).state == "failed"
    names = [said.name for said in mo.history(job.id)]
    assert (names[0], names[-1]) == ("ConversionRequested", "JobFailed")
    assert "JobClaimed" in names
    assert [said.name for said in mo.history(job.subject_id)] == ["TronVersionReserved"]
