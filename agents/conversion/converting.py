"""One sub-model through its children: a dataset's images read, exported with the user's code, verified without it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from agents.conversion.explaining import explained
from agents.conversion.plan import (
    CONVERTED_FILE,
    EXPORTED_FILE,
    GRAPH_BYTES_MAX,
    PACK_FILE,
    PLACE_BYTES_MAX,
    PLACE_FILE,
    PLAN_FILE,
    REAL_FILE,
    RECORD_FILE,
    REFERENCE_BYTES_MAX,
    REFERENCE_FILE,
    TOLD_BYTES_MAX,
    TOLD_FILE,
    VERDICT_FILE,
    Plan,
    Record,
    Told,
    Verdict,
    believable,
    write_plan,
)
from agents.sandbox.child import TIME_EXCEEDED, Progress, run_child
from agents.sandbox.exchange import decoded, read_small
from agents.work import JobProblem, Work
from schemas.specs.templates import INPUTS_BYTES_MAX
from schemas.values import Code

VERDICT_BYTES_MAX = 16 << 20
ASKED = (PLAN_FILE, REAL_FILE)
"""The files that say what the network is asked."""


class Given(NamedTuple):
    """The plan, and the files that the exporting child is given (those in `ASKED` are for the verifying one too).

    `pack` is the dataset that real inputs are to be made of, which none of these two sees.
    """

    plan: Plan
    files: Mapping[str, Path]
    pack: Path | None = None


class Converted(NamedTuple):
    """`weights` is the file that the graph's weights lie in, if they lie beside it; `told` what the structure's child
    and the images' one tell, for people only."""

    verdict: Verdict
    told: Told
    graph: Path
    weights: Path | None
    export_ms: float
    verify_ms: float


class Bench:
    """Runs children of a room of modules in a folder of their own, all of them within the job's time."""

    def __init__(
        self, work: Work, folder: Path, room: str = "agents.conversion", *, deadline: float, progress: Progress
    ) -> None:
        self._work, self.folder, self._room = work, folder, room
        self._deadline, self._progress = deadline, progress

    async def child(
        self, part: str, inputs: Mapping[str, Path], outputs: Mapping[str, int], *, folder: str = ""
    ) -> float:
        """Run one child in its own folder (called like the part, unless given); milliseconds it took.

        Raises:
            JobProblem: as `run_child`; where the time ran out, with the whole job's time, which is what people set.
        """
        home = self.folder / (folder or part)
        home.mkdir()
        begun = time.perf_counter()
        left = max(1.0, self._deadline - time.monotonic())
        try:
            await run_child(
                f"{self._room}.{part}",
                (),
                folder=home,
                inputs=inputs,
                outputs=outputs,
                limits=self._work.limits._replace(job_seconds_max=left),
                progress=self._progress,
                log=self._work.log.take,
            )
        except JobProblem as problem:
            if problem.reason.code != TIME_EXCEEDED:
                raise
            raise JobProblem(TIME_EXCEEDED, seconds_max=self._work.limits.job_seconds_max) from problem
        return (time.perf_counter() - begun) * 1000

    def left(self, part: str, file: str) -> Path:
        """What the child left. Its content is for the verifying child to judge."""
        path = self.folder / part / "out" / file
        if not path.exists():
            raise JobProblem("export_left_no_result", file=file)
        return path

    def told(self, part: str) -> Told:
        """What the child tells, as far as it can be believed."""
        return believable(read_small(self.folder / part / "out" / TOLD_FILE, bytes_max=TOLD_BYTES_MAX))


async def convert(given: Given, bench: Bench) -> Converted:
    """Export and verify one sub-model.

    Raises:
        JobProblem: the codes of `agents.conversion.pictures`, `.export` and `.verify`, and of `run_child`.
    """
    given, notices = await _with_real_inputs(given, bench)
    made = {EXPORTED_FILE: GRAPH_BYTES_MAX, REFERENCE_FILE: REFERENCE_BYTES_MAX}
    export_ms = await bench.child("export", given.files, {**made, TOLD_FILE: TOLD_BYTES_MAX})
    inputs = {name: given.files[name] for name in ASKED if name in given.files}
    inputs |= {name: bench.left("export", name) for name in made}
    judged = {CONVERTED_FILE: GRAPH_BYTES_MAX, VERDICT_FILE: VERDICT_BYTES_MAX}
    if given.plan.weights_file:
        judged[given.plan.weights_file] = GRAPH_BYTES_MAX
    try:
        verify_ms = await bench.child("verify", inputs, judged)
    except JobProblem as problem:
        raise await explained(problem, lambda record: _second_look(given, inputs, record, bench)) from problem
    verdict = decoded(read_small(bench.folder / "verify" / "out" / VERDICT_FILE, bytes_max=VERDICT_BYTES_MAX), Verdict)
    if verdict is None:
        raise JobProblem("verification_left_no_result")
    weights = bench.folder / "verify" / "out" / (given.plan.weights_file or "-")
    told = bench.told("export")
    return Converted(
        verdict,
        msgspec.structs.replace(told, notices=(*notices, *told.notices)),
        bench.left("verify", CONVERTED_FILE),
        # A network whose weights are all tiny keeps them in the graph.
        weights if weights.exists() else None,
        export_ms,
        verify_ms,
    )


async def _with_real_inputs(given: Given, bench: Bench) -> tuple[Given, tuple[Code, ...]]:
    """What is given with inputs made of the pack's images, where there is one, and what is worth knowing of them.

    A file that is not what it should be is refused by everyone who reads it.
    """
    if given.pack is None:
        return given, ()
    shown = {PLAN_FILE: given.files[PLAN_FILE], PACK_FILE: given.pack}
    await bench.child("pictures", shown, {REAL_FILE: INPUTS_BYTES_MAX, TOLD_FILE: TOLD_BYTES_MAX})
    real = bench.folder / "pictures" / "out" / REAL_FILE
    if not real.exists():
        raise JobProblem("real_inputs_missing")
    return given._replace(files={**given.files, REAL_FILE: real}), bench.told("pictures").notices


async def _second_look(given: Given, inputs: Mapping[str, Path], record: Record, bench: Bench) -> str:
    """The node where the exported graph parts from what the structure records of itself, in one line."""
    folder = bench.folder / "second"
    folder.mkdir()
    write_plan(folder, msgspec.structs.replace(given.plan, record=record))
    plan = {PLAN_FILE: folder / PLAN_FILE}
    made = {EXPORTED_FILE: GRAPH_BYTES_MAX, REFERENCE_FILE: REFERENCE_BYTES_MAX, RECORD_FILE: REFERENCE_BYTES_MAX}
    await bench.child("export", {**given.files, **plan}, {**made, TOLD_FILE: TOLD_BYTES_MAX}, folder="record")
    shown = {**inputs, **plan, RECORD_FILE: bench.left("record", RECORD_FILE)}
    await bench.child("locate", shown, {PLACE_FILE: PLACE_BYTES_MAX})
    place = read_small(bench.folder / "locate" / "out" / PLACE_FILE, bytes_max=PLACE_BYTES_MAX)
    return (place or b"").decode(errors="replace")
