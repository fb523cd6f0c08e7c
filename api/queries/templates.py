"""GET /templates."""

from __future__ import annotations

from aiohttp import web

from api import whole
from api.commands.templates import whole_template
from api.queries.entities import dependents_of, one_of, page_of


async def list_templates(request: web.Request) -> web.Response:
    """A page of templates, without their documents."""
    return await page_of(request, "template", whole.templates)


async def get_template(request: web.Request) -> web.Response:
    """One template with its document."""
    return await one_of(request, "template", whole_template)


async def get_template_dependents(request: web.Request) -> web.Response:
    """Models made with the template, and conversions that go on."""
    return await dependents_of(request, "template")
