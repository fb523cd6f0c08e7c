"""Rows become resources. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from api.queue import AGENT_SILENT_S_MAX, Standing
from api.resources import Agent, Dataset, DatasetVersion, Dependent, Job, MadeState, Progress, Pth, Structure, Template
from api.resources_tests import Test
from api.terms import TypeConfig
from api.texts import render
from schemas.events import (
    AgentSeen,
    ConversionRequested,
    DatasetCreated,
    DatasetImported,
    DatasetImportRequested,
    DatasetScanRequested,
    InferenceCompleted,
    InferenceRequested,
    ParityRequested,
    QuickCheckRequested,
    StructureAdded,
    TemplateSaved,
    TypeConfigAdded,
    Upload,
)
from schemas.file_names import cut, stem_of
from schemas.lifecycle import TERMINAL
from schemas.specs.templates import TemplateDocument, template_problems, template_warnings
from schemas.specs.testing import TestOptions
from schemas.values import Code, ObjectRef, Platform, TronIdentity
from storage.views.rows import AgentRow, CertificateRow, EntityRow, JobRow, ProductRow, ProgressRow

KINDS = {
    "conversion": ConversionRequested.__name__,
    "inference": InferenceRequested.__name__,
    "parity": ParityRequested.__name__,
    "quick_check": QuickCheckRequested.__name__,
    "scan": DatasetScanRequested.__name__,
    "import": DatasetImportRequested.__name__,
}
"""What people call a kind of job -> its request event."""
_KIND_OF = {event: kind for kind, event in KINDS.items()}
SUFFIX_BYTES_MAX = 16


class Asked(msgspec.Struct):
    """What a request says of the job it repeats, and of where a conversion differs from its template."""

    retry_of: UUID | None = None
    overridden: list[str] = []


class _Tested(msgspec.Struct):
    """What a request says of the model and the dataset that it brings together."""

    identity: TronIdentity
    dataset_name: str


def etag(row: EntityRow) -> str:
    """What an edit or a deletion of the row's thing must name: how many decisions were taken about it."""
    return f'"{row.revision}"'


def thing(row: EntityRow) -> dict[str, Any]:
    """The fields that all decided things have."""
    return {
        "id": row.id,
        "name": row.name,
        "owner": row.owner,
        "note": row.note,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "etag": etag(row),
        "deleted_at": row.deleted_at,
    }


def pth_resource(row: EntityRow) -> Pth:
    """A PTH model."""
    said = msgspec.json.decode(row.document, type=Upload)
    return Pth(**thing(row), weights=said.weights, training_id=said.training_id)


def made(ready: bool, job: JobRow | None) -> MadeState:
    """How far something is that a job makes."""
    if ready:
        return "ready"
    if job is None:
        return "reserved"
    return "failed" if job.state in TERMINAL else "pending"


def file_name(text: str, suffix: str) -> str:
    """A name that every file system takes."""
    return f"{stem_of(text, '-')}.{cut(stem_of(suffix, '-'), SUFFIX_BYTES_MAX)}"


def structure_resource(row: EntityRow, certificate: CertificateRow | None) -> Structure:
    """A structure, with the conversion that certified it."""
    said = msgspec.json.decode(row.document, type=StructureAdded)
    return Structure(
        **thing(row),
        class_name=said.class_name,
        source=said.source,
        type_config=said.type_config,
        type_config_id=said.type_config_id or None,
        certified=certificate is not None,
        certified_by=certificate.job_id if certificate is not None else None,
        certified_at=certificate.created_at if certificate is not None else None,
    )


def type_config_resource(row: EntityRow, arguments: dict[str, Any] | None) -> TypeConfig:
    """A version of a type config; in detail with its arguments."""
    said = msgspec.json.decode(row.document, type=TypeConfigAdded)
    return TypeConfig(**thing(row), version=row.version, file=said.file, arguments=arguments)


def template_resource(
    row: EntityRow,
    document: TemplateDocument | None,
    lang: str,
    deleted: Collection[UUID],
    remarks: Iterable[Code] = (),
) -> Template:
    """A template; in detail with its whole document, with why it can no longer be used, and what looks wrong in it."""
    said = msgspec.json.decode(row.document, type=TemplateSaved)
    found = () if document is None else (*template_problems(document), *template_warnings(document))
    notices = (*found, *remarks)
    return Template(
        **thing(row),
        repo=said.repo,
        method=said.method,
        start_version=said.start_version,
        error_threshold=said.error_threshold,
        architectures=list(said.architectures),
        parents_deleted=[each for each in said.architectures if each in deleted],
        document=msgspec.to_builtins(document) if document is not None else None,
        notices=list(notices),
        messages=[render(each, lang) for each in notices],
    )


def dataset_resource(row: EntityRow, products: Iterable[ProductRow], job: JobRow | None) -> Dataset:
    """A dataset with those of the products that are its versions, newest first; `job` is its import."""
    said = msgspec.json.decode(row.document, type=DatasetCreated)
    versions = [_dataset_version(each) for each in products if each.entity_id == row.id]
    return Dataset(
        **thing(row),
        type=said.type,
        state=made(bool(versions), job),
        versions=sorted(versions, key=lambda each: each.created_at, reverse=True),
    )


