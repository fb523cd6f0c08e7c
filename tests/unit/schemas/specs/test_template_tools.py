"""Around templates: normalisation from 0..1, differences, the dictionary's seeds, presets by name."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.specs.choosing import with_choices
from schemas.specs.dictionary import LIST_NAMES, Choices, Entry, choices_problem, seeds
from schemas.specs.differences import OVERRIDDEN_MAX, differences, overridden
from schemas.specs.normalisation import from_unit
from schemas.specs.templates import TemplateDocument, TemplateRefusedError, read_template

ARCHITECTURE = "12345678-1234-5678-1234-567812345678"


def sub(name: str = "main", **changes: Any) -> dict[str, Any]:
    return {
        "name": name, "input_name": "x", "input_shape": "1,3,8,8", "mean_values": "0,0,0", "scale_values": "1,1,1",
        "max_batch": 8, "architecture": ARCHITECTURE, "num_classes": 2, "class_name": ["cat", "dog"], **changes,
    }  # fmt: skip


def template(*subs: dict[str, Any], **changes: Any) -> TemplateDocument:
    main = {"name": "t", "repo": "r", "version": "1", "method": "classification", "error_threshold": "1e-4"}
    return read_template({**main, "sub_templates": list(subs or [sub()]), **changes})


def test_normalisation_from_training_code() -> None:
    found = from_unit((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    assert found.mean_values == (123.675, 116.28, 103.53)
    assert found.scale_values == pytest.approx([1 / (255 * std) for std in (0.229, 0.224, 0.225)], rel=1e-8)
    pixel = 200.0
    said = (pixel / 255 - 0.485) / 0.229
    assert (pixel - found.mean_values[0]) * found.scale_values[0] == pytest.approx(said, rel=1e-7)


@pytest.mark.parametrize(
    ("mean", "std"),
    [((), ()), ((0.5,), (0.5, 0.5)), ((1.5,), (0.5,)), ((0.5,), (0.0,)), ((0.5,), (2.0,)), ((float("nan"),), (0.5,))],
)
def test_normalisation_of_something_else_is_refused(mean: tuple[float, ...], std: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"give one of each|pixels are counted"):
        from_unit(mean, std)


@pytest.mark.parametrize("name", LIST_NAMES)
def test_seeds_are_what_an_edit_may_say(name: Any) -> None:
    assert choices_problem(name, seeds()[name]) is None


def test_the_seeded_imagenet_preset_is_what_the_helper_computes() -> None:
    found = from_unit((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    for name, expected in found._asdict().items():
        (preset,) = [each.values for each in seeds()[name].entries if each.name == "imagenet"]
        assert preset == pytest.approx(expected, rel=1e-8)


def test_presets_are_taken_by_name_and_spread_over_the_channels() -> None:
    lists = {**seeds(), "mean_values": Choices((Entry("mine", (1.0, 2.0, 3.0)), Entry("half", (127.5,))), "mine")}

    def means(value: object, shape: str = "1,3,8,8") -> object:
        raw = {"sub_templates": [{"input_shape": shape, "meanValues": value}]}
        return with_choices(raw, lists)["sub_templates"][0]["mean_values"]  # type: ignore[index]

    assert means("mine") == (1.0, 2.0, 3.0)
    assert (means(" half "), means("half", "1，1，8，8"), means("half", "what")) == ((127.5,) * 3, (127.5,), (127.5,))
    assert means("half", "1,999999999,8,8") == (127.5,) * 4
    for untouched in ("1,2,3", "0.5", "1e2", "(1)", "", [1, 2, 3], None, "a,b"):
        assert means(untouched) == untouched
    with pytest.raises(TemplateRefusedError, match="preset_unknown"):
        means("other")


def test_a_method_that_is_implemented_but_not_listed_is_refused_for_the_template_and_for_a_part_of_it() -> None:
    lists = {**seeds(), "method": Choices((Entry("ctc"),), "ctc")}
    assert with_choices({"sub_templates": [{"method": "ctc"}, {}]}, lists)["method"] == "ctc"
    assert with_choices({"method": "magic"}, lists)["method"] == "magic"
    for raw in ({"method": "detr"}, {"sub_templates": [{"method": "detr"}]}):
        with pytest.raises(TemplateRefusedError, match="not_in_dictionary"):
            with_choices(raw, lists)
        assert with_choices(raw, lists, kept=("detr",))


def test_one_field_given_in_two_spellings_is_refused() -> None:
    with pytest.raises(TemplateRefusedError, match="field_given_twice"):
        with_choices({"sub_templates": [{"meanValues": "0", "mean_values": "0"}]}, seeds())


def paths(left: TemplateDocument, right: TemplateDocument) -> list[str]:
    return [each.path for each in differences(left, right)]


def test_differences_name_fields_by_the_names_of_what_they_are_in() -> None:
    before = template(sub("a"), sub("b"))
    assert paths(before, before) == []
    assert paths(before, template(sub("a"), sub("b", max_batch=4), version="2")) == [
        "version",
        "sub_templates.b.max_batch",
    ]
    assert paths(before, template(sub("a"))) == ["sub_templates.b"]
    assert paths(before, template(sub("b"), sub("a"))) == ["sub_templates"]
    heads = sub("a", class_name=[["x", "y"], ["p", "q"]])
    assert paths(template(sub("a")), template(heads)) == [
        "sub_templates.a.tasks.class",
        "sub_templates.a.tasks.task1",
        "sub_templates.a.tasks.task2",
    ]
    assert [(each.left is None, each.right is None) for each in differences(template(sub("a")), template(heads))] == [
        (False, True),
        (True, False),
        (True, False),
    ]


def test_a_job_that_changes_very_much_names_only_the_sub_templates() -> None:
    names = [f"net {number}" for number in range(16)]
    before = template(*(sub(name) for name in names))
    changed = template(*(sub(name, max_batch=4, input_name="y", input_shape="1,3,9,9") for name in names), version="2")
    assert overridden(before, changed) == ("version", *(f"sub_templates.{name}" for name in names))
    assert len(overridden(before, changed)) <= OVERRIDDEN_MAX


def test_brackets_in_a_name_and_endless_shapes_are_refused() -> None:
    for changes, code in (
        ({"input_name": "raw_data[0]"}, "brackets_not_allowed"),
        ({"input_shape": "1,3,8," + " " * 1000 + "8"}, "text_too_long"),
    ):
        with pytest.raises(TemplateRefusedError, match=code):
            template(sub(**changes))


def test_both_notations_of_the_threshold_mean_the_same() -> None:
    assert template(error_threshold="1e-5").error_threshold == template(error_threshold="0.00001").error_threshold
