"""The conversion template: what it may say, how people write it, and what is wrong with one.

People write numbers and vectors as text ("1,3,224,224", "1e-5") and use the product's older spellings (`stateDicKey`,
`meanValues`, `class_name`); `read_template` takes all of that, `encode_template` writes the one form that is stored.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, cast, get_args
from uuid import UUID

import msgspec

from schemas.specs.methods import method, method_problems, symbols
from schemas.specs.parts import CLASSES_MAX, Arg, ArgKind, NameText, TaskSpec
from schemas.values import Code, ShortText, Value

SUB_TEMPLATES_MAX = 16
TASKS_MAX = 256
BATCH_MAX = 4096
CHANNELS_MAX = 4
BATCH_TRIED_MAX = 8
"""Stands for every larger batch when a conversion is verified: what an exporter fixes or folds away shows between 1, 2,
3 and any fourth size, and a batch of 4096 would cost memory and minutes to say the same."""
INPUTS_BYTES_MAX = 1 << 30
"""Of the largest batch that is tried, in float32."""
WHOLE_FILE = "whole file"
SUBS = "sub_templates"
INPUT_SHAPE_CHARS_MAX = 1000
_FLOAT_BYTES = 4

MethodText = Annotated[str, msgspec.Meta(max_length=100)]
SubText = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Numbers = Annotated[tuple[float, ...], msgspec.Meta(min_length=1, max_length=CHANNELS_MAX)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=65_536)]
_Shape = tuple[Positive, Positive, Positive, Positive]


class SubTemplate(Value, frozen=True):
    """One network of the model. Normalisation is y = (x - mean) * scale per channel, x in 0..255.

    `input_shape` is (batch, channels, height, width); an empty `state_dict_key` means that the file is the state dict
    (behind a colon may stand the prefix of the wanted names in it), an empty `method` that it is the template's.
    """

    name: SubText
    input_name: NameText
    input_shape: _Shape
    mean_values: Numbers
    scale_values: Numbers
    max_batch: Annotated[int, msgspec.Meta(ge=1, le=BATCH_MAX)]
    architecture: UUID
    num_classes: Annotated[int, msgspec.Meta(ge=1, le=CLASSES_MAX)]
    tasks: Annotated[tuple[TaskSpec, ...], msgspec.Meta(min_length=1, max_length=TASKS_MAX)]
    model_type: Literal["pytorch"] = "pytorch"
    state_dict_key: ShortText = ""
    args: tuple[Arg, ...] = ()
    method: MethodText = ""


class TemplateDocument(Value, frozen=True):
    """A whole template. `version` is where counting starts; `error_threshold` bounds |PyTorch - Tron| in fp32."""

    name: NameText
    repo: NameText
    version: NameText
    method: Annotated[MethodText, msgspec.Meta(min_length=1)]
    error_threshold: Annotated[float, msgspec.Meta(gt=0)]
    sub_templates: Annotated[tuple[SubTemplate, ...], msgspec.Meta(min_length=1, max_length=SUB_TEMPLATES_MAX)]


class TemplateRefusedError(ValueError):
    """The template cannot be used; `problems` says why, every reason at once where that is possible."""

    def __init__(self, problems: Iterable[Code]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{problem.code} {problem.params}" for problem in self.problems))


_ALIASES = {
    "modelType": "model_type",
    "inputName": "input_name",
    "inputShape": "input_shape",
    "meanValues": "mean_values",
    "scaleValues": "scale_values",
    "maxbatch": "max_batch",
    "maxBatch": "max_batch",
    "stateDicKey": "state_dict_key",
    "stateDictKey": "state_dict_key",
    "num classes": "num_classes",
    "numClasses": "num_classes",
}
_VECTORS = ("input_shape", "mean_values", "scale_values")
BRACKETS = frozenset("()[]{}（）［］｛｝【】「」")
_PUNCTUATION = str.maketrans({"，": ",", "、": ",", "　": " ", "．": ".", "－": "-"})


def _vector(field: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    if len(value) > INPUT_SHAPE_CHARS_MAX and field == "input_shape":
        raise TemplateRefusedError([Code("text_too_long", {"field": field, "chars_max": str(INPUT_SHAPE_CHARS_MAX)})])
    if BRACKETS & set(value):
        raise TemplateRefusedError([Code("brackets_not_allowed", {"field": field})])
    return [part.strip() for part in value.translate(_PUNCTUATION).split(",") if part.strip()]


def renamed(raw: Mapping[str, object]) -> dict[str, object]:
    """A template's or sub-template's fields under the names that they have here.

    Raises:
        TemplateRefusedError: `field_given_twice`.
    """
    known: dict[str, object] = {}
    for key, value in raw.items():
        name = _ALIASES.get(key, key)
        if name in known:
            raise TemplateRefusedError([Code("field_given_twice", {"field": name})])
        known[name] = value
    return known


def _tasks(class_name: object) -> object:
    """Tasks from an array of arrays of class names, or from one array for the only task."""
    if isinstance(class_name, list) and all(isinstance(part, str) for part in class_name):
        class_name = [class_name]
    if not isinstance(class_name, list):
        raise TemplateRefusedError([Code("template_malformed", {"detail": "class_name"})])
    names = ["class"] if len(class_name) == 1 else [f"task{number + 1}" for number in range(len(class_name))]
    return [{"name": name, "classes": classes} for name, classes in zip(names, class_name, strict=True)]


def _arg(raw: object) -> object:
    """An `Arg` whose value has the type that its kind says: text is never guessed to be a number."""
    if not isinstance(raw, Mapping) or raw.keys() != {"name", "kind", "value"}:
        return raw
    name, kind, value = str(raw["name"]), str(raw["kind"]), raw["value"]
    if kind not in get_args(ArgKind):
        return raw
    parts = _vector(name, value) if kind.startswith("v") else [value]
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str | int | float) for part in parts):
        raise TemplateRefusedError([Code("arg_value_wrong", {"arg": name, "kind": kind})])
    try:
        typed = tuple({"i": int, "f": float, "s": str}[kind[-1]](part) for part in parts)
    except (ValueError, OverflowError) as error:
        raise TemplateRefusedError([Code("arg_value_wrong", {"arg": name, "kind": kind})]) from error
    return Arg(name, cast(ArgKind, kind), typed if kind.startswith("v") else typed[0])


def channels_of(sub: Mapping[str, object]) -> int:
    """How many channels a sub-template's input has, as far as that can be read; else 1."""
    shape = sub.get("input_shape")
    parts = shape.translate(_PUNCTUATION).split(",") if isinstance(shape, str) else shape
    if not isinstance(parts, list | tuple) or len(parts) != 4:
        return 1
    channels = str(parts[1]).strip()
    if not (channels.isascii() and channels.isdecimal()):
        return 1
    digits = channels.lstrip("0")  # of 5,000 of them Python makes no number
    return min(int(digits or "0"), CHANNELS_MAX) if len(digits) <= len(str(CHANNELS_MAX)) else CHANNELS_MAX


