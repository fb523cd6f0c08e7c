"""GET /jobs."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

import msgspec
from aiohttp import web

from api import whole
from api.answers import Query, id_of, json_answer, lang_of, unknown
from api.auth import actor_of
from api.deps import deps_of
from api.errors import ApiRefusal
from api.objects import send_object
from api.owners import named, named_one
from api.present import KINDS
from api.resources import Page
from schemas.lifecycle import TERMINAL
from schemas.values import ObjectRef
from storage.views.rows import JobRow, ProgressRow

T = TypeVar("T", bound=msgspec.Struct)
Present = Callable[[JobRow, ProgressRow | None, str], T]
"""Makes a resource of a job, of its progress and of the reader's language."""
STATES = TERMINAL | {"queued", "running"}
KNOWN = ("limit", "cursor", "mine", "search", "state", "subject_id", "dataset_id")


async def job_rows(request: web.Request, query: Query, kinds: tuple[str, ...]) -> tuple[list[JobRow], str | None]:
    """A page of jobs of these kinds as the query asks for, and the cursor of the next one."""
    state = query.one_of("state", STATES)
    return await deps_of(request).views.jobs(
        owner=actor_of(request).id if query.flag("mine") else None,
        kinds=kinds,
        states=(state,) if state else (),
        subject_id=query.id("subject_id"),
        dataset_id=query.id("dataset_id"),
        search=query.text("search"),
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


async def page_of_kind(request: web.Request, kind: str, present: Present[T]) -> web.Response:
    """A page of the jobs of one kind, each shown by `present` with its progress."""
    rows, next_ = await job_rows(request, Query(request, KNOWN), (KINDS[kind],))
    progress = await deps_of(request).views.progress([row.id for row in rows])
    items = [present(row, progress.get(row.id), lang_of(request)) for row in rows]
    return json_answer(Page(items=await named(deps_of(request), items), next=next_))


async def one_of_kind(request: web.Request, kind: str, noun: str, present: Present[T]) -> T:
    """The job of that kind with the id in the path, shown by `present` with its progress.

    Raises:
        ApiRefusal: 404, also where the id is of another kind of job.
    """
    row = await job_row(request, noun)
    if row.kind != KINDS[kind]:
        raise unknown(noun, row.id)
    progress = await deps_of(request).views.progress([row.id])
    return await named_one(deps_of(request), present(row, progress.get(row.id), lang_of(request)))


async def list_jobs(request: web.Request) -> web.Response:
    """A page of jobs with their progress."""
    query = Query(request, (*KNOWN, "kind"))
    kind = query.one_of("kind", KINDS)
    rows, next_ = await job_rows(request, query, (KINDS[kind],) if kind else ())
    return json_answer(Page(items=await whole.jobs(deps_of(request), rows, lang_of(request)), next=next_))


async def get_job(request: web.Request) -> web.Response:
    """One job with its progress."""
    row = await job_row(request)
    (job,) = await whole.jobs(deps_of(request), [row], lang_of(request))
    return json_answer(job)


async def get_job_log(request: web.Request) -> web.StreamResponse:
    """What an attempt left to read, the newest one's unless `attempt` names another: text, or a range of it.

    Raises:
        ApiRefusal: 404 job_unknown, job_log_unknown (none was kept, or not yet).
    """
    wanted = Query(request, ("attempt",)).text("attempt")
    row = await job_row(request)
    logs = msgspec.json.decode(row.logs, type=dict[int, ObjectRef])
    attempt = wanted or str(max(logs, default=row.epoch))
    kept = {str(number): ref for number, ref in logs.items()}.get(attempt)
    if kept is None:
        raise ApiRefusal(HTTPStatus.NOT_FOUND, "job_log_unknown", id=row.id, attempt=attempt[:20])
    name = f"job-{row.id}-{attempt}.log"
    return await send_object(request, kept.digest, name, content_type="text/plain")