def _dataset_version(row: ProductRow) -> DatasetVersion:
    said = msgspec.json.decode(row.document, type=DatasetImported)
    return DatasetVersion(
        job_id=row.job_id,
        pack=said.pack,
        images=said.images,
        classes=said.classes,
        dropped=said.dropped,
        reasons=said.reasons,
        created_at=row.created_at,
    )


def dependent_entity(row: EntityRow) -> Dependent:
    """A thing as one that depends on another."""
    return Dependent(noun=row.kind, id=row.id, name=f"{row.name}@{row.version}" if row.version else row.name)


def dependent_job(row: JobRow, noun: str) -> Dependent:
    """A job, or the test that it was, as one that depends on a thing."""
    match row.kind:
        case InferenceRequested.__name__ | ParityRequested.__name__:
            tested = msgspec.json.decode(row.request, type=_Tested)
            name = f"{tested.identity.name}@{tested.identity.version} · {tested.dataset_name}"
        case ConversionRequested.__name__:
            converted = msgspec.json.decode(row.request, type=ConversionRequested)
            name = f"{converted.identity.name}@{converted.identity.version}"
        case _:
            name = _KIND_OF[row.kind]
    return Dependent(noun=noun, id=row.id, name=name)


def job_resource(row: JobRow, progress: ProgressRow | None, lang: str, standing: Standing | None = None) -> Job:
    """A job, where it is queued with its standing; progress of an earlier attempt is not shown."""
    asked = msgspec.json.decode(row.request, type=Asked)
    waiting_for = standing.waiting_for if standing is not None else None
    reason = msgspec.json.decode(row.reason, type=Code) if row.reason is not None else None
    current = progress if progress is not None and progress.epoch == row.epoch else None
    return Job(
        id=row.id,
        kind=_KIND_OF[row.kind],
        state=row.state,
        owner=row.owner,
        resource=row.resource,
        platform=msgspec.convert(row.platform or None, Platform | None),
        epoch=row.epoch,
        agent=row.agent,
        cancelling=row.cancelling,
        subject_id=row.subject_id,
        requested_at=row.requested_at,
        updated_at=row.updated_at,
        progress=_progress(current) if current is not None else None,
        position=standing.position if standing is not None else None,
        waiting_for=waiting_for,
        waiting_message=render(waiting_for, lang) if waiting_for is not None else "",
        retry_at=standing.retry_at if standing is not None else None,
        retry_of=asked.retry_of,
        overridden=asked.overridden,
        logs=list(msgspec.json.decode(row.logs, type=dict[int, ObjectRef])),
        reason=reason,
        message=render(reason, lang) if reason is not None else "",
    )


def _progress(row: ProgressRow) -> Progress:
    return Progress(epoch=row.epoch, step=row.step, stage=row.stage, fraction=row.fraction, seen_at=row.seen_at)


def test_resource(row: JobRow, progress: ProgressRow | None, lang: str, deleted: Collection[UUID]) -> Test:
    """An inference test, with its result as soon as it has one; `deleted` are ids of things that are no more."""
    asked = msgspec.json.decode(row.request, type=InferenceRequested)
    test = Test(
        id=row.id,
        job=job_resource(row, progress, lang),
        model_id=asked.model_id,
        model=asked.identity.name,
        version=asked.identity.version,
        dataset_id=asked.dataset_id,
        dataset=asked.dataset_name,
        pack=asked.pack.digest,
        batch_size=asked.batch_size,
        loops=asked.loops,
        precision=asked.precision,
        steps=list(asked.steps),
        backend=asked.backend,
        options=asked.options or TestOptions(),
        parents_deleted=[each for each in (asked.model_id, asked.dataset_id) if each in deleted],
    )
    if row.result is None:
        return test
    got = msgspec.json.decode(row.result, type=InferenceCompleted)
    return msgspec.structs.replace(
        test,
        images=got.images,
        skipped=got.skipped,
        accuracy=got.accuracy,
        measure=got.measure,
        tasks=list(got.tasks),
        detection=got.detection,
        sequences=list(got.sequences),
        slices=list(got.slices),
        preprocess=got.preprocess,
        inference=got.inference,
        postprocess=got.postprocess,
        total_ms=got.total_ms,
        images_per_second=got.images_per_second,
        used=got.used,
        trials=list(got.trials),
        report=got.report,
        replicates=got.replicates,
        results=got.results,
    )


def agent_resource(row: AgentRow, now: datetime) -> Agent:
    """An agent; one that fell silent without saying goodbye is shown as lost."""
    said = msgspec.json.decode(row.document, type=AgentSeen)
    silent = now - row.seen_at > timedelta(seconds=AGENT_SILENT_S_MAX)
    return Agent(
        agent=said.agent,
        platform=said.platform,
        state="lost" if silent and said.state != "stopped" else said.state,
        sandbox=said.sandbox,
        sandbox_failed=list(said.sandbox_failed),
        device=said.device,
        device_present=said.device_present,
        slots=said.slots,
        host=said.host,
        seen_at=row.seen_at,
    )
