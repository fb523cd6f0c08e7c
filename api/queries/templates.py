"""GET /templates, one beside another too."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from aiohttp import web

from api import whole
from api.answers import Query, json_answer, unknown
from api.commands.templates import load_template, whole_template
from api.deps import deps_of
from api.errors import ApiRefusal
from api.queries.entities import dependents_of, entity_row, one_of, page_of
from api.terms import TemplateDiff
from schemas.events import TemplateSaved
from schemas.specs.differences import differences


async def list_templates(request: web.Request) -> web.Response:
    """A page of templates, without their documents."""
    return await page_of(request, "template", whole.templates)


async def get_template(request: web.Request) -> web.Response:
    """One template with its document."""
    return await one_of(request, "template", whole_template)


async def get_template_dependents(request: web.Request) -> web.Response:
    """Models made with the template, and conversions that go on."""
    return await dependents_of(request, "template")


async def get_template_diff(request: web.Request) -> web.Response:
    """The fields in which the template differs from the one named by `with`.

    Raises:
        ApiRefusal: 404 no such template, 400 `with` is missing.
    """
    deps, left = deps_of(request), await entity_row(request, "template")
    other = Query(request, ("with",)).id("with")
    if other is None:
        raise ApiRefusal(HTTPStatus.BAD_REQUEST, "query_invalid", name="with", known="UUID")
    right = await deps.views.entity(other)
    if right is None or right.kind != "template":
        raise unknown("template", other)
    documents = [
        await load_template(deps, msgspec.json.decode(row.document, type=TemplateSaved).document)
        for row in (left, right)
    ]
    return json_answer(TemplateDiff(left=left.id, right=right.id, differences=list(differences(*documents))))
