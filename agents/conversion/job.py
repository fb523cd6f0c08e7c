"""The handler of ConversionRequested: prepares, lets the children export and verify, packs the Tron file."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple, TypeVar

import msgspec

from agents.conversion.explaining import explained
from agents.conversion.inputs import random_images
from agents.conversion.plan import (
    CONVERTED_FILE,
    EXPORTED_FILE,
    GRAPH_BYTES_MAX,
    INPUTS_FILE,
    OPSET,
    PLACE_BYTES_MAX,
    PLACE_FILE,
    PLAN_FILE,
    RECORD_FILE,
    REFERENCE_BYTES_MAX,
    REFERENCE_FILE,
    STRUCTURE_FILE,
    TYPE_CONFIG_FILE,
    VERDICT_FILE,
    WEIGHTS_FILE,
    Plan,
    Record,
    Verdict,
    write_images,
    write_plan,
)
from agents.conversion.reporting import (
    conversion_report,
    normalisations,
    overridden,
    sub_report,
    sub_verification,
    verification,
)
from agents.sandbox.child import run_child
from agents.sandbox.exchange import read_small
from agents.work import JobProblem, Limits, Work
from schemas.events import ConversionRequested, JobRequest, ModelConverted
from schemas.reports import ConversionReport, SubReport
from schemas.specs.methods import proposed_chain
from schemas.specs.templates import SubTemplate, TemplateDocument, TemplateRefusedError, decode_template
from schemas.tron import FileEntry, Input, Provenance, SubModel, TronManifest, WeightsFile, file_stem
from schemas.values import ObjectRef, StructureRef
from storage.tron_file import graph_entry, weights_entry, write_tron

TEMPLATE_BYTES_MAX = 64 << 20
VERDICT_BYTES_MAX = 16 << 20

E = TypeVar("E", bound=FileEntry)


class _Given(NamedTuple):
    """The plan, and the files that the exporting child is given (`PLAN_FILE` and `INPUTS_FILE` for both)."""

    plan: Plan
    files: Mapping[str, Path]


class _Timed(NamedTuple):
    """`weights` is the file that the graph's weights lie in, if they lie beside it."""

    verdict: Verdict
    graph: Path
    weights: Path | None
    export_ms: float
    verify_ms: float


def _template(path: Path) -> TemplateDocument:
    try:
        return decode_template(read_small(path, bytes_max=TEMPLATE_BYTES_MAX) or b"")
    except TemplateRefusedError as error:
        raise JobProblem.of(error.problems[0]) from error


def _only_sub(document: TemplateDocument, request: ConversionRequested) -> tuple[SubTemplate, StructureRef]:
    if len(document.sub_templates) > 1:
        raise JobProblem("several_sub_models_not_supported", count=len(document.sub_templates))
    sub = document.sub_templates[0]
    for structure in request.structures:
        if structure.structure_id == sub.architecture:
            return sub, structure
    raise JobProblem("structure_not_given", structure=sub.architecture)


async def _prepare(document: TemplateDocument, request: ConversionRequested, work: Work) -> _Given:
    sub, structure = _only_sub(document, request)
    files = {name: work.folder / name for name in (PLAN_FILE, INPUTS_FILE)}
    files[WEIGHTS_FILE] = await work.fetch(request.weights, WEIGHTS_FILE)
    files[STRUCTURE_FILE] = await work.fetch(structure.source, STRUCTURE_FILE)
    if structure.type_config is not None:
        files[TYPE_CONFIG_FILE] = await work.fetch(structure.type_config, TYPE_CONFIG_FILE)
    shape = (sub.input_shape[1], sub.input_shape[2], sub.input_shape[3])
    write_images(files[INPUTS_FILE], random_images(shape, sub.mean_values, sub.scale_values, sub.max_batch))
    plan = Plan(
        class_name=structure.class_name,
        state_dict_key=sub.state_dict_key,
        num_classes=sub.num_classes,
        input_name=sub.input_name,
        input_shape=shape,
        mean=sub.mean_values,
        scale=sub.scale_values,
        method=sub.method or document.method,
        args=sub.args,
        tasks=sub.tasks,
        max_batch=sub.max_batch,
        error_threshold=document.error_threshold,
        merge_operators=request.merge_operators,
        weights_file="" if request.copy_parameters else PurePosixPath(weights_entry(0, sub.name)).name,
    )
    write_plan(work.folder, plan)
    return _Given(plan, files)


