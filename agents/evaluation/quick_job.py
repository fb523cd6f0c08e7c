"""The handler of QuickCheckRequested: fetches model and images, lets the child run them, keeps what it answered."""

from __future__ import annotations

from pathlib import Path

import msgspec

from agents.evaluation.job import GRAPHS_BYTES_MAX, SUMMARY_BYTES_MAX
from agents.evaluation.plan import PACK_FILE, PLAN_FILE, RESULTS_FILE, SUMMARY_FILE, TRON_FILE, Plan
from agents.evaluation.quick_plan import IMAGES_FILE, QuickSummary
from agents.sandbox.child import run_child
from agents.sandbox.exchange import decoded, read_small
from agents.work import JobProblem, Work
from schemas.events import JobRequest, QuickCheckCompleted, QuickCheckRequested

OUTPUTS = {SUMMARY_FILE: SUMMARY_BYTES_MAX, RESULTS_FILE: 1 << 30, PACK_FILE: 2 << 30}


async def _checked(request: QuickCheckRequested, work: Work) -> Path:
    """Let the child run; the folder of what it left."""
    work.progress("fetch", 0.02)
    plan = Plan(
        batch_size=request.batch_size,
        loops=1,
        precision=request.precision,
        backend=request.backend,
        platform=request.identity.platform,
        steps=request.steps,
    )
    (work.folder / PLAN_FILE).write_bytes(msgspec.json.encode(plan))
    inputs = {PLAN_FILE: work.folder / PLAN_FILE}
    inputs[TRON_FILE] = await work.fetch(request.tron, TRON_FILE)
    inputs[IMAGES_FILE] = await work.fetch(request.images, IMAGES_FILE)
    folder = work.folder / "check"
    folder.mkdir()
    await run_child(
        "agents.evaluation.quick",
        (),
        folder=folder,
        inputs=inputs,
        outputs=OUTPUTS,
        limits=work.limits,
        progress=work.progress,
        log=work.log.take,
        scratch_bytes_max=GRAPHS_BYTES_MAX,
    )
    return folder / "out"


async def handle(request: JobRequest, work: Work) -> QuickCheckCompleted:
    """Run one Tron revision over some images.

    Raises:
        JobProblem: `quick_check_too_large`, `no_images_left`, the codes of packages, of
            `agents.evaluation.loading.load`, and those of `run_child`.
        TypeError: the request is no QuickCheckRequested.
    """
    if not isinstance(request, QuickCheckRequested):
        raise TypeError(f"{type(request).__name__} is no quick check: route it to its own handler")
    made = await _checked(request, work)
    summary = decoded(read_small(made / SUMMARY_FILE, bytes_max=SUMMARY_BYTES_MAX), QuickSummary)
    if summary is None or not (made / RESULTS_FILE).exists() or not (made / PACK_FILE).exists():
        raise JobProblem("evaluation_left_no_result")
    results = await work.keep(made / RESULTS_FILE, RESULTS_FILE)
    pack = await work.keep(made / PACK_FILE, PACK_FILE)
    work.progress("done", 1.0)
    return QuickCheckCompleted(
        job_id=request.job_id,
        epoch=work.epoch,
        instance=work.instance,
        results=results,
        pack=pack,
        **{field: getattr(summary, field) for field in QuickSummary.__struct_fields__},
    )
