"""POST /inferences."""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple
from uuid import UUID

import msgspec
from aiohttp import web

from api.answers import wish_of
from api.commands import flow
from api.commands.datasets import one_of
from api.commands.templates import load_template, usable_entity
from api.deps import Deps, deps_of
from api.errors import ApiRefusal
from api.wishes import InferenceWish
from producers import tests
from schemas.events import ConversionRequested, DatasetImported, ModelConverted
from schemas.events.tests import Backend
from schemas.specs.methods import SCORED, method, proposed_chain
from schemas.specs.preprocessing import Step, chain_problem
from schemas.specs.templates import TemplateDocument
from schemas.values import Code, ObjectRef, Precision
from storage.log.port import Position
from storage.views.rows import EntityRow, ProductRow

PRECISION: Precision = "fp32"
"""The one precision that converted revisions have: nothing quantizes yet."""


class Plan(NamedTuple):
    """A test whose parts were all found."""

    converted: ModelConverted
    dataset: EntityRow
    pack: ObjectRef
    steps: tuple[Step, ...]


async def post_inference(request: web.Request) -> web.Response:
    """Ask for a test of one model revision on one dataset version: 201 Job, whose id is the test's."""
    deps, wish = deps_of(request), await wish_of(request, InferenceWish)
    command = flow.command_of(request, wish)

    async def say() -> Position:
        plan = await _plan(deps, wish)
        return await tests.request(
            deps.speaker,
            command,
            model_id=wish.model_id,
            identity=plan.converted.identity,
            tron=plan.converted.tron,
            dataset_id=wish.dataset_id,
            dataset_name=plan.dataset.name,
            pack=plan.pack,
            batch_size=wish.batch_size,
            loops=wish.loops,
            precision=wish.precision,
            backend=one_of(Backend, wish.backend, "backend"),
            steps=plan.steps,
        )

    return await flow.job_answer(request, command, await flow.request_job(deps, command, command.id, say))


async def _plan(deps: Deps, wish: InferenceWish) -> Plan:
    """Everything that the test names, found and checked.

    Raises:
        ApiRefusal: something is not there, or does not fit (422), or was deleted (409).
    """
    if wish.precision != PRECISION:
        raise _refusal("precision_not_available", precision=wish.precision, available=PRECISION)
    await usable_entity(deps, "tron", wish.model_id)
    dataset = await usable_entity(deps, "dataset", wish.dataset_id)
    revision = await _product(deps, "revision", wish.model_id, wish.revision_job_id)
    version = await _product(deps, "dataset_version", wish.dataset_id, wish.version_job_id)
    document = await _document(deps, revision.job_id)
    max_batch = min(sub.max_batch for sub in document.sub_templates)
    if wish.batch_size > max_batch:
        raise _refusal("batch_size_over_max", batch_size=wish.batch_size, max=max_batch)
    proposed = _default_steps(document)
    steps = proposed if wish.steps is None else tuple(wish.steps)
    if (code := chain_problem(steps)) is not None:
        raise _refusal(code)
    pack = msgspec.json.decode(version.document, type=DatasetImported).pack
    return Plan(msgspec.json.decode(revision.document, type=ModelConverted), dataset, pack, steps)


async def _product(deps: Deps, kind: str, entity_id: UUID, job_id: UUID | None) -> ProductRow:
    """The product that the job made for the entity; without a job the newest one."""
    made = await deps.views.products(kind, [entity_id])
    wanted = [row for row in made if job_id is None or row.job_id == job_id]
    if wanted:
        return wanted[-1]
    if made:
        raise _refusal(f"{kind}_unknown", job_id=job_id)
    raise _refusal(f"{kind}_missing", id=entity_id)


async def _document(deps: Deps, job_id: UUID) -> TemplateDocument:
    """The model as the conversion was asked to make it, overrides applied."""
    job = await deps.views.job(job_id)
    if job is None:
        # Products and jobs are rows of one partition, written together.
        raise LookupError(f"job {job_id} made a revision and has no row: rebuild the read models")
    stored = msgspec.json.decode(job.request, type=ConversionRequested).template
    return await load_template(deps, stored)


def _default_steps(document: TemplateDocument) -> tuple[Step, ...]:
    """The chain of what is scored; none where the networks want different ones, so that each takes its own.

    Raises:
        ApiRefusal: `model_not_scorable`.
    """
    specs = [(sub, method(sub.method or document.method)) for sub in document.sub_templates]
    scored = [sub for sub, spec in specs if spec is not None and spec.family == SCORED]
    if not scored:
        raise _refusal("model_not_scorable", methods=", ".join(sub.method or document.method for sub, _ in specs))
    chains = {proposed_chain(sub.input_shape[1:], sub.args) for sub in scored}
    return chains.pop() if len(chains) == 1 else ()


def _refusal(code: str, **params: object) -> ApiRefusal:
    said = {name: str(value) for name, value in params.items()}
    return ApiRefusal.of(HTTPStatus.UNPROCESSABLE_ENTITY, Code(code, said))
