"""Tron files: one verified model in a zip of stored entries (mimetype, tron.json, graphs/<sub>.onnx)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from schemas.tron import MIMETYPE, ManifestError, SubModel, TronManifest, decode_manifest, encode_manifest
from storage.stored_zip import BadZipError, StoredZip, StoredZipWriter

MANIFEST_ENTRY = "tron.json"
ENTRIES_MAX = 64
MANIFEST_BYTES_MAX = 64 << 20


class TronFileError(ValueError):
    """The file is no Tron file that can be used; the text says why and what to do."""


def graph_entry(position: int, name: str) -> str:
    """The graph's place in the file for the sub-model `name`, the `position`-th of the model (0 is the first)."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_-")[:80] or "model"
    return f"graphs/{plain}.onnx" if position == 0 else f"graphs/{plain}_{position}.onnx"


def write_tron(path: Path, manifest: TronManifest, graphs: Mapping[str, Path]) -> None:
    """Write the new file `path`; `graphs` holds a file for every graph that the manifest names. Same input, same bytes.

    Raises:
        TronFileError: the graphs are not the ones in the manifest (names, digests).
    """
    named = {sub.graph: sub for sub in manifest.sub_models}
    if named.keys() != graphs.keys() or len(named) != len(manifest.sub_models):
        raise TronFileError(f"the manifest names the graphs {sorted(named)}, given are {sorted(graphs)}")
    with StoredZipWriter(path, MIMETYPE) as file:
        file.add(MANIFEST_ENTRY, encode_manifest(manifest))
        for name, graph in graphs.items():
            if file.add_file(name, graph).digest != named[name].digest:
                raise TronFileError(f"{name} does not have the digest that the manifest gives it")


class TronFile:
    """An opened Tron file; a context manager.

    Raises:
        TronFileError: on opening, if form, manifest and entries do not agree.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._zip = StoredZip(path, MIMETYPE, entries_max=ENTRIES_MAX)
        except BadZipError as error:
            raise TronFileError(str(error)) from error
        try:
            self.manifest = decode_manifest(self._zip.read(MANIFEST_ENTRY, bytes_max=MANIFEST_BYTES_MAX))
            self._check()
        except (BadZipError, ManifestError, TronFileError) as error:
            self._zip.__exit__(None, None, None)
            raise TronFileError(str(error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.__exit__(kind, error, at)

    def _check(self) -> None:
        named = {sub.graph for sub in self.manifest.sub_models}
        present = {name for name in self._zip.names if name.startswith("graphs/")}
        if named != present:
            raise TronFileError(f"the manifest names the graphs {sorted(named)}, the file holds {sorted(present)}")

    def extract_graph(self, sub: SubModel, target: Path) -> None:
        """Write the sub-model's ONNX graph to the new file `target`.

        Raises:
            TronFileError: the graph does not have the digest that the manifest gives it.
        """
        try:
            digest = self._zip.extract(sub.graph, target)
        except BadZipError as error:
            raise TronFileError(str(error)) from error
        if digest != sub.digest:
            target.unlink()
            raise TronFileError(f"{sub.graph} has not the digest in the manifest: fetch or convert the model again")
