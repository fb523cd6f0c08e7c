"""Child: runs a Tron over a dataset pack. Decode, preprocess, normalise, batch, infer, postprocess; score once."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from agents.evaluation.classification import TOP_MAX, Floats, Indexes, TaskScores, marks, score, softmax, top
from agents.evaluation.matching import Labelled, Match, match_tasks, select
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
from agents.evaluation.timing import Stopwatch
from agents.preprocessing import ChainError, decode, normalised, run_chain
from agents.runtimes.base import Session
from agents.runtimes.onnxruntime import OnnxRuntime
from agents.sandbox.inside import Refused, Report, Steady, inputs, outputs, run, tallied
from schemas.events.tests import TaskSummary
from schemas.reports import Answer, EvaluationReport, ImageResult, SkippedImage, TaskReport
from schemas.specs.methods import proposed_chain
from schemas.specs.preprocessing import Step, chain_problem
from schemas.tron import SubModel
from schemas.verdict.replicates import encode, sample
from storage.datasets.pack import DatasetPack, ImageRecord, PackError
from storage.tron_file import TronFile, TronFileError

GRAPH_FILE = "graph.onnx"


class Ranked(NamedTuple):
    """A task's answers to a batch: class indexes and probabilities (images, at most 5), best first."""

    indexes: Indexes
    scores: Floats


class Model(NamedTuple):
    """What the passes need of the model: its manifest entry, its session, the chain, the tasks to answer."""

    sub: SubModel
    session: Session
    steps: tuple[Step, ...]
    matches: tuple[Match, ...]


class Passes:
    """The passes over the dataset: the first one scores, all of them are timed."""

    def __init__(self, model: Model, pack: DatasetPack, batch_size: int) -> None:
        self.model, self.pack = model, pack
        self.preprocess, self.inference, self.postprocess = Stopwatch(), Stopwatch(), Stopwatch()
        self.skipped: list[SkippedImage] = []
        self._batch = np.zeros((batch_size, *model.sub.input.shape), np.float32)

    def warm_up(self) -> None:
        """One batch that no clock sees: the runtime plans its memory at the first one."""
        self._infer(len(self._batch))

    def _infer(self, count: int) -> list[Floats]:
        outputs = self.model.session.run({self.model.sub.input.name: self._batch[:count]})
        return [np.asarray(output, np.float32).reshape(count, -1) for output in outputs]

    def _fill(self, slot: int, record: ImageRecord) -> str | None:
        """Bring an image into its slot of the batch; the code why it cannot be done."""
        data = self.pack.image(record)
        shape, normalisation = self.model.sub.input.shape, self.model.sub.normalisation
        begun = time.perf_counter()
        image = decode(data, shape[0])
        if image is None:
            return "image_broken"
        try:
            pixels = run_chain(image, self.model.steps)
        except ChainError as error:
            return error.code
        if pixels.shape != shape:
            raise Refused("chain_shape_wrong", got=pixels.shape, wanted=shape, image=record.name)
        self._batch[slot] = normalised(pixels, normalisation.mean, normalisation.scale)
        self.preprocess.add(time.perf_counter() - begun)
        return None

    def _answers(self, count: int) -> list[Ranked]:
        begun = time.perf_counter()
        outputs = self._infer(count)
        inferred = time.perf_counter()
        answers = []
        for match in self.model.matches:
            output = outputs[match.output]
            if not np.isfinite(output).all():
                raise Refused("output_not_finite", side="tron", output=match.output, batch=count)
            scores = output if self.model.sub.outputs[match.output].distribution else softmax(output)
            best = top(scores, TOP_MAX)
            answers.append(Ranked(best, np.take_along_axis(scores, best, axis=1)))
        ended = time.perf_counter()
        self.inference.add(inferred - begun, count)
        self.postprocess.add(ended - inferred, count)
        return answers

    def run(self, images: Sequence[Labelled], progress: Steady) -> tuple[list[Labelled], list[list[Ranked]]]:
        """One pass: the images that could be read, in order, and the batches' answers for each task."""
        read: list[Labelled] = []
        answers: list[list[Ranked]] = []
        filled = 0
        for place, image in enumerate(images):
            problem = self._fill(filled, image.record)
            if problem is None:
                read.append(image)
                filled += 1
            else:
                self.skipped.append(SkippedImage(name=image.record.name, code=problem))
            if filled == len(self._batch) or (filled and place == len(images) - 1):
                answers.append(self._answers(filled))
                filled = 0
            progress.step()
        return read, answers


def _chain(steps: tuple[Step, ...], sub: SubModel) -> tuple[Step, ...]:
    if problem := chain_problem(steps):
        raise Refused(problem)
    return steps or sub.steps or proposed_chain(sub.input.shape, sub.args)


def _load(plan: Plan, tron: Path, pack: DatasetPack) -> Model:
    if plan.precision != "fp32":
        raise Refused("precision_not_available", precision=plan.precision)
    if plan.platform != "nvidia":
        raise Refused("platform_not_available", platform=plan.platform)
    with TronFile(tron) as file:
        if len(file.manifest.sub_models) > 1:
            raise Refused("several_sub_models_not_supported", count=len(file.manifest.sub_models))
        sub = file.manifest.sub_models[0]
        if plan.batch_size > sub.max_batch:
            raise Refused("batch_size_over_max", batch_size=plan.batch_size, max=sub.max_batch)
        file.extract_graph(sub, Path(GRAPH_FILE))
    session = OnnxRuntime().load(Path(GRAPH_FILE), plan.platform)
    return Model(sub, session, _chain(plan.steps, sub), match_tasks(sub.tasks, pack.info.tasks))


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
        used=passes.model.session.used(),
    )


def _write(plan: Plan, passes: Passes, read: list[Labelled], answers: list[list[Ranked]], total_ms: float) -> None:
    folder = outputs()
    model = passes.model
    ranked = [_joined(answers, number) for number in range(len(model.matches))]
    labels = np.array([image.labels for image in read], np.int64)
    tasks = tuple(
        _task_report(
            match,
            score(labels[:, number], ranked[number].indexes, match.classes),
            softmax_added=not model.sub.outputs[match.output].distribution,
        )
        for number, match in enumerate(model.matches)
    )
    summary = _summary(passes, tasks, len(read), total_ms)
    report = EvaluationReport(
        tasks=tasks,
        images=_image_results(read, ranked),
        skipped=tuple(passes.skipped),
        steps=model.steps,
        batch_size=plan.batch_size,
        loops=plan.loops,
        precision=plan.precision,
        used=summary.used,
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
    model = _load(plan, inputs() / TRON_FILE, pack)
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
