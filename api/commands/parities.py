"""POST /parities."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from aiohttp import web

from api.answers import wish_of
from api.commands import flow
from api.commands.templates import load_template, usable_entity
from api.commands.tested import (
    dataset_kind,
    dataset_version,
    networks_of_template,
    product,
    proposed_steps,
    refusal,
)
from api.commands.words import one_of
from api.deps import Deps, deps_of
from api.errors import ApiRefusal
from api.present_trons import tron_decision
from api.wishes import ParityWish
from producers import tests
from schemas.events import ConversionRequested, ModelConverted, TronUploaded
from schemas.events.tests import Backend
from schemas.specs.preprocessing import chain_problem
from schemas.values import Code
from storage.log.port import Position


async def post_parity(request: web.Request) -> web.Response:
    """Ask for a comparison of a Tron revision with its PyTorch network: 201 Job, whose id is the comparison's."""
    deps, wish = deps_of(request), await wish_of(request, ParityWish)
    command = flow.command_of(request, wish)

    async def say() -> Position:
        return await tests.request_parity(deps.speaker, command, await _asked(deps, wish))

    return await flow.job_answer(request, command, await flow.request_job(deps, command, command.id, say))


async def _asked(deps: Deps, wish: ParityWish) -> tests.ParityParts:
    """Everything that the comparison names, found and checked.

    Raises:
        ApiRefusal: something is not there, or does not fit (422), or was deleted (409).
    """
    model = await usable_entity(deps, "tron", wish.model_id)
    if isinstance(tron_decision(model), TronUploaded):
        raise ApiRefusal.of(HTTPStatus.UNPROCESSABLE_ENTITY, Code("parity_without_origin", {"name": model.name}))
    row = await product(deps, "revision", model.id, wish.revision_job_id)
    made = msgspec.json.decode(row.document, type=ModelConverted)
    job = await deps.views.job(row.job_id)
    if job is None:
        # Products and jobs are rows of one partition, written together.
        raise LookupError(f"job {row.job_id} made a revision and has no row: rebuild the read models")
    origin = msgspec.json.decode(job.request, type=ConversionRequested)
    dataset = await dataset_version(deps, wish.dataset_id, wish.version_job_id)
    networks = networks_of_template(await load_template(deps, origin.template))
    max_batch = min(each.max_batch for each in networks)
    if wish.batch_size > max_batch:
        raise refusal("batch_size_over_max", batch_size=wish.batch_size, max=max_batch)
    proposed = proposed_steps(networks, await dataset_kind(deps, wish.dataset_id))
    steps = proposed if wish.steps is None else tuple(wish.steps)
    if (code := chain_problem(steps)) is not None:
        raise refusal(code)
    return tests.ParityParts(
        origin,
        made,
        dataset,
        images_max=wish.images_max,
        batch_size=wish.batch_size,
        backend=one_of(Backend, wish.backend, "backend"),
        steps=steps,
    )
