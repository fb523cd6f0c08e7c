"""Child: runs a Tron over a dataset pack: loads its networks, passes over the images, scores once, reports."""

from __future__ import annotations

import sys
import time
from array import array
from collections import Counter

import msgspec

from agents.evaluation.loading import Loaded, load, model_of
from agents.evaluation.matching import check_slices, select
from agents.evaluation.networks import Network
from agents.evaluation.passes import Model, Passes
from agents.evaluation.plan import (
    PACK_FILE,
    PLAN_FILE,
    REPLICATES_FILE,
    REPORT_FILE,
    RESULTS_FILE,
    SUMMARY_FILE,
    TRON_FILE,
    Plan,
    Summary,
)
from agents.evaluation.scoring.annotated import Annotated
from agents.evaluation.scoring.collected import Asked, Collected, Scored, detection_summary, task_summary
from agents.evaluation.scoring.scored import scored
from agents.sandbox.inside import Refused, Report, Steady, inputs, outputs, run, tallied
from schemas.events.tests import SLICES_MAX
from schemas.reports import SKIPPED_MAX, EvaluationReport, NetworkReport
from schemas.results import DimensionPart, Results, encode, packed
from schemas.verdict import replicates
from storage.datasets.pack import DatasetPack, PackError
from storage.plugins import register_installed
from storage.tron_file import TronFileError


def main_network(model: Model) -> Network:
    """The network that gives the numbers of the first task."""
    return model.networks[model.heads[model.matches[0].output][0]]


def network_reports(passes: Passes) -> tuple[NetworkReport, ...]:
    """The networks in the order in which they run."""
    return tuple(_network_report(passes, number) for number in range(len(passes.model.networks)))


def _network_report(passes: Passes, number: int) -> NetworkReport:
    network = passes.model.networks[number]
    about = network.about
    return NetworkReport(
        name=about.sub.name,
        method=about.spec.name,
        steps=network.steps,
        inference=passes.by_network[number].timing(),
        boxes=passes.boxes[number] if about.spec.family == "detection" else None,
        crop_from=about.source,
        whole_images=passes.whole[number] if about.source is not None else None,
    )


def _summary(passes: Passes, found: Scored, loaded: Loaded, images: int, total_ms: float, loops: int) -> Summary:
    return Summary(
        images=images,
        skipped=len(passes.skipped),
        accuracy=found.accuracy,
        measure=found.measure,
        tasks=tuple(map(task_summary, found.tasks)),
        detection=detection_summary(found),
        sequences=found.sequences,
        slices=tuple(each.summary for each in found.slices[:SLICES_MAX]),
        preprocess=passes.preprocess.timing(),
        inference=passes.inference.timing(),
        postprocess=passes.postprocess.timing(),
        total_ms=total_ms,
        images_per_second=images * loops / (total_ms / 1000),
        used=main_network(passes.model).session.used(),
        trials=loaded.trials,
    )


def _report(plan: Plan, passes: Passes, found: Scored, summary: Summary) -> EvaluationReport:
    return EvaluationReport(
        tasks=found.tasks,
        skipped=tuple(passes.skipped[:SKIPPED_MAX]),
        skipped_reasons=dict(sorted(Counter(image.code for image in passes.skipped).items())),
        steps=main_network(passes.model).steps,
        batch_size=plan.batch_size,
        loops=plan.loops,
        precision=plan.precision,
        used=summary.used,
        networks=network_reports(passes),
        measure=found.measure,
        detection=found.detection,
        sequences=found.sequences,
        slices=found.slices,
        trials=summary.trials,
    )


def results_of(said: Annotated) -> Results:
    """The columns that all results have: names, digests, sizes."""
    return Results(
        images=len(said.names), names=said.names, digests=said.digests.tobytes(), sizes=packed(said.sizes, "<i4")
    )


def _results(collected: Collected, found: Scored, asked: Asked) -> Results:
    dimensions = []
    for dimension, values in asked.dimensions:
        said = ["" if value is None else value for value in values]
        names = tuple(sorted(set(said)))
        place = {name: number for number, name in enumerate(names)}
        column = packed([place[value] for value in said], "<i4")
        dimensions.append(DimensionPart(name=dimension.name, values=names, places=column))
    return msgspec.structs.replace(
        results_of(collected.said()),
        classified=found.classified,
        detected=found.detected,
        read=found.read,
        dimensions=tuple(dimensions),
    )


def _copies(pack: DatasetPack, collected: Collected) -> list[int]:
    """Each image's number among the dataset's that are the same file, those that were left out counted too."""
    digests = (bytes.fromhex(record.sha256.removeprefix("sha256:")) for record in pack.records)
    numbers = array("I", replicates.copies_of(digests))
    return [numbers[image.place] for image in collected.images]


def _write(plan: Plan, loaded: Loaded, passes: Passes, collected: Collected, total_ms: float) -> None:
    folder = outputs()
    found, asked = scored(passes.model, collected, passes.pack.info, plan.options)
    summary = _summary(passes, found, loaded, len(collected.images), total_ms, plan.loops)
    (folder / REPORT_FILE).write_bytes(msgspec.json.encode(_report(plan, passes, found, summary)))
    (folder / RESULTS_FILE).write_bytes(encode(_results(collected, found, asked)))
    digests = collected.said().digests
    kept = replicates.sample(
        digests,
        found.marks,
        ratios=found.ratios,
        slices=asked.masks(),
        drawn=found.drawn,
        copies=_copies(passes.pack, collected),
    )
    (folder / REPLICATES_FILE).write_bytes(replicates.encode(kept))
    (folder / SUMMARY_FILE).write_bytes(msgspec.json.encode(summary))


def _evaluate(plan: Plan, pack: DatasetPack, report: Report) -> None:
    loaded = load(plan, inputs() / TRON_FILE, pack.info.type)
    model = model_of(loaded, pack.info, plan)
    passes = Passes(model, pack, plan.batch_size)
    images, passes.skipped = select(pack.info.type, pack.records, model.matches)
    check_slices(images, plan.options.dimensions)
    passes.warm_up()
    progress = Steady(report, "infer", len(images) * plan.loops, start=0.1, stop=0.95)
    collected = Collected()
    begun = time.perf_counter()
    passes.run(images, progress, collected.take)
    if not collected.images:
        reasons = Counter(image.code for image in passes.skipped)
        raise Refused("no_images_left", skipped=len(passes.skipped), reasons=tallied(reasons))
    for _ in range(plan.loops - 1):
        passes.run(collected.images, progress)
    total_ms = (time.perf_counter() - begun) * 1000
    report("score", 0.96)
    _write(plan, loaded, passes, collected, total_ms)


def evaluate(report: Report) -> None:
    """The child's whole part."""
    report("load", 0.05)
    register_installed()
    plan = msgspec.json.decode((inputs() / PLAN_FILE).read_bytes(), type=Plan)
    try:
        with DatasetPack(inputs() / PACK_FILE) as pack:
            _evaluate(plan, pack, report)
    except TronFileError as error:
        raise Refused("tron_unreadable", error=error) from error
    except PackError as error:
        raise Refused("pack_unreadable", error=error) from error


if __name__ == "__main__":
    sys.exit(run(evaluate))
