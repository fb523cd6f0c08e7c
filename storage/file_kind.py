"""What a model file is, by its first and last bytes. Pure; nothing is opened, unpacked or trusted."""

from __future__ import annotations

from schemas.specs.uploads import FileKind
from schemas.tron import MIMETYPE
from storage.onnx_graph import looks_like_a_model
from storage.stored_zip import MIMETYPE_ENTRY
from storage.zip_layout import BadZipError, read_end

LOOK_BYTES = 1 << 16
"""How much of either end is looked at."""

_ZIP = b"PK\x03\x04"
_ASCEND_OM = b"IMOD"
_ENGINE = b"trt"
"""Behind one letter, which differs between TensorRT (f, p) and TensorRT-RTX (v)."""
_PICKLE_PROTOCOLS = range(2, 6)
_TORCHSCRIPT = (b"/code/", b"/constants.pkl")
_TORCH = b"/data.pkl"


def file_kind(head: bytes, tail: bytes, size_bytes: int) -> FileKind:
    """The kind of a file with these first and last `LOOK_BYTES` (or all) and this size.

    `tron` says that form and mimetype are right at both ends; whether the inside is, reading it shows.
    """
    if head.startswith(_ZIP):
        return _zip_kind(head, tail, size_bytes)
    if head.startswith(_ASCEND_OM):
        return "ascend_om"
    if head[1:4] == _ENGINE and head[:1].isalpha():
        return "tensorrt_engine"
    if head[:1] == b"\x80" and head[1:2] and head[1] in _PICKLE_PROTOCOLS:
        return "pickle"
    if looks_like_a_model(head):
        return "onnx"
    return "text" if _is_text(head) else "unknown"


def _zip_kind(head: bytes, tail: bytes, size_bytes: int) -> FileKind:
    name = MIMETYPE_ENTRY.encode()
    if head[30:].startswith(name + MIMETYPE.encode()):
        try:
            read_end(tail, size_bytes)
        except BadZipError:
            return "broken_tron"
        return "tron"
    ends = head + tail
    if all(mark in ends for mark in _TORCHSCRIPT):
        return "torchscript"
    return "torch_weights" if _TORCH in ends else "zip"


def _is_text(head: bytes) -> bool:
    if not head or b"\0" in head:
        return False
    # the last character may be cut in two
    text = head.decode("utf-8", "ignore")
    return len(head) - len(text.encode()) < 4 and all(each.isprintable() or each in "\r\n\t\f" for each in text)
