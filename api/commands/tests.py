"""POST /inferences."""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple

from aiohttp import web

from api.answers import wish_of
from api.commands import flow
from api.commands.form_tasks import options_left
from api.commands.templates import usable_entity
from api.commands.tested import Tested, dataset_kind, dataset_version, proposed_steps, refusal, tested
from api.commands.words import one_of
from api.deps import Deps, deps_of
from api.errors import ApiRefusal
from api.packs import OPEN_PACKS, OpenPacks
from api.wishes import InferenceWish
from producers import tests
from producers.say import Command
from schemas.events.tests import Backend
from schemas.specs.preprocessing import Step, chain_problem
from schemas.specs.testing import TestOptions, options_problem
from schemas.values import DatasetRef, Precision
from storage.log.port import Position

PRECISIONS: tuple[Precision, ...] = ("fp32", "bf16")
"""What a converted revision can be computed in: its own, and bf16 where the agent's machine has it, which only that
machine knows. Nothing quantizes yet."""


class Plan(NamedTuple):
    """A test whose parts were all found."""

    wish: InferenceWish
    model: Tested
    dataset: DatasetRef
    backend: Backend
    steps: tuple[Step, ...]
    options: TestOptions


async def post_inference(request: web.Request) -> web.Response:
    """Ask for a test of one model revision on one dataset version: 201 Job, whose id is the test's."""
    deps, wish = deps_of(request), await wish_of(request, InferenceWish)
    command, packs = flow.command_of(request, wish), request.app[OPEN_PACKS]

    async def say() -> Position:
        return await say_test(deps, command, await planned(deps, packs, wish))

    return await flow.job_answer(request, command, await flow.request_job(deps, command, command.id, say))


async def say_test(deps: Deps, command: Command, plan: Plan) -> Position:
    """Ask for the planned test under the command's id; raises as `Speaker.say`."""
    wish, dataset = plan.wish, plan.dataset
    return await tests.request(
        deps.speaker,
        command,
        model_id=wish.model_id,
        identity=plan.model.identity,
        tron=plan.model.tron,
        dataset_id=dataset.dataset_id,
        dataset_name=dataset.name,
        pack=dataset.pack,
        batch_size=wish.batch_size,
        loops=wish.loops,
        precision=wish.precision,
        backend=plan.backend,
        steps=plan.steps,
        options=plan.options,
    )


def check_precision(precision: Precision) -> None:
    """The precision is one that revisions have.

    Raises:
        ApiRefusal: `precision_not_available`.
    """
    if precision not in PRECISIONS:
        raise refusal("precision_not_available", precision=precision, available=", ".join(PRECISIONS))


async def planned(deps: Deps, packs: OpenPacks, wish: InferenceWish) -> Plan:
    """The test that the wish asks for, everything that it names found and checked.

    Raises:
        ApiRefusal: something is not there, or does not fit (422), or was deleted (409).
    """
    check_precision(wish.precision)
    model = await tested(deps, await usable_entity(deps, "tron", wish.model_id), wish.revision_job_id)
    dataset = await dataset_version(deps, wish.dataset_id, wish.version_job_id)
    max_batch = min(each.max_batch for each in model.networks)
    if wish.batch_size > max_batch:
        raise refusal("batch_size_over_max", batch_size=wish.batch_size, max=max_batch)
    kind = await dataset_kind(deps, wish.dataset_id)
    options = await options_left(deps, packs, wish, model, dataset, kind)
    if (problem := options_problem(kind, options)) is not None:
        raise ApiRefusal.of(HTTPStatus.UNPROCESSABLE_ENTITY, problem)
    proposed = proposed_steps(model.networks, kind)
    steps = proposed if wish.steps is None else tuple(wish.steps)
    if (code := chain_problem(steps)) is not None:
        raise refusal(code)
    return Plan(wish, model, dataset, one_of(Backend, wish.backend, "backend"), steps, options)
