"""Tron files: same input, same bytes; manifest and entries must agree."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath
from typing import Literal

import msgspec
import numpy as np
import onnxruntime
import pytest
from small_tron import digest_of, entry_of, graph, manifest, sub_model, write_small

from schemas.specs.methods import proposed_chain
from schemas.tron import (
    CalibrationFile,
    Normalisation,
    OtherGraph,
    SubVerification,
    TronManifest,
    decode_manifest,
    encode_manifest,
    file_stem,
)
from schemas.values import TronIdentity
from storage.tron_file import TronFile, TronFileError, weights_entry


@pytest.fixture
def tron(tmp_path: Path) -> Path:
    return write_small(tmp_path / "m.tron")


def test_what_is_written_is_read(tron: Path, tmp_path: Path) -> None:
    with TronFile(tron) as file:
        assert file.manifest == manifest()
        file.extract_graph(file.manifest.sub_models[0], tmp_path / "out.onnx")
    assert (tmp_path / "out.onnx").read_bytes() == graph()


def test_the_layout_is_the_promised_one(tron: Path) -> None:
    with zipfile.ZipFile(tron) as file:
        assert file.namelist() == ["mimetype", "tron.json", "graphs/model.onnx"]
        assert all(info.compress_type == zipfile.ZIP_STORED for info in file.infolist())
        assert file.read("mimetype") == b"application/vnd.mo.tron+zip"
    assert tron.read_bytes()[38:65] == b"application/vnd.mo.tron+zip"


def test_same_input_same_bytes(tron: Path, tmp_path: Path) -> None:
    assert write_small(tmp_path / "again.tron").read_bytes() == tron.read_bytes()


def test_entries_must_be_those_of_the_manifest(tmp_path: Path) -> None:
    with pytest.raises(TronFileError, match="names the entries"):
        write_small(tmp_path / "a.tron", manifest(), {"graphs/other.onnx": graph()})
    with pytest.raises(TronFileError, match="digest"):
        write_small(tmp_path / "b.tron", manifest(), {"graphs/model.onnx": b"another"})


def several() -> tuple[TronManifest, dict[str, bytes]]:
    """Two sub-models whose names have no plain letters, each with everything that the format knows, and the entries."""
    subs, files = [], {}
    for position, name in enumerate(("检测", "分类")):
        sub, entries = sub_model(position, name, split=True)
        stem = sub.graph.removesuffix(".onnx")
        ranges = f"calibration/{stem.removeprefix('graphs/')}.json"
        same = entries[sub.graph]
        entries |= {f"{stem}.int8.onnx": same, f"{stem}.fp16.onnx": same, ranges: b"{}"}

        def other(
            precision: Literal["fp16", "int8"], stem: str = stem, entries: dict[str, bytes] = entries
        ) -> OtherGraph:
            known = entry_of(f"{stem}.{precision}.onnx", entries[f"{stem}.{precision}.onnx"])
            return OtherGraph(**msgspec.structs.asdict(known), precision=precision)

        subs.append(
            msgspec.structs.replace(
                sub,
                other_graphs=(other("int8"), other("fp16")),
                calibration=CalibrationFile(**msgspec.structs.asdict(entry_of(ranges, b"{}"))),
                verification=SubVerification(max_abs_error=1e-7, batches=(1, 2)),
                folded=Normalisation(mean=(1.0,) * 3, scale=(0.5,) * 3),
            )
        )
        files |= entries
    return manifest(*subs), files


def test_several_sub_models_with_everything_that_the_format_knows_are_read_as_written(tmp_path: Path) -> None:
    whole, entries = several()
    with TronFile(write_small(tmp_path / "m.tron", whole, entries)) as file:
        assert file.manifest == whole
        for number, sub in enumerate(whole.sub_models):
            folder = tmp_path / f"sub{number}"
            folder.mkdir()
            file.extract_graph(sub, folder / "graph.onnx")
            bin_name = PurePosixPath(weights_entry(number, sub.name)).name
            assert {path.name for path in folder.iterdir()} == {"graph.onnx", bin_name}
            for entry in sub.entries():
                file.extract(sub, entry, folder / "one")
                assert (folder / "one").read_bytes() == entries[entry.entry]
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
def test_a_manifest_that_names_entries_that_mo_never_writes_is_refused(tmp_path: Path, entry: str) -> None:
    strange = msgspec.structs.replace(manifest().sub_models[0], graph=entry)
    with pytest.raises(TronFileError, match="never writes"):
        write_small(tmp_path / "a.tron", manifest(strange), {entry: graph()})


@pytest.mark.parametrize("entry", ["graphs/graph.onnx", "calibration/model.json"])
def test_an_entry_has_a_name_of_its_own_kind(tmp_path: Path, entry: str) -> None:
    """Weights that are called as a graph is would lie where that graph is to lie."""
    sub, entries = sub_model(name="net", split=True)
    assert sub.weights is not None
    strange = msgspec.structs.replace(sub, weights=msgspec.structs.replace(sub.weights, entry=entry))
    with pytest.raises(TronFileError, match="never writes"):
        write_small(tmp_path / "a.tron", manifest(strange), {sub.graph: entries[sub.graph], entry: b""})


def test_entries_that_some_file_systems_take_for_one_are_refused(tmp_path: Path) -> None:
    sub = manifest().sub_models[0]
    twice = manifest(sub, msgspec.structs.replace(sub, graph="graphs/MODEL.onnx"))
    with pytest.raises(TronFileError, match="twice"):
        write_small(tmp_path / "a.tron", twice, {"graphs/model.onnx": graph(), "graphs/MODEL.onnx": graph()})


def test_weights_beside_the_graph_are_found_by_stock_onnx_runtime(tmp_path: Path) -> None:
    """Extracted by us they lie there; unpacked by any zip tool they do once the .bin is put beside the graph."""
    sub, entries = sub_model(name="net", split=True)
    path = write_small(tmp_path / "m.tron", manifest(sub), entries)
    (tmp_path / "ours").mkdir()
    with TronFile(path) as file:
        file.extract_graph(sub, tmp_path / "ours" / "any.onnx")
    with zipfile.ZipFile(path) as plain:
        plain.extractall(tmp_path / "theirs")
    (tmp_path / "theirs" / "weights" / "net.bin").rename(tmp_path / "theirs" / "graphs" / "net.bin")
    for model_path in (tmp_path / "ours" / "any.onnx", tmp_path / "theirs" / "graphs" / "net.onnx"):
        session = onnxruntime.InferenceSession(str(model_path), providers=["CPUExecutionProvider"])
        got = session.run(None, {"raw": np.ones((2, 3, 8, 8), np.float32)})[0]
        assert got.tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("location", ["/etc/passwd", "../weights/net.bin", "net.bin\0../x", "other.bin", ""])
def test_a_graph_that_wants_files_of_others_is_not_given_out(tmp_path: Path, location: str) -> None:
    sub, entries = sub_model(name="net", split=True)
    data = graph(location)
    hostile = msgspec.structs.replace(sub, digest=digest_of(data), size_bytes=len(data))
    path = write_small(tmp_path / "m.tron", manifest(hostile), entries | {sub.graph: data})
    with TronFile(path) as file, pytest.raises(TronFileError, match="wants data from"):
        file.extract_graph(hostile, tmp_path / "out.onnx")
    assert not (tmp_path / "out.onnx").exists()


def test_a_graph_that_wants_weights_where_the_file_has_none_is_not_given_out(tmp_path: Path) -> None:
    data = graph("model.bin")
    sub = msgspec.structs.replace(manifest().sub_models[0], digest=digest_of(data), size_bytes=len(data))
    path = write_small(tmp_path / "m.tron", manifest(sub), {sub.graph: data})
    with TronFile(path) as file, pytest.raises(TronFileError, match=r"'model\.bin'"):
        file.extract_graph(sub, tmp_path / "out.onnx")


def test_preprocessing_is_recorded(tron: Path) -> None:
    with TronFile(tron) as file:
        assert file.manifest.sub_models[0].steps == proposed_chain((3, 8, 8), ())


def test_a_manifest_of_before_is_still_read(tmp_path: Path) -> None:
    """What came to the format later has a default."""
    sub, _ = sub_model()
    later = {"steps", "folded", "weights", "other_graphs", "calibration", "verification"}
    plain = msgspec.json.decode(encode_manifest(manifest(sub)))
    for name in later:
        del plain["sub_models"][0][name]
    decoded = decode_manifest(msgspec.json.encode(plain))
    assert decoded.sub_models == (msgspec.structs.replace(sub, steps=()),)


def test_file_names_hold_no_path() -> None:
    identity = TronIdentity("nvidia", "a/b", "..\\c", "classification", "v\x001:")
    assert file_stem(identity) == "a_b_.._c_classification_v_1_"
