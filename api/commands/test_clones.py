"""POST /tests/{id}/clone: a test once more, with changes or as it was."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from aiohttp import web

from api.answers import id_of, unknown, wish_of
from api.commands import flow
from api.commands.tested import refusal
from api.commands.tests import planned, say_test
from api.deps import Deps, deps_of
from api.packs import OPEN_PACKS
from api.present import KINDS
from api.wishes import CloneWish, InferenceWish
from schemas.events import InferenceRequested
from schemas.specs.testing import TestOptions
from storage.log.port import Position
from storage.views.rows import JobRow


async def post_clone(request: web.Request) -> web.Response:
    """Ask for a test once more: 201 Job, another test."""
    deps, changes = deps_of(request), await wish_of(request, CloneWish)
    row = await deps.views.job(id_ := id_of(request, "test"))
    if row is None or row.kind != KINDS["inference"]:
        raise unknown("test", id_)
    command, packs = flow.command_of(request, changes), request.app[OPEN_PACKS]

    async def say() -> Position:
        return await say_test(deps, command, await planned(deps, packs, await _changed(deps, row, changes)))

    return await flow.job_answer(request, command, await flow.request_job(deps, command, command.id, say))


async def _changed(deps: Deps, row: JobRow, changes: CloneWish) -> InferenceWish:
    """The wish that leads to the same test, with the changes in it."""
    asked = msgspec.json.decode(row.request, type=InferenceRequested)
    options = asked.options or TestOptions()
    same_model = changes.model_id in (None, asked.model_id)
    same_dataset = changes.dataset_id in (None, asked.dataset_id)
    kept: dict[str, Any] = {
        name: getattr(asked, name) for name in ("model_id", "dataset_id", "batch_size", "loops", "precision", "backend")
    }
    if same_model and changes.revision_job_id is None:
        kept["revision_job_id"] = await _made_by(deps, "revision", asked.model_id, asked.tron.digest)
    if same_dataset and changes.version_job_id is None:
        kept["version_job_id"] = await _made_by(deps, "dataset_version", asked.dataset_id, asked.pack.digest)
    if same_model and same_dataset:
        kept["steps"] = list(asked.steps)
    else:
        dimensions = options.dimensions if same_dataset else ()
        options = msgspec.structs.replace(options, tasks=(), dimensions=dimensions)
    # field by field: as plain data the parts that were given would be plain, too
    named = {name: getattr(changes, name) for name in CloneWish.__struct_fields__}
    given = {name: value for name, value in named.items() if value is not None}
    return InferenceWish(**{**kept, "options": options, **given})


async def _made_by(deps: Deps, kind: str, id_: UUID, digest: str) -> UUID | None:
    """The job that made this file; None for an uploaded model, which has one file only.

    Raises:
        ApiRefusal: `tested_file_unknown`.
    """
    made = await deps.views.products(kind, [id_])
    found = [row.job_id for row in made if row.digest == digest]
    if made and not found:
        raise refusal("tested_file_unknown", digest=digest)
    return found[-1] if found else None
