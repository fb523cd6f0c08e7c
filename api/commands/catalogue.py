"""GET /catalogue, and POST of one of its items as an object: packages that the operator keeps ready."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from uuid import UUID

from aiohttp import web

from api.answers import Query, id_of, json_answer
from api.dataset_resources import CatalogueItem
from api.deps import Deps, deps_of
from api.errors import ApiRefusal
from api.resources import Page, Uploaded
from storage.dataocean.port import Catalogue, CatalogueError, ItemTooLargeError, ItemUnknownError
from storage.objects.port import Stored

FETCHES = web.AppKey("fetches", dict[UUID, "asyncio.Future[Stored]"])
"""Items that are being copied into the object store."""


async def list_catalogue(request: web.Request) -> web.Response:
    """The packages in the catalogue, by name."""
    Query(request, ())
    catalogue = _catalogue(deps_of(request))
    with _explained():
        items = await catalogue.items()
    shown = [CatalogueItem(**item._asdict()) for item in items]
    return json_answer(Page(items=shown))


async def post_item(request: web.Request) -> web.Response:
    """Keep an item of the catalogue as an object, as if it had been uploaded: 201 Uploaded. A folder becomes a zip."""
    deps, id_ = deps_of(request), id_of(request, "catalogue_item")
    catalogue, fetches = _catalogue(deps), request.app[FETCHES]
    # who lost patience and asks again joins the copying that goes on
    if (fetch := fetches.get(id_)) is None:
        put = deps.objects.put(catalogue.content(id_), size_max_bytes=deps.upload_bytes_max)
        fetch = fetches[id_] = asyncio.ensure_future(put)
        fetch.add_done_callback(lambda _: fetches.pop(id_, None))
    with _explained():
        stored = await asyncio.shield(fetch)
    answer = Uploaded(digest=stored.digest, size_bytes=stored.size_bytes)
    return json_answer(answer, HTTPStatus.CREATED, {"Location": f"/api/v1/objects/{stored.digest}"})


def _catalogue(deps: Deps) -> Catalogue:
    if deps.catalogue is None:
        raise ApiRefusal(HTTPStatus.NOT_FOUND, "catalogue_not_set")
    return deps.catalogue


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except ItemUnknownError as error:
        raise ApiRefusal(HTTPStatus.NOT_FOUND, "catalogue_item_unknown") from error
    except ItemTooLargeError as error:
        raise ApiRefusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "catalogue_item_too_large", detail=error) from error
    except CatalogueError as error:
        raise ApiRefusal(HTTPStatus.SERVICE_UNAVAILABLE, "catalogue_away", detail=str(error)[:300]) from error
