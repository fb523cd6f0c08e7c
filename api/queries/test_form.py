"""GET /test-form: what the form of a test is filled with."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web

from api.answers import Query, json_answer, lang_of
from api.commands.templates import usable_entity
from api.commands.tested import dataset_kind, dataset_version, model_tasks, own_kind, proposed_steps, tested
from api.commands.tests import PRECISIONS
from api.deps import deps_of
from api.errors import ApiRefusal
from api.packs import OPEN_PACKS
from api.test_forms import FormDimension, FormTask, TestForm
from api.texts import render
from schemas.specs.parts import TaskSpec
from schemas.specs.testing import Task, precision_switches, proposed_tasks
from storage.datasets.pack import PackInfo

KNOWN = ("model_id", "dataset_id", "revision_job_id", "version_job_id")


async def get_form(request: web.Request) -> web.Response:
    """The form of a test of a model on a dataset, the newest of both unless others are named.

    Without a dataset it is the form of a quick check.
    """
    deps, query, lang = deps_of(request), Query(request, KNOWN), lang_of(request)
    model_id, dataset_id = query.id("model_id"), query.id("dataset_id")
    if model_id is None:
        raise ApiRefusal(HTTPStatus.BAD_REQUEST, "query_invalid", name="model_id", known="UUID")
    model = await tested(deps, await usable_entity(deps, "tron", model_id), query.id("revision_job_id"))
    info = None
    if dataset_id is None:
        kind = own_kind(model.networks)
    else:
        dataset = await dataset_version(deps, dataset_id, query.id("version_job_id"))
        kind = await dataset_kind(deps, dataset_id)
        info = (await request.app[OPEN_PACKS].tables(deps.objects, dataset.pack)).info
    steps = proposed_steps(model.networks, kind)
    ours, switches = model_tasks(model.networks, kind), precision_switches(model.quantized)
    pairs = proposed_tasks(ours, info.tasks if info is not None else ())
    form = TestForm(
        model_id=model_id,
        dataset_id=dataset_id,
        type=kind,
        max_batch=min(each.max_batch for each in model.networks),
        switches=list(switches),
        messages={each.precision: render(each.reason, lang) for each in switches if each.reason is not None},
        precisions=[*PRECISIONS],
        iou_threshold=kind == "detection",
        steps=list(steps),
        model_tasks=_shown(ours),
        dataset_tasks=_shown(info.tasks if info is not None else ()),
        tasks=list(pairs),
        nothing_common=info is not None and not pairs,
        dimensions=_dimensions(info, ours) if info is not None else [],
    )
    return json_answer(form)


def _shown(tasks: Sequence[Task]) -> list[FormTask]:
    return [FormTask(name=each.name, classes=len(each.classes)) for each in tasks]


def _dimensions(info: PackInfo, ours: Sequence[TaskSpec]) -> list[FormDimension]:
    """Tasks first, then attributes; an attribute can be a task where a head is left that fits it."""
    tasks = {task.name: task.classes for task in info.tasks}
    attributes = {name: tuple(values) for name, values in info.dimensions.items() if name not in tasks}
    heads = proposed_tasks(ours, info.tasks)
    left = [task for task in ours if task.name not in {pair.task for pair in heads}]
    answered = {pair.dataset_task for pair in heads}
    if info.type == "classification":
        for name, values in attributes.items():
            if proposed_tasks(left, [TaskSpec(name, values)]):
                answered.add(name)
    return [
        FormDimension(name=name, values=len(values), as_task=name in answered and info.type == "classification")
        for name, values in (tasks | attributes).items()
    ]
