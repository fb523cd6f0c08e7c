"""Runs a Python module in a child process under limits, and ends everything it started.

This is NOT a sandbox: the child may read what the agent may read and reach what the agent may reach. It gives limits
(time, memory, file size, no secrets in its environment, nothing left behind), not walls: trusted input only.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from math import ceil
from pathlib import Path

import msgspec

from agents.sandbox.exchange import Exchange, collect, lay_out, read_small
from agents.sandbox.inside import INPUTS_VARIABLE, OUTPUTS_VARIABLE, PROBLEM_BYTES_MAX, PROBLEM_EXIT, PROBLEM_FILE
from agents.sandbox.processes import descendants, resident_bytes
from agents.work import JobProblem, Limits
from schemas.values import Code

ADDRESS_BYTES_MIN = 8 << 30
"""PyTorch reserves 3 to 4 GiB of address space before it does anything; real memory is watched instead."""
OPEN_FILES_MAX = 1024
LINE_BYTES_MAX = 4096
LINES_MAX = 100_000
LOG_CHUNK_BYTES = 64 << 10
MEMORY_CHECK_S = 0.25
KILL_WAIT_S = 6.0

_ROOT = Path(__file__).resolve().parents[2]

Progress = Callable[[str, float], None]
Log = Callable[[bytes], None]
"""Takes what a child writes to stderr, piece by piece as it comes."""


class _Line(msgspec.Struct):
    stage: str
    fraction: float


def environment(exchange: Exchange, scratch: Path) -> dict[str, str]:
    """The child's whole environment: nothing of the agent's own is passed on."""
    return {
        INPUTS_VARIABLE: str(exchange.inputs),
        OUTPUTS_VARIABLE: str(exchange.written),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": str(_ROOT),
    }


def _command(module: str, arguments: Sequence[str], limits: Limits, file_bytes_max: int) -> list[str]:
    python = [sys.executable, "-P", "-s", "-m"]
    numbers = (
        os.getpid(),
        max(ADDRESS_BYTES_MIN, 2 * limits.memory_bytes_max),
        2 * ceil(limits.job_seconds_max),
        file_bytes_max,
        OPEN_FILES_MAX,
    )
    return [*python, "agents.sandbox.runner", *map(str, numbers), *python, module, *arguments]


async def _read_progress(stream: asyncio.StreamReader, progress: Progress) -> None:
    decoder = msgspec.json.Decoder(_Line)
    rest = b""
    count = 0
    while chunk := await stream.read(LINE_BYTES_MAX):
        *lines, rest = (rest + chunk).split(b"\n")
        rest = rest[:LINE_BYTES_MAX]
        for line in lines:
            count += 1
            if count > LINES_MAX:
                continue
            with suppress(msgspec.MsgspecError):
                said = decoder.decode(line)
                progress(said.stage[:100], min(1.0, max(0.0, said.fraction)))


async def _read_log(stream: asyncio.StreamReader, log: Log) -> None:
    while chunk := await stream.read(LOG_CHUNK_BYTES):
        log(chunk)


async def _watch_memory(pid: int, bytes_max: int) -> None:
    """Returns when the tree below the process is larger than allowed."""
    while await asyncio.to_thread(resident_bytes, pid) <= bytes_max:  # noqa: ASYNC110  /proc has no events
        await asyncio.sleep(MEMORY_CHECK_S)


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the runner and all below it; the runner does it itself, and is overruled if it does not."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), KILL_WAIT_S)
    except TimeoutError:
        below = descendants(process.pid)
        for pid in (process.pid, *below):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await process.wait()


def _problem(copies: Path, exit_code: int, limits: Limits) -> JobProblem:
    if exit_code == PROBLEM_EXIT:
        with suppress(msgspec.MsgspecError):
            said = msgspec.json.decode(read_small(copies / PROBLEM_FILE, bytes_max=PROBLEM_BYTES_MAX) or b"", type=Code)
            return JobProblem.of(said)
    if exit_code == 128 + signal.SIGXCPU:
        return JobProblem("job_time_exceeded", seconds_max=limits.job_seconds_max)
    if exit_code > 128:
        return JobProblem("job_child_died", retriable=True, signal=exit_code - 128)
    return JobProblem("job_child_failed", exit_code=exit_code)


async def _supervise(process: asyncio.subprocess.Process, limits: Limits) -> None:
    ended = asyncio.create_task(process.wait())
    memory = asyncio.create_task(_watch_memory(process.pid, limits.memory_bytes_max))
    try:
        await asyncio.wait({ended, memory}, timeout=limits.job_seconds_max, return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            return
        if memory.done():
            raise JobProblem("job_memory_exceeded", bytes_max=limits.memory_bytes_max)
        raise JobProblem("job_time_exceeded", seconds_max=limits.job_seconds_max)
    finally:
        memory.cancel()
        # Also on cancellation: nothing of the job may be left when the caller hears of it.
        await asyncio.shield(asyncio.ensure_future(_end(process)))
        await ended


async def run_child(
    module: str,
    arguments: Sequence[str],
    *,
    folder: Path,
    inputs: Mapping[str, Path],
    outputs: Mapping[str, int],
    limits: Limits,
    progress: Progress,
    log: Log,
) -> None:
    """Run `module` until it ends well; `folder` exists, is empty, and is the child's alone.

    The child reads the file `inputs[name]` as `inside.inputs() / name` and may write `inside.outputs() / name` for each
    name of `outputs`, at most so many bytes. What it wrote lies afterwards, as a copy, at `folder / "out" / name`.
    Its working directory is for scratch. Its stderr (and whatever it prints) goes to `log`.

    Raises:
        JobProblem: what the child said in its problem file; `job_time_exceeded`, `job_memory_exceeded`,
            `job_child_died` (by a signal), `job_child_failed` (any other exit code: see the log), `result_too_large`.
    """
    exchange = await asyncio.to_thread(lay_out, folder, inputs, {**outputs, PROBLEM_FILE: PROBLEM_BYTES_MAX})
    scratch = folder / "scratch"
    scratch.mkdir()
    process = await asyncio.create_subprocess_exec(
        *_command(module, arguments, limits, max(exchange.outputs.values())),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(exchange, scratch),
        cwd=scratch,
        start_new_session=True,
    )
    if process.stdout is None or process.stderr is None:
        raise RuntimeError("the child has no pipes: report this as a fault of Mo")
    readers = asyncio.gather(
        _read_progress(process.stdout, progress), _read_log(process.stderr, log), return_exceptions=True
    )
    try:
        await _supervise(process, limits)
    finally:
        await asyncio.shield(readers)
    await asyncio.to_thread(collect, exchange)
    if process.returncode:
        raise _problem(exchange.copies, process.returncode, limits)
