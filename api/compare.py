"""Tests beside a base: signed differences, and what keeps them from comparing fairly. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from api.resources_tests import ClassRow, ComparedTest, Comparison, Test
from api.texts import render
from schemas.specs.preprocessing import chain_text
from schemas.values import Code
from schemas.verdict.judging import interval, verdict
from schemas.verdict.replicates import ReplicatesError, Sample, decode
from schemas.verdict.words import Interval, Verdict

MEASURES = ("top1", "top5")
"""Figures of a task that are shares of images: they have intervals and verdicts."""


class _Task(msgspec.Struct, frozen=True):
    task: str
    classes: tuple[ClassRow, ...]


class _Report(msgspec.Struct, frozen=True):
    tasks: tuple[_Task, ...]


Classes = dict[str, list[ClassRow]]
"""Task -> its classes."""
_decoder = msgspec.json.Decoder(_Report)


class Kept(NamedTuple):
    """What a test left besides its figures; without a sample it has neither intervals nor verdicts."""

    classes: Classes
    sample: Sample | None


def kept_of(report: bytes, replicates: bytes | None) -> Kept:
    """What lies in a test's two objects; replicates of another version's arithmetic count as none.

    Raises:
        msgspec.MsgspecError: `report` is no report of a test.
    """
    classes = {task.task: list(task.classes) for task in _decoder.decode(report).tasks}
    try:
        return Kept(classes, decode(replicates) if replicates is not None else None)
    except ReplicatesError:
        return Kept(classes, None)


def compare(base: Test, tests: Sequence[Test], kept: Sequence[Kept], lang: str) -> Comparison:
    """The completed tests (with what they left, in the same order) beside `base`, which is one of them."""
    base_kept = kept[[test.id for test in tests].index(base.id)]
    rows = [_row(base, base_kept, test, each, lang) for test, each in zip(tests, kept, strict=True)]
    return Comparison(base=base.id, tests=rows)


def _row(base: Test, base_kept: Kept, test: Test, kept: Kept, lang: str) -> ComparedTest:
    is_base = test.id == base.id
    measured, reference = _figures(test), _figures(base)
    verdicts = {} if is_base else _verdicts(base_kept.sample, test, kept.sample)
    notes = [] if is_base else _unfair(base, test) + _left_out(verdicts)
    if kept.sample is None:
        notes.append(Code("replicates_missing"))
    return ComparedTest(
        test=test,
        classes=kept.classes,
        delta={key: None if is_base else _minus(value, reference.get(key)) for key, value in measured.items()},
        class_delta={} if is_base else _class_delta(base_kept.classes, kept.classes),
        notes=notes,
        messages=[render(note, lang) for note in notes],
        intervals=_intervals(test, kept.sample),
        verdicts=verdicts,
    )


def _measures(test: Test) -> dict[str, str]:
    """Key of a figure -> what the replicates call it. The accuracy of one task is its top-1."""
    keys = {f"{measure}/{task.task}": f"{measure}/{task.task}" for task in test.tasks for measure in MEASURES}
    return {"accuracy": f"top1/{test.tasks[0].task}", **keys} if len(test.tasks) == 1 else keys


def _intervals(test: Test, sample: Sample | None) -> dict[str, Interval]:
    if sample is None:
        return {}
    found = {key: interval(sample, measure) for key, measure in _measures(test).items()}
    return {key: each for key, each in found.items() if each is not None}


def _verdicts(base: Sample | None, test: Test, sample: Sample | None) -> dict[str, Verdict]:
    """One verdict for each figure that the test has."""
    if base is None or sample is None:
        return {key: Verdict("not_comparable", reason="replicates_missing") for key in _measures(test)}
    known = set(sample.figures())
    return {key: verdict(sample, base, measure) for key, measure in _measures(test).items() if measure in known}


def _left_out(verdicts: Mapping[str, Verdict]) -> list[Code]:
    """Said once: every figure of a test is over the same images."""
    worst = max(verdicts.values(), key=lambda each: each.left_out, default=Verdict("not_comparable"))
    if worst.left_out == 0:
        return []
    if worst.images == 0:
        return [Code("no_images_in_common")]
    return [Code("images_left_out", {"n": str(worst.left_out), "images": str(worst.images)})]


def _figures(test: Test) -> dict[str, float | None]:
    figures: dict[str, float | None] = {"accuracy": test.accuracy}
    for task in test.tasks:
        figures |= {
            f"top1/{task.task}": task.top1,
            f"top5/{task.task}": task.top5,
            f"macro_precision/{task.task}": task.macro_precision,
            f"macro_recall/{task.task}": task.macro_recall,
        }
    for stage in ("preprocess", "inference", "postprocess"):
        timing = getattr(test, stage)
        figures[f"{stage}_ms"] = timing.mean_ms if timing is not None else None
    figures["total_ms"] = test.total_ms
    return figures


def _minus(value: float | None, reference: float | None) -> float | None:
    return None if value is None or reference is None else value - reference


def _class_delta(base: Classes, classes: Classes) -> dict[str, dict[str, dict[str, float | None]]]:
    return {task: _rows_delta(base.get(task, []), rows) for task, rows in classes.items()}


def _rows_delta(base: Sequence[ClassRow], rows: Sequence[ClassRow]) -> dict[str, dict[str, float | None]]:
    by_name: Mapping[str, ClassRow] = {row.name: row for row in base}
    return {
        row.name: {
            "precision": _minus(row.precision, by_name[row.name].precision) if row.name in by_name else None,
            "recall": _minus(row.recall, by_name[row.name].recall) if row.name in by_name else None,
        }
        for row in rows
    }


def _unfair(base: Test, test: Test) -> list[Code]:
    """Everything besides the model that differs between the two."""
    differing: list[tuple[str, Any, Any]] = []
    if base.dataset_id != test.dataset_id:
        differing.append(("dataset_differs", base.dataset, test.dataset))
    elif base.pack != test.pack:
        differing.append(("dataset_version_differs", base.pack, test.pack))
    if _precision(base) != _precision(test):
        differing.append(("precision_differs", _precision(base), _precision(test)))
    if base.used is not None and test.used is not None:
        if (base.used.backend, base.used.version) != (test.used.backend, test.used.version):
            differing.append(("backend_differs", _backend(base), _backend(test)))
        if (base.used.device, base.used.on_platform) != (test.used.device, test.used.on_platform):
            differing.append(("device_differs", _device(base), _device(test)))
    if base.batch_size != test.batch_size:
        differing.append(("batch_size_differs", base.batch_size, test.batch_size))
    if base.loops != test.loops:
        differing.append(("loops_differ", base.loops, test.loops))
    if base.steps != test.steps:
        differing.append(("steps_differ", chain_text(tuple(base.steps)), chain_text(tuple(test.steps))))
    return [Code(code, {"base": str(a), "this": str(b)}) for code, a, b in differing]


def _precision(test: Test) -> str:
    return test.used.precision if test.used is not None else test.precision


def _backend(test: Test) -> str:
    return f"{test.used.backend} {test.used.version}" if test.used is not None else ""


def _device(test: Test) -> str:
    return (test.used.device or test.job.platform or "?") + ("" if test.used.on_platform else "*") if test.used else ""
