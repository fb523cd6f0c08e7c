"""Direct uploads: what a file's name ends with, and why it cannot be tested."""

from __future__ import annotations

from typing import get_args

import pytest

from schemas.specs.uploads import FileKind, file_ending, use_problem


@pytest.mark.parametrize("kind", get_args(FileKind))
def test_only_a_whole_tron_can_be_tested(kind: FileKind):
    problem = use_problem(kind)
    assert (problem is None) == (kind == "tron")


@pytest.mark.parametrize(
    ("kind", "given", "ending"),
    [
        ("tron", "x.zip", "tron"), ("tron", "x", "tron"), ("ascend_om", "x.tron", "om"), ("onnx", "x.bin", "onnx"),
        ("tensorrt_engine", "x.plan", "plan"), ("tensorrt_engine", "x.ENGINE", "engine"), ("unknown", "x", "bin"),
        ("unknown", "x.tron", "bin"), ("zip", "x.zip", "zip"), ("text", "x.a/../b", "bin"), ("pickle", ".pth", "pth"),
        ("text", "名.文本", "bin"),
    ],
)  # fmt: skip
def test_the_ending_says_what_the_file_is(kind: FileKind, given: str, ending: str):
    assert file_ending(kind, given) == ending
