"""Weights files of every kind at the gate: what passes, what is refused, and what it is said to be instead."""

from __future__ import annotations

import argparse
import codecs
import collections
import gzip
import io
import pickle
import sys
import tarfile
import types
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save

from agents.conversion.gate import inspect
from agents.conversion.loading import Unknown, check_tensors, load_file
from agents.sandbox.inside import Refused

TENSORS = {"a": torch.ones(20)}


def saved(value: object, *, legacy: bool = False, **how: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer, _use_new_zipfile_serialization=not legacy, **how)
    return buffer.getvalue()


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, b"")
    return buffer.getvalue()


def tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        file.addfile(tarfile.TarInfo("weights.pth"), io.BytesIO())
    return buffer.getvalue()


def scripted() -> bytes:
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.trace(torch.nn.Linear(1, 1), torch.ones(1)), buffer)
    return buffer.getvalue()


def refusal(tmp_path: Path, data: bytes) -> Refused:
    (tmp_path / "w").write_bytes(data)
    with pytest.raises(Refused) as refused:
        load_file(tmp_path / "w")
    return refused.value


def loaded(tmp_path: Path, data: bytes) -> Any:
    (tmp_path / "w").write_bytes(data)
    return load_file(tmp_path / "w")


@pytest.mark.parametrize(
    ("data", "form"),
    [(saved(TENSORS), "zip"), (saved(TENSORS, legacy=True), "legacy"), (save(TENSORS), "safetensors")],
)
def test_tensors_are_read_in_all_forms(tmp_path: Path, data: bytes, form: str) -> None:
    assert torch.equal(loaded(tmp_path, data)["a"], torch.ones(20))
    assert inspect(tmp_path / "w") == form


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x08\x08\x12\x07pytorch", "ONNX"),
        (b"epoch,loss\n1,0.5\n", "text"),
        (b"<!DOCTYPE html><title>login</title>", "HTML"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00", "Git LFS pointer"),
        (b"\x89HDF\r\n\x1a\n", "HDF5 / Keras"),
        (gzip.compress(b"weights", mtime=0), "gzip"),
        (tar(), "tar"),
        (pickle.dumps({"a": 1}), "Python pickle"),
        (archive("notes.txt"), "zip"),
    ],
)
def test_other_kinds_of_files_are_named(tmp_path: Path, data: bytes, kind: str) -> None:
    refused = refusal(tmp_path, data)
    assert (refused.code, refused.params) == ("weights_not_pytorch", {"looks_like": kind})


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (saved(TENSORS)[:300], "weights_cut_off"),
        (saved(TENSORS, legacy=True)[:-10], "weights_cut_off"),
        (saved(TENSORS, legacy=True)[:40], "weights_cut_off"),
        (b"", "weights_cut_off"),
        (archive("n/data.pkl", "n/constants.pkl"), "weights_are_program"),
        (archive("n/archive_format"), "weights_are_program"),
        (archive("n/data.pkl"), "weights_cut_off"),
        (bytes(range(140, 180)), "weights_unreadable"),
        (saved(TENSORS, pickle_protocol=4), "weights_pickle_protocol"),
        (saved({"a": torch.ones(2).to_sparse()}), "weights_hold_code"),
        (saved({"a": open}), "weights_hold_code"),
    ],
)
def test_what_cannot_be_read_has_a_code(tmp_path: Path, data: bytes, code: str) -> None:
    assert refusal(tmp_path, data).code == code


@pytest.mark.filterwarnings("ignore")
def test_programs_are_told_apart(tmp_path: Path) -> None:
    assert refusal(tmp_path, scripted()).params == {"form": "TorchScript"}


@pytest.mark.parametrize("legacy", [False, True])
def test_whole_modules_are_named(tmp_path: Path, legacy: bool) -> None:
    refused = refusal(tmp_path, saved(torch.nn.Linear(1, 1), legacy=legacy))
    assert refused.code == "weights_are_module"
    assert "torch.nn.modules.linear.Linear" in refused.params["names"]


class AttributeDict(dict[str, object]):
    """As Lightning's: a dictionary of another type."""


@pytest.fixture
def lightning(monkeypatch: pytest.MonkeyPatch) -> type[AttributeDict]:
    name = "pytorch_lightning.utilities.parsing"
    module = types.ModuleType(name)
    monkeypatch.setattr(AttributeDict, "__module__", name)
    module.AttributeDict = AttributeDict  # type: ignore[attr-defined]
    for part in ("pytorch_lightning", "pytorch_lightning.utilities", name):
        monkeypatch.setitem(sys.modules, part, module)
    return AttributeDict


