"""Rows become resources. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from api.resources import Agent, Dataset, DatasetVersion, Job, Progress, Pth, Revision, Structure, Template, Test, Tron
from api.texts import render
from schemas.events import (
    AgentSeen,
    ConversionRequested,
    DatasetCreated,
    DatasetImported,
    DatasetImportRequested,
    InferenceCompleted,
    InferenceRequested,
    ModelConverted,
    StructureAdded,
    TemplateSaved,
    TronVersionReserved,
    Upload,
)
from schemas.specs.templates import TemplateDocument, template_warnings
from schemas.values import Code, Platform
from storage.views.rows import AgentRow, EntityRow, JobRow, ProductRow, ProgressRow

KINDS = {
    "conversion": ConversionRequested.__name__,
    "inference": InferenceRequested.__name__,
    "import": DatasetImportRequested.__name__,
}
"""What people call a kind of job -> its request event."""
AGENT_SILENT_S_MAX = 30.0
"""An agent that said nothing for so long is shown as lost; agents speak every few seconds."""
_KIND_OF = {event: kind for kind, event in KINDS.items()}
_UNSAFE_IN_NAMES = frozenset('/\\:*?"<>|')


def pth_resource(row: EntityRow) -> Pth:
    """A PTH model."""
    said = msgspec.json.decode(row.document, type=Upload)
    return Pth(
        id=row.id,
        name=row.name,
        owner=row.owner,
        weights=said.weights,
        training_id=said.training_id,
        note=said.note,
        created_at=row.created_at,
    )


def tron_resource(row: EntityRow, products: Iterable[ProductRow]) -> Tron:
    """A Tron model with those of the products that are its revisions, newest first."""
    said = msgspec.json.decode(row.document, type=TronVersionReserved)
    revisions = [_revision(each) for each in products if each.entity_id == row.id]
    parts = (said.repo, said.name, said.method, row.version)
    return Tron(
        id=row.id,
        platform=said.platform,
        repo=said.repo,
        name=said.name,
        method=said.method,
        version=row.version,
        owner=row.owner,
        pth_id=said.pth_id,
        template_id=said.template_id,
        file_name=file_name("_".join(parts), "tron"),
        revisions=sorted(revisions, key=lambda each: each.revision, reverse=True),
        created_at=row.created_at,
    )


def file_name(text: str, suffix: str) -> str:
    """A name that every file system takes: NFC, separators and control characters replaced."""
    kept = (
        "-" if each in _UNSAFE_IN_NAMES or unicodedata.category(each).startswith("C") else each
        for each in unicodedata.normalize("NFC", text)
    )
    return f"{''.join(kept)}.{suffix}"


def _revision(row: ProductRow) -> Revision:
    said = msgspec.json.decode(row.document, type=ModelConverted)
    return Revision(
        job_id=row.job_id,
        revision=said.revision,
        tron=said.tron,
        report=said.report,
        max_abs_error=said.max_abs_error,
        error_threshold=said.error_threshold,
        created_at=row.created_at,
    )


def structure_resource(row: EntityRow) -> Structure:
    """A structure."""
    said = msgspec.json.decode(row.document, type=StructureAdded)
    return Structure(
        id=row.id,
        name=row.name,
        class_name=said.class_name,
        owner=row.owner,
        source=said.source,
        type_config=said.type_config,
        created_at=row.created_at,
    )


def template_resource(row: EntityRow, document: TemplateDocument | None = None, lang: str = "zh") -> Template:
    """A template; in detail with its whole document and what looks wrong in it."""
    said = msgspec.json.decode(row.document, type=TemplateSaved)
    notices = template_warnings(document) if document is not None else ()
    return Template(
        id=row.id,
        name=row.name,
        repo=said.repo,
        method=said.method,
        start_version=said.start_version,
        error_threshold=said.error_threshold,
        architectures=list(said.architectures),
        owner=row.owner,
        created_at=row.created_at,
        document=msgspec.to_builtins(document) if document is not None else None,
        notices=list(notices),
        messages=[render(each, lang) for each in notices],
    )


def dataset_resource(row: EntityRow, products: Iterable[ProductRow]) -> Dataset:
    """A dataset with those of the products that are its versions, newest first."""
    said = msgspec.json.decode(row.document, type=DatasetCreated)
    versions = [_dataset_version(each) for each in products if each.entity_id == row.id]
    return Dataset(
        id=row.id,
        name=row.name,
        type=said.type,
        owner=row.owner,
        versions=sorted(versions, key=lambda each: each.created_at, reverse=True),
        created_at=row.created_at,
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


def job_resource(row: JobRow, progress: ProgressRow | None, lang: str) -> Job:
    """A job; progress of an earlier attempt is not shown."""
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
        reason=reason,
        message=render(reason, lang) if reason is not None else "",
    )


def _progress(row: ProgressRow) -> Progress:
    return Progress(epoch=row.epoch, step=row.step, stage=row.stage, fraction=row.fraction, seen_at=row.seen_at)


def test_resource(row: JobRow, progress: ProgressRow | None, lang: str) -> Test:
    """An inference test, with its result as soon as it has one."""
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
    )
    if row.result is None:
        return test
    got = msgspec.json.decode(row.result, type=InferenceCompleted)
    return msgspec.structs.replace(
        test,
        images=got.images,
        skipped=got.skipped,
        accuracy=got.accuracy,
        tasks=list(got.tasks),
        preprocess=got.preprocess,
        inference=got.inference,
        postprocess=got.postprocess,
        total_ms=got.total_ms,
        used=got.used,
        report=got.report,
    )


def agent_resource(row: AgentRow, now: datetime) -> Agent:
    """An agent; one that fell silent without saying goodbye is shown as lost."""
    said = msgspec.json.decode(row.document, type=AgentSeen)
    silent = now - row.seen_at > timedelta(seconds=AGENT_SILENT_S_MAX)
    return Agent(
        agent=said.agent,
        platform=said.platform,
        state="lost" if silent and said.state != "stopped" else said.state,
        device=said.device,
        device_present=said.device_present,
        slots=said.slots,
        host=said.host,
        seen_at=row.seen_at,
    )