def _sub(raw: object) -> object:
    if not isinstance(raw, Mapping):
        return raw
    sub = renamed(raw)
    if "class_name" in sub and "tasks" not in sub:
        sub["tasks"] = _tasks(sub.pop("class_name"))
    for field in _VECTORS:
        if field in sub:
            sub[field] = _vector(field, sub[field])
    if isinstance(args := sub.get("args"), list | tuple):
        sub["args"] = [_arg(arg) for arg in args]
    if sub.get("state_dict_key") in (None, WHOLE_FILE):
        sub["state_dict_key"] = ""
    return sub


def read_template(raw: Mapping[str, object]) -> TemplateDocument:
    """The template that `raw` (JSON as people send it) means, checked.

    Raises:
        TemplateRefusedError: with the codes of `template_problems`, or `brackets_not_allowed`, `text_too_long`,
            `arg_value_wrong`, `field_given_twice`, `template_malformed` (its `detail` is a place in the document and
            what is wrong there).
    """
    main = renamed(raw)
    if isinstance(subs := main.get(SUBS), list | tuple):
        main[SUBS] = [_sub(sub) for sub in subs]
    try:
        document = msgspec.convert(main, TemplateDocument, strict=False)
    except msgspec.ValidationError as error:
        raise TemplateRefusedError([Code("template_malformed", {"detail": str(error)[:300]})]) from error
    if problems := template_problems(document):
        raise TemplateRefusedError(problems)
    return document


