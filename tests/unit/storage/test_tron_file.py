"""Tron files: same input, same bytes; anything our writer would not write is refused."""

from __future__ import annotations

import hashlib
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Literal
from uuid import UUID

import msgspec
import numpy as np
import onnx
import onnxruntime
import pytest

from schemas.specs.methods import proposed_chain
from schemas.specs.parts import TaskSpec
from schemas.tron import (
    CalibrationFile,
    FileEntry,
    Input,
    Normalisation,
    OtherGraph,
    Output,
    Provenance,
    SubModel,
    SubVerification,
    TronManifest,
    Verification,
    WeightsFile,
    encode_manifest,
    file_stem,
)
from schemas.values import TronIdentity
from storage.tron_file import TronFile, TronFileError, graph_entry, weights_entry, write_tron

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
    with pytest.raises(TronFileError, match="names the entries"):
        write_tron(tmp_path / "a.tron", manifest(), {"graphs/other.onnx": graph})
    graph.write_bytes(b"another")
    with pytest.raises(TronFileError, match="digest"):
        write_tron(tmp_path / "b.tron", manifest(), {"graphs/model.onnx": graph})


def several(folder: Path) -> tuple[TronManifest, dict[str, Path]]:
    """Two sub-models whose names have no plain letters, each with everything that the format knows, and their files."""
    files: dict[str, Path] = {}

    def put(entry: str) -> FileEntry:
        data = entry.encode() * 9
        path = files[entry] = folder / str(len(files))
        path.write_bytes(data)
        return FileEntry(entry=entry, digest=f"sha256:{hashlib.sha256(data).hexdigest()}", size_bytes=len(data))

    def other(entry: str, precision: Literal["fp16", "int8"]) -> OtherGraph:
        return OtherGraph(**msgspec.structs.asdict(put(entry)), precision=precision)

    subs = []
    for position, name in enumerate(("检测", "分类")):
        stem = graph_entry(position, name).removesuffix(".onnx")
        graph = put(graph_entry(position, name))
        calibration = put(f"calibration/{stem.removeprefix('graphs/')}.json")
        subs.append(
            msgspec.structs.replace(
                manifest().sub_models[0],
                name=name,
                graph=graph.entry,
                digest=graph.digest,
                size_bytes=graph.size_bytes,
                other_graphs=(other(f"{stem}.int8.onnx", "int8"), other(f"{stem}.fp16.onnx", "fp16")),
                weights=WeightsFile(**msgspec.structs.asdict(put(weights_entry(position, name)))),
                calibration=CalibrationFile(**msgspec.structs.asdict(calibration)),
                verification=SubVerification(max_abs_error=1e-7, batches=(1, 2)),
                steps=proposed_chain((3, 8, 8), ()),
                folded=Normalisation(mean=(1.0,) * 3, scale=(0.5,) * 3),
            )
        )
    return msgspec.structs.replace(manifest(), sub_models=tuple(subs)), files


def test_several_sub_models_with_everything_that_the_format_knows_are_read_as_written(tmp_path: Path) -> None:
    whole, files = several(tmp_path)
    write_tron(tmp_path / "m.tron", whole, files)
    with TronFile(tmp_path / "m.tron") as file:
        assert file.manifest == whole
        for number, sub in enumerate(whole.sub_models):
            folder = tmp_path / f"sub{number}"
            folder.mkdir()
            file.extract_graph(sub, folder / "graph.onnx")
            bin_name = PurePosixPath(weights_entry(number, sub.name)).name
            assert {path.name for path in folder.iterdir()} == {"graph.onnx", bin_name}
            for entry in sub.entries():
                file.extract(entry, folder / "one")
                assert (folder / "one").read_bytes() == files[entry.entry].read_bytes()
                (folder / "one").unlink()
    with zipfile.ZipFile(tmp_path / "m.tron") as plain:
        assert plain.namelist()[2:] == [
            f"{folder}{stem}{end}"
            for stem in ("model", "model.1")
            for folder, end in (
                ("graphs/", ".onnx"),
                ("graphs/", ".int8.onnx"),
                ("graphs/", ".fp16.onnx"),
                ("weights/", ".bin"),
                ("calibration/", ".json"),
            )
        ]


