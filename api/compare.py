"""Tests beside a base: signed differences, and what keeps them from comparing fairly. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from api.kept import Classes, Judge, Kept
from api.resources_tests import ClassRow, ComparedTest, Comparison, Parameter, Test
from api.texts import render
from schemas.specs.preprocessing import chain_text
from schemas.specs.testing import TaskPair, dimension_text
from schemas.values import Code
from schemas.verdict.keys import WHOLE, in_group, in_slice
from schemas.verdict.words import Interval, Verdict

STAGES = ("preprocess", "inference", "postprocess")


def compare(base: Test, tests: Sequence[Test], kept: Sequence[Kept], judge: Judge, lang: str) -> Comparison:
    """The completed tests (with what they left, in the same order) beside `base`, which is one of them."""
    base_kept = kept[[test.id for test in tests].index(base.id)]
    rows = [_row(base, base_kept, test, each, judge, lang) for test, each in zip(tests, kept, strict=True)]
    matched = [_as_matched(test, each) for test, each in zip(tests, kept, strict=True)]
    differing, shared = _parameters(matched)
    return Comparison(base=base.id, tests=rows, parameters=differing, shared=shared)


def _row(base: Test, base_kept: Kept, test: Test, kept: Kept, judge: Judge, lang: str) -> ComparedTest:
    is_base = test.id == base.id
    measured, reference = _figures(test, kept), _figures(base, base_kept)
    verdicts = {} if is_base else _verdicts(base, base_kept, test, kept, judge)
    if not _same_measure(base, base_kept, test, kept):
        # a mean over other tasks, or of another kind, is no difference: neither is its sign one that a gate may see
        reference = {**reference, "accuracy": None}
    unfair = [] if is_base else _unfair(_as_matched(base, base_kept), _as_matched(test, kept))
    notes = unfair + _left_out(verdicts)
    if kept.sample is None:
        notes.append(Code("replicates_missing"))
    return ComparedTest(
        test=test,
        classes=kept.classes,
        delta={key: None if is_base else _minus(value, reference.get(key)) for key, value in measured.items()},
        class_delta={} if is_base else _class_delta(base_kept.classes, kept.classes),
        notes=notes,
        messages=[render(note, lang) for note in notes],
        intervals=_with_accuracy(test, kept.intervals),
        verdicts=verdicts,
        figures=measured,
    )


def _as_matched(test: Test, kept: Kept) -> Test:
    """The test with the pairs of tasks that were matched in the end, as far as its report says them."""
    if not kept.pairs:
        return test
    pairs = tuple(TaskPair(*each) for each in sorted(kept.pairs))
    return msgspec.structs.replace(test, options=msgspec.structs.replace(test.options, tasks=pairs))


def _same_measure(base: Test, base_kept: Kept, test: Test, kept: Kept) -> bool:
    """Whether the accuracies are of one kind, over tasks of the same names."""
    if (base.measure or "top1") != (test.measure or "top1"):
        return False
    return _scored(base, base_kept) == _scored(test, kept)


def _scored(test: Test, kept: Kept) -> set[str]:
    own = {each.task for each in test.tasks} | {each.task for each in test.sequences}
    return own or {task for task, _ in kept.pairs}


def accuracy_key(test: Test, keys: Mapping[str, Any]) -> str | None:
    """The figure that the accuracy is, where it is one: that of the only task."""
    own = [key for key in keys if key.startswith(f"{test.measure or 'top1'}/") and not in_slice(key)]
    return own[0] if len(own) == 1 else None


def _with_accuracy(test: Test, found: Mapping[str, Interval]) -> dict[str, Interval]:
    key = accuracy_key(test, found)
    return {**({"accuracy": found[key]} if key is not None else {}), **found}


def _verdicts(base: Test, base_kept: Kept, test: Test, kept: Kept, judge: Judge) -> dict[str, Verdict]:
    """One verdict for each figure that the test has."""
    found = judge(test.replicates, base.replicates, kept, base_kept)
    if not found:
        missing = Verdict("not_comparable", reason="replicates_missing")
        return {"accuracy": missing, **dict.fromkeys(kept.intervals, missing)}
    if not _same_measure(base, base_kept, test, kept):
        return {"accuracy": Verdict("not_comparable", reason="figure_missing"), **found}
    key = accuracy_key(test, found)
    return {**({"accuracy": found[key]} if key is not None else {}), **found}


def _left_out(verdicts: Mapping[str, Verdict]) -> list[Code]:
    """Said once: every figure of a test is over the same images."""
    whole = [each for key, each in verdicts.items() if not in_slice(key)]
    worst = max(whole, key=lambda each: each.left_out, default=Verdict("not_comparable"))
    if worst.left_out == 0:
        return []
    if worst.images == 0:
        return [Code("no_images_in_common")]
    return [Code("images_left_out", {"n": str(worst.left_out), "images": str(worst.images)})]


def _figures(test: Test, kept: Kept) -> dict[str, float | None]:
    """Every figure by its key: of tasks, of slices (KEY@DIMENSION=VALUE), and the times."""
    figures: dict[str, float | None] = {"accuracy": test.accuracy}
    for task in test.tasks:
        figures |= {
            in_group(f"{measure}/{task.task}", WHOLE): getattr(task, measure)
            for measure in ("top1", "top5", "macro_precision", "macro_recall")
        }
    figures |= {key: each.value for key, each in kept.intervals.items() if key not in figures}
    for stage in STAGES:
        timing = getattr(test, stage)
        figures[f"{stage}_ms"] = timing.mean_ms if timing is not None else None
    figures["total_ms"] = test.total_ms
    figures["images_per_second"] = test.images_per_second
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
            **({"ap": _minus(row.ap, by_name[row.name].ap)} if row.ap is not None and row.name in by_name else {}),
        }
        for row in rows
    }


def _device(test: Test) -> str:
    return (test.used.device or test.job.platform or "?") + ("" if test.used.on_platform else "*") if test.used else ""


PARAMETERS: Mapping[str, Callable[[Test], str]] = {
    "model": lambda test: f"{test.model}@{test.version}",
    "dataset": lambda test: test.dataset,
    "dataset_version": lambda test: test.pack,
    "precision": lambda test: test.used.precision if test.used is not None else test.precision,
    "backend": lambda test: f"{test.used.backend} {test.used.version}" if test.used is not None else test.backend,
    "device": _device,
    "batch_size": lambda test: str(test.batch_size),
    "loops": lambda test: str(test.loops),
    "steps": lambda test: chain_text(tuple(test.steps)),
    "measure": lambda test: test.measure or "top1",
    "iou_threshold": lambda test: f"{test.options.iou_threshold:g}",
    "size_policy": lambda test: test.options.size_policy,
    "tasks": lambda test: ", ".join(
        (
            *(f"{pair.task} = {pair.dataset_task}" for pair in test.options.tasks),
            *(dimension_text(each) for each in test.options.dimensions if each.as_task),
        )
    ),
    "dimensions": lambda test: ", ".join(map(dimension_text, test.options.dimensions)),
}
"""What a test was asked for and what did it, in the order in which people read it."""
UNFAIR: Mapping[str, str] = {
    "dataset": "dataset_differs",
    "dataset_version": "dataset_version_differs",
    "measure": "measure_differs",
    "precision": "precision_differs",
    "backend": "backend_differs",
    "device": "device_differs",
    "batch_size": "batch_size_differs",
    "loops": "loops_differ",
    "steps": "steps_differ",
    "iou_threshold": "iou_threshold_differs",
    "size_policy": "size_policy_differs",
    "tasks": "tasks_differ",
}
"""What keeps two rows from comparing fairly, and the code that says so; the model and the dimensions do not."""


def _parameters(tests: Sequence[Test]) -> tuple[list[Parameter], list[Parameter]]:
    """The parameters in which not all tests are the same, and the others, with each test's value."""
    differing: list[Parameter] = []
    shared: list[Parameter] = []
    for name, value in PARAMETERS.items():
        same = all(_same(name, tests[0], test) for test in tests)
        (shared if same else differing).append(Parameter(name=name, values=[value(test) for test in tests]))
    return differing, shared


def _same(name: str, one: Test, other: Test) -> bool:
    """Datasets of one name may be two: a name is free again when its dataset was deleted."""
    if name == "dataset":
        return one.dataset_id == other.dataset_id
    return PARAMETERS[name](one) == PARAMETERS[name](other)


def _unfair(base: Test, test: Test) -> list[Code]:
    """Everything besides the model that differs between the two."""
    found = []
    for name, code in UNFAIR.items():
        if not _same(name, base, test) and not (name == "dataset_version" and base.dataset_id != test.dataset_id):
            found.append(Code(code, {"base": PARAMETERS[name](base), "this": PARAMETERS[name](test)}))
    return found
