"""What a directly uploaded model file is found to be, what its name ends with, and why it cannot be tested."""

from __future__ import annotations

import re
from typing import Literal

from schemas.values import Code

FileKind = Literal[
    "tron", "broken_tron", "onnx", "torch_weights", "torchscript", "pickle", "zip", "tensorrt_engine", "ascend_om",
    "text", "unknown",
]  # fmt: skip
"""No check refuses an upload (the file may be somebody else's format); this is what it looks like."""

_ENDINGS: dict[FileKind, str] = {"tron": "tron", "onnx": "onnx", "ascend_om": "om"}
_OWN_ENDING = re.compile(r"[A-Za-z0-9]{1,8}")
_UNUSABLE: dict[FileKind, str] = {
    "broken_tron": "upload_is_broken_tron",
    "onnx": "upload_is_onnx",
    "torch_weights": "upload_is_weights",
    "pickle": "upload_is_weights",
    "torchscript": "upload_is_torchscript",
    "zip": "upload_is_foreign_zip",
    "tensorrt_engine": "upload_is_engine",
    "ascend_om": "upload_is_om",
    "text": "upload_is_text",
    "unknown": "upload_is_unknown",
}


def use_problem(kind: FileKind) -> Code | None:
    """Why a file of this kind cannot be tested, and by its sentence what to do instead; None where it can."""
    code = _UNUSABLE.get(kind)
    return None if code is None else Code(code)


def file_ending(kind: FileKind, given: str) -> str:
    """The ending of the composed file name: what the file is, else the one it came with where that is plain."""
    own = given.rpartition(".")[2] if "." in given else ""
    return _ENDINGS.get(kind) or (own.lower() if _OWN_ENDING.fullmatch(own) and own.lower() != "tron" else "bin")
