"""The way of every write: known already? -> say -> wait for the read models -> 201, 202, 409 or 422."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import NamedTuple, TypeVar
from uuid import UUID

import msgspec
from aiohttp import web

from api import whole
from api.answers import COMMAND_ID, POSITION, id_of, json_answer, lang_of, position_text, thing_answer, unknown
from api.auth import actor_of, authorize
from api.deps import Deps, deps_of
from api.errors import ApiRefusal
from api.resources import Accepted
from api.whole import Show
from producers.say import Command
from schemas.envelope import command_id
from schemas.values import Code
from storage.log.port import Position
from storage.views.rows import CommandRow, EntityRow, JobRow

KEY_CHARS_MAX = 200
REVISION = re.compile(r"[1-9][0-9]{0,14}")
STALE = "revision_stale"
E = TypeVar("E", bound=msgspec.Struct)
Say = Callable[[], Awaitable[Position]]
SayChange = Callable[[Command, EntityRow, int], Awaitable[Position]]
"""Says a change of the row's thing, which is expected to have the revision."""


class Settled(NamedTuple):
    """What is known of a write: the row of its outcome, None while that is open, and where the event lies."""

    row: CommandRow | JobRow | None
    headers: dict[str, str]


def command_of(request: web.Request, wish: msgspec.Struct | None) -> Command:
    """The command that a request is: the same actor, path, key, body and If-Match give the same one.

    Raises:
        ApiRefusal: the key is too long.
    """
    key = request.headers.get("Idempotency-Key") or str(deps_of(request).new_id())
    if len(key) > KEY_CHARS_MAX:
        raise ApiRefusal(HTTPStatus.BAD_REQUEST, "idempotency_key_too_long", chars_max=KEY_CHARS_MAX)
    actor = actor_of(request).id
    body = b"" if wish is None else msgspec.json.encode(wish, order="deterministic")
    expected = "\n".join(request.headers.getall("If-Match", [])).encode(errors="surrogateescape")
    digest = f"sha256:{hashlib.sha256(body + expected).hexdigest()}"
    request[COMMAND_ID] = command_id(actor, f"{request.method} {request.path}", key)
    return Command(request[COMMAND_ID], actor, digest)


async def earlier(deps: Deps, command: Command) -> CommandRow | None:
    """The outcome of the same command said before.

    Raises:
        ApiRefusal: its body was another one.
    """
    row = await deps.views.command(command.id)
    if row is not None:
        _check_digest(row.request_digest, command)
    return row


async def earlier_job(deps: Deps, command: Command, job_id: UUID) -> JobRow | None:
    """The job that the same command led to before.

    Raises:
        ApiRefusal: the command's body was another one.
    """
    row = await deps.views.job(job_id)
    if row is not None:
        _check_digest(row.request_digest, command)
    return row


async def decide(deps: Deps, command: Command, say: Say) -> Settled:
    """Say a decision and return its accepted outcome, or None while it is open.

    Raises:
        ApiRefusal: refused by the catalogue (409; 412 where only the revision was another one), or the key was used
            for another body (422).
        AppendUnknownError, LogError: as the speaker.
    """
    row, headers = await earlier(deps, command), {}
    if row is None:
        headers = await _said(deps, say)
        row = await earlier(deps, command)
    if row is not None and not row.accepted:
        status = HTTPStatus.PRECONDITION_FAILED if row.code == STALE else HTTPStatus.CONFLICT
        raise ApiRefusal.of(status, Code(code=row.code, params=row.params))
    return Settled(row, headers)


async def made(request: web.Request, command: Command, say: Say, show: Show) -> web.Response:
    """Say a new thing, whose id is the command's: 201 with it, or 202 while it is not visible; raises as `decide`."""
    deps = deps_of(request)
    settled = await decide(deps, command, say)
    row = await deps.views.entity(command.id)
    if settled.row is None or row is None:
        return pending(command, settled.headers)
    return thing_answer(await show(deps, row, lang_of(request)), HTTPStatus.CREATED, settled.headers)


