"""What a job was asked for and what it made, as links with names. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from api.resources import Job, Linked
from schemas.events import (
    ConversionRequested,
    DatasetImportRequested,
    DatasetScanRequested,
    InferenceRequested,
    ParityRequested,
    QuickCheckRequested,
)
from schemas.values import DatasetRef, ObjectRef, StructureRef, TronIdentity
from storage.views.rows import EntityRow, JobRow

_SETTINGS = frozenset(
    {
        *("merge_operators", "copy_parameters"),
        *("batch_size", "loops", "precision", "backend", "images_max"),
        *("format", "split"),
    }
)
"""Plain fields of requests that people set and want to read again."""
_MADE = {
    InferenceRequested.__name__: "test",
    ParityRequested.__name__: "parity",
    QuickCheckRequested.__name__: "quick_check",
    DatasetScanRequested.__name__: "scan",
}
"""Jobs whose result has the job's id, and its noun."""


class Request(msgspec.Struct):
    """What requests say of the things that they bring together; each kind of job says some of it."""

    identity: TronIdentity | None = None
    model_id: UUID | None = None
    pth_id: UUID | None = None
    template_id: UUID | None = None
    weights: ObjectRef | None = None
    structures: tuple[StructureRef, ...] = ()
    template: dict[str, Any] | None = None
    real_inputs: DatasetRef | None = None
    dataset_id: UUID | None = None
    dataset_name: str = ""
    package: ObjectRef | None = None
    images: ObjectRef | None = None
    scan_job_id: UUID | None = None


class _Converted(msgspec.Struct):
    revision: int
    max_abs_error: float
    error_threshold: float


Names = Mapping[UUID, EntityRow]
"""The things that jobs work with, as far as they are known."""


def things_of(rows: Iterable[JobRow]) -> frozenset[UUID]:
    """Ids of everything that the jobs' links name."""
    return frozenset(link.id for row in rows for link in _inputs(_request(row), {}) + _outputs(row, {}) if link.id)


def with_links(job: Job, row: JobRow, names: Names) -> Job:
    """The job with what it works on, what it made and how it was set; a conversion with its measured error."""
    request = _request(row)
    made = _converted(row)
    return msgspec.structs.replace(
        job,
        name=_name(row, request, names),
        inputs=_inputs(request, names),
        outputs=_outputs(row, names),
        settings={name: value for name, value in msgspec.json.decode(row.request).items() if name in _SETTINGS},
        revision=made.revision if made is not None else None,
        max_abs_error=made.max_abs_error if made is not None else None,
        error_threshold=made.error_threshold if made is not None else None,
    )


def _request(row: JobRow) -> Request:
    return msgspec.json.decode(row.request, type=Request)


def _converted(row: JobRow) -> _Converted | None:
    if row.result is None or row.kind != ConversionRequested.__name__:
        return None
    return msgspec.json.decode(row.result, type=_Converted)


def _name(row: JobRow, request: Request, names: Names) -> str:
    model = f"{request.identity.name}@{request.identity.version}" if request.identity is not None else ""
    if row.kind == DatasetImportRequested.__name__:
        return _linked("dataset", row.subject_id, names, "").name
    if row.kind == DatasetScanRequested.__name__:
        return request.package.name if request.package is not None else ""
    return f"{model} · {request.dataset_name}" if request.dataset_name else model


def _inputs(request: Request, names: Names) -> list[Linked]:
    """In the order in which people chose them."""
    links: list[Linked] = []
    if request.pth_id is not None:
        links.append(_linked("pth", request.pth_id, names, request.weights.name if request.weights else ""))
    elif request.model_id is not None and request.identity is not None:
        links.append(_linked("tron", request.model_id, names, request.identity.name))
    if request.scan_job_id is not None:
        links.append(Linked(noun="scan", id=request.scan_job_id, name=""))
    template = request.template_id or _template_of(request.template)
    if template is not None:
        links.append(_linked("template", template, names, ""))
    if request.pth_id is not None:
        links += [_linked("structure", each.structure_id, names, each.class_name) for each in request.structures]
    if request.dataset_name and request.dataset_id is not None:
        links.append(_linked("dataset", request.dataset_id, names, request.dataset_name))
    if request.real_inputs is not None:
        links.append(_linked("dataset", request.real_inputs.dataset_id, names, request.real_inputs.name))
    links += [Linked(noun="file", id=None, name=each.name) for each in (request.package, request.images) if each]
    return links


def _template_of(use: Mapping[str, Any] | None) -> UUID | None:
    """Scans and imports say of a template how they use it."""
    return UUID(use["template_id"]) if use is not None and "template_id" in use else None


def _outputs(row: JobRow, names: Names) -> list[Linked]:
    if row.result is None:
        return []
    if row.kind == ConversionRequested.__name__:
        return [_linked("tron", row.subject_id, names, "")]
    if row.kind == DatasetImportRequested.__name__:
        return [_linked("dataset", row.subject_id, names, "")]
    return [Linked(noun=_MADE[row.kind], id=row.id, name="")]


def _linked(noun: str, id_: UUID, names: Names, said: str) -> Linked:
    row = names.get(id_)
    if row is None:
        return Linked(noun=noun, id=id_, name=said)
    name = f"{row.name}@{row.version}" if row.version else row.name
    return Linked(noun=noun, id=id_, name=name, deleted=row.deleted_at is not None)
