"""What one post-processing method is: the family of its answers, its arguments, and the outputs that it reads."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Literal

from schemas.specs.parts import Arg, ArgKind, ArgValue
from schemas.values import Code, Value

Family = Literal["classification", "detection", "sequence", "raw"]
Shape = tuple[int, ...]
"""An output's shape without the batch."""

_REPEATED = " ..."
_TERM = re.compile(r"(?:([1-9]\d*)\*)?([A-Z])|(\d+)")


class ArgSpec(Value, frozen=True, kw_only=True):
    """An argument that a method takes. Bounds are inclusive and hold for each value of a vector.

    Without a `default` it may be left out, unless it is `required`. `length` is how many values a vector must have,
    `multiple` what their count must be a multiple of.
    """

    name: str
    kind: ArgKind
    meaning: str
    default: ArgValue | None = None
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    length: int | None = None
    multiple: int = 1


class Layout(Value, frozen=True, kw_only=True):
    """One form in which a network may give its outputs: `boxes N,4; scores N,C` is written "N,4; N,C".

    Dimensions are numbers, names for what is free (the same name is the same size), `C` for the classes, and sums of
    these such as `C+5` or `C+4*R`. " ..." at the end: any number of outputs, each of this form by itself.
    It counts only where the argument `arg` is `equals`, if it names one.
    """

    outputs: str
    arg: str = ""
    equals: str = ""


class MethodSpec(Value, frozen=True, kw_only=True):
    """A method. Without layouts, family `classification`: output i holds one number a class of task i; family `raw`:
    the outputs may be anything.

    `decode` is for plug-ins: the function that decodes, as `package.module:function`, imported by job children only.
    """

    name: str
    family: Family
    meaning: str
    args: tuple[ArgSpec, ...] = ()
    layouts: tuple[Layout, ...] = ()
    decode: str = ""

    def arg(self, name: str) -> ArgSpec | None:
        """The argument of that name, if the method takes it."""
        return next((each for each in self.args if each.name == name), None)

    def settled(self, args: Sequence[Arg]) -> dict[str, ArgValue]:
        """The values that count, by name: those given, else the defaults."""
        values = {each.name: each.default for each in self.args if each.default is not None}
        return values | {each.name: each.value for each in args}


def value_problem(spec: ArgSpec, arg: Arg) -> Code | None:
    """What is wrong with the argument's kind or value."""
    if arg.kind != spec.kind:
        return Code("arg_kind_wrong", {"arg": arg.name, "kind": arg.kind, "wanted": spec.kind})
    values = arg.value if isinstance(arg.value, tuple) else (arg.value,)
    if arg.kind.startswith("v"):
        wanted = spec.length if spec.length is not None else f"n × {spec.multiple}"
        fits = len(values) == spec.length if spec.length is not None else values and not len(values) % spec.multiple
        if not fits:
            return Code("arg_length_wrong", {"arg": arg.name, "count": str(len(values)), "wanted": str(wanted)})
    for value in values:
        if isinstance(value, str):
            if spec.choices and value not in spec.choices:
                return Code("arg_choice_unknown", {"arg": arg.name, "value": value, "known": ", ".join(spec.choices)})
        elif not _inside(value, spec):
            return Code("arg_out_of_range", {"arg": arg.name, "value": f"{value:g}", "range": _range(spec)})
    return None


def _inside(value: float, spec: ArgSpec) -> bool:
    low = -math.inf if spec.minimum is None else spec.minimum
    high = math.inf if spec.maximum is None else spec.maximum
    return math.isfinite(value) and low <= value <= high


def _range(spec: ArgSpec) -> str:
    low = "…" if spec.minimum is None else f"{spec.minimum:g}"
    high = "…" if spec.maximum is None else f"{spec.maximum:g}"
    return f"{low} – {high}"


def layouts_for(spec: MethodSpec, args: Mapping[str, ArgValue]) -> tuple[str, ...]:
    """The layouts that these arguments leave."""
    return tuple(each.outputs for each in spec.layouts if not each.arg or args.get(each.arg) == each.equals)


def check_layout(layout: str) -> None:
    """The whole layout can be read, whatever outputs it is held against.

    Raises:
        ValueError: it is not written as `Layout` says.
    """
    form = layout.removesuffix(_REPEATED)
    if form != layout and ";" in form:
        raise ValueError(f"{layout!r} repeats several forms: only one can be repeated")
    known = {"C"}
    for dimension in form.replace(";", ",").split(","):
        free = [name for _, name, _ in _terms(dimension) if name and name not in known]
        if len(free) > 1:
            raise ValueError(f"{dimension!r} has two free sizes: give one of them in an earlier dimension")
        known.update(free)


def fits(layout: str, outputs: Sequence[Shape], classes: int) -> bool:
    """Whether the outputs have this form, where there are so many classes; `layout` passed `check_layout`."""
    if layout.endswith(_REPEATED):
        form = layout.removesuffix(_REPEATED)
        return bool(outputs) and all(_matches(form, shape, {"C": classes}) for shape in outputs)
    forms = layout.split(";")
    known = {"C": classes}
    return len(forms) == len(outputs) and all(
        _matches(form, shape, known) for form, shape in zip(forms, outputs, strict=True)
    )


def _matches(form: str, shape: Shape, known: dict[str, int]) -> bool:
    """Whether the shape has the form; sizes that it settles are added to `known`."""
    dimensions = form.split(",")
    return len(dimensions) == len(shape) and all(
        _equals(dimension, size, known) for dimension, size in zip(dimensions, shape, strict=True)
    )


def _equals(dimension: str, size: int, known: dict[str, int]) -> bool:
    """Whether the sum is `size`; its one name of unknown size, if there is one, gets what is missing."""
    free: tuple[str, int] | None = None
    rest = size
    for factor, name, number in _terms(dimension):
        if name in known:
            rest -= factor * known[name]
        elif name:
            free = (name, factor)
        else:
            rest -= number
    if free is None:
        return rest == 0
    name, factor = free
    if rest <= 0 or rest % factor:
        return False
    known[name] = rest // factor
    return True


def _terms(dimension: str) -> list[tuple[int, str, int]]:
    """Factor and name of each term of the sum, or its number where the name is empty."""
    found = [_TERM.fullmatch(term.strip()) for term in dimension.split("+")]
    terms = [(int(each[1] or 1), each[2] or "", int(each[3] or 0)) for each in found if each is not None]
    if len(terms) < len(found):
        raise ValueError(f"{dimension!r} is no dimension: write numbers, names and sums, as N, C+5 or C+4*R")
    return terms
