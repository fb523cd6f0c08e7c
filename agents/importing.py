"""The handler of DatasetImportRequested: lets a child make a pack of the uploaded package, and keeps it."""

from __future__ import annotations

import msgspec

from agents.import_plan import INFO_FILE, PACK_FILE, PACKAGE_FILE, PLAN_FILE, ImportPlan
from agents.sandbox.child import run_child
from agents.sandbox.exchange import decoded, read_small
from agents.work import JobProblem, Work
from schemas.events import DatasetImported, DatasetImportRequested, JobRequest
from storage.datasets.pack import PackInfo

INFO_BYTES_MAX = 64 << 20
PACK_BYTES_MAX = 128 << 30


async def handle(request: JobRequest, work: Work) -> DatasetImported:
    """Import one package as a dataset version.

    Raises:
        JobProblem: the codes of `storage.datasets.package.Package`, `package_without_labels`, `no_images_left`,
            and those of `run_child`.
        TypeError: the request is no DatasetImportRequested.
    """
    if not isinstance(request, DatasetImportRequested):
        raise TypeError(f"{type(request).__name__} is no import: route it to its own handler")
    work.progress("fetch", 0.02)
    package = await work.fetch(request.package, PACKAGE_FILE)
    plan = work.folder / PLAN_FILE
    plan.write_bytes(msgspec.json.encode(ImportPlan(format=request.format)))
    folder = work.folder / "import"
    folder.mkdir()
    await run_child(
        "agents.import_images",
        (),
        folder=folder,
        inputs={PACKAGE_FILE: package, PLAN_FILE: plan},
        outputs={PACK_FILE: PACK_BYTES_MAX, INFO_FILE: INFO_BYTES_MAX},
        limits=work.limits,
        progress=work.progress,
        log=work.log.take,
    )
    info = decoded(read_small(folder / "out" / INFO_FILE, bytes_max=INFO_BYTES_MAX), PackInfo)
    pack = folder / "out" / PACK_FILE
    if info is None or not pack.exists():
        raise JobProblem("import_left_no_result")
    kept = await work.keep(pack, "dataset.zip")
    work.progress("done", 1.0)
    return DatasetImported(
        job_id=request.job_id,
        epoch=work.epoch,
        instance=work.instance,
        dataset_id=request.dataset_id,
        pack=kept,
        images=info.images,
        classes=len(info.tasks[0].classes),
        dropped=info.dropped,
        reasons=info.reasons,
        task=info.tasks[0].name,
    )
