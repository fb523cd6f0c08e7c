"""Conversion templates."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from api.client import changing
from api.client.mode import M
from api.client.naming import find
from api.client.operation import Noun, iteration, operation
from api.resources import Dependents, Page, Template
from api.wishes import TemplateEdit, TemplateWish


class Templates(Noun[M]):
    """`Client.templates`."""

    @operation
    async def add(self, document: dict[str, Any], *, note: str = "") -> Template:
        """Save a template; `document` is the whole of it (schemas.specs.templates)."""
        return await self._core.write("/templates", TemplateWish(document=document, note=note), Template)

    @operation
    async def list(
        self, *, search: str = "", limit: int = 50, cursor: str | None = None, mine: bool = False, deleted: bool = False
    ) -> Page[Template]:
        """Templates without their documents, newest update first; with `deleted` those that were deleted."""
        return await self._core.read(
            "/templates",
            Page[Template],
            search=search,
            limit=limit,
            cursor=cursor,
            mine=mine or None,
            deleted=deleted or None,
        )

    @iteration
    def all(self, *, search: str = "", mine: bool = False) -> AsyncIterator[Template]:
        """Every template without its document, newest update first, page after page."""
        return self._core.pages("/templates", Page[Template], search=search, mine=mine or None)

    @operation
    async def get(self, template_id: UUID) -> Template:
        """One template with its document."""
        return await self._core.read(f"/templates/{template_id}", Template)

    @operation
    async def find(self, text: str) -> Template:
        """The template with this id, unique beginning of one, or exact name; with its document."""
        found = await find(
            self._core,
            "/templates",
            (Template, Page[Template]),
            text,
            noun="template",
            names=lambda template: (template.name,),
            search=text,
        )
        return found if found.document else await self._core.read(f"/templates/{found.id}", Template)

    @operation
    async def edit(
        self, template: Template, *, document: dict[str, Any] | None = None, note: str | None = None
    ) -> Template:
        """Another document or note; what is None stays. Raises as `changing.edit`."""
        return await changing.edit(self._core, "/templates", template, TemplateEdit(document=document, note=note))

    @operation
    async def delete(self, template: Template) -> Template:
        """Take the template out of use; raises as `changing.edit`."""
        return await changing.delete(self._core, "/templates", template)

    @operation
    async def dependents(self, template: Template) -> Dependents:
        """What depends on the template, and outlives it."""
        return await changing.dependents(self._core, "/templates", template)
