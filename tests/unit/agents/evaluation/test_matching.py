"""Tasks and classes meet by name, whatever their order."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from agents.evaluation.matching import Labelled, answerable, asked_pairs, check_slices, match_tasks, select
from agents.sandbox.inside import Refused
from schemas.specs.parts import TaskSpec
from schemas.specs.testing import Dimension, TaskPair, TestOptions
from storage.datasets.pack import ImageRecord, PackInfo, PackTask


def record(name: str, **labels: str) -> ImageRecord:
    return ImageRecord(name=name, entry="images/0.jpg", sha256="", width=1, height=1, labels=labels)


def labelled(images: Iterable[ImageRecord]) -> list[Labelled]:
    records = [*images]
    return [Labelled(records, place) for place in range(len(records))]


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


KIND, LIGHT = PackTask("kind", ("car", "bus")), PackTask("light", ("day", "night"))
INFO = PackInfo(type="classification", tasks=(KIND, LIGHT), images=1, dropped=0, dimensions={"side": {"left": 1}})
PAIRS = (TaskPair("kind", "kind"), TaskPair("light", "light"))


@pytest.mark.parametrize(
    ("dimensions", "tasks"),
    [
        ((), ["kind", "light"]),
        ((Dimension("light"),), ["kind"]),
        ((Dimension("light", as_task=True),), ["kind", "light"]),
        ((Dimension("side"),), ["kind", "light"]),
        ((Dimension("light"), Dimension("side", as_task=True)), ["kind", "side"]),
    ],
)
def test_a_dimension_is_a_task_only_where_it_is_switched_on(
    dimensions: tuple[Dimension, ...], tasks: list[str]
) -> None:
    assert [task.name for task in answerable(INFO, dimensions)] == tasks
    listed = asked_pairs(INFO, TestOptions(tasks=PAIRS, dimensions=dimensions))
    assert [pair.task for pair in listed] == [name for name in tasks if name != "side"]


def test_what_leaves_no_task_is_refused() -> None:
    both = (Dimension("kind"), Dimension("light"))
    for asked in (
        lambda: answerable(INFO, both),
        lambda: asked_pairs(INFO, TestOptions(tasks=PAIRS[:1], dimensions=both)),
    ):
        with pytest.raises(Refused, match="tasks_are_dimensions"):
            asked()


def test_boxes_stay_the_task_whatever_is_looked_at() -> None:
    info = PackInfo(type="detection", tasks=(KIND,), images=1, dropped=0)
    assert answerable(info, (Dimension("kind"),)) == (KIND,)


@pytest.mark.parametrize(
    ("values", "names", "code"),
    [
        (("a", "b" * 201), ("note",), "dimension_value_too_long"),
        (tuple(map(str, range(202))), ("note",), "dimension_too_many_values"),
        (tuple(map(str, range(200))), tuple(f"note{number}" for number in range(6)), "slices_too_many"),
    ],
)
def test_slices_that_could_not_be_kept_are_refused_before_an_image_is_run(
    values: tuple[str, ...], names: tuple[str, ...], code: str
) -> None:
    images = labelled(record(value[:3], **dict.fromkeys(names, value)) for value in values)
    with pytest.raises(Refused) as refused:
        check_slices(images, [Dimension(name) for name in names])
    assert refused.value.code == code


def test_slices_up_to_the_limits_are_kept() -> None:
    names = tuple(f"note{number}" for number in range(5))
    records = [record(str(value), **dict.fromkeys(names, f"{value:0200}")) for value in range(200)]
    check_slices(labelled([*records, record("none")]), [Dimension(name) for name in names])
