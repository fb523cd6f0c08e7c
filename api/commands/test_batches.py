"""POST /test-batches: several models on several datasets in several precisions, all of them or none."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence
from http import HTTPStatus
from itertools import product
from typing import Any
from uuid import UUID

from aiohttp import web

from api import whole
from api.answers import json_answer, lang_of, wish_of
from api.commands import flow
from api.commands.tested import refusal
from api.commands.tests import Plan, planned, say_test
from api.deps import Deps, deps_of
from api.errors import ApiRefusal
from api.packs import OPEN_PACKS
from api.test_forms import RefusedTest, TestBatch
from api.texts import render
from api.wishes import TEST_BATCH_MAX, BatchWish, HowWish, InferenceWish
from producers.say import Command
from schemas.envelope import derived_id
from schemas.values import Precision
from storage.log.port import Position
from storage.views.rows import JobRow

SAID_AT_ONCE_MAX = 8

Key = tuple[UUID, UUID, Precision]
"""What tells the tests of a batch apart: model, dataset, precision."""


async def post_batch(request: web.Request) -> web.Response:
    """Ask for several tests: 201 with their jobs; or, where one does not fit, 200 with what is wrong, and no job.

    A test's id follows from the command's, so that asking twice is asking once, also where the first time was cut off.
    """
    deps, wish = deps_of(request), await wish_of(request, BatchWish)
    command, lang, packs = flow.command_of(request, wish), lang_of(request), request.app[OPEN_PACKS]
    plans: dict[Key, Plan] = {}
    refused = []
    wished = _wished(wish)
    for key, one in wished.items():
        if await flow.earlier_job(deps, command, _command(command, key).id) is not None:
            continue
        try:
            plans[key] = await planned(deps, packs, one)
        except ApiRefusal as error:
            refused.append(RefusedTest(**_names(key), reason=error.reason, message=render(error.reason, lang)))
    if refused:
        return json_answer(TestBatch(refused=refused))
    seen = await _say(deps, command, plans)
    rows = await deps.views.jobs_by_ids([_command(command, key).id for key in wished])
    if not seen or len(rows) < len(wished):
        there = {row.id for row in rows}
        commands = [_command(command, key) for key in wished]
        return flow.pending(next((each for each in commands if each.id not in there), commands[-1]), {})
    return json_answer(
        TestBatch(jobs=await whole.jobs(deps, _in_order(rows, command, wished), lang)), HTTPStatus.CREATED
    )


async def _say(deps: Deps, command: Command, plans: dict[Key, Plan]) -> bool:
    """Ask for every test; whether all of them can be seen."""
    few = asyncio.Semaphore(SAID_AT_ONCE_MAX)

    async def say(key: Key, plan: Plan) -> bool:
        async with few:
            position: Position = await say_test(deps, _command(command, key), plan)
            return await deps.watcher.wait_position(position.partition, position.offset, timeout_s=deps.outcome_wait_s)

    return all(await asyncio.gather(*(say(key, plan) for key, plan in plans.items())))


def _command(command: Command, key: Key) -> Command:
    return command._replace(id=derived_id(command.id, *map(str, key)))


def _in_order(rows: Sequence[JobRow], command: Command, wished: dict[Key, InferenceWish]) -> list[JobRow]:
    by_id = {row.id: row for row in rows}
    return [by_id[_command(command, key).id] for key in wished]


def _wished(wish: BatchWish) -> dict[Key, InferenceWish]:
    """The tests that the batch comes to, in the order in which they were named.

    Raises:
        ApiRefusal: `test_parts_twice`, `test_batch_too_large`.
    """
    _once("model", wish.model_ids)
    _once("dataset", wish.dataset_ids)
    _once("precision", wish.precisions)
    if (count := len(wish.model_ids) * len(wish.dataset_ids) * len(wish.precisions)) > TEST_BATCH_MAX:
        raise refusal("test_batch_too_large", count=count, max=TEST_BATCH_MAX)
    how = {name: getattr(wish, name) for name in HowWish.__struct_fields__}
    keys = product(wish.model_ids, wish.dataset_ids, wish.precisions)
    return {key: InferenceWish(**_names(key), **how) for key in keys}


def _once(noun: str, named: Sequence[Hashable]) -> None:
    for place, each in enumerate(named):
        if each in named[:place]:
            raise refusal("test_parts_twice", noun=noun, id=each)


def _names(key: Key) -> dict[str, Any]:
    return dict(zip(("model_id", "dataset_id", "precision"), key, strict=True))
