"""Tron files on this machine: described, verified to the last byte, unpacked without replacing anything."""

from __future__ import annotations

import subprocess
from pathlib import Path

import msgspec
import numpy as np
import onnxruntime
import pytest
from small_tron import digest_of, entry_of, graph, manifest, sub_model, write_small
from zip_tricks import TRICKS

from api.client import tron_files
from api.client.errors import BadInputError
from api.client.tron_files import Check, describe_file, unpack_file, verify_file
from schemas.tron import CalibrationFile, OtherGraph, Output, SubModel, TronManifest


@pytest.fixture
def tron(tmp_path: Path) -> Path:
    return write_small(tmp_path / "m.tron")


def two(tmp_path: Path) -> Path:
    """A file of two sub-models, the second with its weights apart."""
    first, entries = sub_model(0, "a")
    second, more = sub_model(1, "b", split=True)
    return write_small(tmp_path / "two.tron", manifest(first, second), entries | more)


def failed(checks: list[Check]) -> list[tuple[str, str]]:
    return [(each.name, each.what) for each in checks if each.ok is False]


def test_the_manifest_is_described(tron: Path):
    assert describe_file(tron) == manifest()


def test_a_whole_file_passes_every_check_and_really_runs(tmp_path: Path):
    verified = verify_file(two(tmp_path))
    assert verified.ok
    assert [(each.name, each.what, each.ok) for each in verified.checks] == [
        ("container", "tron.json", True),
        ("graph", "graphs/a.onnx", True),
        ("run", "a", True),
        ("graph", "graphs/b.1.onnx", True),
        ("digest", "weights/b.1.bin", True),
        ("run", "b", True),
    ]
    assert "output0 2" in verified.checks[2].detail
    assert onnxruntime.__version__ in verified.checks[2].detail


def test_a_changed_byte_anywhere_is_found(tmp_path: Path):
    path = two(tmp_path)
    data = path.read_bytes()
    for place in range(0, len(data), 97):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert not verify_container(path).ok, place