def encode_template(document: TemplateDocument) -> bytes:
    """The stored form: equal documents give equal bytes."""
    return msgspec.json.encode(document, order="deterministic")


def decode_template(data: bytes) -> TemplateDocument:
    """The template in the stored form. It was checked when it was saved: what is asked of new ones today, or a method
    that is no longer installed, makes none unreadable. Whoever makes something of it asks `template_problems`.

    Raises:
        TemplateRefusedError: `template_malformed`: these bytes are no template.
    """
    try:
        return msgspec.json.decode(data, type=TemplateDocument)
    except (msgspec.DecodeError, RecursionError) as error:
        raise TemplateRefusedError([Code("template_malformed", {"detail": str(error)[:300]})]) from error


def _repeated(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _outputs_named(sub: SubTemplate, main: str) -> set[int] | None:
    """What `num_classes` may be for the classes that are listed; None where the outputs are no classes.

    Detectors and readers may count one more: a background, or the blank.
    """
    spec = method(sub.method or main)
    sizes = [len(task.classes) for task in sub.tasks]
    if spec is not None and spec.family == "raw":
        return None
    if spec is None or spec.family == "classification":
        return {sum(sizes), max(sizes)}
    named = len(symbols(sub.args, sub.tasks))
    return {sizes[0], sizes[0] + 1, named, named + 1}


def _class_problems(sub: SubTemplate, main: str) -> Iterable[Code]:
    if (task := _repeated(task.name for task in sub.tasks)) is not None:
        yield Code("task_name_twice", {"sub_template": sub.name, "task": task})
    for each in sub.tasks:
        if (name := _repeated(each.classes)) is not None:
            yield Code("class_name_twice", {"task": each.name, "class": name})
    allowed = _outputs_named(sub, main)
    if allowed is not None and sub.num_classes not in allowed:
        listed = str(sum(len(task.classes) for task in sub.tasks))
        params = {"sub_template": sub.name, "num_classes": str(sub.num_classes), "named": listed}
        yield Code("num_classes_mismatch", params)


def _size_problems(sub: SubTemplate) -> Iterable[Code]:
    batch = min(sub.max_batch, BATCH_TRIED_MAX)
    size = batch * math.prod(sub.input_shape[1:]) * _FLOAT_BYTES
    if size > INPUTS_BYTES_MAX:
        params = {"sub_template": sub.name, "batch": str(batch), "bytes": str(size), "max": str(INPUTS_BYTES_MAX)}
        yield Code("inputs_too_large", params)


def _vector_problems(sub: SubTemplate) -> Iterable[Code]:
    channels = sub.input_shape[1]
    for field, values in (("mean_values", sub.mean_values), ("scale_values", sub.scale_values)):
        if len(values) != channels:
            yield Code("channels_mismatch", {"field": field, "channels": str(channels), "given": str(len(values))})
        if not all(math.isfinite(value) for value in values):
            yield Code("value_not_finite", {"field": field})
    if any(scale <= 0 for scale in sub.scale_values):
        yield Code("scale_not_positive", {"sub_template": sub.name})


def template_problems(document: TemplateDocument) -> tuple[Code, ...]:
    """Everything that makes the template unusable, in the order of the document; empty if it is fine."""
    problems: list[Code] = []
    if not math.isfinite(document.error_threshold):
        problems.append(Code("value_not_finite", {"field": "error_threshold"}))
    if (name := _repeated(sub.name for sub in document.sub_templates)) is not None:
        problems.append(Code("sub_template_name_twice", {"sub_template": name}))
    for sub in document.sub_templates:
        if BRACKETS & set(sub.input_name):
            problems.append(Code("brackets_not_allowed", {"field": "input_name"}))
        problems += _size_problems(sub)
        problems += _vector_problems(sub)
        problems += _class_problems(sub, document.method)
    problems += method_problems(document.method, document.sub_templates)
    return tuple(problems)


def template_warnings(document: TemplateDocument) -> tuple[Code, ...]:
    """What is allowed and still looks wrong: a scale above 1 is usually meant as a divisor."""
    return tuple(
        Code("scale_looks_like_divisor", {"sub_template": sub.name, "scale": str(max(sub.scale_values))})
        for sub in document.sub_templates
        if max(sub.scale_values) > 1
    )
