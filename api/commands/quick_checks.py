"""POST /quick-checks."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from api.answers import wish_of
from api.commands import flow
from api.commands.objects import object_ref
from api.commands.templates import usable_entity
from api.commands.tested import refusal, tested
from api.commands.tests import check_precision
from api.commands.words import one_of
from api.deps import Deps, deps_of
from api.errors import ApiRefusal
from api.tron_files import look_at
from api.wishes import QuickCheckWish
from producers import tests
from producers.say import Command
from schemas.events.tests import Backend
from schemas.specs.preprocessing import chain_problem
from schemas.values import Code, ObjectRef
from storage.log.port import Position

IMAGES_BYTES_MAX = 1 << 30


async def post_quick_check(request: web.Request) -> web.Response:
    """Ask for a look at what a model answers to some images: 201 Job, whose id is the quick check's."""
    deps, wish = deps_of(request), await wish_of(request, QuickCheckWish)
    command = flow.command_of(request, wish)

    async def say() -> Position:
        return await _say(deps, command, wish)

    return await flow.job_answer(request, command, await flow.request_job(deps, command, command.id, say))


async def _say(deps: Deps, command: Command, wish: QuickCheckWish) -> Position:
    """Find and check everything that the wish names, and ask for it.

    Raises:
        ApiRefusal: something is not there, or does not fit (422), or was deleted (409).
    """
    check_precision(wish.precision)
    model = await tested(deps, await usable_entity(deps, "tron", wish.model_id), wish.revision_job_id)
    max_batch = min(each.max_batch for each in model.networks)
    if wish.batch_size > max_batch:
        raise refusal("batch_size_over_max", batch_size=wish.batch_size, max=max_batch)
    steps = tuple(wish.steps or ())
    if (code := chain_problem(steps)) is not None:
        raise refusal(code)
    return await tests.request_quick_check(
        deps.speaker,
        command,
        model_id=wish.model_id,
        identity=model.identity,
        tron=model.tron,
        images=await _images(deps, wish),
        batch_size=wish.batch_size,
        precision=wish.precision,
        backend=one_of(Backend, wish.backend, "backend"),
        steps=steps,
    )


async def _images(deps: Deps, wish: QuickCheckWish) -> ObjectRef:
    """The stored zip.

    Raises:
        ApiRefusal: `quick_check_no_zip`, and those of `object_ref`.
    """
    limit = min(IMAGES_BYTES_MAX, deps.upload_bytes_max)
    name = wish.file_name or "images.zip"
    images = await object_ref(deps.objects, wish.digest, name, field="digest", size_max_bytes=limit)
    kind = (await look_at(deps.objects, images)).kind
    if kind != "zip":
        raise ApiRefusal.of(HTTPStatus.UNPROCESSABLE_ENTITY, Code("quick_check_no_zip", {"detected": kind}))
    return images
