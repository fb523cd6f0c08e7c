"""POST /jobs/{id}/cancel."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from api.answers import id_of, unknown
from api.commands import flow
from api.deps import deps_of
from api.errors import ApiRefusal
from producers import jobs
from schemas.lifecycle import TERMINAL


async def post_cancel(request: web.Request) -> web.Response:
    """Ask for a job's end: 200 Job. A job that was cancelled already is answered as it is, another end is a 409."""
    deps, job_id = deps_of(request), id_of(request, "job")
    command = flow.command_of(request, None)
    row = await deps.views.job(job_id)
    if row is None:
        raise unknown("job", job_id)
    if row.state == "cancelled":
        return await flow.job_answer(request, command, flow.Settled(row, {}), HTTPStatus.OK)
    if row.state in TERMINAL:
        raise ApiRefusal(HTTPStatus.CONFLICT, "job_ended", state=row.state)
    settled = await flow.cancel_job(deps, job_id, lambda: jobs.cancel(deps.speaker, command, job_id=job_id))
    if settled.row is None:
        # Nothing is left to decide: the wish is in the log, it only cannot be seen yet.
        return flow.pending(command, settled.headers, state="accepted")
    return await flow.job_answer(request, command, settled, HTTPStatus.OK)
