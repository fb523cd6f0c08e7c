"""Tron files that somebody made to be read differently by different readers, or to harm the reader: name -> bytes.

Every file differs in one thing from a good one. Records are packed here anew, so that nothing of the reader's own code
decides what it is tried with.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec
from small_tron import digest_of, graph, manifest

from schemas.tron import encode_manifest

MIMETYPE = b"application/vnd.mo.tron+zip"
GRAPH = graph()
LARGE = {"size": 0xFFFFFFFF, "stored": 0xFFFFFFFF}
REGULAR = (stat.S_IFREG | 0o644) << 16
Fields = dict[str, Any]


class Raw(NamedTuple):
    """An entry; `local` and `central` say otherwise what the two headers say."""

    name: bytes
    data: bytes
    local: Fields = {}
    central: Fields = {}


class Trick(NamedTuple):
    """A file, and a part of the text that must say what is wrong with it."""

    data: bytes
    says: str


def _local(raw: Raw) -> bytes:
    said = {
        "version": 20, "flags": 0, "method": 0, "time": 0, "date": 33, "crc": zlib.crc32(raw.data),
        "stored": len(raw.data), "size": len(raw.data), "name": raw.name, "extra": b"",
    } | raw.local  # fmt: skip
    fixed = (said[key] for key in ("version", "flags", "method", "time", "date", "crc", "stored", "size"))
    return (
        struct.pack("<4s5H3I2H", b"PK\3\4", *fixed, len(said["name"]), len(said["extra"]))
        + said["name"]
        + said["extra"]
    )


def _central(raw: Raw, offset: int) -> bytes:
    said = {
        "made": 3 << 8 | 20, "version": 20, "flags": 0, "method": 0, "time": 0, "date": 33,
        "crc": zlib.crc32(raw.data), "stored": len(raw.data), "size": len(raw.data), "name": raw.name, "extra": b"",
        "comment": b"", "disk": 0, "internal": 0, "external": REGULAR, "offset": offset,
    } | raw.central  # fmt: skip
    before = (said[key] for key in ("made", "version", "flags", "method", "time", "date", "crc", "stored", "size"))
    lengths = (len(said[key]) for key in ("name", "extra", "comment"))
    after = (said[key] for key in ("disk", "internal", "external", "offset"))
    fixed = struct.pack("<4s6H3I5H2I", b"PK\1\2", *before, *lengths, *after)
    return fixed + said["name"] + said["extra"] + said["comment"]


def craft(raws: Iterable[Raw], *, prefix: bytes = b"", gap: bytes = b"", locator: bytes = b"", **end: Any) -> bytes:
    """The file of these entries; `end` says otherwise what its end says, `gap` lies before the directory."""
    body, directory = bytearray(prefix), bytearray()
    for raw in raws:
        directory += _central(raw, len(body))
        body += _local(raw) + raw.data
    count = directory.count(b"PK\1\2")
    said = {
        "disk": 0, "start": 0, "here": count, "all": count, "size": len(directory), "offset": len(body + gap),
        "comment": b"",
    } | end  # fmt: skip
    numbers = (said[key] for key in ("disk", "start", "here", "all", "size", "offset"))
    closing = struct.pack("<4s4H2IH", b"PK\5\6", *numbers, len(said["comment"])) + said["comment"]
    return body + gap + directory + locator + closing


def document(**changes: Any) -> bytes:
    """The usual manifest with other fields."""
    plain: dict[str, Any] = msgspec.json.decode(encode_manifest(manifest()))
    return msgspec.json.encode(plain | changes)


def sub_document(**changes: Any) -> bytes:
    """The usual manifest with other fields in its sub-model."""
    plain: dict[str, Any] = msgspec.json.decode(encode_manifest(manifest()))
    plain["sub_models"][0] |= changes
    return msgspec.json.encode(plain)


FIRST = Raw(b"mimetype", MIMETYPE)
SECOND = Raw(b"tron.json", encode_manifest(manifest()))
THIRD = Raw(b"graphs/model.onnx", GRAPH)
GOOD = (FIRST, SECOND, THIRD)


def changed(local: Fields | None = None, central: Fields | None = None, data: bytes = GRAPH) -> bytes:
    """A file whose third entry has other headers."""
    return craft((FIRST, SECOND, Raw(b"graphs/model.onnx", data, local or {}, central or {})))


def both(**fields: Any) -> bytes:
    """A file whose third entry has the same other fields in both headers."""
    return changed(fields, fields)


def extra(name: bytes, **both_headers: Any) -> bytes:
    """A file with one entry more."""
    return craft((*GOOD, Raw(name, b"x", both_headers, both_headers)))


def with_manifest(data: bytes) -> bytes:
    """A file with another manifest."""
    return craft((FIRST, Raw(b"tron.json", data), THIRD))


def _nested() -> bytes:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as file:
        file.writestr("graphs/model.onnx", GRAPH)
    return inner.getvalue()


def _zip64_end(entries: int, size: int, offset: int, at: int) -> bytes:
    return struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, entries, entries, size, offset) + struct.pack(
        "<4sIQI", b"PK\6\7", 0, at, 1
    )


def _endless(size: int) -> bytes:
    """A file whose second entry claims so many bytes in both headers, and whose third lies behind them."""
    large = LARGE | {"version": 45, "extra": struct.pack("<2H2Q", 1, 16, size, size)}
    second = SECOND._replace(local=large, central=large | {"made": 3 << 8 | 45})
    behind = len(_local(FIRST) + MIMETYPE + _local(second)) + size
    far = {"made": 3 << 8 | 45, "version": 45, "offset": 0xFFFFFFFF, "extra": struct.pack("<2HQ", 1, 8, behind % 2**64)}
    return craft((FIRST, second, THIRD._replace(central=far)))


def _million() -> bytes:
    raw, count = Raw(b"e", b""), 1_000_000
    body, directory = _local(raw) * count, _central(raw, 0) * count
    end64 = _zip64_end(count, len(directory), len(body), len(body) + len(directory))
    return (
        body
        + directory
        + end64
        + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(directory), len(body), 0)
    )


NAMES = {
    "absolute": b"/etc/passwd", "up": b"../up", "up inside": b"graphs/../../up", "backslash": b"graphs\\x.onnx",
    "drive": b"c:/x", "nul": b"graphs/model.onnx\0.txt", "newline": b"a\nb", "escape": b"\x1b[31mred", "empty": b"",
    "two slashes": b"a//b", "folder": b"graphs/", "hidden": b".hidden", "home": b"~/x", "space": b"a b",
    "unicode": "graphs/名.onnx".encode(), "right to left": "graphs/\u202exnno.model".encode(),
    "latin": "graphs/modèl.onnx".encode("cp437"), "long": b"a" * 300, "device": b"graphs/con:.onnx",
}  # fmt: skip

TRICKS: dict[str, Callable[[], Trick]] = {
    **{f"name {key}": lambda name=name: Trick(extra(name), "no allowed name") for key, name in NAMES.items()},
    "name unicode said to be UTF-8": lambda: Trick(extra("名".encode(), flags=0x800), "no allowed name"),
    "plain name said to be UTF-8": lambda: Trick(both(flags=0x800), "Mo never writes"),
    "duplicate": lambda: Trick(craft((*GOOD, THIRD)), "same name"),
    "duplicate manifest": lambda: Trick(craft((FIRST, SECOND, SECOND, THIRD)), "same name"),
    "differs in capitals": lambda: Trick(extra(b"graphs/MODEL.onnx"), "differ only in capitals"),
    "link": lambda: Trick(changed(central={"external": (stat.S_IFLNK | 0o777) << 16}), "no plain file"),
    "set uid": lambda: Trick(changed(central={"external": (stat.S_IFREG | 0o4755) << 16}), "no plain file"),
    "directory": lambda: Trick(changed(central={"external": (stat.S_IFDIR | 0o755) << 16}), "no plain file"),
    "device file": lambda: Trick(changed(central={"external": (stat.S_IFCHR | 0o666) << 16}), "no plain file"),
    "no mode": lambda: Trick(changed(central={"external": 0}), "no plain file"),
    "dos attributes": lambda: Trick(changed(central={"external": REGULAR | 0x10}), "Mo never writes"),
    "made by dos": lambda: Trick(changed(central={"made": 20}), "Mo never writes"),
    "deflated": lambda: Trick(
        changed({"method": 8, "size": len(GRAPH)}, {"method": 8, "size": len(GRAPH)}, zlib.compress(GRAPH)[2:-4]),
        "compressed",
    ),
    "bomb": lambda: Trick(both(method=8, size=1 << 30), "compressed"),
    "bomb in the directory only": lambda: Trick(changed(central={"size": 1 << 30}), "compressed"),
    "unknown method": lambda: Trick(both(method=99), "compressed"),
    "encrypted": lambda: Trick(both(flags=1), "encrypted"),
    "size behind": lambda: Trick(both(flags=8), "no size in front"),
    "patch data": lambda: Trick(both(flags=0x20), "Mo never writes"),
    "other name in place": lambda: Trick(changed({"name": b"graphs/other.onnx"}), "another name"),
    "longer name in place": lambda: Trick(changed({"name": b"graphs/longer-name.onnx"}), "another name"),
    "other size in place": lambda: Trick(changed({"size": 1, "stored": 1}), "another header"),
    "other crc in place": lambda: Trick(changed({"crc": 1}), "another header"),
    "compressed in place": lambda: Trick(changed({"method": 8}), "another header"),
    "encrypted in place": lambda: Trick(changed({"flags": 1}), "another header"),
    "extra in place": lambda: Trick(changed({"extra": b"\1\0\0\0"}), "another"),
    "extra in the directory": lambda: Trick(changed(central={"extra": b"\1\0\0\0"}), "Mo never writes"),
    "unicode name in extra": lambda: Trick(
        changed(central={"extra": struct.pack("<HHBI", 0x7075, 9, 1, 0) + b"evil"}), "Mo never writes"
    ),
    "comment on an entry": lambda: Trick(changed(central={"comment": b"hello"}), "Mo never writes"),
    "on another disk": lambda: Trick(changed(central={"disk": 1}), "Mo never writes"),
    "size larger than the file": lambda: Trick(both(size=1 << 29, stored=1 << 29), "no entry before its directory"),
    "size smaller than the entry": lambda: Trick(both(size=1, stored=1), "no entry before its directory"),
    "large size in 64 bits": lambda: Trick(
        changed(central=LARGE | {"extra": struct.pack("<2H2Q", 1, 16, 1 << 62, 1 << 62)}),
        "Mo never writes",
    ),
    "small size in 64 bits": lambda: Trick(
        changed(
            central=LARGE | {"extra": struct.pack("<2H2Q", 1, 16, len(GRAPH), len(GRAPH))}
        ),
        "Mo never writes",
    ),
    "size that no file has": lambda: Trick(_endless(1 << 63), "reaches into it"),
    "size with no end": lambda: Trick(_endless((1 << 64) - 1), "reaches into it"),
    "endless name in front": lambda: Trick(
        craft((FIRST, SECOND._replace(name=b"\xff" * 60_000), THIRD)), "longer than its entries need"
    ),
    "endless name": lambda: Trick(extra(b"a" * 60_000), "longer than its entries need"),
    "overlap": lambda: Trick(changed(central={"offset": 0}), "overlap"),
    "far away": lambda: Trick(changed(central={"offset": 1 << 30}), "overlap"),
    "wrong crc": lambda: Trick(craft((FIRST, SECOND._replace(local={"crc": 1}, central={"crc": 1}), THIRD)), "damaged"),
    "bytes in front": lambda: Trick(craft(GOOD, prefix=b"#!/bin/sh\n"), "no entry before"),
    "program in front": lambda: Trick(b"MZ" + craft(GOOD), "around its directory"),
    "bytes before the directory": lambda: Trick(craft(GOOD, gap=b"hidden"), "no entry before its directory"),
    "bytes behind": lambda: Trick(craft(GOOD) + b"x", "follows its end"),
    "comment": lambda: Trick(craft(GOOD, comment=b"hello"), "follows its end"),
    "two ends": lambda: Trick(craft(GOOD) + craft(GOOD), "around its directory"),
    "end in the comment of an end": lambda: Trick(craft(GOOD, comment=craft(GOOD)), "around its directory"),
    "no end": lambda: Trick(craft(GOOD)[:-22], "end is missing"),
    "cut short": lambda: Trick(craft(GOOD)[:200], "end is missing"),
    "end only": lambda: Trick(craft(()), "0 entries"),
    "fewer entries than there are": lambda: Trick(craft(GOOD, here=2, all=2), "no entry before its directory"),
    "more entries than there are": lambda: Trick(craft(GOOD, here=4, all=4), "directory is damaged"),
    "entries on other disks": lambda: Trick(craft(GOOD, here=3, all=4), "contradicts itself"),
    "another disk": lambda: Trick(craft(GOOD, disk=1), "contradicts itself"),
    "shorter directory": lambda: Trick(craft(GOOD, size=100), "around its directory"),
    "endless directory": lambda: Trick(craft(GOOD, size=1 << 30), "around its directory"),
    "directory elsewhere": lambda: Trick(craft(GOOD, offset=0), "around its directory"),
    "64-bit end that is not needed": lambda: Trick(craft(GOOD, locator=_zip64_end(3, 1, 1, 1)), "around its directory"),
    "64-bit end that lies": lambda: Trick(
        craft(GOOD, here=0xFFFF, all=0xFFFF, locator=_zip64_end(3, 1, 1, 1)), "contradicts itself"
    ),
    "64-bit end with no end of entries": lambda: Trick(
        craft(GOOD, here=0xFFFF, all=0xFFFF, locator=_zip64_end(1 << 60, 1, 1, 2)), "contradicts itself"
    ),
    "million entries": lambda: Trick(_million(), "it has 1000000 entries"),
    "nested zip": lambda: Trick(extra(b"inner.zip"), "names the entries"),
    "zip for a graph": lambda: Trick(
        craft((FIRST, Raw(b"tron.json", sub_document(digest=digest_of(_nested()), size_bytes=len(_nested()))),
               Raw(b"graphs/model.onnx", _nested()))), "no ONNX model",
    ),
    "mimetype second": lambda: Trick(craft((SECOND, FIRST, THIRD)), "not the mimetype"),
    "no mimetype": lambda: Trick(craft((SECOND, THIRD)), "not the mimetype"),
    "other mimetype": lambda: Trick(craft((Raw(b"mimetype", b"text/html"), SECOND, THIRD)), "it is no application"),
    "endless mimetype": lambda: Trick(craft((Raw(b"mimetype", bytes(1000)), SECOND, THIRD)), "1000 bytes"),
    "no manifest": lambda: Trick(craft((FIRST, THIRD)), "no entry 'tron.json'"),
    "newer manifest": lambda: Trick(with_manifest(document(format_version=99)), "upgrade"),
    "manifest of something else": lambda: Trick(with_manifest(document(format="other")), "malformed"),
    "manifest is no JSON": lambda: Trick(with_manifest(b"{"), "malformed"),
    "manifest is empty": lambda: Trick(with_manifest(b""), "malformed"),
    "manifest is no text": lambda: Trick(with_manifest(b"\xff" * 50), "malformed"),
    "manifest is deep": lambda: Trick(with_manifest(b'{"a":' * 100_000), "malformed"),
    "manifest without sub-models": lambda: Trick(with_manifest(document(sub_models=[])), "malformed"),
    "manifest with an endless batch": lambda: Trick(with_manifest(sub_document(max_batch=10**9)), "malformed"),
    "manifest with an endless input": lambda: Trick(
        with_manifest(sub_document(input={"name": "raw", "shape": [3, 10**9, 10**9]})), "malformed"
    ),
    "digest of another": lambda: Trick(with_manifest(sub_document(digest=digest_of(b"other"))), "not the digest"),
    "no digest": lambda: Trick(with_manifest(sub_document(digest="sha256:x")), "malformed"),
    "size of another": lambda: Trick(with_manifest(sub_document(size_bytes=1)), "the manifest says 1"),
    "entry missing": lambda: Trick(craft((FIRST, SECOND)), "names the entries"),
    "entry not in the manifest": lambda: Trick(extra(b"graphs/more.onnx"), "names the entries"),
    "manifest names a path": lambda: Trick(with_manifest(sub_document(graph="../../model.onnx")), "never writes"),
    "nothing": lambda: Trick(b"", "no zip"),
    "text": lambda: Trick(b"hello\n" * 1000, "no zip"),
    "zeros": lambda: Trick(bytes(100_000), "no zip"),
}  # fmt: skip
