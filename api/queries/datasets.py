"""GET /datasets."""

from __future__ import annotations

from aiohttp import web

from api import whole
from api.queries.entities import dependents_of, one_of, page_of


async def list_datasets(request: web.Request) -> web.Response:
    """A page of datasets with their versions."""
    return await page_of(request, "dataset", whole.datasets)


async def get_dataset(request: web.Request) -> web.Response:
    """One dataset with its versions."""
    return await one_of(request, "dataset", whole.dataset)


async def get_dataset_dependents(request: web.Request) -> web.Response:
    """Tests on the dataset, and jobs with it that go on."""
    return await dependents_of(request, "dataset")
