"""The agents' door to objects: a token for one claim, and with it what that job's request names."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

import msgspec
from aiohttp import web

from api.answers import id_of, json_answer, wish_of
from api.auth import claim_of
from api.deps import Deps, deps_of
from api.errors import ApiRefusal
from api.grants import Claim, make_token
from api.objects import receive_object, send_object
from api.resources import Grant
from api.wishes import Wish
from schemas.lifecycle import Job, owned_by
from schemas.topics import JOBS
from storage.views.rows import JobRow

LINK_S = 300.0
"""How long a redirected agent has to begin its transfer."""


class GrantWish(Wish, frozen=True, kw_only=True):
    """An agent process asks for the token of a claim that it made."""

    epoch: Annotated[int, msgspec.Meta(ge=1)]
    instance: UUID


async def post_grant(request: web.Request) -> web.Response:
    """A token for a claim that counts: 200 Grant. A claim that is not projected yet is waited for."""
    deps, wish = deps_of(request), await wish_of(request, GrantWish)
    job_id = id_of(request, "job")
    if await _running(deps, job_id, wish.epoch, wish.instance) is None:
        await _catch_up(deps)
        if await _running(deps, job_id, wish.epoch, wish.instance) is None:
            raise ApiRefusal(HTTPStatus.CONFLICT, "claim_not_current", id=job_id, epoch=wish.epoch)
    expires_at = deps.clock() + timedelta(seconds=deps.grant_s)
    token = make_token(Claim(job_id, wish.epoch, wish.instance, expires_at), deps.token_secret)
    return json_answer(Grant(token=token, expires_at=expires_at))


async def get_object(request: web.Request) -> web.StreamResponse:
    """An object that the job's request names: 307 to the store where agents may reach it, else its bytes."""
    row, digest = await _claimed(request), request.match_info["digest"]
    if digest not in set(digests_in(msgspec.json.decode(row.request))):
        raise ApiRefusal(HTTPStatus.FORBIDDEN, "object_not_of_job", digest=digest[:100], id=row.id)
    link = None if request.method == "HEAD" else await deps_of(request).objects.link(digest, expires_s=LINK_S)
    if link is not None:
        return web.Response(status=HTTPStatus.TEMPORARY_REDIRECT, headers={"Location": link})
    return await send_object(request, digest, digest.replace(":", "-"))


async def put_object(request: web.Request) -> web.Response:
    """Keep a result of the job: 201 Uploaded."""
    await _claimed(request)
    return await receive_object(request)


def digests_in(value: Any) -> Iterator[str]:
    """Every text under a key `digest`, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "digest" and isinstance(inner, str):
                yield inner
            else:
                yield from digests_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from digests_in(inner)


async def _claimed(request: web.Request) -> JobRow:
    """The job of the token, which must still be the claimant's: an attempt that lost its lease reads nothing more."""
    claim = claim_of(request)
    row = await _running(deps_of(request), claim.job_id, claim.epoch, claim.instance)
    if row is None:
        raise ApiRefusal(HTTPStatus.FORBIDDEN, "claim_not_current", id=claim.job_id, epoch=claim.epoch)
    return row


async def _running(deps: Deps, job_id: UUID, epoch: int, instance: UUID) -> JobRow | None:
    row = await deps.views.job(job_id)
    if row is None or not owned_by(msgspec.msgpack.decode(row.fold, type=Job), epoch, instance):
        return None
    return row


async def _catch_up(deps: Deps) -> None:
    """Wait until the read models have seen what is in the log now: the claim was acknowledged before it was named."""
    ends = await deps.log.end(JOBS.name)
    await asyncio.gather(
        *(
            deps.watcher.wait_position(partition, end - 1, timeout_s=deps.read_wait_s)
            for partition, end in ends.items()
            if end > 0
        )
    )
