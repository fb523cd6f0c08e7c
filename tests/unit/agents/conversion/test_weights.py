"""Weights files of every kind: what is read, what is refused, and what it is said to be instead."""

from __future__ import annotations

import argparse
import io
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from agents.conversion.weights import load_file, state_dict
from agents.sandbox.inside import Refused


class Call:
    """Unpickled by an unsafe reader, this would touch a file."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.canary),)


def saved(value: object, *, legacy: bool = False) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer, _use_new_zipfile_serialization=not legacy)
    return buffer.getvalue()


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, b"")
    return buffer.getvalue()


def refusal(tmp_path: Path, data: bytes) -> Refused:
    (tmp_path / "w").write_bytes(data)
    with pytest.raises(Refused) as refused:
        load_file(tmp_path / "w")
    return refused.value


TENSORS = {"a": torch.ones(20)}


@pytest.mark.parametrize("legacy", [False, True])
def test_tensors_are_read_in_both_forms(tmp_path: Path, legacy: bool) -> None:
    (tmp_path / "w").write_bytes(saved(TENSORS, legacy=legacy))
    loaded = load_file(tmp_path / "w")
    assert isinstance(loaded, dict)
    assert torch.equal(loaded["a"], torch.ones(20))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x08\x08\x12\x07pytorch", "ONNX"),
        (b"epoch,loss\n1,0.5\n", "text"),
        (b"<!DOCTYPE html><title>login</title>", "HTML"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00", "Git LFS pointer"),
        (b'\x40\x00\x00\x00\x00\x00\x00\x00{"a":{}}', "safetensors"),
        (b"\x89HDF\r\n\x1a\n", "HDF5 / Keras"),
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
        (archive("n/data.pkl", "n/constants.pkl"), "weights_are_program"),
        (archive("n/archive_format"), "weights_are_program"),
        (archive("n/data.pkl"), "weights_unreadable"),
        (bytes(range(140, 180)), "weights_unreadable"),
    ],
)
def test_what_cannot_be_read_has_a_code(tmp_path: Path, data: bytes, code: str) -> None:
    assert refusal(tmp_path, data).code == code


@pytest.mark.parametrize("legacy", [False, True])
def test_code_is_named_and_never_run(tmp_path: Path, legacy: bool) -> None:
    refused = refusal(tmp_path, saved({"a": Call(tmp_path / "canary")}, legacy=legacy))
    assert (refused.code, refused.params) == ("weights_hold_code", {"names": "posix.mkdir"})
    assert not (tmp_path / "canary").exists()


def test_whole_modules_and_other_objects_are_named(tmp_path: Path) -> None:
    refused = refusal(tmp_path, saved(torch.nn.Linear(1, 1)))
    assert refused.params == {"names": "torch.nn.modules.linear.Linear"}
    refused = refusal(tmp_path, saved({"options": argparse.Namespace(lr=1)}))
    assert refused.params == {"names": "argparse.Namespace"}


def test_the_state_dict_is_found_and_its_prefix_removed() -> None:
    one = torch.ones(1)
    assert list(state_dict({"a": one}, "")) == ["a"]
    assert list(state_dict({"net": {"module.a": one, "module.b": one}}, "net")) == ["a", "b"]
    assert list(state_dict({"module.a": one, "b": one}, "")) == ["module.a", "b"]


@pytest.mark.parametrize(
    ("loaded", "key", "expected"),
    [
        ({"net": {}}, "state_dict", "state_dict_key_missing"),
        ([torch.ones(1)], "net", "state_dict_key_missing"),
        ({"net": {"a": torch.ones(1)}, "epoch": 3}, "", "state_dict_key_missing"),
        ({"net": 3}, "net", "weights_not_tensors"),
        ({"net": {"a": 3}}, "net", "weights_not_tensors"),
        ({}, "", "weights_not_tensors"),
        ({"a": torch.ones(1).expand(1 << 40)}, "", "weights_too_large"),
    ],
)
def test_what_is_no_state_dict(loaded: object, key: str, expected: str) -> None:
    with pytest.raises(Refused) as refused:
        state_dict(loaded, key)
    assert refused.value.code == expected
