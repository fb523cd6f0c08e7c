"""Children: what they may use, what they may say, and that nothing of them is left."""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from agents.sandbox import child
from agents.sandbox.child import Log, run_child
from agents.sandbox.processes import descendants, marked
from agents.sandbox.spec import Mount, Spec
from agents.sandbox.walls import Walls, candidates, spec, stands
from agents.work import JobProblem, Limits
from schemas.values import Code

ROOT = Path(__file__).parents[4]
OUT = "import os; out = os.environ['BOX_OUTPUTS'] + '/said'\n"
LIMITS = Limits(job_seconds_max=30, memory_bytes_max=1 << 30)

# A process that leaves its session and its parent, and says so when it is on its own.
ESCAPE = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print('{{"stage": "escaped", "fraction": 0.5}}', flush=True)
        os.closerange(0, 3)
        os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(600)", "{mark}"])
    os._exit(0)
os.wait()
"""
WAIT = "import time; time.sleep(600)\n"


@pytest.fixture(params=[each for each in candidates() if stands(each)], ids=lambda each: each.kind, autouse=True)
def walls(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Walls:
    """Every kind of walls that this machine has."""

    async def given() -> Walls:
        return request.param

    monkeypatch.setattr("agents.sandbox.child.found", given)
    return request.param


async def run(folder: Path, code: str, limits: Limits = LIMITS, log: Log = lambda _: None) -> list[tuple[str, float]]:
    """Run `code` in a child (as a statement that timeit times once); the progress it reported."""
    said: list[tuple[str, float]] = []
    await run_child(
        "timeit",
        ("-n1", "-r1", code),
        folder=folder,
        inputs={},
        outputs={"said": 1 << 20},
        limits=limits,
        progress=lambda stage, fraction: said.append((stage, fraction)),
        log=log,
    )
    return said


async def problem(folder: Path, code: str, limits: Limits = LIMITS, log: Log = lambda _: None) -> Code:
    with pytest.raises(JobProblem) as raised:
        await run(folder, code, limits, log)
    return raised.value.reason


async def test_progress_is_read_and_everything_else_ignored(tmp_path: Path) -> None:
    said = await run(
        tmp_path,
        """
print('{"stage": "a", "fraction": 0.25}')
print('not json'); print('{"stage": 1}'); print('x' * 100000); print('{"fraction": 1}')
import os; os.write(1, b'{"stage": "\\xff", "fraction": 1}\\n' + b'{"x": ' + b'[' * 2000 + b'\\n')
print('{"stage": "b", "fraction": 7}')
print('{"stage": "\\\\u001b[31mc\\\\n[mo] d\\\\u202e", "fraction": 1}')
""",
    )
    assert said == [("a", 0.25), ("b", 1.0), ("c [mo] d", 1.0)]


async def test_the_environment_holds_nothing_of_the_agents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MO_AGENT_SECRET", "canary")
    await run(tmp_path, OUT + "open(out, 'w').write(repr(dict(os.environ)))")
    text = (tmp_path / "out" / "said").read_text()
    assert "canary" not in text
    assert "MO_" not in text


async def test_limits_are_set(tmp_path: Path) -> None:
    await run(
        tmp_path,
        OUT
        + """
import resource as r
open(out, 'w').write(repr([r.getrlimit(k)[1] for k in (r.RLIMIT_CORE, r.RLIMIT_CPU, r.RLIMIT_NOFILE)]))
""",
    )
    assert (tmp_path / "out" / "said").read_text() == "[0, 60, 1024]"


@pytest.mark.parametrize("code", [WAIT, "while True:\n    pass"])
async def test_time_is_limited_for_who_waits_and_who_spins(tmp_path: Path, code: str) -> None:
    assert (await problem(tmp_path, code, LIMITS._replace(job_seconds_max=1))).code == "job_time_exceeded"


async def test_memory_is_limited(tmp_path: Path) -> None:
    code = "kept = bytearray(b'x') * (400 << 20)\n" + WAIT
    assert (await problem(tmp_path, code, LIMITS._replace(memory_bytes_max=200 << 20))).code == "job_memory_exceeded"


async def test_death_by_signal_is_worth_another_try(tmp_path: Path) -> None:
    with pytest.raises(JobProblem) as raised:
        await run(tmp_path, "import os; os.kill(os.getpid(), 9)")
    assert raised.value.reason == Code("job_child_died", {"signal": "9"})
    assert raised.value.retriable


async def test_an_exit_code_is_reported(tmp_path: Path) -> None:
    assert await problem(tmp_path, "import os; os._exit(7)") == Code("job_child_failed", {"exit_code": "7"})


async def test_the_childs_refusal_becomes_the_jobs_code(tmp_path: Path) -> None:
    code = """
import os
from agents.sandbox import inside
def part(report):
    report("s", 0.5)
    print("for the log", flush=True)
    raise inside.Refused("too_small", size=3, text="x" * 1000)
