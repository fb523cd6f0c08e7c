"""The handler of InferenceRequested: fetches model and dataset, lets the child evaluate, keeps the report."""

from __future__ import annotations

import msgspec

from agents.evaluation.plan import PLAN_FILE, REPLICATES_FILE, REPORT_FILE, SUMMARY_FILE, Plan, Summary
from agents.sandbox.child import plain_file_bytes, read_small, run_child
from agents.work import JobProblem, Work
from schemas.events import InferenceCompleted, InferenceRequested, JobRequest

SUMMARY_BYTES_MAX = 1 << 20
REPORT_BYTES_MAX = 2 << 30
REPLICATES_BYTES_MAX = 1 << 30


async def handle(request: JobRequest, work: Work) -> InferenceCompleted:
    """Evaluate one Tron revision on one dataset version.

    Raises:
        JobProblem: `batch_size_over_max`, `precision_not_available`, `platform_not_available`,
            `classes_do_not_match`, `chain_shape_wrong`, the codes of `chain_problem`, `no_images_left`,
            `output_not_finite`, `tron_unreadable`, `pack_unreadable`, and those of `run_child`.
        TypeError: the request is no InferenceRequested.
    """
    if not isinstance(request, InferenceRequested):
        raise TypeError(f"{type(request).__name__} is no test: route it to its own handler")
    work.progress("fetch", 0.02)
    plan = Plan(
        tron=str(await work.fetch(request.tron, "model.tron")),
        pack=str(await work.fetch(request.pack, "dataset.zip")),
        batch_size=request.batch_size,
        loops=request.loops,
        precision=request.precision,
        backend=request.backend,
        platform=request.identity.platform,
        steps=request.steps,
    )
    folder = work.folder / "evaluate"
    folder.mkdir()
    (folder / PLAN_FILE).write_bytes(msgspec.json.encode(plan))
    await run_child(
        "agents.evaluation.pipeline",
        (),
        folder=folder,
        limits=work.limits,
        progress=work.progress,
        log=work.log.take,
    )
    data = read_small(folder / SUMMARY_FILE, bytes_max=SUMMARY_BYTES_MAX)
    report, replicates = folder / REPORT_FILE, folder / REPLICATES_FILE
    sizes = ((report, REPORT_BYTES_MAX), (replicates, REPLICATES_BYTES_MAX))
    if data is None or not all(0 < (plain_file_bytes(path) or 0) <= bytes_max for path, bytes_max in sizes):
        raise JobProblem("evaluation_left_no_result")
    summary = msgspec.json.decode(data, type=Summary)
    kept = await work.keep(report, "evaluation-report.json")
    kept_replicates = await work.keep(replicates, "replicates.bin")
    work.progress("done", 1.0)
    return InferenceCompleted(
        job_id=request.job_id,
        epoch=work.epoch,
        instance=work.instance,
        report=kept,
        replicates=kept_replicates,
        **{field: getattr(summary, field) for field in Summary.__struct_fields__},
    )
