"""The handler of ConversionRequested: prepares every sub-model, has each converted, packs the Tron file."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TypeVar

import msgspec

from agents.conversion.converting import Bench, Converted, Given, convert
from agents.conversion.plan import (
    OPSET,
    PLAN_FILE,
    STRUCTURE_FILE,
    TYPE_CONFIG_FILE,
    WEIGHTS_FILE,
    plan_of,
    write_plan,
)
from agents.conversion.reporting import (
    conversion_report,
    normalisations,
    overridden,
    real_inputs,
    sub_report,
    sub_verification,
    verification,
)
from agents.conversion.template import template_of
from agents.sandbox.child import Progress
from agents.work import JobProblem, Work
from schemas.events import ConversionRequested, JobRequest, ModelConverted
from schemas.reports import ConversionReport, SubReport
from schemas.specs.methods import proposed_chain
from schemas.specs.templates import (
    SubTemplate,
    TemplateDocument,
    template_problems,
)
from schemas.tron import FileEntry, Input, Provenance, SubModel, TronManifest, WeightsFile, file_stem
from schemas.values import Code, ObjectRef, StructureRef
from storage.tron_file import graph_entry, weights_entry, write_tron

_CHILDREN_PART = 0.9
"""The children's part of the whole job; each sub-model has the same share of it."""
_HOPELESS = frozenset({"method_unknown", "inputs_too_large"})

E = TypeVar("E", bound=FileEntry)


def _template(path: Path) -> TemplateDocument:
    """The template as it was asked for; older ones may say what new ones may not, and convert as they did."""
    document = template_of(path)
    problem = next((each for each in template_problems(document) if each.code in _HOPELESS), None)
    if problem is not None:
        raise JobProblem.of(problem)
    return document


class _Prepared:
    """Fetches what the sub-models need (each object once) and writes their plans, each in a folder of its own."""

    def __init__(self, document: TemplateDocument, request: ConversionRequested, work: Work) -> None:
        self._document, self._request, self._work = document, request, work
        self._fetched: dict[str, Path] = {}

    async def _fetch(self, ref: ObjectRef) -> Path:
        if ref.digest not in self._fetched:
            self._fetched[ref.digest] = await self._work.fetch(ref, f"object{len(self._fetched)}")
        return self._fetched[ref.digest]

    def _structure(self, sub: SubTemplate) -> StructureRef:
        for structure in self._request.structures:
            if structure.structure_id == sub.architecture:
                return structure
        raise JobProblem("structure_not_given", structure=sub.architecture)

    async def given(self, position: int, folder: Path) -> Given:
        """What the children of the `position`-th sub-model are given."""
        sub = self._document.sub_templates[position]
        structure = self._structure(sub)
        files = {PLAN_FILE: folder / PLAN_FILE}
        files[WEIGHTS_FILE] = await self._fetch(self._request.weights)
        files[STRUCTURE_FILE] = await self._fetch(structure.source)
        if structure.type_config is not None:
            files[TYPE_CONFIG_FILE] = await self._fetch(structure.type_config)
        beside = PurePosixPath(weights_entry(position, sub.name)).name
        plan = plan_of(
            self._document,
            sub,
            structure.class_name,
            merge_operators=self._request.merge_operators,
            weights_file="" if self._request.copy_parameters else beside,
        )
        write_plan(folder, plan)
        real = real_inputs(self._request)
        return Given(plan, files, pack=await self._fetch(real.pack) if real is not None else None)


def _share(work: Work, position: int, count: int) -> Progress:
    """The progress of one sub-model's children as a part of the job's."""

    def progress(stage: str, fraction: float) -> None:
        work.progress(stage, (position * _CHILDREN_PART + min(fraction, _CHILDREN_PART)) / count)

    return progress


