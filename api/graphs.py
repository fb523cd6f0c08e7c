"""Where the graphs lie in a model's stored file: found by ranges, nothing is unpacked, and no library opens them."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import NamedTuple

from api.errors import ApiRefusal
from api.objects import Part
from api.resources import Graph, Tron
from api.tron_files import manifest_of
from schemas.specs.uploads import FileKind
from schemas.tron import FileEntry, OtherGraph, SubModel, decode_manifest
from schemas.values import ObjectRef
from storage.objects.port import ObjectStore
from storage.tron_file import ENTRIES_MAX
from storage.zip_layout import BadZipError, Place, read_local

ENDINGS: Mapping[FileKind, str] = {"onnx": "onnx", "torchscript": "pt", "ascend_om": "om"}
"""Files that are a graph themselves, and the endings by which Netron takes them for what they are.

It knows TensorRT engines only to say that nobody may read them, and weights alone have no graph.
"""
HEADER_BYTES_MAX = 512
"""Longer than any header that we write in front of an entry."""


class Found(NamedTuple):
    """A graph, and where its bytes lie in the file."""

    graph: Graph
    part: Part


async def graphs_of(objects: ObjectStore, tron: Tron) -> list[Found]:
    """The graphs of the newest revision's file.

    Raises:
        ApiRefusal: its kind holds none (409), or what is in it cannot be found (409, 422).
        ObjectMissingError, StoreAwayError: as the store.
    """
    ref, kind = tron.revisions[0].tron, tron.detected or "unknown"
    if kind == "tron":
        return await _in_tron(objects, ref)
    if kind not in ENDINGS:
        raise ApiRefusal(HTTPStatus.CONFLICT, "graph_none", kind=kind)
    name = PurePosixPath(tron.file_name).stem + f".{ENDINGS[kind]}"
    graph = Graph(sub_model="", precision=None, file_name=name, size_bytes=ref.size_bytes)
    return [Found(graph, Part(0, ref.size_bytes, ref.digest))]


async def _in_tron(objects: ObjectStore, ref: ObjectRef) -> list[Found]:
    manifest = decode_manifest(await manifest_of(objects, ref))
    wanted = {graph.entry: (sub, graph) for sub in manifest.sub_models for graph in sub.graph_entries()}
    found: dict[str, Found] = {}
    at = 0
    try:
        for _ in range(ENTRIES_MAX):
            place = await _entry_at(objects, ref, at)
            start, at = at + place.start, at + place.stop
            if (named := wanted.get(place.name)) is not None:
                found[place.name] = Found(_graph(*named, place.size_bytes), Part(start, at, f"{ref.digest}:{start}"))
            if len(found) == len(wanted):
                return [found[name] for name in wanted]
    except BadZipError as error:
        raise ApiRefusal(HTTPStatus.CONFLICT, "graph_unreadable", error=error) from error
    raise ApiRefusal(HTTPStatus.CONFLICT, "graph_unreadable", error=f"more than {ENTRIES_MAX} entries")


async def _entry_at(objects: ObjectStore, ref: ObjectRef, at: int) -> Place:
    """The entry whose header begins there, its place counted from there.

    Raises:
        BadZipError: none does, or it reaches beyond the file's end.
    """
    stop = min(at + HEADER_BYTES_MAX, ref.size_bytes)
    place = read_local(b"".join([chunk async for chunk in objects.get(ref.digest, start=at, stop=stop)]), 0)
    if at + place.stop > ref.size_bytes:
        raise BadZipError(f"entry {place.name!r} is cut short")
    return place


def _graph(sub: SubModel, entry: FileEntry, size_bytes: int) -> Graph:
    return Graph(
        sub_model=sub.name,
        precision=entry.precision if isinstance(entry, OtherGraph) else "fp32",
        file_name=PurePosixPath(entry.entry).name,
        size_bytes=size_bytes,
    )
