"""Tron files: one verified model in a zip of stored entries.

`mimetype`, `tron.json`, then for every sub-model `graphs/<sub>.onnx` and, where it has them, `graphs/<sub>.fp16.onnx`,
`graphs/<sub>.int8.onnx`, `weights/<sub>.bin` and `calibration/<sub>.json`. Unpacked by any zip tool, graphs open in
Netron and run in stock ONNX Runtime as they lie there; one that shares its weights wants `weights/<sub>.bin` beside it
(ONNX Runtime follows no path out of the graph's folder, so the graph can only name a file that lies there).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from schemas.tron import (
    MIMETYPE,
    CalibrationFile,
    FileEntry,
    ManifestError,
    OtherGraph,
    SubModel,
    TronManifest,
    WeightsFile,
    decode_manifest,
    encode_manifest,
)
from storage.onnx_graph import GraphError, check_graph
from storage.stored_zip import MIMETYPE_ENTRY, StoredZip, StoredZipWriter
from storage.zip_layout import BadZipError, read_local

MANIFEST_ENTRY = "tron.json"
ENTRIES_MAX = 128
MANIFEST_BYTES_MAX = 64 << 20

_STEM = r"[A-Za-z0-9_-]+(\.[0-9]+)?"
_GRAPH = re.compile(rf"graphs/{_STEM}(\.int8|\.fp16)?\.onnx")
_NAMES: dict[type[FileEntry], re.Pattern[str]] = {
    FileEntry: _GRAPH,
    OtherGraph: _GRAPH,
    WeightsFile: re.compile(rf"weights/{_STEM}\.bin"),
    CalibrationFile: re.compile(rf"calibration/{_STEM}\.json"),
}
"""What an entry may be called, by what it is: so what lies in one folder outside never has the name of another."""


class TronFileError(ValueError):
    """The file is no Tron file that can be used; the text says why and what to do."""


def graph_entry(position: int, name: str) -> str:
    """The graph's place in the file for the sub-model `name`, the `position`-th of the model (0 is the first)."""
    return f"graphs/{_stem(position, name)}.onnx"


def weights_entry(position: int, name: str) -> str:
    """The place of the weights that the sub-model's graphs share. The graphs name them by the last part of it."""
    return f"weights/{_stem(position, name)}.bin"


def _stem(position: int, name: str) -> str:
    """Plain letters of the name; the number after a point keeps apart names that have the same ones."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_-")[:80] or "model"
    return plain if position == 0 else f"{plain}.{position}"


def write_tron(path: Path, manifest: TronManifest, files: Mapping[str, Path]) -> None:
    """Write the new file `path`; `files` holds a file for every entry that the manifest names. Same input, same bytes.

    Raises:
        TronFileError: the files are not the ones in the manifest (names, digests).
    """
    named = _entries(manifest)
    if named.keys() != files.keys():
        raise TronFileError(f"the manifest names the entries {sorted(named)}, given are {sorted(files)}")
    with StoredZipWriter(path, MIMETYPE) as file:
        file.add(MANIFEST_ENTRY, encode_manifest(manifest))
        for name, wanted in named.items():
            if file.add_file(name, files[name]).digest != wanted.digest:
                raise TronFileError(f"{name} does not have the digest that the manifest gives it")


def _entries(manifest: TronManifest) -> dict[str, FileEntry]:
    """Every entry that the manifest names, in the order in which they lie in the file.

    Raises:
        TronFileError: an entry has a name that is not ours, or two have names that some file systems take for one.
    """
    named: dict[str, FileEntry] = {}
    for sub in manifest.sub_models:
        for each in sub.entries():
            if not _NAMES[type(each)].fullmatch(each.entry):
                raise TronFileError(f"the manifest names the entry {each.entry!r}, which Mo never writes")
            named[each.entry] = each
    wanted = sum(len(sub.entries()) for sub in manifest.sub_models)
    if len({name.casefold() for name in named}) != wanted:
        raise TronFileError(f"the manifest names an entry twice: {sorted(named)}")
    return named


def manifest_span(head: bytes) -> tuple[int, int]:
    """From where to where the manifest lies in a Tron file that begins with these bytes (some hundred are enough).

    Raises:
        TronFileError: it does not begin as a Tron file does.
    """
    try:
        first = read_local(head, 0)
        if first.name != MIMETYPE_ENTRY or head[first.start : first.stop] != MIMETYPE.encode():
            raise TronFileError("the file does not begin with a Tron file's mimetype: convert the model again")
        second = read_local(head, first.stop)
    except BadZipError as error:
        raise TronFileError(f"{error}: fetch the file again, or convert the model again") from error
    if second.name != MANIFEST_ENTRY or second.size_bytes > MANIFEST_BYTES_MAX:
        raise TronFileError("the second entry is not the manifest, or it is too long: convert the model again")
    return second.start, second.stop


class TronFile:
    """An opened Tron file; a context manager. `manifest` is what `document`, the bytes of `tron.json`, say.

    Raises:
        TronFileError: on opening, if form, manifest and entries do not agree.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._zip = StoredZip(path, MIMETYPE, entries_max=ENTRIES_MAX)
        except BadZipError as error:
            raise TronFileError(str(error)) from error
        try:
            self.document = self._zip.read(MANIFEST_ENTRY, bytes_max=MANIFEST_BYTES_MAX)
            self.manifest = decode_manifest(self.document)
            self._check()
        except (BadZipError, ManifestError, TronFileError) as error:
            self._zip.close()
            raise TronFileError(f"{path.name}: {error}; fetch the file again, or convert the model again") from error
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()

    def _check(self) -> None:
        named = _entries(self.manifest)
        present = set(self._zip.names) - {MIMETYPE_ENTRY, MANIFEST_ENTRY}
        if named.keys() != present:
            raise TronFileError(f"the manifest names the entries {sorted(named)}, the file holds {sorted(present)}")
        for name, entry in named.items():
            if (size := self._zip.size(name)) != entry.size_bytes:
                raise TronFileError(f"{name} has {size} bytes, the manifest says {entry.size_bytes}")

    def extract_graph(self, sub: SubModel, target: Path) -> None:
        """Write the sub-model's ONNX graph to the new file `target`, and weights that it shares beside it.

        Raises:
            TronFileError: something does not have the digest that the manifest gives it, or the graph is none, or
                wants other files.
        """
        graph, *_ = sub.graph_entries()
        self.extract(sub, graph, target)
        if sub.weights is not None:
            self.extract(sub, sub.weights, target.with_name(PurePosixPath(sub.weights.entry).name))

    def extract(self, sub: SubModel, entry: FileEntry, target: Path) -> None:
        """Write one of the sub-model's entries to the new file `target`. No graph comes out of here unchecked.

        Raises:
            TronFileError: it does not have the digest that the manifest gives it, or is a graph that is none, or
                wants other files than the sub-model's weights beside it.
        """
        try:
            _compare(entry, self._zip.extract(entry.entry, target))
            if entry in sub.graph_entries():
                check_graph(target, None if sub.weights is None else PurePosixPath(sub.weights.entry))
        except (BadZipError, TronFileError) as error:
            target.unlink()
            raise TronFileError(str(error)) from error
        except GraphError as error:
            target.unlink()
            raise TronFileError(f"{entry.entry}: {error}: convert the model again") from error


def _compare(entry: FileEntry, digest: str) -> None:
    if digest != entry.digest:
        raise TronFileError(f"{entry.entry} has not the digest in the manifest: fetch or convert the model again")