async def _child(
    part: str, inputs: Mapping[str, Path], outputs: Mapping[str, int], work: Work, limits: Limits, *, folder: str = ""
) -> float:
    """Run one child in its own folder (called like the part, unless given); milliseconds it took."""
    home = work.folder / (folder or part)
    home.mkdir()
    begun = time.perf_counter()
    await run_child(
        f"agents.conversion.{part}",
        (),
        folder=home,
        inputs=inputs,
        outputs=outputs,
        limits=limits,
        progress=work.progress,
        log=work.log.take,
    )
    return (time.perf_counter() - begun) * 1000


def _left(work: Work, part: str, file: str) -> Path:
    """What the child left. Its content is for the verifying child to judge."""
    path = work.folder / part / "out" / file
    if not path.exists():
        raise JobProblem("export_left_no_result", file=file)
    return path


async def _convert(given: _Given, work: Work) -> _Timed:
    begun = time.monotonic()
    made = {EXPORTED_FILE: GRAPH_BYTES_MAX, REFERENCE_FILE: REFERENCE_BYTES_MAX}
    export_ms = await _child("export", given.files, made, work, work.limits)
    inputs = {name: given.files[name] for name in (PLAN_FILE, INPUTS_FILE)}
    inputs |= {name: _left(work, "export", name) for name in made}
    left = work.limits._replace(job_seconds_max=max(1.0, work.limits.job_seconds_max - (time.monotonic() - begun)))
    judged = {CONVERTED_FILE: GRAPH_BYTES_MAX, VERDICT_FILE: VERDICT_BYTES_MAX}
    if given.plan.weights_file:
        judged[given.plan.weights_file] = GRAPH_BYTES_MAX
    try:
        verify_ms = await _child("verify", inputs, judged, work, left)
    except JobProblem as problem:
        raise await explained(problem, lambda record: _second_look(given, inputs, record, work)) from problem
    graph = _left(work, "verify", CONVERTED_FILE)
    data = read_small(work.folder / "verify" / "out" / VERDICT_FILE, bytes_max=VERDICT_BYTES_MAX)
    if data is None:
        raise JobProblem("verification_left_no_result")
    weights = work.folder / "verify" / "out" / (given.plan.weights_file or "-")
    # A network whose weights are all tiny keeps them in the graph.
    shared = weights if weights.exists() else None
    return _Timed(msgspec.json.decode(data, type=Verdict), graph, shared, export_ms, verify_ms)


async def _second_look(given: _Given, inputs: Mapping[str, Path], record: Record, work: Work) -> str:
    """The node where the exported graph parts from what the structure records of itself, in one line."""
    folder = work.folder / "second"
    folder.mkdir()
    write_plan(folder, msgspec.structs.replace(given.plan, record=record))
    plan = {PLAN_FILE: folder / PLAN_FILE}
    made = {EXPORTED_FILE: GRAPH_BYTES_MAX, REFERENCE_FILE: REFERENCE_BYTES_MAX, RECORD_FILE: REFERENCE_BYTES_MAX}
    await _child("export", {**given.files, **plan}, made, work, work.limits, folder="record")
    shown = {**inputs, **plan, RECORD_FILE: _left(work, "record", RECORD_FILE)}
    await _child("locate", shown, {PLACE_FILE: PLACE_BYTES_MAX}, work, work.limits)
    place = read_small(work.folder / "locate" / "out" / PLACE_FILE, bytes_max=PLACE_BYTES_MAX)
    return (place or b"").decode(errors="replace")


def _entry(kind: type[E], entry: str, path: Path) -> E:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return kind(entry=entry, digest=f"sha256:{digest}", size_bytes=path.stat().st_size)


