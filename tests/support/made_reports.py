"""A conversion report as a conversion leaves it, with a little of everything."""

from __future__ import annotations

from uuid import UUID

from schemas.reports import ConversionReport, GraphFacts, Measurement, SubReport
from schemas.values import Code, DatasetRef, ObjectRef


def made_report() -> ConversionReport:
    """One sub-model, one output, two batches of random inputs and one of real ones."""
    rows = [("random", 1, 1e-6), ("random", 8, 2e-6), ("real", 8, 3e-6)]
    part = SubReport(
        name="net",
        max_abs_error=3e-6,
        proposed_threshold=2e-5,
        differences=tuple(
            Measurement(
                output="output0", batch=batch, inputs=kind, max_abs=gap, mean_abs=gap / 4, relative=None, cosine=1.0,
                magnitude=1.0,
            )
            for kind, batch, gap in rows
        ),
        batch_drift=2e-4,
        exported=GraphFacts(nodes=9, size_bytes=9_000, operators={"Conv": 1, "BatchNormalization": 1}, parameters=2000),
        converted=GraphFacts(nodes=5, size_bytes=8_000, operators={"Conv": 1}, parameters=1_900),
        backend="onnxruntime-cpu 1.32.0",
        export_ms=5_000.0,
        verify_ms=2_000.0,
        real_images=8,
        folded_scale=(0.0039215686,),
        arguments={"depth": "20"},
        notices=(Code("output_drifts_with_batch", {"measured": "0.0002", "threshold": "0.0001"}),),
    )  # fmt: skip
    return ConversionReport(
        sub_models=(part,),
        max_abs_error=3e-6,
        error_threshold=1e-4,
        merge_operators=True,
        copy_parameters=False,
        toolchain={"torch": "2.15.0"},
        real_inputs=DatasetRef(UUID(int=9), "photos", ObjectRef(f"sha256:{0:064}", 1)),
    )
