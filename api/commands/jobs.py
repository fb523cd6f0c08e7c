"""POST /jobs/{id}/cancel and /retry."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from aiohttp import web

from api.answers import id_of, unknown
from api.auth import authorize
from api.commands import flow
from api.commands.templates import usable_entity
from api.deps import Deps, deps_of
from api.errors import ApiRefusal
from producers import jobs
from schemas.events import (
    CATALOGUE,
    ConversionRequested,
    DatasetImportRequested,
    InferenceRequested,
    JobRequest,
    ParityRequested,
    QuickCheckRequested,
)
from schemas.lifecycle import TERMINAL
from schemas.values import DatasetRef
from storage.log.port import Position
from storage.views.rows import JobRow

RETRIABLE = frozenset({"failed", "cancelled", "quarantined"})


async def post_cancel(request: web.Request) -> web.Response:
    """Ask for a job's end: 200 Job. A job that was cancelled already is answered as it is, another end is a 409."""
    deps, job_id = deps_of(request), id_of(request, "job")
    command = flow.command_of(request, None)
    row = await deps.views.job(job_id)
    if row is None:
        raise unknown("job", job_id)
    await authorize(request, row.owner)
    if row.state == "cancelled":
        return await flow.job_answer(request, command, flow.Settled(row, {}), HTTPStatus.OK)
    if row.state in TERMINAL:
        raise ApiRefusal(HTTPStatus.CONFLICT, "job_ended", state=row.state)
    settled = await flow.cancel_job(deps, job_id, lambda: jobs.cancel(deps.speaker, command, job_id=job_id))
    if settled.row is None:
        # Nothing is left to decide: the wish is in the log, it only cannot be seen yet.
        return flow.pending(command, settled.headers, state="accepted")
    return await flow.job_answer(request, command, settled, HTTPStatus.OK)


async def post_retry(request: web.Request) -> web.Response:
    """Ask for the same as a job that ended badly did: 201 Job, a new one for the same model or dataset.

    Raises:
        ApiRefusal: 404 no such job; 403 somebody else's; 409 it has not ended badly, another job has taken its place,
            or what it works on was deleted.
    """
    deps, old_id = deps_of(request), id_of(request, "job")
    command = flow.command_of(request, None)
    row = await deps.views.job(old_id)
    if row is None:
        raise unknown("job", old_id)
    await authorize(request, row.owner)

    async def say() -> Position:
        return await jobs.retry(deps.speaker, command, request=await _repeatable(deps, row))

    settled = await flow.request_job(deps, command, jobs.retry_job_id(command.id), say)
    return await flow.job_answer(request, command, settled)


async def _repeatable(deps: Deps, row: JobRow) -> JobRequest:
    """What the job was asked for, if that may be asked for again."""
    if row.state not in RETRIABLE:
        raise ApiRefusal(HTTPStatus.CONFLICT, "job_not_retriable", state=row.state)
    asked = msgspec.json.decode(row.request, type=CATALOGUE[row.kind])
    if isinstance(asked, InferenceRequested | ParityRequested):
        await usable_entity(deps, "tron", asked.model_id)
        await usable_entity(deps, "dataset", asked.dataset_id)
        return asked
    if isinstance(asked, QuickCheckRequested):
        await usable_entity(deps, "tron", asked.model_id)
        return asked
    # A conversion fills a reserved version, an import a dataset: one job at a time, and none where one has done it.
    newest = (await deps.views.newest_jobs(row.kind, [row.subject_id])).get(row.subject_id, row)
    if newest.id != row.id:
        raise ApiRefusal(HTTPStatus.CONFLICT, "job_superseded", id=newest.id)
    if isinstance(asked, ConversionRequested):
        await usable_entity(deps, "tron", asked.model_id)
        await usable_entity(deps, "pth", asked.pth_id)
        await usable_entity(deps, "template", asked.template_id)
        if isinstance(asked.real_inputs, DatasetRef):
            await usable_entity(deps, "dataset", asked.real_inputs.dataset_id)
    elif isinstance(asked, DatasetImportRequested):
        await usable_entity(deps, "dataset", asked.dataset_id)
    assert isinstance(asked, JobRequest)
    return asked
