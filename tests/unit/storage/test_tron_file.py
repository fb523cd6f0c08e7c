"""Tron files: same input, same bytes; anything our writer would not write is refused."""

from __future__ import annotations

import hashlib
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from schemas.specs.templates import TaskSpec
from schemas.tron import (
    Input,
    Normalisation,
    Output,
    Provenance,
    SubModel,
    TronManifest,
    Verification,
    encode_manifest,
    file_stem,
)
from schemas.values import TronIdentity
from storage.tron_file import TronFile, TronFileError, graph_entry, write_tron

GRAPH = b"a graph" * 100
NIL = UUID(int=0)
DIGEST = f"sha256:{hashlib.sha256(GRAPH).hexdigest()}"


def manifest() -> TronManifest:
    sub = SubModel(
        name="主干",
        graph=graph_entry(0, "主干"),
        digest=DIGEST,
        size_bytes=len(GRAPH),
        input=Input(name="raw", shape=(3, 8, 8)),
        normalisation=Normalisation(mean=(0.0, 0.0, 0.0), scale=(1.0, 1.0, 1.0)),
        outputs=(Output(name="output0", shape=(2,)),),
        tasks=(TaskSpec("class", ("cat", "dog")),),
        max_batch=4,
        opset=18,
    )
    return TronManifest(
        identity=TronIdentity("nvidia", "r", "n", "classification", "v2"),
        method="classification",
        sub_models=(sub,),
        provenance=Provenance(job_id=NIL, pth_id=NIL, template_id=NIL, weights=DIGEST, template=DIGEST, structures={}),
        verification=Verification(max_abs_error=0.0, error_threshold=1e-5, batches=(1, 2), backend="x"),
    )


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    path = tmp_path / "graph"
    path.write_bytes(GRAPH)
    return path


@pytest.fixture
def tron(tmp_path: Path, graph: Path) -> Path:
    path = tmp_path / "m.tron"
    write_tron(path, manifest(), {"graphs/model.onnx": graph})
    return path


def test_what_is_written_is_read(tron: Path, tmp_path: Path) -> None:
    with TronFile(tron) as file:
        assert file.manifest == manifest()
        file.extract_graph(file.manifest.sub_models[0], tmp_path / "out.onnx")
    assert (tmp_path / "out.onnx").read_bytes() == GRAPH


def test_the_layout_is_the_promised_one(tron: Path) -> None:
    with zipfile.ZipFile(tron) as file:
        assert file.namelist() == ["mimetype", "tron.json", "graphs/model.onnx"]
        assert all(info.compress_type == zipfile.ZIP_STORED for info in file.infolist())
        assert file.read("mimetype") == b"application/vnd.mo.tron+zip"
    assert tron.read_bytes()[38:65] == b"application/vnd.mo.tron+zip"


def test_same_input_same_bytes(tron: Path, graph: Path, tmp_path: Path) -> None:
    write_tron(tmp_path / "again.tron", manifest(), {"graphs/model.onnx": graph})
    assert (tmp_path / "again.tron").read_bytes() == tron.read_bytes()


def test_graphs_must_be_those_of_the_manifest(tmp_path: Path, graph: Path) -> None:
    with pytest.raises(TronFileError, match="names the graphs"):
        write_tron(tmp_path / "a.tron", manifest(), {"graphs/other.onnx": graph})
    graph.write_bytes(b"another")
    with pytest.raises(TronFileError, match="digest"):
        write_tron(tmp_path / "b.tron", manifest(), {"graphs/model.onnx": graph})


def test_an_exchanged_graph_is_noticed(tmp_path: Path) -> None:
    path = build(tmp_path, lambda file: file.writestr(entry("graphs/model.onnx"), GRAPH[:-1] + b"!"))
    with TronFile(path) as file, pytest.raises(TronFileError, match="digest"):
        file.extract_graph(file.manifest.sub_models[0], tmp_path / "out.onnx")
    assert not (tmp_path / "out.onnx").exists()


def entry(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def build(folder: Path, rest: Callable[[zipfile.ZipFile], object], document: bytes | None = None) -> Path:
    """A Tron file made by hand: the two first entries as they should be, then whatever `rest` adds."""
    path = folder / "built.tron"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(entry("mimetype"), "application/vnd.mo.tron+zip")
        file.writestr(entry("tron.json"), encode_manifest(manifest()) if document is None else document)
        rest(file)
    return path


def good(file: zipfile.ZipFile) -> None:
    file.writestr(entry("graphs/model.onnx"), GRAPH)


def with_name(name: str) -> Callable[[zipfile.ZipFile], None]:
    def rest(file: zipfile.ZipFile) -> None:
        good(file)
        file.writestr(entry(name), b"x")

    return rest


def compressed(file: zipfile.ZipFile) -> None:
    file.writestr(entry("graphs/model.onnx"), GRAPH, zipfile.ZIP_DEFLATED)


def link(file: zipfile.ZipFile) -> None:
    good(file)
    file.writestr(entry("link", stat.S_IFLNK | 0o777), "/etc/passwd")


def commented(file: zipfile.ZipFile) -> None:
    good(file)
    file.comment = b"hello"


def many(file: zipfile.ZipFile) -> None:
    good(file)
    for number in range(100):
        file.writestr(entry(f"extra{number}"), b"")


def test_the_hand_made_file_without_tricks_is_read(tmp_path: Path) -> None:
    with TronFile(build(tmp_path, good)) as file:
        assert file.manifest == manifest()


@pytest.mark.parametrize(
    "rest",
    [
        *map(with_name, ("/etc/passwd", "../up", "a/../b", "a\\b", "c:/x", "", "a//b", ".hidden", "a\nb", "名")),
        compressed,
        link,
        commented,
        many,
        with_name("graphs/unnamed.onnx"),
    ],
)
def test_tricks_are_refused(tmp_path: Path, rest: Callable[[zipfile.ZipFile], object]) -> None:
    with pytest.raises(TronFileError):
        TronFile(build(tmp_path, rest))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_entries_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TronFileError, match="same name"):
        TronFile(build(tmp_path, with_name("tron.json")))


@pytest.mark.parametrize("change", [lambda data: data + b"x", lambda data: b"x" + data, lambda data: data[:-1]])
def test_bytes_around_the_file_are_refused(tron: Path, change: Callable[[bytes], bytes]) -> None:
    tron.write_bytes(change(tron.read_bytes()))
    with pytest.raises(TronFileError):
        TronFile(tron)


def test_another_name_in_the_entrys_place_is_refused(tron: Path) -> None:
    data = tron.read_bytes()
    place = data.index(b"graphs/model.onnx" + GRAPH)
    tron.write_bytes(data[:place] + b"graphs/other.onnx" + data[place + 17 :])
    with pytest.raises(TronFileError, match="another name"):
        TronFile(tron)


def test_a_newer_format_says_upgrade(tmp_path: Path) -> None:
    newer = msgspec.json.decode(encode_manifest(manifest())) | {"format_version": 99}
    with pytest.raises(TronFileError, match="upgrade"):
        TronFile(build(tmp_path, good, msgspec.json.encode(newer)))


def test_a_file_that_is_no_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.tron").write_bytes(b"not a zip")
    with pytest.raises(TronFileError, match="damaged"):
        TronFile(tmp_path / "x.tron")


def test_file_names_hold_no_path() -> None:
    identity = TronIdentity("nvidia", "a/b", "..\\c", "classification", "v\x001:")
    assert file_stem(identity) == "a_b_.._c_classification_v_1_"