def _sub_model(sub: SubTemplate, timed: _Timed, part: SubReport) -> SubModel:
    verdict, graph = timed.verdict, _entry(FileEntry, graph_entry(0, sub.name), timed.graph)
    weights = _entry(WeightsFile, weights_entry(0, sub.name), timed.weights) if timed.weights else None
    left, folded = normalisations(sub.mean_values, sub.scale_values, verdict.folded_scale)
    _, channels, height, width = sub.input_shape
    return SubModel(
        name=sub.name,
        graph=graph.entry,
        digest=graph.digest,
        size_bytes=graph.size_bytes,
        input=Input(name=sub.input_name, shape=(channels, height, width)),
        normalisation=left,
        folded=folded,
        outputs=verdict.outputs,
        tasks=sub.tasks,
        max_batch=sub.max_batch,
        opset=OPSET,
        args=sub.args,
        method=sub.method,
        steps=proposed_chain((channels, height, width), sub.args),
        weights=weights,
        verification=sub_verification(part),
    )


def _files(sub: SubModel, timed: _Timed) -> dict[str, Path]:
    files = {sub.graph: timed.graph}
    if sub.weights is not None and timed.weights is not None:
        files[sub.weights.entry] = timed.weights
    return files


def _provenance(request: ConversionRequested, verdict: Verdict) -> Provenance:
    return Provenance(
        job_id=request.job_id,
        pth_id=request.pth_id,
        template_id=request.template_id,
        weights=request.weights.digest,
        template=request.template.digest,
        structures={each.class_name: each.source.digest for each in request.structures},
        type_configs={each.class_name: each.type_config.digest for each in request.structures if each.type_config},
        merge_operators=request.merge_operators,
        copy_parameters=request.copy_parameters,
        toolchain=verdict.toolchain,
        overridden=overridden(request),
    )


async def _keep_report(report: ConversionReport, work: Work) -> ObjectRef:
    path = work.folder / "report.json"
    path.write_bytes(msgspec.json.encode(report))
    return await work.keep(path, "conversion-report.json")


async def handle(request: JobRequest, work: Work) -> ModelConverted:
    """Convert, verify, pack and keep.

    Raises:
        JobProblem: the codes of `agents.conversion.export` and `.verify`, of the template, of `run_child`, and
            `several_sub_models_not_supported`, `structure_not_given`.
        TypeError: the request is no ConversionRequested.
    """
    if not isinstance(request, ConversionRequested):
        raise TypeError(f"{type(request).__name__} is no conversion: route it to its own handler")
    begun = time.perf_counter()
    work.progress("fetch", 0.02)
    document = _template(await work.fetch(request.template, "template.json"))
    given = await _prepare(document, request, work)
    sub = document.sub_templates[0]
    timed = await _convert(given, work)
    verdict = timed.verdict
    work.progress("pack", 0.92)
    part = sub_report(sub.name, verdict, export_ms=timed.export_ms, verify_ms=timed.verify_ms)
    report = conversion_report(request, document.error_threshold, [part], verdict.toolchain)
    manifest = TronManifest(
        identity=request.identity,
        method=document.method,
        sub_models=(_sub_model(sub, timed, part),),
        provenance=_provenance(request, verdict),
        verification=verification(report),
    )
    path = work.folder / "model.tron"
    await asyncio.to_thread(write_tron, path, manifest, _files(manifest.sub_models[0], timed))
    tron = await work.keep(path, f"{file_stem(request.identity)}.tron")
    kept_report = await _keep_report(report, work)
    work.progress("done", 1.0)
    return ModelConverted(
        job_id=request.job_id,
        epoch=work.epoch,
        instance=work.instance,
        model_id=request.model_id,
        identity=request.identity,
        tron=tron,
        report=kept_report,
        max_abs_error=verdict.max_abs_error,
        error_threshold=document.error_threshold,
        convert_ms=(time.perf_counter() - begun) * 1000,
        toolchain=verdict.toolchain,
    )