def verify_container(path: Path) -> tron_files.Verified:
    """Everything but the runs, which take a second each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tron_files, "find_spec", lambda _: None)
        return verify_file(path)


def test_without_onnx_runtime_it_says_that_nothing_ran(tron: Path):
    verified = verify_container(tron)
    assert verified.ok
    assert [(each.name, each.ok) for each in verified.checks][-1] == ("run", None)


def with_graph(tmp_path: Path, data: bytes, **changes: object) -> Path:
    sub = msgspec.structs.replace(sub_model()[0], digest=digest_of(data), size_bytes=len(data), **changes)
    return write_small(tmp_path / "odd.tron", manifest(sub), {sub.graph: data})


def test_graphs_that_want_files_of_others_or_are_none_are_found(tmp_path: Path):
    verified = verify_file(with_graph(tmp_path, graph("/etc/passwd")))
    assert failed(verified.checks) == [("graph", "graphs/model.onnx")]
    assert "'/etc/passwd'" in verified.checks[-1].detail


def with_other(tmp_path: Path, location: str | None, name: str = "net") -> tuple[Path, OtherGraph]:
    """A file with a second graph, whose weights lie in a file of that name."""
    sub, entries = sub_model(name=name)
    data = graph(location)
    other = OtherGraph(**msgspec.structs.asdict(entry_of(f"graphs/{name}.int8.onnx", data)), precision="int8")
    whole = manifest(msgspec.structs.replace(sub, other_graphs=(other,)))
    return write_small(tmp_path / "other.tron", whole, entries | {other.entry: data}), other


def test_every_precision_is_looked_at(tmp_path: Path):
    path, other = with_other(tmp_path, None)
    assert ("graph", other.entry, True) in [(each.name, each.what, each.ok) for each in verify_container(path).checks]


def test_no_precision_may_want_files_of_others(tmp_path: Path):
    path, other = with_other(tmp_path, "../../../etc/passwd")
    assert failed(verify_container(path).checks) == [("graph", other.entry)]
    with pytest.raises(BadInputError, match="etc/passwd"):
        unpack_file(path, tmp_path / "out")
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == ["net.onnx", "tron.json"]


def test_a_graph_runs_beside_nobody_s_code_and_without_our_secrets(tmp_path: Path, tron: Path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "numpy.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    run = subprocess.run
    seen: list[dict[str, str]] = []

    def looked(*args, **kwargs):
        seen.append(kwargs["env"])
        return run(*args, **kwargs)

    monkeypatch.setattr(subprocess, "run", looked)
    assert verify_file(tron).ok
    assert not (tmp_path / "ran").exists()
    assert "AWS_SECRET_ACCESS_KEY" not in seen[0]


def test_a_graph_that_does_not_run_or_gives_something_else_is_found(tmp_path: Path):
    broken = graph().replace(b"GlobalAveragePool", b"GlobalAveragePoo1")
    assert failed(verify_file(with_graph(tmp_path, broken)).checks) == [("run", "主干")]
    (tmp_path / "other").mkdir()
    other = with_graph(tmp_path / "other", graph(), outputs=(Output(name="output0", shape=(3,)),))
    assert failed(verify_file(other).checks) == [("run", "主干")]


@pytest.mark.parametrize(
    "trick", ["up", "duplicate", "newer manifest", "digest of another", "bytes behind", "zip for a graph"]
)
def test_tricks_fail_with_a_reason(tmp_path: Path, trick: str):
    name = trick if trick in TRICKS else f"name {trick}"
    data, says = TRICKS[name]()
    path = tmp_path / "m.tron"
    path.write_bytes(data)
    verified = verify_file(path)
    assert not verified.ok
    assert says in verified.checks[-1].detail


def test_what_is_unpacked_runs_as_it_lies_there(tmp_path: Path):
    written = unpack_file(two(tmp_path), tmp_path / "new" / "out")
    assert [path.name for path in written] == ["tron.json", "a.onnx", "b.1.onnx", "b.1.bin"]
    assert {path.name for path in (tmp_path / "new" / "out").iterdir()} == {path.name for path in written}
    for name in ("a.onnx", "b.1.onnx"):
        session = onnxruntime.InferenceSession(str(tmp_path / "new" / "out" / name), providers=["CPUExecutionProvider"])
        assert session.run(None, {"raw": np.zeros((1, 3, 8, 8), np.float32)})[0].shape == (1, 2)
    assert msgspec.json.decode(written[0].read_bytes(), type=TronManifest) == describe_file(tmp_path / "two.tron")


@pytest.mark.parametrize("name", ["tron.json", "b.1.bin"])
def test_nothing_is_replaced_not_even_a_dangling_link(tmp_path: Path, name: str):
    path, out = two(tmp_path), tmp_path / "out"
    out.mkdir()
    (out / name).symlink_to(tmp_path / "nowhere")
    with pytest.raises(BadInputError) as refused:
        unpack_file(path, out)
    assert refused.value.code == "file_exists"
    assert [each.name for each in out.iterdir()] == [name]
    assert not (tmp_path / "nowhere").exists()


def test_what_is_no_tron_is_refused_with_advice(tmp_path: Path):
    (tmp_path / "x.tron").write_bytes(b"hello")
    for use in (describe_file, lambda path: unpack_file(path, tmp_path / "out")):
        with pytest.raises(BadInputError) as refused:
            use(tmp_path / "x.tron")
        assert refused.value.code == "tron_unusable"
        assert "make it again" in refused.value.params["detail"]
    with pytest.raises(BadInputError) as missing:
        describe_file(tmp_path / "missing")
    assert missing.value.code == "file_missing"


def test_a_sub_model_called_tron_leaves_the_manifest_its_name(tmp_path: Path):
    sub, entries = sub_model(name="tron")
    ranges = CalibrationFile(**msgspec.structs.asdict(entry_of("calibration/tron.json", b"{}")))
    whole = manifest(msgspec.structs.replace(sub, calibration=ranges))
    written = unpack_file(write_small(tmp_path / "m.tron", whole, entries | {ranges.entry: b"{}"}), tmp_path / "out")
    assert [each.name for each in written] == ["tron.json", "tron.onnx", "tron.calibration.json"]
    assert written[0].read_bytes() != written[2].read_bytes() == b"{}"


def test_entries_of_two_sub_models_never_meet_in_one_folder(tmp_path: Path):
    """Whatever the names: stems are told apart by the position."""
    subs: list[SubModel] = []
    entries: dict[str, bytes] = {}
    for position, name in enumerate(("检测", "分类", "model", "MODEL")):
        sub, more = sub_model(position, name)
        subs.append(sub)
        entries |= more
    written = unpack_file(write_small(tmp_path / "m.tron", manifest(*subs), entries), tmp_path / "out")
    assert len({path.name.casefold() for path in written}) == 5
