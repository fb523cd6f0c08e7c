"""Tests beside a base: signed differences, and what keeps them from comparing fairly. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from api.resources import ClassRow, ComparedTest, Comparison, Test
from api.texts import render
from schemas.values import Code

SMALL_SAMPLE_IMAGES = 1000
"""With fewer images the 95 % interval of an accuracy may reach further than about 3 points to either side."""
HALF_WIDTH_POINTS = 98.0
"""95 % half-width in points is at most this over the root of the images: 100 * 1.96 * sqrt(.25 / n)."""


class _Task(msgspec.Struct, frozen=True):
    task: str
    classes: tuple[ClassRow, ...]


class _Report(msgspec.Struct, frozen=True):
    tasks: tuple[_Task, ...]


Classes = dict[str, list[ClassRow]]
"""Task -> its classes."""
_decoder = msgspec.json.Decoder(_Report)


def classes_of(report: bytes) -> Classes:
    """The class tables in a test's report.

    Raises:
        msgspec.MsgspecError: these bytes are no report of a test.
    """
    return {task.task: list(task.classes) for task in _decoder.decode(report).tasks}


def compare(base: Test, tests: Sequence[Test], classes: Sequence[Classes], lang: str) -> Comparison:
    """The completed tests (with their class tables, in the same order) beside `base`, which is one of them."""
    base_classes = classes[[test.id for test in tests].index(base.id)]
    rows = [_row(base, base_classes, test, each, lang) for test, each in zip(tests, classes, strict=True)]
    return Comparison(base=base.id, tests=rows)


def _row(base: Test, base_classes: Classes, test: Test, classes: Classes, lang: str) -> ComparedTest:
    is_base = test.id == base.id
    notes = ([] if is_base else _unfair(base, test)) + _small(test)
    measured, reference = _figures(test), _figures(base)
    return ComparedTest(
        test=test,
        classes=classes,
        delta={key: None if is_base else _minus(value, reference.get(key)) for key, value in measured.items()},
        class_delta={} if is_base else _class_delta(base_classes, classes),
        notes=notes,
        messages=[render(note, lang) for note in notes],
    )


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
    elif base.images != test.images:
        differing.append(("images_differ", base.images, test.images))
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
        differing.append(("steps_differ", _steps(base), _steps(test)))
    return [Code(code, {"base": str(a), "this": str(b)}) for code, a, b in differing]


def _precision(test: Test) -> str:
    return test.used.precision if test.used is not None else test.precision


def _backend(test: Test) -> str:
    return f"{test.used.backend} {test.used.version}" if test.used is not None else ""


def _device(test: Test) -> str:
    return (test.used.device or test.job.platform or "?") + ("" if test.used.on_platform else "*") if test.used else ""


def _steps(test: Test) -> str:
    return msgspec.json.encode(test.steps).decode()


def _small(test: Test) -> list[Code]:
    images = test.images or 0
    if images >= SMALL_SAMPLE_IMAGES:
        return []
    points = "100" if images == 0 else f"{min(HALF_WIDTH_POINTS / math.sqrt(images), 100.0):.1f}"
    return [Code("small_sample", {"n": str(images), "points": points})]
