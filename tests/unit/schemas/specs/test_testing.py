"""The rules of a test's form: what does not fit is named, and what a deleted task takes along."""

from __future__ import annotations

import pytest

from schemas.specs.testing import (
    Dimension,
    TaskPair,
    TestOptions,
    dimension_of,
    dimension_text,
    options_problem,
    without_task,
)

PAIRS = (TaskPair("colour", "颜色"), TaskPair("kind", "车型"))


@pytest.mark.parametrize(
    ("kind", "options", "code"),
    [
        ("classification", TestOptions(iou_threshold=0.6), "option_for_detection_only"),
        ("sequence", TestOptions(size_policy="1920x1080"), "option_for_detection_only"),
        ("detection", TestOptions(iou_threshold=0.6, size_policy="1920x1080"), None),
        ("classification", TestOptions(tasks=PAIRS), None),
        ("classification", TestOptions(tasks=(*PAIRS, TaskPair("colour", "other"))), "task_pair_twice"),
        ("classification", TestOptions(tasks=(*PAIRS, TaskPair("other", "颜色"))), "task_pair_twice"),
        ("classification", TestOptions(dimensions=(Dimension("天气"),) * 2), "dimension_twice"),
        ("detection", TestOptions(dimensions=(Dimension("天气"),)), None),
        ("detection", TestOptions(dimensions=(Dimension("天气", as_task=True),)), "dimension_not_a_task"),
        ("classification", TestOptions(dimensions=(Dimension("天气", as_task=True),)), None),
        (
            "classification",
            TestOptions(tasks=PAIRS, dimensions=(Dimension("天气", as_task=True),)),
            "dimension_task_not_listed",
        ),
        ("classification", TestOptions(tasks=PAIRS, dimensions=(Dimension("车型", as_task=True),)), None),
        ("classification", TestOptions(tasks=PAIRS, dimensions=(Dimension("车型"),)), None),
        ("classification", TestOptions(tasks=PAIRS[1:], dimensions=(Dimension("车型"),)), "tasks_are_dimensions"),
        ("sequence", TestOptions(tasks=PAIRS[1:], dimensions=(Dimension("车型"),)), None),
    ],
)
def test_what_does_not_fit_is_named(kind, options, code):
    problem = options_problem(kind, options)
    assert (problem.code if problem else None) == code


def test_a_deleted_task_takes_its_dimension_along():
    before = TestOptions(
        iou_threshold=0.6, tasks=PAIRS, dimensions=(Dimension("车型", as_task=True), Dimension("天气"))
    )
    after = without_task(before, "车型")
    assert after == TestOptions(iou_threshold=0.6, tasks=PAIRS[:1], dimensions=(Dimension("天气"),))
    assert without_task(after, "nothing") == after


@pytest.mark.parametrize("dimension", [Dimension("天气"), Dimension("天气", as_task=True), Dimension("a:b")])
def test_a_dimension_is_read_as_it_is_written(dimension):
    assert dimension_of(dimension_text(dimension)) == dimension
