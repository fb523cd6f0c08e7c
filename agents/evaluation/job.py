"""The handler of InferenceRequested: fetches model and dataset, lets the child evaluate, keeps the report."""

from __future__ import annotations

from pathlib import Path

from agents.evaluation.plan import (
    PACK_FILE,
    REPLICATES_FILE,
    REPORT_FILE,
    RESULTS_FILE,
    SUMMARY_FILE,
    Plan,
    Summary,
)
from agents.evaluation.running import SUMMARY_BYTES_MAX, run_model
from agents.sandbox.exchange import decoded, read_small
from agents.work import JobProblem, Work
from schemas.events import InferenceCompleted, InferenceRequested, JobRequest
from schemas.specs.testing import TestOptions

OUTPUTS = {SUMMARY_FILE: SUMMARY_BYTES_MAX, REPORT_FILE: 1 << 30, RESULTS_FILE: 8 << 30, REPLICATES_FILE: 1 << 30}


async def _evaluated(request: InferenceRequested, work: Work) -> Path:
    """Let the child evaluate; the folder of what it left."""
    plan = Plan(
        batch_size=request.batch_size,
        loops=request.loops,
        precision=request.precision,
        backend=request.backend,
        platform=request.identity.platform,
        steps=request.steps,
        options=request.options or TestOptions(),
    )
    return await run_model(
        "agents.evaluation.pipeline",
        plan,
        work,
        tron=request.tron,
        images=request.pack,
        images_file=PACK_FILE,
        outputs=OUTPUTS,
    )


async def handle(request: JobRequest, work: Work) -> InferenceCompleted:
    """Evaluate one Tron revision on one dataset version.

    Raises:
        JobProblem: `batch_size_over_max`, `precision_not_available`, `platform_not_available`,
            `chain_shape_wrong`, `no_images_left`, `no_objects_left`, `output_not_finite`, `tron_unreadable`,
            `pack_unreadable`, the codes of `chain_problem`, of `agents.evaluation.loading` and `.matching`, and those
            of `run_child`.
        TypeError: the request is no InferenceRequested.
    """
    if not isinstance(request, InferenceRequested):
        raise TypeError(f"{type(request).__name__} is no test: route it to its own handler")
    made = await _evaluated(request, work)
    summary = decoded(read_small(made / SUMMARY_FILE, bytes_max=SUMMARY_BYTES_MAX), Summary)
    files = {"report": made / REPORT_FILE, "results": made / RESULTS_FILE, "replicates": made / REPLICATES_FILE}
    if summary is None or not all(path.exists() for path in files.values()):
        raise JobProblem("evaluation_left_no_result")
    kept = {name: await work.keep(path, path.name) for name, path in files.items()}
    work.progress("done", 1.0)
    return InferenceCompleted(
        job_id=request.job_id,
        epoch=work.epoch,
        instance=work.instance,
        report=kept["report"],
        results=kept["results"],
        replicates=kept["replicates"],
        **{field: getattr(summary, field) for field in Summary.__struct_fields__},
    )
