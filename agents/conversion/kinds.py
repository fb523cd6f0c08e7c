"""What kind of file was uploaded, from its first bytes: so that a refusal can say what it is instead of weights."""

from __future__ import annotations

import re

HEAD_BYTES = 512

LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""How torch.save began before it wrote zip files (PyTorch 1.6), and does still if it is asked to."""
_TAR_MARK, _TAR_PLACE = b"ustar", 257
_SIGNATURES = (
    (b"version https://git-lfs", "Git LFS pointer"),
    (b"\x89HDF\r\n", "HDF5 / Keras"),
    (b"\x93NUMPY", "NumPy .npy"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!", "RAR"),
    (b"\x80", "Python pickle"),
)
_ONNX = re.compile(rb"\x08[\x01-\x20][\x12\x3a\x42]")
"""How an ONNX model begins: its IR version, then who made it, its graph or its operator set."""
_SAFETENSORS = re.compile(rb'.{5}\x00{3}\{\s*"', re.DOTALL)
"""How a safetensors file begins: eight bytes of length, then JSON."""
SAFETENSORS = "safetensors"


def looks_like(head: bytes) -> str:
    """What kind of file begins with these bytes (at most `HEAD_BYTES`); "" where nobody knows."""
    if head[_TAR_PLACE:].startswith(_TAR_MARK):
        return "tar"
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    if _ONNX.match(head):
        return "ONNX"
    if _SAFETENSORS.match(head):
        return SAFETENSORS
    if b"<html" in head.lower() or head.lower().startswith(b"<!doctype"):
        return "HTML"
    try:
        # A character may be cut by the end of what was read.
        text = head.decode("utf-8", "ignore" if len(head) == HEAD_BYTES else "strict")
    except UnicodeDecodeError:
        return ""
    return "text" if all(char.isprintable() or char.isspace() for char in text) else ""
