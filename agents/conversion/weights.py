"""Reads a weights file: tensors by name and nothing else; of any other file, what it is instead."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch

from agents.conversion.plan import PARAMETERS_BYTES_MAX
from agents.sandbox.inside import Refused, listed

HEAD_BYTES = 512
_PREFIX = "module."
_GLOBAL = re.compile(r"GLOBAL ([\w.]+)")
_CUT_OFF = ("unexpected EOF", "failed finding central directory", "file might be corrupted")
_ZIP = b"PK\x03\x04"
_SIGNATURES = (
    (b"version https://git-lfs", "Git LFS pointer"),
    (b"\x89HDF\r\n", "HDF5 / Keras"),
    (b"\x93NUMPY", "NumPy .npy"),
    (b"\x1f\x8b", "gzip"),
    (b"\x80", "Python pickle"),
)
_ONNX = re.compile(rb"\x08[\x01-\x20][\x12\x3a\x42]")
"""How an ONNX model begins: its IR version, then who made it, its graph or its operator set."""
_SAFETENSORS = re.compile(rb'.{5}\x00{3}\{\s*"', re.DOTALL)
"""How a safetensors file begins: eight bytes of length, then JSON."""
_LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""How torch.save wrote before it wrote zip files."""


def load_file(path: Path) -> object:
    """What lies in the weights file, tensors and plain containers only; nothing in the file is ever called.

    Raises:
        Refused: `weights_not_pytorch` (another kind of file), `weights_cut_off`, `weights_are_program` (TorchScript,
            exported program), `weights_hold_code` (a whole module, or any other object), `weights_unreadable`.
            PyTorch's own text is withheld: it advises to switch the check off.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loaded: object = torch.load(path, map_location="cpu", weights_only=True)
            return loaded
    except Exception as error:
        raise _diagnosis(path, error) from None


def _diagnosis(path: Path, error: Exception) -> Refused:
    """Why the reader failed, from the file's own bytes where they say it."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    text = str(error)
    if head.startswith(_ZIP):
        return _of_zip(path, error)
    if not head.startswith(_LEGACY) and (kind := _looks_like(head)):
        return Refused("weights_not_pytorch", looks_like=kind)
    if any(sign in text for sign in _CUT_OFF) or isinstance(error, EOFError):
        return Refused("weights_cut_off")
    if found := _GLOBAL.search(text):
        return Refused("weights_hold_code", names=found[1])
    return Refused("weights_unreadable", kind=type(error).__name__)


def _of_zip(path: Path, error: Exception) -> Refused:
    try:
        with zipfile.ZipFile(path) as file:
            # The first folder is called like the file was when it was saved.
            names = {name.partition("/")[2] for name in file.namelist()}
    except zipfile.BadZipFile:
        return Refused("weights_cut_off")
    if "constants.pkl" in names:
        return Refused("weights_are_program", form="TorchScript")
    if "archive_format" in names:
        return Refused("weights_are_program", form="torch.export")
    if "data.pkl" not in names:
        return Refused("weights_not_pytorch", looks_like="zip")
    try:
        found = torch.serialization.get_unsafe_globals_in_checkpoint(str(path))
    except Exception:
        found = []
    if found:
        return Refused("weights_hold_code", names=listed(sorted(found)))
    return Refused("weights_unreadable", kind=type(error).__name__)


def _looks_like(head: bytes) -> str:
    """What kind of file begins like this; "" where nobody knows."""
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    if _ONNX.match(head):
        return "ONNX"
    if _SAFETENSORS.match(head):
        return "safetensors"
    if b"<html" in head.lower() or head.lower().startswith(b"<!doctype"):
        return "HTML"
    try:
        # A character may be cut by the end of what was read.
        text = head.decode("utf-8", "ignore" if len(head) == HEAD_BYTES else "strict")
    except UnicodeDecodeError:
        return ""
    return "text" if all(char.isprintable() or char.isspace() for char in text) else ""


def state_dict(loaded: object, key: str) -> dict[str, torch.Tensor]:
    """The tensors by name under `key` (the whole file if empty), a common prefix `module.` taken away.

    Raises:
        Refused: `state_dict_key_missing`, `weights_not_tensors`, `weights_too_large`.
    """
    found = listed([str(name) for name in loaded]) if isinstance(loaded, Mapping) else type(loaded).__name__
    if key and not (isinstance(loaded, Mapping) and key in loaded):
        raise Refused("state_dict_key_missing", key=key, found=found)
    chosen = loaded[key] if key and isinstance(loaded, Mapping) else loaded
    if not isinstance(chosen, Mapping) or not chosen:
        raise Refused("weights_not_tensors", found=type(chosen).__name__)
    wrong = [str(name) for name, value in chosen.items() if not isinstance(value, torch.Tensor)]
    if wrong and not key:
        raise Refused("state_dict_key_missing", key="", found=found)
    if wrong:
        raise Refused("weights_not_tensors", found=listed(wrong))
    size = sum(value.numel() * value.element_size() for value in chosen.values())
    if size > PARAMETERS_BYTES_MAX:
        raise Refused("weights_too_large", bytes=size, max=PARAMETERS_BYTES_MAX)
    strip = len(_PREFIX) if all(str(name).startswith(_PREFIX) for name in chosen) else 0
    return {str(name)[strip:]: value for name, value in chosen.items()}
