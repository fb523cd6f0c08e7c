"""How the annotations of a package become the tasks of a dataset, and which images that drops.

Left is what is wanted: the tasks of a template's sub-template with their classes, not editable. Right are the keys that
the package's annotations have. A classification task takes one key of tool `radio`, the one task of a detection the
labels of the boxes, a sequence one key of tool `text`; no key is used twice. An image with one value outside the wanted
classes in any mapped task is dropped whole; keys that nothing is mapped to stay as attributes and drop nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Annotated, Literal, NamedTuple, cast, get_args

import msgspec

from schemas.specs.methods import method, symbols
from schemas.specs.parts import CLASSES_MAX, NameText, TaskSpec
from schemas.specs.templates import TASKS_MAX, TemplateDocument
from schemas.values import Code, Value

Kind = Literal["classification", "detection", "sequence"]
"""What a dataset is for: the family of the methods that it fits."""

BOXES = "boxes"
"""The name of the one key that all boxes of a package make; its tool is `box`."""
ATTRIBUTE = "attribute"
"""The tool of what is only said beside: it answers no task."""
TASK = "class"
"""The name of the only task where nobody gave it one."""
KEYS_MAX = 1000
VALUES_MAX = CLASSES_MAX
NAMED_CHARS_MAX = 200
NAMED_MAX = 100

_TOOLS: dict[Kind, str] = {"classification": "radio", "detection": "box", "sequence": "text"}


class PackageKey(Value, frozen=True):
    """Something that a package's annotations say of images: its name, the tool it was made with, and what it says.

    `values` counts images by value (boxes by label, for `box`; images by character, for `text`), in the package's own
    order where it has one; `more` how many annotations have values beyond the first `VALUES_MAX`.
    """

    name: NameText
    tool: str
    values: dict[str, int] = {}
    more: int = 0


class Pair(Value, frozen=True):
    """A task, and the key that answers it."""

    task: NameText
    key: NameText


Pairs = Annotated[tuple[Pair, ...], msgspec.Meta(max_length=TASKS_MAX)]


class Wanted(Value, frozen=True):
    """The left side. `own`: the classes are the package's, so that no value is outside and none must be there."""

    kind: Kind
    tasks: tuple[TaskSpec, ...]
    own: bool = False


class TaskMapping(Value, frozen=True):
    """Both sides together, as a scan or an import is told. No pairs: as `propose` says."""

    wanted: Wanted
    pairs: Pairs = ()


class Mismatch(Value, frozen=True):
    """Where a task's classes and its key's values are not the same: values `outside` of the classes with how often they
    come, and classes that are `unused`, the first `NAMED_MAX` of each; `outside_count` of `outside_values` in all."""

    task: str
    key: str
    outside: dict[str, int] = {}
    outside_values: int = 0
    outside_count: int = 0
    unused: tuple[str, ...] = ()
    unused_classes: int = 0


class Mapped(NamedTuple):
    """What an image is in the dataset: a class (or text) for each task, and the rest of what is said of it."""

    labels: dict[str, str]
    attributes: dict[str, str]


def wanted(document: TemplateDocument, sub_template: str = "") -> Wanted | Code:
    """The left side that a template's sub-template gives (its only one, if it is not named); or why it gives none."""
    subs = [each for each in document.sub_templates if sub_template in ("", each.name)]
    if len(subs) != 1:
        known = ", ".join(each.name for each in document.sub_templates)
        return Code("sub_template_not_clear", {"sub_template": sub_template, "known": known})
    sub = subs[0]
    name = sub.method or document.method
    spec = method(name)
    if spec is None or spec.family not in get_args(Kind):
        return Code("method_without_classes", {"method": name, "sub_template": sub.name})
    tasks = sub.tasks
    if spec.family == "sequence":
        tasks = (TaskSpec(tasks[0].name, symbols(sub.args, sub.tasks)),)
    return Wanted(cast(Kind, spec.family), tasks)