async def _convert_all(document: TemplateDocument, request: ConversionRequested, work: Work) -> list[Converted]:
    """Every sub-model, one after the other, within the job's time.

    Raises:
        JobProblem: as `convert`; of several sub-models, with the name of the one it is about.
    """
    prepared = _Prepared(document, request, work)
    deadline = time.monotonic() + work.limits.job_seconds_max
    count = len(document.sub_templates)
    done = []
    for position, sub in enumerate(document.sub_templates):
        folder = work.folder / f"sub{position}"
        folder.mkdir()
        bench = Bench(work, folder, deadline=deadline, progress=_share(work, position, count))
        try:
            done.append(await convert(await prepared.given(position, folder), bench))
        except JobProblem as problem:
            reason = problem.reason
            if count > 1:
                problem.reason = Code(reason.code, {**reason.params, "sub_model": sub.name})
            raise
    return done


def _entry(kind: type[E], entry: str, path: Path) -> E:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return kind(entry=entry, digest=f"sha256:{digest}", size_bytes=path.stat().st_size)


def _part(sub: SubTemplate, done: Converted) -> SubReport:
    return sub_report(
        sub.name,
        done.verdict,
        export_ms=done.export_ms,
        verify_ms=done.verify_ms,
        arguments=done.told.arguments,
        notices=done.told.notices,
    )


def _sub_model(position: int, sub: SubTemplate, done: Converted, part: SubReport) -> SubModel:
    verdict, graph = done.verdict, _entry(FileEntry, graph_entry(position, sub.name), done.graph)
    weights = _entry(WeightsFile, weights_entry(position, sub.name), done.weights) if done.weights else None
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


def _sub_models(
    subs: Sequence[SubTemplate], done: Sequence[Converted], parts: Sequence[SubReport]
) -> tuple[SubModel, ...]:
    return tuple(_sub_model(number, *each) for number, each in enumerate(zip(subs, done, parts, strict=True)))


def _files(subs: Sequence[SubModel], done: Sequence[Converted]) -> dict[str, Path]:
    files = {}
    for sub, each in zip(subs, done, strict=True):
        files[sub.graph] = each.graph
        if sub.weights is not None and each.weights is not None:
            files[sub.weights.entry] = each.weights
    return files


def _provenance(request: ConversionRequested, toolchain: dict[str, str]) -> Provenance:
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
        toolchain=toolchain,
        overridden=overridden(request),
    )


async def _keep_report(report: ConversionReport, work: Work) -> ObjectRef:
    path = work.folder / "report.json"
    path.write_bytes(msgspec.json.encode(report))
    return await work.keep(path, "conversion-report.json")


async def handle(request: JobRequest, work: Work) -> ModelConverted:
    """Convert, verify, pack and keep.

    Raises:
        JobProblem: the codes of `agents.conversion.pictures`, `.export` and `.verify`, of the template, of
            `run_child`, and `structure_not_given`.
        TypeError: the request is no ConversionRequested.
    """
    if not isinstance(request, ConversionRequested):
        raise TypeError(f"{type(request).__name__} is no conversion: route it to its own handler")
    begun = time.perf_counter()
    work.progress("fetch", 0.02)
    document = _template(await work.fetch(request.template, "template.json"))
    done = await _convert_all(document, request, work)
    work.progress("pack", 0.92)
    subs, toolchain = document.sub_templates, done[0].verdict.toolchain
    parts = [_part(sub, each) for sub, each in zip(subs, done, strict=True)]
    report = conversion_report(request, document.error_threshold, parts, toolchain)
    models = await asyncio.to_thread(_sub_models, subs, done, parts)
    manifest = TronManifest(
        identity=request.identity,
        method=document.method,
        sub_models=models,
        provenance=_provenance(request, toolchain),
        verification=verification(report),
    )
    path = work.folder / "model.tron"
    await asyncio.to_thread(write_tron, path, manifest, _files(models, done))
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
        max_abs_error=report.max_abs_error,
        error_threshold=document.error_threshold,
        convert_ms=(time.perf_counter() - begun) * 1000,
        toolchain=toolchain,
    )
