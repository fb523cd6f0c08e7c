"""What of a model's file can be drawn: which graphs it has, and their bytes as they lie there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from small_tron import entry_of, graph, manifest, sub_model, write_small

from api import graph_viewer
from api.queries import graphs
from schemas.tron import OtherGraph

TYPED = {"platform": "nvidia", "repo": "scene", "name": "net", "method": "classification", "version": "1"}


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    """A Tron with two networks, the first in two precisions, the second with weights of its own."""
    first, entries = sub_model()
    half = graph() + b"\x32\x04half"
    name = first.graph.replace(".onnx", ".fp16.onnx")
    first = msgspec.structs.replace(
        first, other_graphs=(OtherGraph(**msgspec.structs.asdict(entry_of(name, half)), precision="fp16"),)
    )
    second, more = sub_model(1, "头", split=True)
    return write_small(tmp_path / "m.tron", manifest(first, second), entries | {name: half} | more).read_bytes()


async def uploaded(api, data: bytes, **changes: Any) -> str:
    wish = {**TYPED, "digest": await api.upload(data), "file_name": "net.bin", **changes}
    answer = await api.post("/trons", wish)
    assert answer.status == 201, answer.body
    return answer.json["id"]


async def test_every_graph_of_a_tron_is_there_with_its_bytes(api, whole):
    id_ = await uploaded(api, whole)
    found = (await api.get(f"/trons/{id_}/graphs")).json
    assert [(each["sub_model"], each["precision"], each["file_name"]) for each in found["graphs"]] == [
        ("主干", "fp32", "model.onnx"), ("主干", "fp16", "model.fp16.onnx"), ("头", "fp32", "model.1.onnx"),
    ]  # fmt: skip
    assert found["viewer"] == graph_viewer.place()
    wanted = (graph(), graph() + b"\x32\x04half", graph("model.1.bin"))
    for number, data in enumerate(wanted):
        answer = await api.get(f"/trons/{id_}/graphs/{number}")
        assert (answer.status, answer.body) == (200, data)
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        # of the next revision they are others
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert found["graphs"][number]["size_bytes"] == len(data)


async def test_a_range_of_a_graph_is_counted_from_where_the_graph_begins(api, whole):
    id_ = await uploaded(api, whole)
    part = await api.get(f"/trons/{id_}/graphs/0", Range="bytes=2-5")
    assert (part.status, part.body) == (206, graph()[2:6])
    assert part.headers["Content-Range"] == f"bytes 2-5/{len(graph())}"
    beyond = await api.get(f"/trons/{id_}/graphs/0", Range=f"bytes={len(graph())}-")
    assert beyond.status == 416


@pytest.mark.parametrize(
    ("data", "name"), [(graph(), "net.onnx"), (b"IMOD" + bytes(300), "net.om")], ids=["onnx", "om"]
)
async def test_a_file_that_is_a_graph_is_its_own(api, data, name):
    id_ = await uploaded(api, data)
    (only,) = (await api.get(f"/trons/{id_}/graphs")).json["graphs"]
    assert only["file_name"].endswith(name.rpartition(".")[2])
    assert (only["precision"], only["size_bytes"]) == (None, len(data))
    assert (await api.get(f"/trons/{id_}/graphs/0")).body == data


@pytest.mark.parametrize("data", [b"ftrt" + bytes(300), b"\x80\x02}q\x00.", b"PK\3\4" + bytes(300), b"hello"])
async def test_what_has_no_graph_says_so_and_what_has(api, data):
    id_ = await uploaded(api, data)
    for path in ("graphs", "graphs/0"):
        answer = await api.get(f"/trons/{id_}/{path}")
        assert (answer.status, answer.json["code"]) == (409, "graph_none")
        assert "ONNX" in answer.json["detail"]


@pytest.mark.parametrize("number", ["3", "-1", "01", "x", "9" * 40])
async def test_there_are_no_other_graphs(api, whole, number):
    answer = await api.get(f"/trons/{await uploaded(api, whole)}/graphs/{number}")
    assert (answer.status, answer.json["code"]) == (404, "graph_unknown")


async def test_what_is_too_large_to_be_drawn_is_refused_with_what_to_do(api, whole, monkeypatch):
    monkeypatch.setattr(graphs, "GRAPH_BYTES_MAX", len(graph()) - 1)
    id_ = await uploaded(api, whole)
    answer = await api.get(f"/trons/{id_}/graphs/0")
    assert (answer.status, answer.json["code"]) == (422, "graph_above_limit")
    assert "Netron" in answer.json["detail"]
    assert (await api.get(f"/trons/{id_}/graphs")).status == 200


async def test_a_manifest_that_names_a_graph_that_is_not_there_leads_nowhere(api, whole):
    odd = whole.replace(b'"graphs/model.fp16.onnx"', b'"graphs/other.fp16.onnx"')
    assert odd != whole
    answer = await api.get(f"/trons/{await uploaded(api, odd)}/graphs/0")
    assert (answer.status, answer.json["code"]) == (409, "graph_unreadable")


async def test_entries_without_end_are_not_walked(api, whole, monkeypatch):
    monkeypatch.setattr("api.graphs.ENTRIES_MAX", 3)
    answer = await api.get(f"/trons/{await uploaded(api, whole)}/graphs")
    assert (answer.status, answer.json["params"]) == (409, {"error": "more than 3 entries"})


async def test_a_file_cut_behind_its_manifest_is_refused(api, whole):
    end = whole.rindex(b"PK\x05\x06")
    cut = whole[: whole.index(b"graphs/model.onnx", 2000) + 40] + whole[end:]
    answer = await api.get(f"/trons/{await uploaded(api, cut)}/graphs")
    assert answer.status == 409


async def test_before_the_conversion_there_is_none(api):
    job = await api.conversion()
    answer = await api.get(f"/trons/{job['subject_id']}/graphs")
    assert (answer.status, answer.json["code"]) == (409, "revision_missing")