def own(keys: Sequence[PackageKey], kind: Kind | None = None) -> Wanted | Code:
    """The left side that the package itself makes where no template is asked; its tasks are named as its keys.

    `kind`: what the dataset shall be for; if left out: detection if there are boxes, else classification, else
    sequence.
    """
    order: tuple[Kind, ...] = ("detection", "classification", "sequence") if kind is None else (kind,)
    for each in order:
        fit = [key for key in keys if key.tool == _TOOLS[each] and key.values]
        if fit:
            chosen = fit if each == "classification" else fit[:1]
            return Wanted(each, tuple(TaskSpec(_task_name(key), tuple(key.values)) for key in chosen), own=True)
    return Code("package_without_labels", {"wanted": ", ".join(_TOOLS[each] for each in order)})


def own_pairs(left: Wanted, keys: Sequence[PackageKey]) -> tuple[Pair, ...]:
    """The right side of what `own` made."""
    names = {_task_name(key): key.name for key in fitting(left, keys)}
    return tuple(Pair(task.name, names[task.name]) for task in left.tasks)


def _task_name(key: PackageKey) -> str:
    return TASK if key.tool == "box" else key.name


def fitting(left: Wanted, keys: Iterable[PackageKey]) -> tuple[PackageKey, ...]:
    """The keys that may stand on the right: those of the tool that this kind of dataset takes."""
    return tuple(key for key in keys if key.tool == _TOOLS[left.kind])


def propose(left: Wanted, keys: Iterable[PackageKey]) -> tuple[Pair, ...]:
    """A key for each task as far as one is plausible: of the same name, or with the most annotations that fit."""
    free = {key.name: key for key in fitting(left, keys)}
    found: dict[str, str] = {}
    for task in left.tasks:
        named = [name for name in free if _plain(name) == _plain(task.name)]
        if named:
            found[task.name] = named[0]
            del free[named[0]]
    for task in left.tasks:
        if task.name in found:
            continue
        known = set(task.classes)
        shared = {name: _shared(key, known) for name, key in free.items()}
        best = max(shared, key=lambda name: shared[name], default=None)
        if best is not None and (shared[best] or left.kind != "classification"):
            found[task.name] = best
            del free[best]
    return tuple(Pair(task.name, found[task.name]) for task in left.tasks if task.name in found)


def _shared(key: PackageKey, classes: AbstractSet[str]) -> int:
    return sum(count for value, count in key.values.items() if value in classes)


def _plain(name: str) -> str:
    return name.strip().casefold().replace("-", "_").replace(" ", "_")


def mismatches(left: Wanted, pairs: Sequence[Pair], keys: Iterable[PackageKey]) -> tuple[Mismatch, ...]:
    """Where the mapped keys say other values than the tasks have classes (for texts, other characters); the package's
    own classes are right by themselves."""
    if left.own:
        return ()
    known = {task.name: task.classes for task in left.tasks}
    there = {key.name: key for key in fitting(left, keys)}
    found = []
    for pair in pairs:
        classes, key = known.get(pair.task), there.get(pair.key)
        if classes is None or key is None or (left.kind == "sequence" and any(len(each) != 1 for each in classes)):
            continue
        wanted = set(classes)
        outside = {value: count for value, count in key.values.items() if value not in wanted}
        unused = [name for name in classes if not key.values.get(name)]
        if outside or unused:
            most = sorted(outside, key=lambda value: -outside[value])[:NAMED_MAX]
            found.append(
                Mismatch(
                    task=pair.task,
                    key=pair.key,
                    outside={value[:NAMED_CHARS_MAX]: outside[value] for value in most},
                    outside_values=len(outside),
                    outside_count=sum(outside.values()),
                    unused=tuple(unused[:NAMED_MAX]),
                    unused_classes=len(unused),
                )
            )
    return tuple(found)


def mapping_problems(left: Wanted, pairs: Sequence[Pair], keys: Iterable[PackageKey]) -> tuple[Code, ...]:
    """Everything that keeps the mapping from being used, tasks first; empty if it is fine."""
    return (*_task_problems(left, pairs), *_key_problems(left, pairs, keys))


def _task_problems(left: Wanted, pairs: Sequence[Pair]) -> Iterator[Code]:
    names = [task.name for task in left.tasks]
    given = [pair.task for pair in pairs]
    for name in dict.fromkeys(given):
        if name not in names:
            yield Code("mapping_task_unknown", {"task": name, "known": ", ".join(names)[:500]})
        elif given.count(name) > 1:
            yield Code("mapping_task_twice", {"task": name})
    for name in names:
        if name not in given:
            yield Code("mapping_task_unmapped", {"task": name})