async def change(
    request: web.Request, kind: str, wish: msgspec.Struct | None, say: SayChange, show: Show
) -> web.Response:
    """Say an edit or a deletion of the thing in the path, as the reader knew it (If-Match): 200 with the thing.

    Raises:
        ApiRefusal: 404 no such thing, 403 somebody else's, 428 no If-Match, 412 it has changed since, and those of
            `decide`.
    """
    deps, id_ = deps_of(request), id_of(request, kind)
    command = command_of(request, wish)
    row = await deps.views.entity(id_)
    if row is None or row.kind != kind:
        raise unknown(kind, id_)
    await authorize(request, row.owner)
    expected = expected_revision(request, row.revision)
    settled = await decide(deps, command, lambda: say(command, row, expected))
    changed = await deps.views.entity(id_)
    if settled.row is None or changed is None:
        return pending(command, settled.headers)
    return thing_answer(await show(deps, changed, lang_of(request)), HTTPStatus.OK, settled.headers)


def something(edit: E) -> E:
    """The edit, which must change something.

    Raises:
        ApiRefusal: every field is left as it is (422).
    """
    if all(value is None for value in msgspec.structs.asdict(edit).values()):
        raise ApiRefusal(HTTPStatus.UNPROCESSABLE_ENTITY, "nothing_to_change", known=", ".join(edit.__struct_fields__))
    return edit


def expected_revision(request: web.Request, newest: int) -> int:
    """The revision that the request's If-Match names; of several the newest where it is among them.

    Raises:
        ApiRefusal: 428 there is none, 412 it names none that ever was. Whether it is stale is the catalogue's to say.
    """
    tags = request.if_match
    if tags is None:
        raise ApiRefusal(HTTPStatus.PRECONDITION_REQUIRED, "precondition_required")
    if any(tag.value == "*" and not tag.is_weak for tag in tags):
        return newest
    named = {int(tag.value) for tag in tags if not tag.is_weak and REVISION.fullmatch(tag.value)}
    if not named:
        text = ",".join(request.headers.getall("If-Match"))[:100]
        raise ApiRefusal(HTTPStatus.PRECONDITION_FAILED, STALE, expected=text, actual=newest)
    return newest if newest in named else max(named)


async def request_job(deps: Deps, command: Command, job_id: UUID, say: Say) -> Settled:
    """Say a job's request and return its row, or None while it is not projected; raises as `decide`."""
    row, headers = await earlier_job(deps, command, job_id), {}
    if row is None:
        headers = await _said(deps, say)
        row = await earlier_job(deps, command, job_id)
    return Settled(row, headers)


async def cancel_job(deps: Deps, job_id: UUID, say: Say) -> Settled:
    """Say that a job is to end and return its row, or None while that is not projected; raises as `decide`."""
    position = await say()
    headers = {POSITION: position_text(position)}
    seen = await deps.watcher.wait_position(position.partition, position.offset, timeout_s=deps.outcome_wait_s)
    return Settled(await deps.views.job(job_id) if seen else None, headers)


def pending(command: Command, headers: dict[str, str], *, state: str = "pending") -> web.Response:
    """202: in the log, with an outcome that is not known yet."""
    answer = Accepted(command_id=command.id, state=state)
    return json_answer(answer, HTTPStatus.ACCEPTED, {**headers, "Location": f"/api/v1/commands/{command.id}"})


async def job_answer(
    request: web.Request, command: Command, settled: Settled, status: int = HTTPStatus.CREATED
) -> web.Response:
    """The job that a write led to, or 202 while it is not visible."""
    row = settled.row
    if not isinstance(row, JobRow):
        return pending(command, settled.headers)
    (job,) = await whole.jobs(deps_of(request), [row], lang_of(request))
    return json_answer(job, status, settled.headers)


async def _said(deps: Deps, say: Say) -> dict[str, str]:
    position = await say()
    await deps.watcher.wait_position(position.partition, position.offset, timeout_s=deps.outcome_wait_s)
    return {POSITION: position_text(position)}


def _check_digest(digest: str, command: Command) -> None:
    if digest != command.request_digest:
        raise ApiRefusal(HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency_key_reused", id=str(command.id))
