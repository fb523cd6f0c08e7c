"""The agent's self-test: before it takes jobs, six probes must fail behind the walls that its machine gives."""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from agents.sandbox.child import MISSING, run_child
from agents.sandbox.exchange import decoded, read_small
from agents.sandbox.probes import ANSWERS_FILE
from agents.sandbox.processes import marked
from agents.sandbox.walls import Walls, cgroup_name, found
from agents.work import JobProblem, Limits

ANSWERS_BYTES_MAX = 64 << 10
LIMITS = Limits(job_seconds_max=60, memory_bytes_max=1 << 30)
CANARY_VARIABLE = "MO_SANDBOX_CANARY"
DISK = "agent_disk"
NO_SANDBOX = "none"
TOLD_CHARS_MAX = 1000

_log = logging.getLogger(__name__)


class Tested(NamedTuple):
    """What was found: the walls in words (`bubblewrap 0.11.0, cgroup v2`; `none`), and the probes that got through."""

    sandbox: str
    failed: tuple[str, ...] = ()


async def self_test(walls: Walls | None = None, *, folder: Path | None = None) -> Tested:
    """Run the probes in a child, below `folder` (where jobs will lie; else where temporary files do).

    A machine without walls fails by `sandbox_missing`, a child that breaks by its code, a folder that cannot be written
    to by `agent_disk`.
    The probes' own mischief is harmless where it succeeds: a file named `mo-probe`, a process that sleeps.
    """
    walls = walls or await found()
    if walls is None:
        return Tested(NO_SANDBOX, (MISSING,))
    name = f"{walls.name}, {await asyncio.to_thread(cgroup_name)}"
    try:
        with tempfile.TemporaryDirectory(prefix="mo-probe-", dir=folder, ignore_cleanup_errors=True) as made:
            return Tested(name, tuple(await _failed(Path(made), walls)))
    except JobProblem as problem:
        return Tested(name, (problem.reason.code,))
    except OSError as error:
        _log.error("the sandbox cannot be tested: %s", error)
        return Tested(name, (DISK,))


async def _failed(folder: Path, walls: Walls) -> list[str]:
    mark = uuid4().hex
    secret = folder / "secret"
    secret.write_text(mark, "ascii")
    box = folder / "box"
    box.mkdir()
    told = bytearray()
    with _canary() as canary:
        try:
            await run_child(
                "agents.sandbox.probes",
                (canary, str(secret), mark),
                folder=box,
                inputs={},
                outputs={ANSWERS_FILE: ANSWERS_BYTES_MAX},
                limits=LIMITS,
                progress=lambda _stage, _fraction: None,
                log=told.extend,
                walls=walls,
            )
        except JobProblem:
            _log.error("the sandbox's test broke: %s", told[-TOLD_CHARS_MAX:].decode(errors="replace").strip())
            raise
    said = read_small(box / "out" / ANSWERS_FILE, bytes_max=ANSWERS_BYTES_MAX)
    answers = decoded(said, dict[str, str]) or {}
    failed = [probe for probe in PROBES if answers.get(probe, "no answer")]
    return [*failed, *(["outliving"] if await asyncio.to_thread(marked, mark) else [])]


PROBES = ("secrets", "connections", "writing", "reading", "privileges")


@contextmanager
def _canary() -> Iterator[str]:
    """A secret in this process's environment, as the true ones are."""
    canary = uuid4().hex
    os.environ[CANARY_VARIABLE] = canary
    try:
        yield canary
    finally:
        del os.environ[CANARY_VARIABLE]
