"""The catalogue of post-processing methods, and what a template or a network's outputs have wrong for theirs.

Installed packages may add methods (`storage.plugins`); they are registered once, when a process starts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

from schemas.specs.builtin_methods import BUILTIN
from schemas.specs.method_spec import MethodSpec, Shape, check_layout, fits, layouts_for, value_problem
from schemas.specs.parts import Arg, TaskSpec
from schemas.specs.preprocessing import CvtRGB, EqualResize, Resize, Step, Transpose
from schemas.values import Code

_METHODS: dict[str, MethodSpec] = {spec.name: spec for spec in BUILTIN}
COLOUR_CHANNELS = 3
_TEXT_CHARS_MAX = 200


class Network(Protocol):
    """What methods need to know of a sub-template. An empty `method` is the template's."""

    @property
    def name(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def tasks(self) -> tuple[TaskSpec, ...]: ...
    @property
    def args(self) -> tuple[Arg, ...]: ...


def methods() -> tuple[MethodSpec, ...]:
    """Every method, Mo's own first."""
    return tuple(_METHODS.values())


def method(name: str) -> MethodSpec | None:
    """The method of that name."""
    return _METHODS.get(name)


def register(spec: MethodSpec) -> None:
    """Add a method, once at the start of a process; the same one again is harmless.

    Raises:
        ValueError: another method has this name, or a layout cannot be read.
    """
    if (taken := _METHODS.get(spec.name)) is not None and taken != spec:
        raise ValueError(f"the method {spec.name} is there already: give the plug-in's another name")
    for layout in spec.layouts:
        check_layout(layout.outputs)
    _METHODS[spec.name] = spec


def method_problems(main: str, networks: Sequence[Network]) -> tuple[Code, ...]:
    """What is wrong with the methods of a template, its sub-templates' arguments and tasks; `main` is its method."""
    problems = list(_unknown(main, ""))
    for network in networks:
        spec = method(network.method or main)
        if spec is None:
            problems += _unknown(network.method, network.name)
            continue
        problems += _arg_problems(spec, network)
        problems += _task_problems(spec, network)
        problems += _crop_problems(main, network, networks)
    return tuple(problems)


def _unknown(name: str, sub: str) -> Iterable[Code]:
    if name and method(name) is None:
        yield Code("method_unknown", {"method": name, "sub_template": sub or "-", "known": ", ".join(_METHODS)})


def _arg_problems(spec: MethodSpec, network: Network) -> Iterable[Code]:
    given = Counter(arg.name for arg in network.args)
    for arg in network.args:
        wanted = spec.arg(arg.name)
        if wanted is None:
            known = ", ".join(each.name for each in spec.args)
            yield Code("arg_unknown", {"arg": arg.name, "method": spec.name, "known": known})
        elif (problem := value_problem(wanted, arg)) is not None:
            yield problem
    yield from (Code("arg_twice", {"arg": name}) for name, times in given.items() if times > 1)
    for each in spec.args:
        if each.required and each.name not in given:
            yield Code("arg_missing", {"arg": each.name, "kind": each.kind, "method": spec.name})


def _task_problems(spec: MethodSpec, network: Network) -> Iterable[Code]:
    if spec.family != "classification" and len(network.tasks) != 1:
        params = {"sub_template": network.name, "method": spec.name, "tasks": str(len(network.tasks))}
        yield Code("tasks_do_not_fit_method", params)


def _crop_problems(main: str, network: Network, networks: Sequence[Network]) -> Iterable[Code]:
    source = next((str(arg.value) for arg in network.args if arg.name == "crop_from"), None)
    whole = [each for each in networks if all(arg.name != "crop_from" for arg in each.args)]
    found = {each.name: method(each.method or main) for each in whole}
    detectors = [name for name, spec in found.items() if spec is not None and spec.family == "detection"]
    if source is not None and source not in detectors:
        known = ", ".join(detectors)[:_TEXT_CHARS_MAX] or "-"
        yield Code("crop_source_unknown", {"sub_template": network.name, "name": source, "known": known})


def chosen(args: Sequence[Arg], count: int) -> tuple[int, ...] | None:
    """Places of the outputs that the method reads, out of `count`; None where the arguments name others."""
    given = next((arg.value for arg in args if arg.name == "outputs"), None)
    if given is None:
        return tuple(range(count))
    places = tuple(int(place) for place in given) if isinstance(given, tuple) else (int(given),)
    return places if all(place < count for place in places) and len(set(places)) == len(places) else None


def symbols(args: Sequence[Arg], tasks: Sequence[TaskSpec]) -> tuple[str, ...]:
    """What the outputs of a network stand for: the characters it reads, else the classes of its first task."""
    given = next((arg.value for arg in args if arg.name == "characters"), None)
    return tuple(map(str, given)) if isinstance(given, tuple) else tasks[0].classes


def proposed_chain(input_shape: tuple[int, int, int], args: Sequence[Arg]) -> tuple[Step, ...]:
    """The preprocessing proposed for a network: to its input's size as `fit` says, its colours as `colour` says.

    `input_shape` is (channels, height, width); a network with one channel gets grey images, which have no colours.
    """
    channels, height, width = input_shape
    given = {arg.name: arg.value for arg in args}
    fit = given.get("fit", "stretch")
    size = Resize(width=width, height=height)
    padded = EqualResize(width=width, height=height, centred=fit == "pad_centred")
    colour = (CvtRGB(),) if channels == COLOUR_CHANNELS and given.get("colour", "rgb") == "rgb" else ()
    return (size if fit == "stretch" else padded, *colour, Transpose())


def output_problem(name: str, args: Sequence[Arg], tasks: Sequence[TaskSpec], outputs: Sequence[Shape]) -> Code | None:
    """Why the method cannot read a network's outputs (shapes without the batch), or None."""
    spec = method(name)
    if spec is None:
        return next(iter(_unknown(name, "")))
    places = chosen(args, len(outputs))
    if places is None:
        return Code("outputs_not_there", {"outputs": str(len(outputs))})
    read = [outputs[place] for place in places]
    if spec.family == "raw":
        return None
    if not spec.layouts:
        return _head_problem(tasks, read, places)
    layouts = layouts_for(spec, spec.settled(args))
    classes = len(symbols(args, tasks))
    if any(fits(layout, read, classes) for layout in layouts):
        return None
    shapes = "; ".join(",".join(map(str, shape)) for shape in read)[:_TEXT_CHARS_MAX]
    params = {"method": name, "outputs": shapes, "wanted": " | ".join(layouts), "classes": str(classes)}
    return Code("outputs_do_not_fit_method", params)


def _head_problem(tasks: Sequence[TaskSpec], read: Sequence[Shape], places: Sequence[int]) -> Code | None:
    if len(read) != len(tasks):
        return Code("outputs_do_not_match_tasks", {"outputs": str(len(read)), "tasks": str(len(tasks))})
    for place, shape, task in zip(places, read, tasks, strict=True):
        size = 1
        for side in shape:
            size *= side
        if size != len(task.classes):
            params = {"output": str(place), "shape": str(shape), "wanted": f"({len(task.classes)})"}
            return Code("output_size_wrong", params)
    return None
