"""GET /datasets."""

from __future__ import annotations

from aiohttp import web

from api.answers import json_answer
from api.deps import deps_of
from api.present import dataset_resource
from api.queries.entities import entity_row, entity_rows
from api.resources import Page

VERSION = "dataset_version"


async def list_datasets(request: web.Request) -> web.Response:
    """A page of datasets with their versions."""
    rows, next_ = await entity_rows(request, "dataset")
    products = await deps_of(request).views.products(VERSION, [row.id for row in rows])
    return json_answer(Page(items=[dataset_resource(row, products) for row in rows], next=next_))


async def get_dataset(request: web.Request) -> web.Response:
    """One dataset with its versions."""
    row = await entity_row(request, "dataset")
    return json_answer(dataset_resource(row, await deps_of(request).views.products(VERSION, [row.id])))
