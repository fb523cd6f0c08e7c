"""Tron models as resources, converted here or uploaded: their files, and what can be done with them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

import msgspec

from api.present import Asked, made, thing
from api.resources import Revision, Tron
from api.texts import render
from schemas.events import ModelConverted, TronUploaded, TronVersionReserved
from schemas.specs.uploads import file_ending, use_problem
from schemas.tron import file_stem
from schemas.values import Code, TronIdentity
from storage.views.rows import EntityRow, JobRow, ProductRow


def tron_decision(row: EntityRow) -> TronVersionReserved | TronUploaded:
    """The event that the model began with: it was uploaded with its file, or reserved for a conversion."""
    try:
        return msgspec.json.decode(row.document, type=TronUploaded)
    except msgspec.ValidationError:
        return msgspec.json.decode(row.document, type=TronVersionReserved)


def tron_resource(
    row: EntityRow, products: Iterable[ProductRow], job: JobRow | None, deleted: Collection[UUID]
) -> Tron:
    """A Tron model with its revisions, newest first: its uploaded file, or those of the products that are its.

    `job` is its conversion, `deleted` ids of things that are there no more.
    """
    said = tron_decision(row)
    if isinstance(said, TronUploaded):
        return _uploaded(row, said, deleted)
    revisions = [_revision(each) for each in products if each.entity_id == row.id]
    identity = TronIdentity(said.platform, said.repo, said.name, said.method, row.version)
    return Tron(
        **thing(row),
        platform=said.platform,
        repo=said.repo,
        method=said.method,
        version=row.version,
        origin="converted",
        pth_id=said.pth_id,
        template_id=said.template_id,
        file_name=f"{file_stem(identity)}.tron",
        state=made(bool(revisions), job),
        revisions=sorted(revisions, key=lambda each: each.revision, reverse=True),
        detected="tron" if revisions else None,
        **_quantizing(_not_quantizable(said, ready=bool(revisions))),
        parents_deleted=[each for each in (said.pth_id, said.template_id) if each in deleted],
        overridden=msgspec.json.decode(job.request, type=Asked).overridden if job is not None else [],
    )


def _uploaded(row: EntityRow, said: TronUploaded, deleted: Collection[UUID]) -> Tron:
    identity = said.identity
    typed = file_stem(identity)
    differs = Code("tron_identity_differs", {"typed": typed, "file_says": said.file_says})
    return Tron(
        **thing(row),
        platform=identity.platform,
        repo=identity.repo,
        method=identity.method,
        version=identity.version,
        origin="uploaded",
        pth_id=None,
        template_id=said.template_id,
        file_name=f"{typed}.{file_ending(said.detected, said.tron.name)}",
        state="ready",
        revisions=[Revision(revision=1, tron=said.tron, created_at=row.created_at)],
        detected=said.detected,
        unusable=use_problem(said.detected),
        **_quantizing(_not_quantizable(said, ready=True)),
        notices=[differs] if said.file_says not in ("", typed) else [],
        parents_deleted=[each for each in (said.template_id,) if each is not None and each in deleted],
    )


def in_words(tron: Tron, lang: str) -> Tron:
    """The same with sentences for its codes."""
    codes = (tron.unusable, tron.not_quantizable, *tron.notices)
    return msgspec.structs.replace(tron, messages=[render(each, lang) for each in codes if each is not None])


def _not_quantizable(said: TronVersionReserved | TronUploaded, *, ready: bool) -> Code | None:
    """Why the model cannot be quantized: only what was converted here for NVIDIA can."""
    platform = said.identity.platform if isinstance(said, TronUploaded) else said.platform
    if platform != "nvidia":
        return Code("quantize_not_for_platform", {"platform": platform})
    if isinstance(said, TronUploaded):
        return Code("quantize_not_for_uploads")
    return None if ready else Code("quantize_not_ready")


def _quantizing(problem: Code | None) -> dict[str, Any]:
    return {"quantizable": problem is None, "not_quantizable": problem}


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
