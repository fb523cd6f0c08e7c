"""Runs a Python module behind the walls of a sandbox, under limits, and ends everything it started.

Every child gets the same walls, whether it runs a user's code or only reads a user's bytes: `walls.py` says which ones
this machine has. Where it has none, nothing is run.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event

import msgspec

from agents.joblog import plain
from agents.sandbox.exchange import Exchange, collect, decoded, lay_out, read_small, too_large
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
MISSING = "sandbox_missing"
CHECK_S = 0.25
KILL_WAIT_S = 6.0
COLLECT_S_MIN = 5.0
"""A child that needed all of its time may still say what it has to say."""

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


async def _read_progress(stream: asyncio.StreamReader, progress: Progress, flood: _Flood) -> bool:
    """Whether anything came: what runs inside the walls says so with its first byte (`start.py`)."""
    rest = b""
    count = 0
    begun = False
    while chunk := await stream.read(LINE_BYTES_MAX):
        begun = True
        flood.add(len(chunk))
        *lines, rest = (rest + chunk).split(b"\n")
        rest = rest[:LINE_BYTES_MAX]
        for line in lines:
            count += 1
            if count > LINES_MAX:
                continue
            if (said := decoded(line, _Line)) is not None:
                progress(plain(said.stage)[:100], min(1.0, max(0.0, said.fraction)))
    return begun


async def _read_log(stream: asyncio.StreamReader, log: Log, flood: _Flood) -> None:
    while chunk := await stream.read(LOG_CHUNK_BYTES):
        flood.add(len(chunk))
        log(chunk)


async def _memory(pid: int, bytes_max: int) -> JobProblem:
    """What is said when the tree below the process is larger than allowed."""
    while await asyncio.to_thread(resident_bytes, pid) <= bytes_max:  # noqa: ASYNC110  /proc has no events
        await asyncio.sleep(CHECK_S)
    return JobProblem("job_memory_exceeded", bytes_max=bytes_max)


async def _sizes(exchange: Exchange) -> JobProblem:
    """What is said when an output is larger than it may be: the kernel bounds all of them by the largest."""
    while (problem := await asyncio.to_thread(too_large, exchange)) is None:  # noqa: ASYNC110  nor have sizes
        await asyncio.sleep(CHECK_S)
    return problem


async def _flooded(flood: _Flood) -> JobProblem:
    await flood.came.wait()
    return JobProblem("job_output_flood", bytes_max=OUTPUT_BYTES_MAX)


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
    if _memory_ran_out(exchange):
        return JobProblem("job_memory_exceeded", bytes_max=limits.memory_bytes_max)
    if exit_code == PROBLEM_EXIT:
        said = decoded(read_small(exchange.copies / PROBLEM_FILE, bytes_max=PROBLEM_BYTES_MAX), Code)
        if said is not None:
            params = {plain(name): plain(text) for name, text in said.params.items()}
            return JobProblem.of(Code(plain(said.code), params))
    if exit_code == 128 + signal.SIGXCPU:
        return JobProblem(TIME_EXCEEDED, seconds_max=limits.job_seconds_max)
    if exit_code > 128:
        return JobProblem("job_child_died", retriable=True, signal=exit_code - 128)
    return JobProblem("job_child_failed", exit_code=exit_code)


async def _supervise(
    process: asyncio.subprocess.Process, limits: Limits, watches: Iterable[Coroutine[None, None, JobProblem]]
) -> None:
    """Wait for the end, at most the job's time; what the first of `watches` says ends the child."""
    ended = asyncio.create_task(process.wait())
    watching = [asyncio.create_task(each) for each in watches]
    try:
        await asyncio.wait({ended, *watching}, timeout=limits.job_seconds_max, return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            return
        for each in watching:
            if each.done():
                raise each.result()
        raise JobProblem(TIME_EXCEEDED, seconds_max=limits.job_seconds_max)
    finally:
        for each in watching:
            each.cancel()
        # Also on cancellation: nothing of the job may be left when the caller hears of it.
        await asyncio.shield(asyncio.ensure_future(_end(process)))
        await ended


async def _run(described: Spec, exchange: Exchange, limits: Limits, progress: Progress, log: Log) -> int:
    """The runner's exit code; nothing of the child is left.

    Raises:
        JobProblem: `sandbox_missing`, where nothing began inside; what ended the child, see `run_child`.
    """
    process = await asyncio.create_subprocess_exec(
        *runner(described),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=RUNNER_ENVIRONMENT,
        cwd=exchange.copies.parent,
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
    watches = [_flooded(flood), _sizes(exchange)]
    if not described.cgroup:
        # what processes share counts once for each: where a cgroup counts better, nobody watches
        watches.append(_memory(process.pid, limits.memory_bytes_max))
    try:
        await _supervise(process, limits, watches)
    finally:
        begun, _ = await asyncio.shield(readers)
    exit_code = process.returncode or 0
    if exit_code and begun is False and not _memory_ran_out(exchange):
        # Nobody inside can unsay that it began: this is the machine's fault, and another agent's walls may stand.
        raise JobProblem(MISSING, retriable=True)
    return exit_code


def _memory_ran_out(exchange: Exchange) -> bool:
    return (exchange.copies.parent / MEMORY_NOTE).exists()


async def _collect(exchange: Exchange, names: Iterable[str], *, deadline: float, limits: Limits) -> None:
    """Take what the child left, within the job's time; whoever gives up waits for the piece that is being copied."""
    stop = Event()
    collecting = asyncio.ensure_future(asyncio.to_thread(collect, exchange, names, stop))
    try:
        done, _ = await asyncio.wait({collecting}, timeout=max(COLLECT_S_MIN, deadline - time.monotonic()))
    finally:
        stop.set()
        await asyncio.wait({collecting})
    if not done:
        raise JobProblem(TIME_EXCEEDED, seconds_max=limits.job_seconds_max)
    collecting.result()


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
            `result_too_large`; `sandbox_missing`, where this machine has no walls to give, or not any more.
    """
    walls = walls or await found()
    if walls is None:
        raise JobProblem(MISSING, retriable=True)
    deadline = time.monotonic() + limits.job_seconds_max
    exchange = await asyncio.to_thread(lay_out, folder, inputs, {**outputs, PROBLEM_FILE: PROBLEM_BYTES_MAX})
    rights = rights_of(limits, max(exchange.outputs.values()), scratch_bytes_max)
    command = python(module, arguments, rights)
    described = spec(walls, (*mounts_of(exchange),), rights, command, memory_note=folder / MEMORY_NOTE)
    exit_code = await _run(described, exchange, limits, progress, log)
    # of a child that failed nobody wants anything but its reason
    left = (PROBLEM_FILE,) if exit_code else tuple(exchange.outputs)
    await _collect(exchange, left, deadline=deadline, limits=limits)
    if exit_code:
        raise _problem(exchange, exit_code, limits)
