"""What a conversion keeps of its verification: the report, and its summary for the manifest. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from agents.conversion.measuring import merged
from agents.conversion.plan import Verdict
from schemas.events import ConversionRequested
from schemas.reports import ConversionReport, Measurement, SubReport
from schemas.tron import Normalisation, OutputDifference, SubVerification, Verification
from schemas.values import Code, DatasetRef


def sub_report(
    name: str,
    verdict: Verdict,
    *,
    export_ms: float,
    verify_ms: float,
    arguments: Mapping[str, str] | None = None,
    notices: Sequence[Code] = (),
) -> SubReport:
    """One sub-model's part; `arguments` and `notices` are what the structure's child told (`plan.Told`)."""
    return SubReport(
        name=name,
        max_abs_error=verdict.max_abs_error,
        proposed_threshold=verdict.proposed_threshold,
        differences=verdict.differences,
        batch_drift=verdict.batch_drift,
        exported=verdict.exported,
        converted=verdict.converted,
        backend=verdict.backend,
        export_ms=export_ms,
        verify_ms=verify_ms,
        real_images=verdict.real_images,
        folded_scale=verdict.folded_scale,
        arguments=dict(arguments or {}),
        notices=(*notices, *verdict.notices),
    )


def conversion_report(
    request: ConversionRequested, error_threshold: float, parts: Sequence[SubReport], toolchain: Mapping[str, str]
) -> ConversionReport:
    """The whole report of a conversion that succeeded; `parts` must not be empty."""
    return ConversionReport(
        sub_models=tuple(parts),
        max_abs_error=max(part.max_abs_error for part in parts),
        error_threshold=error_threshold,
        merge_operators=request.merge_operators,
        copy_parameters=request.copy_parameters,
        toolchain=dict(toolchain),
        overridden=overridden(request),
        real_inputs=real_inputs(request),
    )


def overridden(request: ConversionRequested) -> tuple[str, ...]:
    """The fields in which the conversion's document differs from its template."""
    return () if isinstance(request.overridden, msgspec.UnsetType) else request.overridden


def real_inputs(request: ConversionRequested) -> DatasetRef | None:
    """The dataset whose first images are verified too; None: random inputs only."""
    return None if isinstance(request.real_inputs, msgspec.UnsetType) else request.real_inputs


def verification(report: ConversionReport) -> Verification:
    """The report's summary in the manifest."""
    return Verification(
        max_abs_error=report.max_abs_error,
        error_threshold=report.error_threshold,
        batches=_batches(each for part in report.sub_models for each in part.differences),
        backend=report.sub_models[0].backend,
        real_inputs=report.real_inputs,
    )


def sub_verification(part: SubReport) -> SubVerification:
    """The summary of one sub-model's part, for its place in the manifest."""
    by_output: dict[str, list[Measurement]] = {}
    for each in part.differences:
        by_output.setdefault(each.output, []).append(each)
    return SubVerification(
        max_abs_error=part.max_abs_error,
        batches=_batches(part.differences),
        outputs=tuple(_worst(merged(differences)) for differences in by_output.values()),
        batch_drift=part.batch_drift,
        real_images=part.real_images,
    )


def normalisations(
    mean: tuple[float, ...], scale: tuple[float, ...], folded_scale: tuple[float, ...]
) -> tuple[Normalisation, Normalisation | None]:
    """What is left to do before the graph, and what the graph does itself; one number a channel."""
    if not folded_scale:
        return Normalisation(mean=mean, scale=scale), None
    ones, zeros = (1.0,) * len(scale), (0.0,) * len(mean)
    return Normalisation(mean=mean, scale=ones), Normalisation(mean=zeros, scale=folded_scale)


def _worst(each: Measurement) -> OutputDifference:
    return OutputDifference(
        output=each.output,
        max_abs=each.max_abs,
        mean_abs=each.mean_abs,
        relative=each.relative,
        cosine=each.cosine,
    )


def _batches(differences: Iterable[Measurement]) -> tuple[int, ...]:
    return tuple(sorted({each.batch for each in differences}))
