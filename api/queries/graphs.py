"""GET /trons/{id}/graphs: what the viewer of graphs can draw of a model, and the bytes of one of them."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from api import graph_viewer
from api.answers import json_answer
from api.deps import deps_of
from api.errors import ApiRefusal
from api.graphs import graphs_of
from api.objects import CHANGING, send_object
from api.queries.models import with_file
from api.resources import Graphs

GRAPH_BYTES_MAX = 256 << 20
"""More would be held three times by a reader's browser: as it came, in the viewer, and as tensors."""


async def list_graphs(request: web.Request) -> web.Response:
    """The graphs in the newest revision's file."""
    found = await graphs_of(deps_of(request).objects, await with_file(request))
    return json_answer(Graphs(graphs=[each.graph for each in found], viewer=graph_viewer.place()))


async def get_graph(request: web.Request) -> web.StreamResponse:
    """One of these graphs, by its number: the ONNX model as it lies in the file, or the file that is a graph itself."""
    tron = await with_file(request)
    found = await graphs_of(deps_of(request).objects, tron)
    number = request.match_info["number"]
    if number not in map(str, range(len(found))):
        raise ApiRefusal(HTTPStatus.NOT_FOUND, "graph_unknown", number=number[:20], graphs=len(found))
    graph, part = found[int(number)]
    if graph.size_bytes > GRAPH_BYTES_MAX:
        raise ApiRefusal(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "graph_above_limit",
            size_bytes=graph.size_bytes,
            size_max_bytes=GRAPH_BYTES_MAX,
        )
    return await send_object(request, tron.revisions[0].tron.digest, graph.file_name, caching=CHANGING, part=part)
