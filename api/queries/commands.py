"""GET /commands/{id}: what became of a write that was answered with 202."""

from __future__ import annotations

from aiohttp import web

from api.answers import id_of, json_answer
from api.deps import deps_of
from api.resources import Accepted
from schemas.values import Code


async def get_command(request: web.Request) -> web.Response:
    """Pending, accepted or refused. An id that nobody said is pending too: the read models cannot tell them apart."""
    views, id_ = deps_of(request).views, id_of(request, "command")
    row = await views.command(id_)
    if row is None:
        state = "pending" if await views.job(id_) is None else "accepted"
        return json_answer(Accepted(command_id=id_, state=state))
    if row.accepted:
        return json_answer(Accepted(command_id=id_, state="accepted"))
    return json_answer(Accepted(command_id=id_, state="refused", reason=Code(code=row.code, params=row.params)))
