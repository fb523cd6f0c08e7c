"""What model files are, by their two ends: real files of every kind, and anything else."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from small_tron import graph, write_small

from schemas.specs.uploads import FileKind
from storage.file_kind import LOOK_BYTES, file_kind


def kind(data: bytes) -> FileKind:
    return file_kind(data[:LOOK_BYTES], data[-LOOK_BYTES:], len(data))


def saved(save: Callable[[io.BytesIO], None]) -> bytes:
    stream = io.BytesIO()
    save(stream)
    return stream.getvalue()


def zipped(**entries: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, data in entries.items():
            file.writestr(name, data)
    return stream.getvalue()


WEIGHTS = {"layer.weight": torch.zeros(300, 300)}


def test_trons_are_ours_if_both_ends_are(tmp_path: Path):
    data = write_small(tmp_path / "m.tron").read_bytes()
    assert kind(data) == "tron"
    assert kind(data[:-30]) == kind(data + b"x") == "broken_tron"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_what_pytorch_writes():
    assert kind(saved(lambda to: torch.save(WEIGHTS, to))) == "torch_weights"
    assert kind(saved(lambda to: torch.save(WEIGHTS, to, _use_new_zipfile_serialization=False))) == "pickle"
    program = torch.jit.script(torch.nn.Linear(2, 2))
    assert kind(saved(lambda to: torch.jit.save(program, to))) == "torchscript"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (graph(), "onnx"),
        (pickle.dumps([1, 2], protocol=4), "pickle"),
        (zipped(model=b"x"), "zip"),
        (b"IMOD" + struct.pack("<I", 256) + bytes(300), "ascend_om"),
        (b"ftrt" + bytes(300), "tensorrt_engine"),
        (b"vtrt" + bytes(300), "tensorrt_engine"),
        ("说明：this is no model\n".encode() * 9000, "text"),
        (b"<html></html>", "text"),
        (b"", "unknown"),
        (bytes(100), "unknown"),
        (b"\x7fELF\x02\x01\x01" + bytes(100), "unknown"),
        (b"ustar\0" * 100, "unknown"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_others_write(data: bytes, expected: FileKind):
    assert kind(data) == expected


@given(st.binary(max_size=400), st.sampled_from([b"", b"PK\3\4", b"\x80\x02", b"\x08\x0a", b"IMOD"]))
def test_anything_is_of_some_kind(data: bytes, start: bytes):
    assert kind(start + data) in get_args(FileKind)
