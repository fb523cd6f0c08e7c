"""Things and jobs as whole resources: asks for what jobs made of them, and which of their parents are no more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar
from uuid import UUID

import msgspec

from api.deps import Deps
from api.owners import named
from api.present import (
    KINDS,
    dataset_resource,
    job_resource,
    pth_resource,
    structure_resource,
    template_resource,
    type_config_resource,
)
from api.present_jobs import things_of, with_links
from api.present_trons import in_words, tron_resource
from api.queue import standings
from api.resources import Dataset, Job, Linked, Pth, Structure, Template, Thing, Tron
from api.terms import TypeConfig
from storage.views.rows import EntityRow, JobRow

REVISION = "revision"
DATASET_VERSION = "dataset_version"

T = TypeVar("T", bound=Thing)
ANCESTORS_MAX = 64

Show = Callable[[Deps, EntityRow, str], Awaitable[Thing]]
"""A row as a whole resource, for a reader of the language."""


async def gone(deps: Deps, ids: Iterable[UUID]) -> frozenset[UUID]:
    """Those of the things that were deleted."""
    if not (asked := frozenset(ids)):
        return asked
    return frozenset(row.id for row in await deps.views.entities_by_ids(asked) if row.deleted_at is not None)


async def gone_parents(deps: Deps, rows: Iterable[EntityRow]) -> frozenset[UUID]:
    """Those of the rows' parents that were deleted."""
    return await gone(deps, (UUID(parent) for row in rows for parent in row.parents))


async def with_parents(deps: Deps, row: EntityRow, shown: T) -> T:
    """The row's thing with what it was made of, nearest first, then what that was made of, each once."""
    found: dict[UUID, EntityRow] = {}
    wanted = [UUID(each) for each in row.parents]
    while wanted and len(found) < ANCESTORS_MAX:
        rows = {each.id: each for each in await deps.views.entities_by_ids(wanted)}
        found |= {id_: rows[id_] for id_ in wanted if id_ in rows}
        further = (UUID(each) for parent in rows.values() for each in parent.parents)
        wanted = [id_ for id_ in dict.fromkeys(further) if id_ not in found]
    parents = [
        Linked(
            noun=each.kind,
            id=each.id,
            name=f"{each.name}@{each.version}" if each.version else each.name,
            deleted=each.deleted_at is not None,
        )
        for each in found.values()
    ]
    return msgspec.structs.replace(shown, parents=parents)


async def pths(deps: Deps, rows: Sequence[EntityRow]) -> list[Pth]:
    """PTH models."""
    return await named(deps, [pth_resource(row) for row in rows])


async def structures(deps: Deps, rows: Sequence[EntityRow]) -> list[Structure]:
    """Structures with what certified them."""
    certificates = await deps.views.certificates([row.id for row in rows])
    return await named(deps, [structure_resource(row, certificates.get(row.id)) for row in rows])


async def type_configs(deps: Deps, rows: Sequence[EntityRow]) -> list[TypeConfig]:
    """Type configs, without their arguments."""
    return await named(deps, [type_config_resource(row, None) for row in rows])


async def templates(deps: Deps, rows: Sequence[EntityRow]) -> list[Template]:
    """Templates, without their documents."""
    deleted = await gone_parents(deps, rows)
    return await named(deps, [template_resource(row, None, "", deleted) for row in rows])


async def trons(deps: Deps, rows: Sequence[EntityRow]) -> list[Tron]:
    """Tron models with their revisions."""
    ids = [row.id for row in rows]
    products = await deps.views.products(REVISION, ids)
    jobs = await deps.views.newest_jobs(KINDS["conversion"], ids)
    deleted = await gone_parents(deps, rows)
    return await named(deps, [tron_resource(row, products, jobs.get(row.id), deleted) for row in rows])


async def datasets(deps: Deps, rows: Sequence[EntityRow]) -> list[Dataset]:
    """Datasets with their versions."""
    ids = [row.id for row in rows]
    products = await deps.views.products(DATASET_VERSION, ids)
    jobs = await deps.views.newest_jobs(KINDS["import"], ids)
    return await named(deps, [dataset_resource(row, products, jobs.get(row.id)) for row in rows])


async def jobs(deps: Deps, rows: Sequence[JobRow], lang: str) -> list[Job]:
    """Jobs with their progress, their links by name, and their standing where they are queued."""
    progress = await deps.views.progress([row.id for row in rows])
    standing = await standings(deps, rows)
    things = things_of(rows)
    names = {row.id: row for row in await deps.views.entities_by_ids(things)} if things else {}
    shown = [job_resource(row, progress.get(row.id), lang, standing.get(row.id)) for row in rows]
    return await named(deps, [with_links(job, row, names) for job, row in zip(shown, rows, strict=True)])


async def pth(deps: Deps, row: EntityRow, _: str) -> Pth:
    """One PTH model."""
    return await with_parents(deps, row, (await pths(deps, [row]))[0])


async def structure(deps: Deps, row: EntityRow, _: str) -> Structure:
    """One structure."""
    return await with_parents(deps, row, (await structures(deps, [row]))[0])


async def tron(deps: Deps, row: EntityRow, lang: str) -> Tron:
    """One Tron model, with sentences for what cannot be done with it."""
    return await with_parents(deps, row, in_words((await trons(deps, [row]))[0], lang))


async def dataset(deps: Deps, row: EntityRow, _: str) -> Dataset:
    """One dataset."""
    return await with_parents(deps, row, (await datasets(deps, [row]))[0])
