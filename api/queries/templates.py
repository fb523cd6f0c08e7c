"""GET /templates."""

from __future__ import annotations

import msgspec
from aiohttp import web

from api.answers import json_answer, lang_of
from api.commands.templates import load_template
from api.deps import deps_of
from api.present import template_resource
from api.queries.entities import entity_row, plain_list
from schemas.events import TemplateSaved


async def list_templates(request: web.Request) -> web.Response:
    """A page of templates, without their documents."""
    return await plain_list(request, "template", template_resource)


async def get_template(request: web.Request) -> web.Response:
    """One template with its document."""
    row = await entity_row(request, "template")
    document = await load_template(deps_of(request), msgspec.json.decode(row.document, type=TemplateSaved).document)
    return json_answer(template_resource(row, document, lang_of(request)))
