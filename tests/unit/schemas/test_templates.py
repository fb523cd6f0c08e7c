"""The conversion template: what people may write, and what is refused with which code."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.specs.parts import Arg
from schemas.specs.templates import (
    TemplateRefusedError,
    decode_template,
    encode_template,
    read_template,
    template_problems,
    template_warnings,
)
from schemas.specs.versions import successor

OLDER = Path(__file__).parents[2] / "golden" / "templates" / "older.json"
"""As the first version stored it: arguments that no method takes, brackets in the input's name."""
SUB: dict[str, Any] = {
    "name": "backbone",
    "modelType": "pytorch",
    "input_name": "raw_data",
    "input_shape": "1，3, 32,32",
    "meanValues": "123.675, 116.28, 103.53",
    "scaleValues": "0.0171, 0.0175, 0.0174",
    "maxbatch": "8",
    "architecture": "12345678-1234-5678-1234-567812345678",
    "stateDicKey": "whole file",
    "num classes": 2,
    "class_name": [["cat", "dog"]],
}


def document(main: dict[str, Any] | None = None, **sub: Any) -> dict[str, Any]:
    whole = {**copy.deepcopy(SUB), **sub}
    if "tasks" in sub:
        del whole["class_name"]
    base = {"name": "t", "repo": "r", "version": "v1", "method": "classification", "error_threshold": "1e-5"}
    return {**base, "sub_templates": [whole], **(main or {})}


def codes(raw: dict[str, Any]) -> list[str]:
    """The codes of what is wrong; none where the template is fine."""
    try:
        read_template(raw)
    except TemplateRefusedError as error:
        return [problem.code for problem in error.problems]
    return []


def test_the_manuals_spelling_is_understood() -> None:
    template = read_template(document())
    sub = template.sub_templates[0]
    assert template.error_threshold == 1e-5
    assert sub.input_shape == (1, 3, 32, 32)
    assert sub.mean_values == (123.675, 116.28, 103.53)
    assert sub.max_batch == 8
    assert sub.state_dict_key == ""
    assert [(task.name, task.classes) for task in sub.tasks] == [("class", ("cat", "dog"))]


@pytest.mark.parametrize("threshold", ["1e-5", "0.00001", 1e-5])
def test_thresholds_may_be_text_or_number(threshold: object) -> None:
    assert read_template(document({"error_threshold": threshold})).error_threshold == 1e-5


def test_the_stored_form_means_the_same_and_is_the_same_for_the_same() -> None:
    template = read_template(document(args=[{"name": "outputs", "kind": "vi", "value": "1,2"}]))
    stored = encode_template(template)
    assert decode_template(stored) == template
    assert encode_template(decode_template(stored)) == stored


@pytest.mark.parametrize("text", ["(1,3,32,32)", "[1,3,32,32", "1，3，32，32）", "【1,3,32,32】"])
def test_brackets_are_refused_by_name(text: str) -> None:
    assert codes(document(input_shape=text)) == ["brackets_not_allowed"]


@pytest.mark.parametrize(
    ("sub", "code"),
    [
        ({"meanValues": "1,2"}, "channels_mismatch"),
        ({"scaleValues": "0.1,nan,0.1"}, "value_not_finite"),
        ({"scaleValues": "0.1,0,0.1"}, "scale_not_positive"),
        ({"num classes": 3}, "num_classes_mismatch"),
        ({"class_name": [["cat", "cat"]]}, "class_name_twice"),
        ({"tasks": [{"name": "a", "classes": ["x"]}, {"name": "a", "classes": ["y"]}]}, "task_name_twice"),
        ({"input_shape": "1,3,32"}, "template_malformed"),
        ({"input_shape": "1,3,0,32"}, "template_malformed"),
        ({"input_shape": "1,3,65536,65536", "maxbatch": 1}, "inputs_too_large"),
        ({"input_shape": "1,3,4096,4096", "maxbatch": 4096}, "inputs_too_large"),
        ({"maxbatch": 0}, "template_malformed"),
        ({"model_type": "caffe"}, "field_given_twice"),
        ({"surprise": 1}, "template_malformed"),
        ({"args": [{"name": "n", "kind": "vi", "value": "1,x"}]}, "arg_value_wrong"),
        ({"args": [{"name": "n", "kind": "xx", "value": "1"}]}, "template_malformed"),
        ({"args": [{"name": "n", "kind": "si", "value": [1]}]}, "arg_value_wrong"),
    ],
)
def test_what_is_wrong_has_a_code(sub: dict[str, Any], code: str) -> None:
    assert codes(document(**sub)) == [code]


