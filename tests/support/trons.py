"""Tron files for tests that begin behind the conversion."""

from __future__ import annotations

import hashlib
from pathlib import Path
from uuid import UUID

from cases import Network

from schemas.specs.methods import proposed_chain
from schemas.specs.parts import Arg, TaskSpec
from schemas.tron import Input, Normalisation, Output, Provenance, SubModel, TronManifest, Verification
from schemas.values import TronIdentity
from storage.tron_file import graph_entry, write_tron

NIL, DIGEST = UUID(int=0), f"sha256:{0:064}"
LOOSE = (Arg("score_threshold", "sf", 0.001), Arg("colour", "ss", "bgr"), Arg("clip", "si", 0))
"""As the reference detections of the FastestDet case were made."""


def detector_tron(path: Path, graph: Path, method: str, classes: tuple[str, ...], about: Network) -> None:
    """A detector with one output, converted without a word on what it computes."""
    entry = graph_entry(0, method)
    sub = SubModel(
        name=method,
        graph=entry,
        digest=f"sha256:{hashlib.sha256(graph.read_bytes()).hexdigest()}",
        size_bytes=graph.stat().st_size,
        input=Input(name="data", shape=about.shape),
        normalisation=Normalisation(mean=about.mean, scale=about.scale),
        outputs=(Output(name="output", shape=(5 + len(classes), 22, 22), dtype="float32", distribution=False),),
        tasks=(TaskSpec("object", classes),),
        max_batch=64,
        opset=18,
        args=LOOSE,
        method=method,
        steps=proposed_chain(about.shape, LOOSE),
    )
    manifest = TronManifest(
        identity=TronIdentity("nvidia", "detection", method, method, "v1"),
        method=method,
        sub_models=(sub,),
        provenance=Provenance(job_id=NIL, pth_id=NIL, template_id=NIL, weights=DIGEST, template=DIGEST, structures={}),
        verification=Verification(max_abs_error=0, error_threshold=1, batches=(1,), backend="none"),
    )
    write_tron(path, manifest, {entry: graph})
