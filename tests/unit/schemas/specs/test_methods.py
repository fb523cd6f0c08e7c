"""The catalogue of methods: arguments, tasks and outputs that fit and that do not."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from schemas.specs import methods
from schemas.specs.method_spec import ArgSpec, Layout, MethodSpec, fits, value_problem
from schemas.specs.methods import method, method_problems, output_problem, proposed_chain, register
from schemas.specs.parts import Arg, TaskSpec
from schemas.specs.preprocessing import chain_text

CLASSES = tuple(f"class {number}" for number in range(80))
TASK = TaskSpec("object", CLASSES)


class Network(NamedTuple):
    name: str = "net"
    method: str = ""
    tasks: tuple[TaskSpec, ...] = (TASK,)
    args: tuple[Arg, ...] = ()


def codes(main: str, *networks: Network) -> list[str]:
    return [problem.code for problem in method_problems(main, networks)]


@pytest.mark.parametrize("spec", methods.methods(), ids=lambda spec: spec.name)
def test_every_default_keeps_to_its_own_rules(spec: MethodSpec) -> None:
    assert len({each.name for each in spec.args}) == len(spec.args)
    for each in spec.args:
        if each.default is not None:
            assert value_problem(each, Arg(each.name, each.kind, each.default)) is None, each.name
            assert not each.required, each.name


@pytest.mark.parametrize("spec", methods.methods(), ids=lambda spec: spec.name)
def test_every_layout_can_be_read_and_names_an_argument_that_is_there(spec: MethodSpec) -> None:
    assert bool(spec.layouts) != (spec.family in {"classification", "raw"})
    for layout in spec.layouts:
        fits(layout.outputs, [(8, 8)], 4)
        if layout.arg:
            wanted = spec.arg(layout.arg)
            assert wanted is not None
            assert layout.equals in wanted.choices


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ((Arg("surprise", "si", 1),), "arg_unknown"),
        ((Arg("iou_threshold", "si", 1),), "arg_kind_wrong"),
        ((Arg("iou_threshold", "sf", 1.01),), "arg_out_of_range"),
        ((Arg("iou_threshold", "sf", float("nan")),), "arg_out_of_range"),
        ((Arg("max_detections", "si", 0),), "arg_out_of_range"),
        ((Arg("nms", "ss", "soft"),), "arg_choice_unknown"),
        ((Arg("anchors", "vf", (10.0, 13.0, 16.0)),), "arg_length_wrong"),
        ((Arg("anchors", "vf", ()),), "arg_length_wrong"),
        ((Arg("strides", "vi", (8, 0)),), "arg_out_of_range"),
        ((Arg("nms", "ss", "all"), Arg("nms", "ss", "none")), "arg_twice"),
    ],
)
def test_wrong_arguments_have_codes(args: tuple[Arg, ...], code: str) -> None:
    assert codes("yolo_v5", Network(args=args)) == [code]


def test_what_a_method_needs_is_asked_for() -> None:
    assert codes("ssd", Network()) == ["arg_missing", "arg_missing"]
    given = (Arg("strides", "vi", (8, 16)), Arg("anchors", "vf", (8.0, 8.0, 16.0, 16.0)))
    assert codes("ssd", Network(args=given)) == []
    assert codes("ssd", Network(args=(*given, Arg("variances", "vf", (0.1, 0.2))))) == ["arg_length_wrong"]


def test_a_sub_template_may_have_a_method_of_its_own() -> None:
    detector = Network("find", "yolo_v8")
    several = (TASK, TaskSpec("colour", ("red", "blue")))
    crop = Network("name", "", several, (Arg("crop_from", "ss", "find"),))
    assert codes("classification", detector, crop) == []
    assert codes("classification", crop) == ["crop_source_unknown"]
    assert codes("classification", crop, Network("find", "classification")) == ["crop_source_unknown"]
    assert codes("yolo_v8", crop._replace(args=())) == ["tasks_do_not_fit_method"]


def test_unknown_methods_are_named_once() -> None:
    assert codes("yolo_v3", Network()) == ["method_unknown"]
    assert codes("classification", Network(method="yolo_v3")) == ["method_unknown"]


@pytest.mark.parametrize(
    ("name", "args", "outputs"),
    [
        ("classification", (), [(80,)]),
        ("classification", (), [(80, 1, 1)]),
        ("classification", (Arg("outputs", "vi", (1,)),), [(7,), (80,)]),
        ("detection", (), [(100, 4), (100, 80)]),
        ("detection", (), [(100, 4), (100,), (100,)]),
        ("detection", (), [(300, 6)]),
        ("detection", (Arg("outputs", "vi", (1, 0)),), [(100, 80), (100, 4)]),
        ("yolo_v5", (), [(25200, 85)]),
        ("yolo_v5", (), [(3, 80, 80, 85), (3, 40, 40, 85), (3, 20, 20, 85)]),
        ("yolo_v8", (), [(84, 8400)]),
        ("yolo_v8", (Arg("layout", "ss", "rows"),), [(8400, 84)]),
        ("yolo_v8", (Arg("layout", "ss", "levels"),), [(144, 80, 80), (144, 40, 40), (144, 20, 20)]),
        ("ssd", (), [(8732, 4), (8732, 81)]),
        ("retinanet", (), [(9000, 4), (9000, 80)]),
        ("fcos", (), [(5000, 80), (5000, 4), (5000, 1)]),
        ("fastestdet", (), [(85, 22, 22)]),
        ("detr", (), [(100, 81), (100, 4)]),
        ("detr", (Arg("activation", "ss", "sigmoid"),), [(300, 80), (300, 4)]),
        ("ctc", (), [(24, 81)]),
        ("raw", (), [(512,), (3, 32, 32)]),
        ("ctc", (Arg("layout", "ss", "symbols"), Arg("characters", "vs", ("A", "B"))), [(3, 18)]),
    ],
)
def test_outputs_that_fit(name: str, args: tuple[Arg, ...], outputs: list[tuple[int, ...]]) -> None:
    assert output_problem(name, args, (TASK,), outputs) is None


@pytest.mark.parametrize(
    ("name", "args", "outputs", "code"),
    [
        ("classification", (), [(80,), (80,)], "outputs_do_not_match_tasks"),
        ("classification", (), [(81,)], "output_size_wrong"),
        ("classification", (Arg("outputs", "vi", (1,)),), [(80,)], "outputs_not_there"),
        ("classification", (Arg("outputs", "vi", (0, 0)),), [(80,)], "outputs_not_there"),
        ("detection", (), [(100, 4), (99, 80)], "outputs_do_not_fit_method"),
        ("detection", (), [(100, 80), (100, 4)], "outputs_do_not_fit_method"),
        ("yolo_v5", (), [(25200, 84)], "outputs_do_not_fit_method"),
        ("yolo_v5", (), [], "outputs_do_not_fit_method"),
        ("yolo_v8", (), [(8400, 84)], "outputs_do_not_fit_method"),
        ("yolo_v8", (Arg("layout", "ss", "levels"),), [(145, 80, 80)], "outputs_do_not_fit_method"),
        ("yolo_v8", (Arg("layout", "ss", "levels"),), [(80, 80, 80)], "outputs_do_not_fit_method"),
        ("ssd", (), [(8732, 4), (8732, 80)], "outputs_do_not_fit_method"),
        ("fastestdet", (), [(84, 22, 22)], "outputs_do_not_fit_method"),
        ("ctc", (), [(24, 80)], "outputs_do_not_fit_method"),
        ("raw", (Arg("outputs", "vi", (1,)),), [(512,)], "outputs_not_there"),
        ("ours", (), [(24, 80)], "method_unknown"),
    ],
)
def test_outputs_that_do_not_fit(name: str, args: tuple[Arg, ...], outputs: list[tuple[int, ...]], code: str) -> None:
    problem = output_problem(name, args, (TASK,), outputs)
    assert problem is not None
    assert problem.code == code


@pytest.mark.parametrize(
    ("channels", "args", "chain"),
    [
        (3, (), "resize 32x24 > cvtRGB > transpose"),
        (1, (), "resize 32x24 > transpose"),
        (3, (Arg("colour", "ss", "bgr"),), "resize 32x24 > transpose"),
        (3, (Arg("fit", "ss", "pad"),), "equal_resize 32x24 > cvtRGB > transpose"),
        (3, (Arg("fit", "ss", "pad_centred"),), "equal_resize 32x24 centred > cvtRGB > transpose"),
    ],
)
def test_the_proposed_chain_follows_input_and_arguments(channels: int, args: tuple[Arg, ...], chain: str) -> None:
    assert chain_text(proposed_chain((channels, 24, 32), args)) == chain


def test_a_registered_method_is_like_one_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "_METHODS", dict(methods._METHODS))
    spec = MethodSpec(
        name="ours",
        family="detection",
        meaning="A test's.",
        args=(ArgSpec(name="cut", kind="sf", meaning="", default=0.5),),
        layouts=(Layout(outputs="N,C+2"),),
    )
    register(spec)
    register(spec)
    assert method("ours") is spec
    assert spec.settled([Arg("cut", "sf", 0.25)]) == {"cut": 0.25}
    assert output_problem("ours", (), (TASK,), [(9, 82)]) is None
    with pytest.raises(ValueError, match="another name"):
        register(MethodSpec(name="ours", family="detection", meaning="Another."))


@pytest.mark.parametrize("layout", ["N,c", "N,C-1", "A+B", "C+5,c", "N,4; C+5,c", "0*N", "N,4; N,C ..."])
def test_a_layout_that_cannot_be_read_is_refused_at_the_start(layout: str) -> None:
    with pytest.raises(ValueError, match=r"dimension|free sizes|repeats"):
        register(MethodSpec(name="wrong", family="detection", meaning="", layouts=(Layout(outputs=layout),)))
    assert method("wrong") is None
