"""The handler of ParityRequested: pixels once, PyTorch with the user's code, the Tron and the verdict without it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from agents.conversion.converting import Bench
from agents.conversion.plan import PLAN_FILE, STRUCTURE_FILE, TYPE_CONFIG_FILE, WEIGHTS_FILE, plan_of, write_plan
from agents.conversion.template import template_of
from agents.evaluation.plan import Plan
from agents.parity.plan import (
    CHOSEN_FILE,
    OUTPUTS_BYTES_MAX,
    PACK_FILE,
    PARITY_FILE,
    PIXELS_BYTES_MAX,
    REPORT_FILE,
    SMALL_BYTES_MAX,
    TRON_FILE,
    ParityPlan,
    outputs_file,
    pixels_file,
)
from agents.sandbox.exchange import read_small
from agents.work import JobProblem, Work
from schemas.events import JobRequest, ParityCompleted, ParityRequested
from schemas.events.tests import PARITY_ROWS_MAX
from schemas.parity import ParityReport, ParityReportError, decode
from schemas.specs.templates import SubTemplate, TemplateDocument
from schemas.specs.testing import TestOptions
from schemas.values import ObjectRef

HEADER_BYTES = 4096
"""Room for what `.npy` says before its numbers."""


def _plan(request: ParityRequested) -> ParityPlan:
    test = Plan(
        batch_size=request.batch_size,
        loops=1,
        precision="fp32",
        backend=request.backend,
        platform=request.identity.platform,
        steps=request.steps,
        options=request.options or TestOptions(),
    )
    return ParityPlan(test=test, images_max=request.images_max)


class _Fetched:
    """The job's objects, each fetched once."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._there: dict[str, Path] = {}

    async def of(self, ref: ObjectRef) -> Path:
        if ref.digest not in self._there:
            self._there[ref.digest] = await self._work.fetch(ref, f"object{len(self._there)}")
        return self._there[ref.digest]


async def _reference_inputs(
    request: ParityRequested, document: TemplateDocument, sub: SubTemplate, fetched: _Fetched, folder: Path
) -> dict[str, Path]:
    """What the child with the user's code is given besides the pixels."""
    structure = next((each for each in request.structures if each.structure_id == sub.architecture), None)
    if structure is None:
        raise JobProblem("structure_not_given", structure=sub.architecture)
    await asyncio.to_thread(folder.mkdir)
    write_plan(folder, plan_of(document, sub, structure.class_name))
    files = {PLAN_FILE: folder / PLAN_FILE}
    files[WEIGHTS_FILE] = await fetched.of(request.weights)
    files[STRUCTURE_FILE] = await fetched.of(structure.source)
    if structure.type_config is not None:
        files[TYPE_CONFIG_FILE] = await fetched.of(structure.type_config)
    return files


async def _judged(request: ParityRequested, document: TemplateDocument, work: Work) -> Path:
    """Run all children; the report that the last one left."""
    deadline = time.monotonic() + work.limits.job_seconds_max
    fetched, bench = (
        _Fetched(work),
        Bench(work, work.folder, "agents.parity", deadline=deadline, progress=work.progress),
    )
    (work.folder / PARITY_FILE).write_bytes(msgspec.json.encode(_plan(request)))
    shown: Mapping[str, Path] = {
        PARITY_FILE: work.folder / PARITY_FILE,
        TRON_FILE: await fetched.of(request.tron),
        PACK_FILE: await fetched.of(request.pack),
    }
    positions = range(len(document.sub_templates))
    pixels = {pixels_file(position): PIXELS_BYTES_MAX + HEADER_BYTES for position in positions}
    await bench.child("pixels", shown, {**pixels, CHOSEN_FILE: SMALL_BYTES_MAX})
    made = {name: bench.left("pixels", name) for name in (*pixels, CHOSEN_FILE)}
    for position, sub in enumerate(document.sub_templates):
        given = await _reference_inputs(request, document, sub, fetched, work.folder / f"sub{position}")
        name, folder = pixels_file(position), f"reference{position}"
        answers = outputs_file(position)
        limit = OUTPUTS_BYTES_MAX + (1 << 20)
        await bench.child("reference", {**given, name: made[name]}, {answers: limit}, folder=folder)
        made[answers] = bench.left(folder, answers)
    await bench.child("judge", {**shown, **made}, {REPORT_FILE: SMALL_BYTES_MAX})
    return bench.left("judge", REPORT_FILE)


def _read(path: Path) -> ParityReport:
    try:
        return decode(read_small(path, bytes_max=SMALL_BYTES_MAX) or b"")
    except ParityReportError as error:
        raise JobProblem("parity_left_no_result") from error


async def handle(request: JobRequest, work: Work) -> ParityCompleted:
    """Compare one Tron revision with the PyTorch network that it was made of.

    Raises:
        JobProblem: the codes of `agents.parity.pixels`, `.reference` and `.judge`, of the template and of `run_child`.
        TypeError: the request is no ParityRequested.
    """
    if not isinstance(request, ParityRequested):
        raise TypeError(f"{type(request).__name__} is no parity: route it to its own handler")
    work.progress("fetch", 0.02)
    document = template_of(await work.fetch(request.template, "template.json"))
    path = await _judged(request, document, work)
    report = _read(path)
    kept = await work.keep(path, REPORT_FILE)
    work.progress("done", 1.0)
    return ParityCompleted(
        job_id=request.job_id,
        epoch=work.epoch,
        instance=work.instance,
        images=report.images,
        outputs=report.outputs[:PARITY_ROWS_MAX],
        figures=report.figures[:PARITY_ROWS_MAX],
        different=report.different_count,
        max_abs=max((each.max_abs for each in report.outputs), default=0.0),
        used=report.tron,
        report=kept,
    )
