"""The handler of DatasetImportRequested: lets a child make a pack of the uploaded package, and keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from agents.import_plan import INFO_FILE, MAPPING_FILE, PACK_FILE, PACKAGE_FILE, PLAN_FILE, ImportPlan
from agents.sandbox.child import run_child
from agents.sandbox.exchange import decoded, read_small
from agents.work import JobProblem, Work
from schemas.events import DatasetImported, DatasetImportRequested, DatasetScanRequested, JobRequest
from schemas.specs.mapping import TaskMapping
from storage.datasets.pack import PackInfo

INFO_BYTES_MAX = 64 << 20
PACK_BYTES_MAX = 128 << 30
MAPPING_BYTES_MAX = 64 << 20


async def handle(request: JobRequest, work: Work) -> DatasetImported:
    """Import one package as a dataset version.

    Raises:
        JobProblem: the codes of `storage.datasets.package.Package` and `schemas.specs.mapping.mapping_problems`,
            `package_without_labels`, `no_images_left`, `import_left_no_result`, and those of `ask_child`.
        TypeError: the request is no DatasetImportRequested.
    """
    if not isinstance(request, DatasetImportRequested):
        raise TypeError(f"{type(request).__name__} is no import: route it to its own handler")
    outputs = {PACK_FILE: PACK_BYTES_MAX, INFO_FILE: INFO_BYTES_MAX}
    made = await ask_child("agents.import_images", request, work, outputs)
    info = decoded(read_small(made / INFO_FILE, bytes_max=INFO_BYTES_MAX), PackInfo)
    pack = made / PACK_FILE
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


async def ask_child(
    module: str, request: DatasetScanRequested | DatasetImportRequested, work: Work, outputs: Mapping[str, int]
) -> Path:
    """Give the child the package and the plan; the folder of what it made, each output of at most so many bytes.

    Raises:
        JobProblem: `mapping_unreadable`, and those of `run_child`.
    """
    work.progress("fetch", 0.02)
    package = await work.fetch(request.package, PACKAGE_FILE)
    plan = work.folder / PLAN_FILE
    plan.write_bytes(msgspec.json.encode(await _plan(request, work)))
    folder = work.folder / "import"
    folder.mkdir()
    await run_child(
        module,
        (),
        folder=folder,
        inputs={PACKAGE_FILE: package, PLAN_FILE: plan},
        outputs=outputs,
        limits=work.limits,
        progress=work.progress,
        log=work.log.take,
    )
    return folder / "out"


async def _plan(request: DatasetScanRequested | DatasetImportRequested, work: Work) -> ImportPlan:
    """What the request says, its mapping fetched. An import that says no type is one of before there were others."""
    mapping = None
    if request.mapping:
        data = read_small(await work.fetch(request.mapping, MAPPING_FILE), bytes_max=MAPPING_BYTES_MAX)
        try:
            mapping = msgspec.json.decode(data or b"", type=TaskMapping)
        except msgspec.MsgspecError as error:
            raise JobProblem("mapping_unreadable") from error
    kind = "classification" if isinstance(request.type, msgspec.UnsetType) else request.type
    return ImportPlan(
        format=request.format,
        split=request.split or "",
        wanted=mapping.wanted if mapping is not None else None,
        pairs=mapping.pairs if mapping is not None else (),
        kind=kind,
    )
