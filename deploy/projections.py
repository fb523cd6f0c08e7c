"""Read models in several schemas: rebuilt beside the one that is read, taken into use, given up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from consumers.projection.reading import HISTORIES
from consumers.rebuild import OnProgress, rebuild
from deploy import wiring
from deploy.settings import Settings
from storage.views.control import CONTROL, Control, ListedRow
from storage.views.postgres import Views


@asynccontextmanager
async def control_of(settings: Settings) -> AsyncIterator[Control]:
    """The list of schemas, made where it is missing."""
    control = await Control.open(settings.postgres_dsn, CONTROL)
    try:
        await control.migrate(settings.schema)
        yield control
    finally:
        await control.close()


async def listed(settings: Settings) -> list[ListedRow]:
    """The schemas that are kept, oldest first."""
    async with control_of(settings) as control:
        return await control.listed()


async def rebuilt(settings: Settings, *, on_progress: OnProgress) -> str:
    """Project everything from offset 0 into the next schema, here, and let the projector keep it from then on.

    One that was killed goes on where it stopped. The schema that is read is not touched. Returns the new one's name.

    Raises:
        LostLogError, NewerFoldError, StuckError: as the projector.
        ViewsAwayError, LogError: a service is away.
    """
    log = wiring.open_log(settings, "mo-rebuild")
    try:
        async with control_of(settings) as control:
            schema = await control.next_name()

            async def views_for(name: str) -> Views:
                return await Views.open(settings.postgres_dsn, name)

            views = await rebuild(log, views_for, schema, on_progress=on_progress)
            await views.close()
            await control.add(schema)
            return schema
    finally:
        await log.close()


async def flipped(settings: Settings, schema: str) -> str:
    """Let `schema` be the one that is read, once it has caught up; returns the one that was. Raises `ControlError`."""
    async with control_of(settings) as control:
        return await control.flip(schema, sorted(HISTORIES))


async def dropped(settings: Settings, schema: str) -> None:
    """Remove a schema that is not read. Raises `ControlError`."""
    async with control_of(settings) as control:
        await control.drop(schema)