def test_large_inputs_are_allowed_one_by_one() -> None:
    assert codes(document(input_shape="1,3,4096,4096", maxbatch=1)) == []


def test_several_faults_are_named_at_once() -> None:
    assert codes(document(meanValues="1", scaleValues="-1,1,1")) == ["channels_mismatch", "scale_not_positive"]


def test_the_method_and_its_arguments_are_checked_with_the_rest() -> None:
    args = [{"name": "iou_threshold", "kind": "sf", "value": "2"}]
    assert codes(document({"method": "yolo_v8"}, args=args, meanValues="1")) == [
        "channels_mismatch",
        "arg_out_of_range",
    ]
    assert codes(document(method="yolo_v3")) == ["method_unknown"]
    assert read_template(document(method="yolo_v8")).sub_templates[0].method == "yolo_v8"


@pytest.mark.parametrize(
    ("method", "counts", "refused"),
    [("classification", [2], [3]), ("ssd", [2, 3], [1, 4]), ("ctc", [2, 3], [4]), ("raw", [1, 512], [])],
)
def test_the_number_of_outputs_may_count_a_background_or_a_blank_where_there_is_one(
    method: str, counts: list[int], refused: list[int]
) -> None:
    args = [{"name": "anchors", "kind": "vf", "value": "0,0,8,8"}] if method == "ssd" else []
    for count in counts:
        sub = document({"method": method}, args=args, num_classes=count)
        del sub["sub_templates"][0]["num classes"]
        assert "num_classes_mismatch" not in codes(sub)
    for count in refused:
        sub = document({"method": method}, args=args, num_classes=count)
        del sub["sub_templates"][0]["num classes"]
        assert "num_classes_mismatch" in codes(sub)


@pytest.mark.parametrize("threshold", ["0", "-1", "inf", "small"])
def test_useless_thresholds_are_refused(threshold: str) -> None:
    assert codes(document({"error_threshold": threshold}))


def test_two_sub_templates_need_two_names() -> None:
    assert codes(document({"sub_templates": [SUB, SUB]})) == ["sub_template_name_twice"]


def test_stored_bytes_that_are_no_template_are_refused() -> None:
    for data in (b"", b"[]", b"{}", b"\xff", b"[" * 100_000):
        with pytest.raises(TemplateRefusedError):
            decode_template(data)


def test_a_template_that_was_saved_before_todays_checks_is_read_and_its_problems_are_said() -> None:
    stored = OLDER.read_bytes()
    template = decode_template(stored)
    assert decode_template(encode_template(template)) == template
    assert [problem.code for problem in template_problems(template)] == [
        "brackets_not_allowed",
        "arg_unknown",
        "arg_unknown",
    ]
    plug_in = msgspec.structs.replace(template, method="uninstalled")
    assert decode_template(encode_template(plug_in)) == plug_in


def test_text_arguments_stay_text() -> None:
    args = [
        {"name": "characters", "kind": "vs", "value": "3, 4"},
        {"name": "outputs", "kind": "vi", "value": "7"},
    ]
    assert read_template(document({"method": "ctc"}, args=args)).sub_templates[0].args == (
        Arg("characters", "vs", ("3", "4")),
        Arg("outputs", "vi", (7,)),
    )
    powers = [{"name": "score_powers", "kind": "vf", "value": "1, 2.5"}, {"name": "nms", "kind": "ss", "value": "all"}]
    assert read_template(document({"method": "fastestdet"}, args=powers)).sub_templates[0].args == (
        Arg("score_powers", "vf", (1.0, 2.5)),
        Arg("nms", "ss", "all"),
    )


def test_a_scale_above_one_is_remarked() -> None:
    assert [code.code for code in template_warnings(read_template(document(scaleValues="58,57,57")))] == [
        "scale_looks_like_divisor"
    ]
    assert not template_warnings(read_template(document()))


@pytest.mark.parametrize(
    ("version", "after"),
    [("1.0.0", "1.0.1"), ("v3", "v4"), ("final", "final-2"), ("v09", "v10"), ("1.9-rc", "1.10-rc"), ("9", "10")],
)
def test_successor(version: str, after: str) -> None:
    assert successor(version) == after


@given(st.text(max_size=50))
def test_successors_never_repeat(version: str) -> None:
    seen = {version}
    for _ in range(12):
        version = successor(version)
        assert version not in seen
        seen.add(version)