@pytest.mark.parametrize("legacy", [False, True])
def test_what_training_leaves_beside_the_weights_is_read(
    tmp_path: Path, lightning: type[AttributeDict], legacy: bool
) -> None:
    model = torch.nn.Linear(2, 2)
    adam = torch.optim.AdamW(model.parameters())
    model(torch.ones(1, 2)).sum().backward()
    adam.step()
    data = {
        "state_dict": {f"model.{name}": value for name, value in model.state_dict().items()},
        "optimizer": adam.state_dict(),
        "hyper_parameters": lightning(width=4, layers=[1, 2]),
        "args": argparse.Namespace(lr=0.1, out=Path("runs/1"), nested=argparse.Namespace(depth=3)),
        "best": np.float64(0.5),
        "rng": np.random.RandomState(1).get_state(),
        "scores": collections.defaultdict(list, {"a": [np.float32(1.5)]}),
        "seen": {1, 2},
        "when": collections.Counter("aab"),
        "weight": torch.nn.Parameter(torch.ones(1)),
        "torch": torch.__version__,
    }
    found = loaded(tmp_path, saved(data, legacy=legacy))
    assert found["hyper_parameters"] == {"width": 4, "layers": [1, 2]}
    assert found["args"] == {"lr": 0.1, "out": "runs/1", "nested": {"depth": 3}}
    assert (found["best"], found["scores"], found["when"]) == (0.5, {"a": [1.5]}, {"a": 2, "b": 1})
    assert len(found["rng"][1]) == 624
    assert found["seen"] == Unknown("set")
    assert type(found["weight"]) is torch.Tensor
    assert str(found["torch"]).startswith("2.")
    assert torch.equal(found["state_dict"]["model.weight"], model.weight)
    assert float(found["optimizer"]["state"][0]["step"]) == 1.0


class Calls:
    """Is pickled as a call."""

    def __init__(self, function: Any, *arguments: object) -> None:
        self.called = function, arguments

    def __reduce__(self) -> Any:
        return self.called


@pytest.mark.parametrize("legacy", [False, True])
def test_bytes_are_read_also_where_there_are_none(tmp_path: Path, legacy: bool) -> None:
    data = {"a": torch.ones(1), "some": b"\xff\x00a", "none": b"", "array": np.zeros((0, 3))}
    found = loaded(tmp_path, saved(data, legacy=legacy))
    assert (found["some"], found["none"], found["array"]) == (Unknown("bytes"), Unknown("bytes"), [])


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (Calls(codecs.encode, "a", "hex_codec"), "_codecs.encode"),
        (Calls(codecs.encode, Calls(codecs.encode, "a", "latin1"), "hex_codec"), "_codecs.encode"),
        (Calls(codecs.encode, "a", "punycode"), "_codecs.encode"),
        (Calls(codecs.encode, "a"), "_codecs.encode"),
        (Calls(codecs.encode, "a", "latin1", "strict"), "_codecs.encode"),
        (Calls(bytes, 1 << 40), "builtins.bytes"),
        (Calls(bytes, [1]), "builtins.bytes"),
    ],
)
def test_bytes_are_made_as_python_writes_them_and_in_no_other_way(tmp_path: Path, call: Calls, name: str) -> None:
    refused = refusal(tmp_path, saved({"a": torch.ones(1), "b": call}))
    assert (refused.code, refused.params["names"]) == ("weights_hold_code", name)


@pytest.mark.parametrize("legacy", [False, True])
def test_checkpoints_that_were_saved_on_a_gpu_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, legacy: bool
) -> None:
    monkeypatch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:1")
    data = saved(TENSORS, legacy=legacy)
    assert b"cuda:1" in data
    assert loaded(tmp_path, data)["a"].device.type == "cpu"


def test_attributes_of_loaded_objects_are_not_looked_up(tmp_path: Path) -> None:
    state = collections.OrderedDict(TENSORS)
    state.values = state.keys = state.copy = "nothing to call"  # type: ignore[assignment]
    assert list(loaded(tmp_path, saved(state))) == ["a"]


@pytest.mark.parametrize(
    ("tensors", "code"),
    [
        ({"a": torch.ones(1).expand(1 << 40)}, "weights_strides_wrong"),
        ({"a": torch.ones(2, dtype=torch.complex64)}, "weights_dtype_unknown"),
        ({"a": torch.ones(2, device="meta")}, "weights_dtype_unknown"),
        ({"a": torch.empty(0).expand(0), "b": torch.empty(480_000_000)}, "weights_too_large"),
    ],
)
def test_tensors_that_are_not_what_they_say(tensors: dict[str, torch.Tensor], code: str) -> None:
    with pytest.raises(Refused) as refused:
        check_tensors(tensors)
    assert refused.value.code == code


@pytest.mark.filterwarnings("ignore")
def test_quantized_tensors_have_a_reason_of_their_own(tmp_path: Path) -> None:
    found = loaded(tmp_path, saved({"a": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)}))
    with pytest.raises(Refused) as refused:
        check_tensors(found)
    assert (refused.value.code, refused.value.params["dtype"]) == ("weights_dtype_unknown", "qint8")


def test_small_repeated_buffers_are_no_bomb(tmp_path: Path) -> None:
    found = loaded(tmp_path, saved({"a": torch.ones(1).expand(100)}))
    check_tensors(found)
    assert found["a"].sum() == 100
