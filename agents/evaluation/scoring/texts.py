"""Sequences: what was read against what stands there, in total and by slice."""

from __future__ import annotations

import numpy as np

from agents.evaluation.matching import said_of
from agents.evaluation.metrics import sequence
from agents.evaluation.metrics.slices import by_value
from agents.evaluation.passes import Model
from agents.evaluation.scoring.collected import Asked, Collected, Scored, slice_report
from schemas.events.tests import SequenceSummary
from schemas.reports import SliceReport, SliceTask
from schemas.results import ReadPart
from schemas.verdict.kinds import Ratio


def score_texts(model: Model, collected: Collected, asked: Asked) -> Scored:
    """The figures of a test on images with texts."""
    read, compared, summaries = [], {}, []
    for match in model.matches:
        number, _ = model.heads[match.output]
        truths = tuple(said_of(image.record, match.dataset_task) or "" for image in collected.images)
        read.append(ReadPart(task=match.task, texts=collected.texts(number), truths=truths))
        compared[match.task] = marks = sequence.compare(truths, read[-1].texts)
        summaries.append(SequenceSummary(match.task, *sequence.score(marks)))
    slices: list[SliceReport] = []
    for dimension, values in asked.dimensions:
        for value, chosen in by_value(values).items():
            scores = [(task, sequence.score(marks, chosen)) for task, marks in compared.items()]
            tasks = tuple(SliceTask(task=task, accuracy=each.exact) for task, each in scores)
            slices.append(slice_report(dimension, value, int(chosen.sum()), tasks))
    return Scored(
        measure="exact",
        accuracy=float(np.mean([each.exact for each in summaries])),
        marks={f"exact/{task}": marks.exact for task, marks in compared.items()},
        slices=tuple(slices),
        ratios={
            f"cer/{task}": Ratio(marks.edits.astype(np.uint64), marks.characters.astype(np.uint64))
            for task, marks in compared.items()
        },
        sequences=tuple(summaries),
        read=tuple(read),
    )
