"""GET /dictionary."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from api.answers import json_answer
from api.deps import deps_of
from api.dictionary import list_name, shown, shown_lists
from api.terms import Dictionary
from schemas.specs.dictionary import list_id


async def get_dictionary(request: web.Request) -> web.Response:
    """Every list with its entries and its default."""
    return json_answer(Dictionary(lists=await shown_lists(deps_of(request))))


async def get_dictionary_list(request: web.Request) -> web.Response:
    """One list, with its ETag."""
    name = list_name(request.match_info["name"])
    found = shown(name, await deps_of(request).views.entity(list_id(name)))
    return json_answer(found, HTTPStatus.OK, {"ETag": found.etag})
