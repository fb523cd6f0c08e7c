"""Child: runs a Tron over a dataset pack: loads its networks, passes over the images, scores once, reports."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from agents.evaluation.classification import TaskScores, marks, score
from agents.evaluation.matching import Labelled, Match, match_tasks, select
from agents.evaluation.networks import Network, chain_of, graph_path, plain
from agents.evaluation.passes import Model, Passes, Ranked
from agents.evaluation.plan import (
    PACK_FILE,
    PLAN_FILE,
    REPLICATES_FILE,
    REPORT_FILE,
    SUMMARY_FILE,
    TRON_FILE,
    Plan,
    Summary,
)
from agents.runtimes.onnxruntime import OnnxRuntime
from agents.sandbox.inside import Refused, Report, Steady, inputs, listed, outputs, run, tallied
from schemas.events.tests import TaskSummary
from schemas.reports import Answer, EvaluationReport, ImageResult, NetworkReport, TaskReport
from schemas.specs.parts import TaskSpec
from schemas.verdict.replicates import encode, sample
from storage.datasets.pack import DatasetPack, PackError
from storage.plugins import register_installed
from storage.tron_file import TronFile, TronFileError


def _networks(plan: Plan, tron: Path) -> tuple[Network, ...]:
    """The Tron's networks, loaded; the steps asked for are those of the ones that are scored."""
    if plan.precision != "fp32":
        raise Refused("precision_not_available", precision=plan.precision)
    if plan.platform != "nvidia":
        raise Refused("platform_not_available", platform=plan.platform)
    loaded = []
    with TronFile(tron) as file:
        found = plain(file.manifest)
        max_batch = min(each.sub.max_batch for each in found)
        if plan.batch_size > max_batch:
            raise Refused("batch_size_over_max", batch_size=plan.batch_size, max=max_batch)
        if not any(each.scored for each in found):
            raise Refused("model_not_scorable", methods=listed([each.spec.name for each in found]))
        for position, each in enumerate(found):
            graph = graph_path(Path.cwd(), position)
            graph.parent.mkdir()
            file.extract_graph(each.sub, graph)
            session = OnnxRuntime().load(graph, plan.platform)
            steps = chain_of(each.sub, plan.steps if each.scored else ())
            loaded.append(Network(each, session, steps, plan.batch_size))
    return tuple(loaded)


def _model(networks: tuple[Network, ...], pack: DatasetPack) -> Model:
    heads: list[tuple[int, int]] = []
    tasks: list[TaskSpec] = []
    for number, network in enumerate(networks):
        if network.about.scored:
            heads += [(number, task) for task in range(len(network.about.sub.tasks))]
            tasks += network.about.sub.tasks
    return Model(networks, tuple(heads), match_tasks(tasks, pack.info.tasks))


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


def _task_report(match: Match, scores: TaskScores, *, softmax_added: bool) -> TaskReport:
    return TaskReport(
        task=match.task,
        dataset_task=match.dataset_task,
        images=scores.images,
        top1=scores.top1,
        top5=scores.top5,
        macro_precision=scores.macro_precision,
        macro_recall=scores.macro_recall,
        macro_f1=scores.macro_f1,
        softmax_added=softmax_added,
        classes=scores.classes,
        confusion=scores.confusion,
    )


def _joined(answers: list[list[Ranked]], task: int) -> Ranked:
    return Ranked(
        np.concatenate([batch[task].indexes for batch in answers]),
        np.concatenate([batch[task].scores for batch in answers]),
    )


def _image_results(read: list[Labelled], ranked: list[Ranked]) -> tuple[ImageResult, ...]:
    columns = [(each.indexes.tolist(), each.scores.tolist()) for each in ranked]
    return tuple(
        ImageResult(
            name=image.record.name,
            digest=image.record.sha256,
            answers=tuple(
                Answer(label=label, top=tuple(indexes[place]), scores=tuple(round(value, 6) for value in scores[place]))
                for label, (indexes, scores) in zip(image.labels, columns, strict=True)
            ),
        )
        for place, image in enumerate(read)
    )


def _main(model: Model) -> Network:
    """The network that gives the numbers of the first task."""
    return model.networks[model.heads[model.matches[0].output][0]]


def _summary(passes: Passes, tasks: Sequence[TaskReport], images: int, total_ms: float) -> Summary:
    return Summary(
        images=images,
        skipped=len(passes.skipped),
        accuracy=float(np.mean([task.top1 for task in tasks])),
        tasks=tuple(
            TaskSummary(task.task, task.images, task.top1, task.top5, task.macro_precision, task.macro_recall)
            for task in tasks
        ),
        preprocess=passes.preprocess.timing(),
        inference=passes.inference.timing(),
        postprocess=passes.postprocess.timing(),
        total_ms=total_ms,
        used=_main(passes.model).session.used(),
    )


def _distribution(model: Model, match: Match) -> bool:
    network, task = model.heads[match.output]
    return model.networks[network].distributions[task]


def _write(plan: Plan, passes: Passes, read: list[Labelled], answers: list[list[Ranked]], total_ms: float) -> None:
    folder = outputs()
    model = passes.model
    ranked = [_joined(answers, number) for number in range(len(model.matches))]
    labels = np.array([image.labels for image in read], np.int64)
    tasks = tuple(
        _task_report(
            match,
            score(labels[:, number], ranked[number].indexes, match.classes),
            softmax_added=not _distribution(model, match),
        )
        for number, match in enumerate(model.matches)
    )
    summary = _summary(passes, tasks, len(read), total_ms)
    report = EvaluationReport(
        tasks=tasks,
        images=_image_results(read, ranked),
        skipped=tuple(passes.skipped),
        steps=_main(model).steps,
        batch_size=plan.batch_size,
        loops=plan.loops,
        precision=plan.precision,
        used=summary.used,
        networks=tuple(_network_report(passes, number) for number in range(len(model.networks))),
    )
    (folder / REPORT_FILE).write_bytes(msgspec.json.encode(report))
    right = {
        f"{measure}/{match.task}": each
        for number, match in enumerate(model.matches)
        for measure, each in marks(labels[:, number], ranked[number].indexes, len(match.classes)).items()
    }
    (folder / REPLICATES_FILE).write_bytes(encode(sample([image.record.sha256 for image in read], right)))
    (folder / SUMMARY_FILE).write_bytes(msgspec.json.encode(summary))


def _evaluate(plan: Plan, pack: DatasetPack, report: Report) -> None:
    model = _model(_networks(plan, inputs() / TRON_FILE), pack)
    passes = Passes(model, pack, plan.batch_size)
    images, passes.skipped = select(pack.records, model.matches)
    passes.warm_up()
    progress = Steady(report, "infer", len(images) * plan.loops, start=0.1, stop=0.95)
    begun = time.perf_counter()
    read, answers = passes.run(images, progress)
    if not read:
        reasons = Counter(image.code for image in passes.skipped)
        raise Refused("no_images_left", skipped=len(passes.skipped), reasons=tallied(reasons))
    for _ in range(plan.loops - 1):
        passes.run(read, progress)
    _write(plan, passes, read, answers, (time.perf_counter() - begun) * 1000)


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
