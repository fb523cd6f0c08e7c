"""GET /jobs."""

from __future__ import annotations

from aiohttp import web

from api.answers import Query, id_of, json_answer, lang_of, unknown
from api.auth import actor_of
from api.deps import deps_of
from api.present import KINDS, job_resource
from api.resources import Page
from schemas.lifecycle import TERMINAL
from storage.views.rows import JobRow

STATES = TERMINAL | {"queued", "running"}
KNOWN = ("limit", "cursor", "mine", "state", "subject_id")


async def job_rows(request: web.Request, query: Query, kinds: tuple[str, ...]) -> tuple[list[JobRow], str | None]:
    """A page of jobs of these kinds as the query asks for, and the cursor of the next one."""
    state = query.one_of("state", STATES)
    return await deps_of(request).views.jobs(
        owner=actor_of(request).id if query.flag("mine") else None,
        kinds=kinds,
        states=(state,) if state else (),
        subject_id=query.id("subject_id"),
        limit=query.limit(),
        cursor=query.cursor(),
    )


async def job_row(request: web.Request, noun: str = "job") -> JobRow:
    """The row of the id in the path.

    Raises:
        ApiRefusal: 404.
    """
    id_ = id_of(request, noun)
    row = await deps_of(request).views.job(id_)
    if row is None:
        raise unknown(noun, id_)
    return row


async def list_jobs(request: web.Request) -> web.Response:
    """A page of jobs with their progress."""
    query = Query(request, (*KNOWN, "kind"))
    kind = query.one_of("kind", KINDS)
    rows, next_ = await job_rows(request, query, (KINDS[kind],) if kind else ())
    progress = await deps_of(request).views.progress([row.id for row in rows])
    lang = lang_of(request)
    return json_answer(Page(items=[job_resource(row, progress.get(row.id), lang) for row in rows], next=next_))


async def get_job(request: web.Request) -> web.Response:
    """One job with its progress."""
    row = await job_row(request)
    progress = await deps_of(request).views.progress([row.id])
    return json_answer(job_resource(row, progress.get(row.id), lang_of(request)))
