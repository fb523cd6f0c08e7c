"""The way of every write: known already? -> say -> wait for the read models -> 201, 202, 409 or 422."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import NamedTuple
from uuid import UUID

import msgspec
from aiohttp import web

from api.answers import POSITION, json_answer, lang_of, position_text
from api.auth import actor_of
from api.deps import Deps, deps_of
from api.errors import ApiRefusal
from api.present import job_resource
from api.resources import Accepted
from producers.say import Command
from schemas.envelope import command_id
from schemas.values import Code
from storage.log.port import Position
from storage.views.rows import CommandRow, JobRow

KEY_CHARS_MAX = 200
Say = Callable[[], Awaitable[Position]]


class Settled(NamedTuple):
    """What is known of a write: the row of its outcome, None while that is open, and where the event lies."""

    row: CommandRow | JobRow | None
    headers: dict[str, str]


def command_of(request: web.Request, wish: msgspec.Struct | None) -> Command:
    """The command that a request is: the same actor, path, key and body give the same one.

    Raises:
        ApiRefusal: the key is too long.
    """
    key = request.headers.get("Idempotency-Key") or str(deps_of(request).new_id())
    if len(key) > KEY_CHARS_MAX:
        raise ApiRefusal(HTTPStatus.BAD_REQUEST, "idempotency_key_too_long", chars_max=KEY_CHARS_MAX)
    actor = actor_of(request).id
    body = b"" if wish is None else msgspec.json.encode(wish, order="deterministic")
    digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
    return Command(command_id(actor, f"{request.method} {request.path}", key), actor, digest)


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
        ApiRefusal: refused by the catalogue (409), or the key was used for another body (422).
        AppendUnknownError, LogError: as the speaker.
    """
    row, headers = await earlier(deps, command), {}
    if row is None:
        headers = await _said(deps, say)
        row = await earlier(deps, command)
    if row is not None and not row.accepted:
        raise ApiRefusal.of(HTTPStatus.CONFLICT, Code(code=row.code, params=row.params))
    return Settled(row, headers)


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
    progress = await deps_of(request).views.progress([row.id])
    return json_answer(job_resource(row, progress.get(row.id), lang_of(request)), status, settled.headers)


async def _said(deps: Deps, say: Say) -> dict[str, str]:
    position = await say()
    await deps.watcher.wait_position(position.partition, position.offset, timeout_s=deps.outcome_wait_s)
    return {POSITION: position_text(position)}


def _check_digest(digest: str, command: Command) -> None:
    if digest != command.request_digest:
        raise ApiRefusal(HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency_key_reused", id=str(command.id))
