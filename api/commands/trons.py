"""POST /trons: model files that were made elsewhere."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from api import whole
from api.answers import wish_of
from api.commands import flow
from api.commands.objects import object_ref
from api.commands.templates import usable_entity
from api.deps import deps_of
from api.dictionary import lists_now
from api.errors import ApiRefusal
from api.tron_files import look_at
from api.wishes import TronWish
from producers import models
from schemas.specs.dictionary import ListName, Lists
from schemas.tron import file_stem
from schemas.values import TronIdentity
from storage.log.port import Position


async def post_tron(request: web.Request) -> web.Response:
    """Make a stored model file known under an identity of its own: 201 Tron. What it is is looked at, never refused."""
    deps, wish = deps_of(request), await wish_of(request, TronWish)
    command = flow.command_of(request, wish)

    async def say() -> Position:
        label = wish.file_name or wish.name
        tron = await object_ref(deps.objects, wish.digest, label, field="digest", size_max_bytes=deps.upload_bytes_max)
        if wish.template_id is not None:
            await usable_entity(deps, "template", wish.template_id)
        lists = await lists_now(deps)
        repo, method = _listed("repo", wish.repo, lists), _listed("method", wish.method, lists)
        looked = await look_at(deps.objects, tron)
        return await models.upload_tron(
            deps.speaker,
            command,
            identity=TronIdentity(wish.platform, repo, wish.name, method, wish.version),
            tron=tron,
            detected=looked.kind,
            file_says="" if looked.manifest is None else file_stem(looked.manifest.identity),
            template_id=wish.template_id,
            note=wish.note,
        )

    return await flow.made(request, command, say, whole.tron)


def _listed(name: ListName, given: str, lists: Lists) -> str:
    """The entry that was given, which must be in the dictionary, or its default.

    Raises:
        ApiRefusal: `not_in_dictionary`.
    """
    choices = lists[name]
    if given and given not in choices.names:
        known = ", ".join(choices.names)[:500]
        raise ApiRefusal(HTTPStatus.UNPROCESSABLE_ENTITY, "not_in_dictionary", list=name, value=given, known=known)
    return given or choices.default