@pytest.mark.parametrize("entry", ["graphs/up/../x.onnx", "tron.json", "graphs/x.bin", "weights/x.onnx", "x.onnx"])
def test_a_manifest_that_names_entries_that_mo_never_writes_is_refused(tmp_path: Path, graph: Path, entry: str) -> None:
    strange = msgspec.structs.replace(manifest().sub_models[0], graph=entry)
    with pytest.raises(TronFileError, match="never writes"):
        write_tron(tmp_path / "a.tron", msgspec.structs.replace(manifest(), sub_models=(strange,)), {entry: graph})


def test_entries_that_some_file_systems_take_for_one_are_refused(tmp_path: Path, graph: Path) -> None:
    sub = manifest().sub_models[0]
    subs = (sub, msgspec.structs.replace(sub, graph="graphs/MODEL.onnx"))
    files = {"graphs/model.onnx": graph, "graphs/MODEL.onnx": graph}
    with pytest.raises(TronFileError, match="twice"):
        write_tron(tmp_path / "a.tron", msgspec.structs.replace(manifest(), sub_models=subs), files)


def test_a_size_that_the_manifest_does_not_know_is_refused(tmp_path: Path) -> None:
    path = build(tmp_path, lambda file: file.writestr(entry("graphs/model.onnx"), GRAPH + b"!"))
    with pytest.raises(TronFileError, match="701 bytes, the manifest says 700"):
        TronFile(path)


def test_weights_that_lie_beside_the_graph_are_found_by_onnx_runtime(tmp_path: Path) -> None:
    """Extracted by us they do; after an unpacking by hand they do once the .bin lies beside the graph."""
    graph, weights = tmp_path / "g", tmp_path / "w"
    weights.write_bytes(np.arange(12, dtype=np.float32).tobytes())
    tensor = onnx.TensorProto(name="w", data_type=1, dims=[3, 4], data_location=onnx.TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=PurePosixPath(weights_entry(0, "net")).name)
    x, y = (onnx.helper.make_tensor_value_info(name, 1, ["n", size]) for name, size in (("x", 3), ("y", 4)))
    product = onnx.helper.make_node("MatMul", ["x", "w"], ["y"])
    model = onnx.helper.make_model(
        onnx.helper.make_graph([product], "g", [x], [y], [tensor]),
        opset_imports=[onnx.helper.make_opsetid("", 18)],
        ir_version=10,
    )
    graph.write_bytes(model.SerializeToString())
    sub = msgspec.structs.replace(
        manifest().sub_models[0],
        graph=graph_entry(0, "net"),
        digest=digest_of(graph),
        size_bytes=graph.stat().st_size,
        weights=WeightsFile(entry=weights_entry(0, "net"), digest=digest_of(weights), size_bytes=48),
    )
    path = tmp_path / "m.tron"
    write_tron(
        path,
        msgspec.structs.replace(manifest(), sub_models=(sub,)),
        {sub.graph: graph, weights_entry(0, "net"): weights},
    )
    (tmp_path / "ours").mkdir()
    with TronFile(path) as file:
        file.extract_graph(sub, tmp_path / "ours" / "any.onnx")
    with zipfile.ZipFile(path) as plain:
        plain.extractall(tmp_path / "theirs")
    (tmp_path / "theirs" / "weights" / "net.bin").rename(tmp_path / "theirs" / "graphs" / "net.bin")
    for model_path in (tmp_path / "ours" / "any.onnx", tmp_path / "theirs" / "graphs" / "net.onnx"):
        session = onnxruntime.InferenceSession(str(model_path), providers=["CPUExecutionProvider"])
        assert session.run(None, {"x": np.ones((1, 3), np.float32)})[0].tolist() == [[12, 15, 18, 21]]


def digest_of(path: Path) -> str:
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


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