os._exit(inside.run(part))
"""
    pieces: list[bytes] = []
    reason = await problem(tmp_path, code, log=pieces.append)
    assert reason.code == "too_small"
    assert reason.params["size"] == "3"
    assert len(reason.params["text"]) == 300
    assert b"for the log" in b"".join(pieces)


def forging(data: bytes) -> str:
    return OUT + f"open(os.environ['BOX_OUTPUTS'] + '/problem.json', 'wb').write({data!r}); os._exit(3)"


async def test_a_forged_problem_file_is_no_crash(tmp_path: Path) -> None:
    for number, data in enumerate((b"\xff" * 9, b'{"code": "\xff"}', b'{"x": ' + b"[" * 50_000)):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert (await problem(folder, forging(data))).code == "job_child_failed"


async def test_a_forged_reason_is_final_and_plain(tmp_path: Path) -> None:
    said = {"code": "agent_disk\n[mo] x", "params": {"error": "\x1b[2J\u202eno\nspace"}}
    with pytest.raises(JobProblem) as raised:
        await run(tmp_path, forging(json.dumps(said).encode()))
    assert raised.value.reason == Code("agent_disk [mo] x", {"error": "no space"})
    assert not raised.value.retriable


async def test_an_output_that_grows_too_large_ends_the_child(tmp_path: Path) -> None:
    code = OUT + "import os; os.truncate(out, (1 << 20) + 1)\n" + WAIT
    assert (await problem(tmp_path, code)).code == "result_too_large"


async def test_what_a_failed_child_leaves_hides_no_reason(tmp_path: Path) -> None:
    code = OUT + "open(out, 'w').write('half'); open(out[:-4] + 'problem.json', 'w').write('{\"code\": \"no\"}')\n"
    assert (await problem(tmp_path, code + "os._exit(3)")).code == "no"
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["problem.json"]


async def test_walls_that_break_while_the_agent_runs_are_no_fault_of_the_job(
    tmp_path: Path, walls: Walls, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **more: Any) -> Spec:
        made = spec(*args, **more)
        return made._replace(mounts=(*made.mounts, Mount("/not/there", "/x")))

    monkeypatch.setattr(child, "spec", broken)
    with pytest.raises(JobProblem) as raised:
        await run(tmp_path, "pass")
    assert (raised.value.reason.code, raised.value.retriable) == ("sandbox_missing", True)


async def test_a_machine_without_walls_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def none() -> None:
        return None

    monkeypatch.setattr("agents.sandbox.child.found", none)
    assert (await problem(tmp_path, "pass")).code == "sandbox_missing"
    assert not (tmp_path / "in").exists()


async def test_a_flood_of_output_is_ended(tmp_path: Path) -> None:
    code = "import os\nwhile True: os.write(2, b'x' * (1 << 20))"
    assert (await problem(tmp_path, code)).code == "job_output_flood"


async def test_outputs_come_back_and_nothing_else_can_be_made(tmp_path: Path) -> None:
    code = (
        OUT
        + """
open(out, 'w').write('a')
try: open(out + '2', 'w')
except OSError as error: open(out, 'a').write(str(error.errno))
"""
    )
    await run(tmp_path, code)
    assert (tmp_path / "out" / "said").read_text() in {"a30", "a13"}


async def test_all_of_the_output_comes_before_the_end(tmp_path: Path) -> None:
    pieces: list[bytes] = []
    await run(tmp_path, "import sys; sys.stderr.write('a' * 3000000 + 'the end')", log=pieces.append)
    assert b"".join(pieces) == b"a" * 3_000_000 + b"the end"


async def test_what_left_does_not_survive_a_good_end(tmp_path: Path) -> None:
    mark = uuid4().hex
    assert await run(tmp_path, ESCAPE.format(mark=mark)) == [("escaped", 0.5)]
    assert marked(mark) == []


async def test_what_left_does_not_survive_the_time_limit(tmp_path: Path) -> None:
    mark = uuid4().hex
    reason = await problem(tmp_path, ESCAPE.format(mark=mark) + WAIT, LIMITS._replace(job_seconds_max=2))
    assert reason.code == "job_time_exceeded"
    assert marked(mark) == []


async def test_cancellation_ends_everything_before_it_goes_on(tmp_path: Path) -> None:
    mark = uuid4().hex
    before = descendants(os.getpid())
    escaped = asyncio.Event()
    code = ESCAPE.format(mark=mark) + WAIT
    job = asyncio.create_task(
        run_child(
            "timeit",
            ("-n1", "-r1", code),
            folder=tmp_path,
            inputs={},
            outputs={},
            limits=LIMITS,
            progress=lambda *_: escaped.set(),
            log=lambda _: None,
        )
    )
    await asyncio.wait_for(escaped.wait(), 20)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert marked(mark) == []
    assert set(descendants(os.getpid())) <= set(before)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a PID namespace; without one this is not promised")
def test_nothing_survives_the_agents_death(tmp_path: Path, walls: Walls) -> None:
    mark = uuid4().hex
    code = f"""
import asyncio
from pathlib import Path
from agents.sandbox.child import run_child
from agents.sandbox.walls import Walls
from agents.work import Limits
child = run_child("timeit", ("-n1", "-r1", {ESCAPE.format(mark=mark) + WAIT!r}), folder=Path({str(tmp_path)!r}),
                  inputs={{}}, outputs={{}}, limits=Limits(60, 1 << 30), log=lambda _: None, walls={walls!r},
                  progress=lambda *_: print("escaped", flush=True))
asyncio.run(child)
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) as agent:
        assert agent.stdout is not None
        assert agent.stdout.readline() == b"escaped\n"
        watched = []
        for pid in (*descendants(agent.pid), *marked(mark)):
            with suppress(ProcessLookupError):  # a process of the start may have ended since it was listed
                watched.append(os.pidfd_open(pid))
        assert len(watched) >= 3
        agent.send_signal(signal.SIGKILL)
        for handle in watched:
            assert select.select([handle], [], [], 10)[0], "a process outlived the agent"
            os.close(handle)
    assert marked(mark) == []
