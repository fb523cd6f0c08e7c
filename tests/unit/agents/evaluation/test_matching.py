"""Tasks and classes meet by name, whatever their order."""

from __future__ import annotations

import pytest

from agents.evaluation.matching import match_tasks, select
from agents.sandbox.inside import Refused
from schemas.specs.parts import TaskSpec
from storage.datasets.pack import ImageRecord, PackTask


def record(name: str, **labels: str) -> ImageRecord:
    return ImageRecord(name=name, entry="images/0.jpg", sha256="", width=1, height=1, labels=labels)


def test_labels_are_indexes_of_the_models_classes() -> None:
    matches = match_tasks([TaskSpec("animal", ("dog", "cat"))], [PackTask("class", ("bird", "cat", "dog"))])
    images, skipped = select(
        "classification",
        [
            record("1", **{"class": "cat"}),
            record("2", **{"class": "dog"}),
            record("3", **{"class": "bird"}),
            record("4"),
        ],
        matches,
    )
    assert [image.labels for image in images] == [(1,), (0,)]
    assert [(each.name, each.code) for each in skipped] == [("3", "label_unknown_to_model"), ("4", "label_missing")]


def test_names_win_over_common_classes() -> None:
    model = [TaskSpec("colour", ("red", "blue")), TaskSpec("kind", ("car", "bus"))]
    dataset = [PackTask("kind", ("bus", "car")), PackTask("colour", ("blue", "red"))]
    assert [(match.output, match.dataset_task) for match in match_tasks(model, dataset)] == [(0, "colour"), (1, "kind")]


def test_what_is_left_matches_by_classes_and_the_rest_stays_alone() -> None:
    model = [TaskSpec("a", ("x", "y")), TaskSpec("b", ("p", "q"))]
    assert [(m.output, m.dataset_task) for m in match_tasks(model, [PackTask("class", ("p", "z"))])] == [(1, "class")]


@pytest.mark.parametrize("name", ["class", "other"])
def test_nothing_in_common_is_refused(name: str) -> None:
    with pytest.raises(Refused) as refused:
        match_tasks([TaskSpec("class", ("x",))], [PackTask(name, ("y",))])
    assert refused.value.code == "classes_do_not_match"
    assert refused.value.params == {"dataset": "y", "model": "x"}
