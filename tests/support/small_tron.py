"""A Tron file made in milliseconds, as a conversion would leave it: the mean of each colour, and two classes of it."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath
from uuid import UUID

import msgspec
import numpy as np
import onnx
from onnx import helper

from schemas.specs.methods import proposed_chain
from schemas.specs.parts import TaskSpec
from schemas.tron import (
    FileEntry,
    Input,
    Normalisation,
    Output,
    Provenance,
    SubModel,
    TronManifest,
    Verification,
    WeightsFile,
)
from schemas.values import TronIdentity
from storage.tron_file import graph_entry, weights_entry, write_tron

SIZE = 8
CLASSES = ("cat", "dog")
WEIGHTS = np.array([[0.01, 0.0, -0.01], [-0.01, 0.0, 0.01]], np.float32)
"""More red than blue is the first class."""
NIL = UUID(int=0)


def digest_of(data: bytes) -> str:
    """The name of an object or entry with these bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def graph(location: str | None = None) -> bytes:
    """The network as ONNX; with `location` its weights lie in a file of that name."""
    weights = onnx.numpy_helper.from_array(WEIGHTS, "weights")
    if location is not None:
        weights.ClearField("raw_data")
        weights.data_location = onnx.TensorProto.EXTERNAL
        weights.external_data.add(key="location", value=location)
    nodes = [
        helper.make_node("GlobalAveragePool", ["raw"], ["means"]),
        helper.make_node("Flatten", ["means"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weights"], ["output0"], transB=1),
    ]
    shapes = (("raw", ["batch", 3, SIZE, SIZE]), ("output0", ["batch", len(CLASSES)]))
    raw, output = (helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name, shape in shapes)
    model = helper.make_model(
        helper.make_graph(nodes, "small", [raw], [output], [weights]),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=10,
    )
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def entry_of(name: str, data: bytes) -> FileEntry:
    """The entry as a manifest names it."""
    return FileEntry(entry=name, digest=digest_of(data), size_bytes=len(data))


def sub_model(position: int = 0, name: str = "主干", *, split: bool = False) -> tuple[SubModel, dict[str, bytes]]:
    """One sub-model and the bytes of its entries."""
    place = graph_entry(position, name)
    weights = weights_entry(position, name)
    data = graph(PurePosixPath(weights).name if split else None)
    sub = SubModel(
        name=name,
        graph=place,
        digest=digest_of(data),
        size_bytes=len(data),
        input=Input(name="raw", shape=(3, SIZE, SIZE)),
        normalisation=Normalisation(mean=(0.0,) * 3, scale=(1.0,) * 3),
        outputs=(Output(name="output0", shape=(len(CLASSES),)),),
        tasks=(TaskSpec("class", CLASSES),),
        max_batch=4,
        opset=18,
        steps=proposed_chain((3, SIZE, SIZE), ()),
    )
    if not split:
        return sub, {place: data}
    kept = entry_of(weights, WEIGHTS.tobytes())
    return (
        msgspec.structs.replace(sub, weights=WeightsFile(**msgspec.structs.asdict(kept))),
        {place: data, weights: WEIGHTS.tobytes()},
    )


def manifest(*subs: SubModel) -> TronManifest:
    """The manifest of these sub-models, or of the usual one."""
    return TronManifest(
        identity=TronIdentity("nvidia", "scene", "n", "classification", "v2"),
        method="classification",
        sub_models=subs or (sub_model()[0],),
        provenance=Provenance(
            job_id=NIL, pth_id=NIL, template_id=NIL, weights=digest_of(b"w"), template=digest_of(b"t"), structures={}
        ),
        verification=Verification(max_abs_error=0.0, error_threshold=1e-5, batches=(1, 2), backend="x"),
    )


def write_small(path: Path, whole: TronManifest | None = None, entries: dict[str, bytes] | None = None) -> Path:
    """Write a Tron file: the usual one, or the given manifest with the bytes of its entries."""
    folder = path.with_name(f"{path.name}-entries")
    folder.mkdir()
    files = {}
    for name, data in (entries or sub_model()[1]).items():
        files[name] = folder / name.replace("/", "_")
        files[name].write_bytes(data)
    write_tron(path, whole or manifest(), files)
    return path
