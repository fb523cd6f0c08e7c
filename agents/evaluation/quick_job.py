"""The handler of QuickCheckRequested: fetches model and images, lets the child run them, keeps what it answered."""

from __future__ import annotations

from pathlib import Path

from agents.evaluation.plan import PACK_FILE, RESULTS_FILE, SUMMARY_FILE, Plan
from agents.evaluation.quick_plan import IMAGES_FILE, QuickSummary
from agents.evaluation.running import SUMMARY_BYTES_MAX, run_model
from agents.sandbox.exchange import decoded, read_small
from agents.work import JobProblem, Work
from schemas.events import JobRequest, QuickCheckCompleted, QuickCheckRequested

OUTPUTS = {SUMMARY_FILE: SUMMARY_BYTES_MAX, RESULTS_FILE: 1 << 30, PACK_FILE: 2 << 30}


async def _checked(request: QuickCheckRequested, work: Work) -> Path:
    """Let the child run; the folder of what it left."""
    plan = Plan(
        batch_size=request.batch_size,
        loops=1,
        precision=request.precision,
        backend=request.backend,
        platform=request.identity.platform,
        steps=request.steps,
    )
    return await run_model(
        "agents.evaluation.quick",
        plan,
        work,
        tron=request.tron,
        images=request.images,
        images_file=IMAGES_FILE,
        outputs=OUTPUTS,
    )


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
