"""PUT /dictionary/{name}, by admins."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from api.answers import json_answer, wish_of
from api.commands import flow
from api.deps import deps_of
from api.dictionary import list_name, shown
from api.errors import ApiRefusal
from api.wishes import DictionaryWish
from producers import dictionary
from schemas.specs.dictionary import Choices, choices_problem, list_id


async def put_dictionary_list(request: web.Request) -> web.Response:
    """Put another list in the place of the one that the author saw (If-Match): 200 DictionaryList."""
    deps, name = deps_of(request), list_name(request.match_info["name"])
    wish = await wish_of(request, DictionaryWish)
    command = flow.command_of(request, wish)
    choices = Choices(tuple(wish.entries), wish.default)
    if (problem := choices_problem(name, choices)) is not None:
        raise ApiRefusal.of(HTTPStatus.UNPROCESSABLE_ENTITY, problem)
    before = await deps.views.entity(list_id(name))
    expected = flow.expected_revision(request, before.revision if before is not None else 1)
    settled = await flow.decide(
        deps,
        command,
        lambda: dictionary.edit(deps.speaker, command, name=name, choices=choices, expected_revision=expected),
    )
    row = await deps.views.entity(list_id(name))
    if settled.row is None or row is None:
        return flow.pending(command, settled.headers)
    changed = shown(name, row)
    return json_answer(changed, HTTPStatus.OK, {**settled.headers, "ETag": changed.etag})