def _key_problems(left: Wanted, pairs: Sequence[Pair], keys: Iterable[PackageKey]) -> Iterator[Code]:
    there = {(key.name, key.tool) for key in keys}
    tool = _TOOLS[left.kind]
    given = [pair.key for pair in pairs]
    for name in dict.fromkeys(given):
        others = sorted(other for known, other in there if known == name)
        if not others:
            known = ", ".join(sorted(key for key, kind in there if kind == tool))
            yield Code("mapping_key_unknown", {"key": name, "known": known[:500]})
        elif tool not in others:
            yield Code("mapping_key_tool_wrong", {"key": name, "tool": others[0], "wanted": tool})
        if given.count(name) > 1:
            yield Code("mapping_key_twice", {"key": name})


class Mapper:
    """A mapping at work on one image after the other; `pairs` as `mapping_problems` found no fault with."""

    def __init__(self, left: Wanted, pairs: Sequence[Pair]) -> None:
        self.left = left
        classes = {task.name: task.classes for task in left.tasks}
        self._pairs = tuple((pair.task, pair.key, _Accepted(classes[pair.task])) for pair in pairs)
        self._used = frozenset(pair.key for pair in pairs) if left.kind != "detection" else frozenset()

    def apply(self, values: Mapping[str, str], box_labels: Iterable[str]) -> Mapped | Code:
        """What the image with these values (by key) and boxes becomes, or why it is dropped."""
        labels: dict[str, str] = {}
        problem = self._boxes_problem(box_labels) if self.left.kind == "detection" else self._take(values, labels)
        if problem is not None:
            return problem
        return Mapped(labels, {key: value for key, value in values.items() if key not in self._used})

    def _boxes_problem(self, box_labels: Iterable[str]) -> Code | None:
        for task, key, accepted in self._pairs:
            for label in box_labels:
                if label not in accepted.classes:
                    return _outside(task, key, label)
        return None

    def _take(self, values: Mapping[str, str], labels: dict[str, str]) -> Code | None:
        text = self.left.kind == "sequence"
        missing: Code | None = None
        for task, key, accepted in self._pairs:
            value = values.get(key, "")
            if value == "":
                missing = missing or Code("value_missing", {"task": task, "key": key})
            elif not self.left.own and not (accepted.spells(value) if text else value in accepted.classes):
                return _outside(task, key, value)
            else:
                labels[task] = value
        return missing if not (labels and self.left.own) else None


def mapper_for(
    keys: Sequence[PackageKey], left: Wanted | None, pairs: Sequence[Pair] = (), kind: Kind | None = None
) -> Mapper | Code:
    """The mapping at work on a package with these keys (its own, without a left side), or what is wrong first."""
    if left is not None:
        return next(iter(mapping_problems(left, pairs, keys)), None) or Mapper(left, pairs)
    mine = own(keys, kind)
    return mine if isinstance(mine, Code) else Mapper(mine, own_pairs(mine, keys))


def _outside(task: str, key: str, value: str) -> Code:
    return Code("value_outside_classes", {"task": task, "key": key, "value": value[:NAMED_CHARS_MAX]})


class _Accepted:
    """The classes of a task, and whether a text is made of them."""

    def __init__(self, classes: Sequence[str]) -> None:
        self.classes = frozenset(classes)
        self._single = all(len(each) == 1 for each in classes)
        self._lengths = sorted({len(each) for each in classes})

    def spells(self, text: str) -> bool:
        if self._single:
            return self.classes.issuperset(text)
        reached = {0}
        for place in range(len(text)):
            if place in reached:
                reached |= {place + size for size in self._lengths if text[place : place + size] in self.classes}
        return len(text) in reached


def key_of(name: str, tool: str, counts: Mapping[str, int]) -> PackageKey:
    """The key with these values and how often each came."""
    if tool == "text":
        characters: Counter[str] = Counter()
        for value, count in counts.items():
            characters.update(dict.fromkeys(value, count))
        counts = characters
    first = dict(islice(counts.items(), VALUES_MAX))
    return PackageKey(name, tool, first, sum(counts.values()) - sum(first.values()))
