"""Job events -> the job as folded so far, and what the job made. One row a job, however many events a batch has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from consumers.projection.reading import Said
from schemas.events import (
    ConversionRequested,
    DatasetImported,
    DatasetImportRequested,
    DatasetScanRequested,
    Event,
    InferenceRequested,
    JobCancelled,
    JobEvent,
    JobFailed,
    JobRequest,
    JobResult,
    ModelConverted,
    ParityRequested,
    QuickCheckRequested,
)
from schemas.lifecycle import BARREN_EXPIRIES_MAX, Job, counted, step
from schemas.values import Code, DatasetRef, ObjectRef
from storage.views.rows import At, JobRow, ProductRow

_fold_encoder = msgspec.msgpack.Encoder()
_fold_decoder = msgspec.msgpack.Decoder(Job)


class _Structure(msgspec.Struct):
    structure_id: UUID


class _Asked(msgspec.Struct):
    """What a request says of the structures that it is to be done with."""

    structures: tuple[_Structure, ...] = ()


_asked_decoder = msgspec.json.Decoder(_Asked)
_logs_decoder = msgspec.json.Decoder(dict[int, ObjectRef])


class Known(NamedTuple):
    """A job between two batches: the fold, and the row it is kept in."""

    job: Job
    row: JobRow


class Worked(NamedTuple):
    """What job events come to: the jobs that changed, and what jobs made."""

    jobs: dict[UUID, Known]
    products: list[ProductRow]


def known(row: JobRow) -> Known:
    """A job as its row keeps it."""
    return Known(_fold_decoder.decode(row.fold), row)


def fold(before: Mapping[UUID, Known], said: Iterable[Said]) -> Worked:
    """Fold the events on from `before`; jobs that are not in it are new."""
    drafts: dict[UUID, _Draft] = {}
    products: list[ProductRow] = []
    for each in said:
        event = each.envelope.event
        assert isinstance(event, JobEvent)
        draft = drafts.get(event.job_id)
        if draft is None:
            draft = drafts[event.job_id] = _Draft(before.get(event.job_id))
        if (made := draft.take(each)) is not None:
            products.append(made)
    changed = {id_: draft.finish() for id_, draft in drafts.items() if draft.changed}
    return Worked(changed, products)


class _Draft:
    """A job while a batch is folded."""

    def __init__(self, before: Known | None) -> None:
        self._job = before.job if before else None
        self._row = before.row if before else None
        self.changed = False
        self._at = At(0, 0)
        self._request = b""
        self._subject: UUID | None = None
        self._dataset: UUID | None = None
        self._updated_at: datetime | None = None
        self._result: bytes | None = None
        self._reason: Code | None = None
        self._logs: dict[int, ObjectRef] = {}
        if before is not None:
            self._request = before.row.request
            self._subject = before.row.subject_id
            self._dataset = before.row.dataset_id
            self._updated_at = before.row.updated_at
            self._result = before.row.result
            self._logs = _logs_decoder.decode(before.row.logs)

    def take(self, said: Said) -> ProductRow | None:
        """Fold one event; what it made, if it made something and counted."""
        job = step(self._job, said.envelope)
        if job is None or not counted(self._job, job):
            return None
        event = said.envelope.event
        self._job = job
        self.changed = True
        self._at = said.at
        # machines' clocks differ: a list by update must not see a job go back
        self._updated_at = max(said.envelope.time, self._updated_at or said.envelope.time)
        if isinstance(event, JobRequest):
            self._request = said.record.value or b""
            self._subject = subject_of(event)
            self._dataset = dataset_of(event)
        self._reason = _reason(job, event)
        if isinstance(event, JobResult | JobFailed | JobCancelled) and event.log:
            self._logs[event.epoch] = event.log
        if not isinstance(event, JobResult):
            return None
        self._result = said.record.value
        assert self._subject is not None
        return _product(job, self._subject, self._request, said)

    def finish(self) -> Known:
        job, subject, updated_at = self._job, self._subject, self._updated_at
        assert job is not None
        assert subject is not None
        assert updated_at is not None
        row = JobRow(
            at=self._at,
            id=job.id,
            kind=job.kind,
            owner=job.owner,
            state=job.state,
            resource=job.resource,
            platform=job.platform or "",
            epoch=job.epoch,
            agent=job.agent,
            cancelling=job.cancelling,
            subject_id=subject,
            request_digest=job.request_digest,
            requested_at=job.requested_at,
            updated_at=updated_at,
            request=self._request,
            fold=_fold_encoder.encode(job),
            dataset_id=self._dataset,
            result=self._result,
            reason=msgspec.json.encode(self._reason) if self._reason else None,
            logs=msgspec.json.encode(self._logs),
        )
        return Known(job, row)


def subject_of(request: Event) -> UUID:
    """The model or dataset that a job works on; a scan works on none yet and is its own.

    Raises:
        LookupError: the request has none; every request must have one (a test holds it).
    """
    if isinstance(request, ConversionRequested | InferenceRequested | ParityRequested | QuickCheckRequested):
        return request.model_id
    if isinstance(request, DatasetImportRequested):
        return request.dataset_id
    if isinstance(request, DatasetScanRequested):
        return request.job_id
    raise LookupError(f"{type(request).__name__} has no subject: name it in consumers/projection/jobs.py")


def dataset_of(request: Event) -> UUID | None:
    """The dataset that a job needs beside its subject."""
    if isinstance(request, InferenceRequested | ParityRequested):
        return request.dataset_id
    if isinstance(request, ConversionRequested) and isinstance(request.real_inputs, DatasetRef):
        return request.real_inputs.dataset_id
    return None


def _reason(job: Job, event: Event) -> Code | None:
    """Why the job is where the event put it; a new attempt, a cancellation and a good end need no reason."""
    if job.state == "quarantined":
        if job.barren >= BARREN_EXPIRIES_MAX:
            return Code(code="lease_expired_twice", params={"leases": str(job.barren)})
        last = event.reason.code if isinstance(event, JobFailed) else "lease_expired"
        return Code(code="attempts_exhausted", params={"attempts": str(job.epoch), "last": last})
    if isinstance(event, JobFailed) and job.state != "cancelled":
        return event.reason
    return None


def _product(job: Job, subject: UUID, request: bytes, said: Said) -> ProductRow | None:
    """What a counted result gives the job's subject; nothing where the result is of another kind or subject."""
    event = said.envelope.event
    if isinstance(event, ModelConverted) and job.kind == ConversionRequested.__name__:
        kind, entity, digest = "revision", event.model_id, event.tron.digest
    elif isinstance(event, DatasetImported) and job.kind == DatasetImportRequested.__name__:
        kind, entity, digest = "dataset_version", event.dataset_id, event.pack.digest
    else:
        return None
    if entity != subject:
        return None
    return ProductRow(
        at=said.at,
        job_id=job.id,
        kind=kind,
        entity_id=entity,
        digest=digest,
        created_at=said.envelope.time,
        document=said.record.value or b"",
        uses=[str(each.structure_id) for each in _asked_decoder.decode(request).structures],
    )
