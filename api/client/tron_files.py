"""Tron files on this machine: described, verified, unpacked. Nothing is asked of the API."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Literal

import msgspec

from api.client import tron_trial
from api.client.errors import BadInputError
from api.client.tron_trial import TrialAsked, TrialTold
from schemas.specs.uploads import FileKind, file_ending
from schemas.tron import (
    CalibrationFile,
    FileEntry,
    ManifestError,
    OtherGraph,
    SubModel,
    TronManifest,
    decode_manifest,
    file_stem,
)
from schemas.values import TronIdentity
from storage.file_kind import LOOK_BYTES, file_kind
from storage.tron_file import MANIFEST_ENTRY, TronFile, TronFileError, manifest_span

TRIAL_SECONDS_MAX = 120.0
TRIAL_ENVIRONMENT = frozenset({"HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "TMPDIR"})
"""All that the process which runs a graph is told of ours: where libraries lie, no keys and no addresses."""

CheckName = Literal["container", "digest", "graph", "run"]


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One check of a file. `what` is the entry or sub-model that it was about, `detail` what was found.

    ok is None where the check could not be made: `run` without ONNX Runtime.
    """

    name: CheckName
    what: str
    ok: bool | None
    detail: str = ""


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What the checks of a file came to; ok is False where one of them failed."""

    path: str
    ok: bool
    checks: list[Check]


def kind_of(path: Path) -> FileKind:
    """What a model file looks like, to us as to the API.

    Raises:
        BadInputError: it cannot be read.
    """
    try:
        size_bytes = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(LOOK_BYTES)
            file.seek(max(0, size_bytes - LOOK_BYTES))
            if (kind := file_kind(head, file.read(LOOK_BYTES), size_bytes)) == "tron":
                start, stop = manifest_span(head)
                file.seek(start)
                decode_manifest(file.read(stop - start))
            return kind
    except (TronFileError, ManifestError):
        return "broken_tron"
    except OSError as error:
        raise BadInputError(f"{path} cannot be read", "file_missing", path=str(path)) from error


def composed_name(identity: TronIdentity, path: Path) -> str:
    """The file name that a direct upload of this file will have."""
    return f"{file_stem(identity)}.{file_ending(kind_of(path), path.name)}"


def describe_file(path: Path) -> TronManifest:
    """The manifest in a Tron file.

    Raises:
        BadInputError: it is none that can be used.
    """
    with _opened(path) as file:
        return file.manifest


def verify_file(path: Path) -> Verified:
    """Check form, manifest, every digest, that graphs are ONNX and want no files of others, and that they run.

    Each network runs once on zeros in a process of its own with limits, where ONNX Runtime is installed.

    Raises:
        BadInputError: the file cannot be read at all.
    """
    if not path.is_file():
        raise BadInputError(f"{path} is not a file", "file_missing", path=str(path))
    try:
        with TronFile(path) as file, tempfile.TemporaryDirectory(prefix="mo-tron-") as scratch:
            identity = file_stem(file.manifest.identity)
            checks = [Check(name="container", what=MANIFEST_ENTRY, ok=True, detail=identity)]
            for position, sub in enumerate(file.manifest.sub_models):
                folder = Path(scratch) / str(position)
                folder.mkdir()
                checks += _checks_of(file, sub, folder)
    except TronFileError as error:
        checks = [Check(name="container", what=path.name, ok=False, detail=str(error))]
    return Verified(path=str(path), ok=all(each.ok is not False for each in checks), checks=checks)


def unpack_file(path: Path, folder: Path) -> list[Path]:
    """Write what is in a Tron file into `folder`: the manifest, and what graphs share beside them. Nothing is replaced.

    Graphs can then be opened as they lie there, in Netron or with ONNX Runtime. Names are made from the sub-models'.

    Raises:
        BadInputError: it is no Tron file that can be used, or something of that name is there.
    """
    with _opened(path) as file:
        wanted = [(sub, entry, folder / _outside(entry)) for sub in file.manifest.sub_models for entry in sub.entries()]
        for target in (folder / MANIFEST_ENTRY, *(target for _, _, target in wanted)):
            if target.is_symlink() or target.exists():
                raise BadInputError(f"{target} is there already", "file_exists", path=str(target))
        folder.mkdir(parents=True, exist_ok=True)
        written = [folder / MANIFEST_ENTRY]
        with written[0].open("xb") as out:
            out.write(file.document)
        for sub, entry, target in wanted:
            written.append(target)
            try:
                file.extract(sub, entry, target)
            except TronFileError as error:
                raise BadInputError(str(error), "tron_unusable", path=str(path), detail=str(error)) from error
    return written


def _outside(entry: FileEntry) -> str:
    """An entry's name in one folder: stems are unique, so that a graph and what it names lie side by side.

    Ranges are told apart from the manifest: a sub-model may be called "tron".
    """
    place = PurePosixPath(entry.entry)
    return f"{place.stem}.calibration.json" if isinstance(entry, CalibrationFile) else place.name


def _opened(path: Path) -> TronFile:
    try:
        return TronFile(path)
    except OSError as error:
        raise BadInputError(f"{path} cannot be read", "file_missing", path=str(path)) from error
    except TronFileError as error:
        raise BadInputError(str(error), "tron_unusable", path=str(path), detail=str(error)) from error


def _checks_of(file: TronFile, sub: SubModel, folder: Path) -> Iterator[Check]:
    graph = folder / "graph.onnx"
    try:
        file.extract_graph(sub, graph)
    except TronFileError as error:
        yield Check(name="graph", what=sub.graph, ok=False, detail=str(error))
        return
    yield Check(name="graph", what=sub.graph, ok=True, detail=sub.digest)
    for entry in sub.entries()[1:]:
        yield _entry_check(file, sub, entry, folder / "entry")
    yield _run_check(sub, graph)


def _entry_check(file: TronFile, sub: SubModel, entry: FileEntry, beside: Path) -> Check:
    name: CheckName = "graph" if isinstance(entry, OtherGraph) else "digest"
    try:
        file.extract(sub, entry, beside)
    except TronFileError as error:
        return Check(name=name, what=entry.entry, ok=False, detail=str(error))
    beside.unlink()
    return Check(name=name, what=entry.entry, ok=True, detail=entry.digest)


def _run_check(sub: SubModel, graph: Path) -> Check:
    if find_spec("onnxruntime") is None:
        return Check(name="run", what=sub.name, ok=None, detail="ONNX Runtime")
    asked = TrialAsked(graph=str(graph), input=sub.input.name, shape=sub.input.shape)
    # nobody's code but the one that runs here: neither from the user's folder, nor from the file's
    command = [sys.executable, "-P", tron_trial.__file__]
    environment = {name: value for name, value in os.environ.items() if name in TRIAL_ENVIRONMENT}
    try:
        ended = subprocess.run(
            command,
            input=msgspec.json.encode(asked),
            capture_output=True,
            timeout=TRIAL_SECONDS_MAX,
            check=False,
            cwd=graph.parent,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        return Check(name="run", what=sub.name, ok=False, detail=f"> {TRIAL_SECONDS_MAX:g} s")
    try:
        told = msgspec.json.decode(ended.stdout, type=TrialTold)
    except msgspec.MsgspecError:
        last = ended.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or [f"exit code {ended.returncode}"]
        return Check(name="run", what=sub.name, ok=False, detail=last[0][:300])
    named = {output.name: output.shape for output in sub.outputs}
    return Check(name="run", what=sub.name, ok=told.finite and told.outputs == named, detail=told.said())
