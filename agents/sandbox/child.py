"""Runs a Python module behind the walls of a sandbox, under limits, and ends everything it started.

Every child gets the same walls, whether it runs a user's code or only reads a user's bytes: `walls.py` says which ones
this machine has. Where it has none, nothing is run.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from agents.sandbox.exchange import Exchange, collect, lay_out, read_small
from agents.sandbox.inside import PROBLEM_BYTES_MAX, PROBLEM_EXIT, PROBLEM_FILE
from agents.sandbox.processes import descendants, resident_bytes
from agents.sandbox.spec import Spec
from agents.sandbox.walls import (
    RUNNER_ENVIRONMENT,
    SCRATCH_BYTES_MAX,
    Walls,
    found,
    mounts_of,
    python,
    rights_of,
    runner,
    spec,
)
from agents.work import JobProblem, Limits
from schemas.values import Code

LINE_BYTES_MAX = 4096
LINES_MAX = 100_000
LOG_CHUNK_BYTES = 64 << 10
OUTPUT_BYTES_MAX = 64 << 20
"""A child that writes more than this to stdout and stderr is ended; the log keeps the beginning and the end anyway."""
MEMORY_NOTE = "memory"
TIME_EXCEEDED = "job_time_exceeded"
MEMORY_CHECK_S = 0.25
KILL_WAIT_S = 6.0

Progress = Callable[[str, float], None]
Log = Callable[[bytes], None]
"""Takes what a child writes to stderr, piece by piece as it comes."""


class _Line(msgspec.Struct):
    stage: str
    fraction: float


class _Flood:
    """Counts what a child writes; `came` is set once that is more than anybody reads."""

    def __init__(self) -> None:
        self.came = asyncio.Event()
        self._bytes = 0

    def add(self, count: int) -> None:
        self._bytes += count
        if self._bytes > OUTPUT_BYTES_MAX:
            self.came.set()


async def _read_progress(stream: asyncio.StreamReader, progress: Progress, flood: _Flood) -> None:
    decoder = msgspec.json.Decoder(_Line)
    rest = b""
    count = 0
    while chunk := await stream.read(LINE_BYTES_MAX):
        flood.add(len(chunk))
        *lines, rest = (rest + chunk).split(b"\n")
        rest = rest[:LINE_BYTES_MAX]
        for line in lines:
            count += 1
            if count > LINES_MAX:
                continue
            with suppress(msgspec.MsgspecError):
                said = decoder.decode(line)
                progress(said.stage[:100], min(1.0, max(0.0, said.fraction)))


async def _read_log(stream: asyncio.StreamReader, log: Log, flood: _Flood) -> None:
    while chunk := await stream.read(LOG_CHUNK_BYTES):
        flood.add(len(chunk))
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


def _problem(exchange: Exchange, exit_code: int, limits: Limits) -> JobProblem:
    if (exchange.copies.parent / MEMORY_NOTE).exists():
        return JobProblem("job_memory_exceeded", bytes_max=limits.memory_bytes_max)
    if exit_code == PROBLEM_EXIT:
        with suppress(msgspec.MsgspecError):
            said = msgspec.json.decode(
                read_small(exchange.copies / PROBLEM_FILE, bytes_max=PROBLEM_BYTES_MAX) or b"", type=Code
            )
            return JobProblem.of(said)
    if exit_code == 128 + signal.SIGXCPU:
        return JobProblem(TIME_EXCEEDED, seconds_max=limits.job_seconds_max)
    if exit_code > 128:
        return JobProblem("job_child_died", retriable=True, signal=exit_code - 128)
    return JobProblem("job_child_failed", exit_code=exit_code)


async def _supervise(process: asyncio.subprocess.Process, limits: Limits, flood: _Flood, *, watched: bool) -> None:
    ended = asyncio.create_task(process.wait())
    # What processes share counts once for each: where a cgroup counts better, nobody watches.
    memory = asyncio.create_task(_watch_memory(process.pid, limits.memory_bytes_max if watched else sys.maxsize))
    flooded = asyncio.create_task(flood.came.wait())
    try:
        await asyncio.wait(
            {ended, memory, flooded}, timeout=limits.job_seconds_max, return_when=asyncio.FIRST_COMPLETED
        )
        if ended.done():
            return
        if memory.done():
            raise JobProblem("job_memory_exceeded", bytes_max=limits.memory_bytes_max)
        if flooded.done():
            raise JobProblem("job_output_flood", bytes_max=OUTPUT_BYTES_MAX)
        raise JobProblem(TIME_EXCEEDED, seconds_max=limits.job_seconds_max)
    finally:
        memory.cancel()
        flooded.cancel()
        # Also on cancellation: nothing of the job may be left when the caller hears of it.
        await asyncio.shield(asyncio.ensure_future(_end(process)))
        await ended


async def _run(described: Spec, folder: Path, limits: Limits, progress: Progress, log: Log) -> int:
    """The runner's exit code; nothing of the child is left."""
    process = await asyncio.create_subprocess_exec(
        *runner(described),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=RUNNER_ENVIRONMENT,
        cwd=folder,
        start_new_session=True,
    )
    if process.stdout is None or process.stderr is None:
        raise RuntimeError("the child has no pipes: report this as a fault of Mo")
    flood = _Flood()
    readers = asyncio.gather(
        _read_progress(process.stdout, progress, flood),
        _read_log(process.stderr, log, flood),
        return_exceptions=True,
    )
    try:
        await _supervise(process, limits, flood, watched=not described.cgroup)
    finally:
        await asyncio.shield(readers)
    return process.returncode or 0


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
    scratch_bytes_max: int = SCRATCH_BYTES_MAX,
    walls: Walls | None = None,
) -> None:
    """Run `module` until it ends well; `folder` exists, is empty, and is the child's alone.

    The child reads the file `inputs[name]` as `inside.inputs() / name` and may write `inside.outputs() / name` for each
    name of `outputs`, at most so many bytes. What it wrote lies afterwards, as a copy, at `folder / "out" / name`.
    Its working directory is for scratch, in memory, `scratch_bytes_max` bytes. Its stderr (and whatever it prints) goes
    to `log`. `walls` are those that this machine can give, unless others are asked for.

    Raises:
        JobProblem: what the child said in its problem file; `job_time_exceeded`, `job_memory_exceeded`,
            `job_child_died` (by a signal), `job_child_failed` (any other exit code: see the log), `job_output_flood`,
            `result_too_large`; `sandbox_missing`, where this machine has no walls to give.
    """
    walls = walls or await found()
    if walls is None:
        raise JobProblem("sandbox_missing", retriable=True)
    exchange = await asyncio.to_thread(lay_out, folder, inputs, {**outputs, PROBLEM_FILE: PROBLEM_BYTES_MAX})
    rights = rights_of(limits, max(exchange.outputs.values()), scratch_bytes_max)
    command = python(module, arguments, rights)
    described = spec(walls, (*mounts_of(exchange),), rights, command, memory_note=folder / MEMORY_NOTE)
    exit_code = await _run(described, folder, limits, progress, log)
    await asyncio.to_thread(collect, exchange)
    if exit_code:
        raise _problem(exchange, exit_code, limits)
