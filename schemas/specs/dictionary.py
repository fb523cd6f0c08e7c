"""The dictionary: the lists that templates and uploads choose from, what they begin with, and what an edit may say.

The manual has them "in the database" (repo, method, modelType, mean and scale presets). Here everybody may edit them,
because nobody has an account yet; each edit is a decision in the log, with its author. Only what is implemented can be
listed as a method or a model type.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Literal, get_args
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from schemas.specs.methods import methods
from schemas.values import Code, Value

ListName = Literal["repo", "method", "model_type", "mean_values", "scale_values"]
LIST_NAMES: tuple[ListName, ...] = get_args(ListName)
PRESETS: frozenset[ListName] = frozenset({"mean_values", "scale_values"})
"""Lists whose entries stand for numbers."""
MODEL_TYPES = ("pytorch",)
CHOICES_BYTES_MAX = 6_000
"""Of one list as JSON: it must fit into an event."""

EntryName = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class Entry(Value, frozen=True):
    """Something to choose. `values` are a preset's: one for each channel, or a single one for all of them."""

    name: EntryName
    values: tuple[float, ...] = ()


class Choices(Value, frozen=True):
    """One list: its entries in the order in which forms show them, and the one that is taken where nothing is said."""

    entries: tuple[Entry, ...]
    default: EntryName

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(entry.name for entry in self.entries)


def _named(*names: str) -> Choices:
    return Choices(tuple(map(Entry, names)), names[0])


_SEEDS: Mapping[ListName, Choices] = {
    "repo": _named("classification", "detection", "face", "pedestrian", "vehicle", "plate", "ocr", "scene"),
    "model_type": _named(*MODEL_TYPES),
    # y = (x - mean) * scale with x in 0..255; the names say what networks were trained with
    "mean_values": Choices(
        (
            Entry("0..1", (0.0,)),
            Entry("-1..1", (127.5,)),
            Entry("imagenet", (123.675, 116.28, 103.53)),
            Entry("efficientnet-lite", (127.0,)),
            Entry("none", (0.0,)),
        ),
        "0..1",
    ),
    "scale_values": Choices(
        (
            Entry("0..1", (0.00392156863,)),
            Entry("-1..1", (0.00784313725,)),
            Entry("imagenet", (0.0171247538, 0.0175070028, 0.0174291939)),
            Entry("efficientnet-lite", (0.0078125,)),
            Entry("none", (1.0,)),
        ),
        "0..1",
    ),
}

Lists = Mapping[ListName, Choices]


def seeds() -> Lists:
    """What the lists hold until somebody edits them; installed packages' methods among them."""
    return {name: _SEEDS[name] if name in _SEEDS else _named(*implemented("method", ())) for name in LIST_NAMES}


def implemented(name: ListName, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those that could be in a list; `names` themselves where it may hold anything."""
    return {"method": tuple(each.name for each in methods()), "model_type": MODEL_TYPES}.get(name, names)


def list_id(name: ListName) -> UUID:
    """The id of a list, as of any decided thing."""
    return uuid5(NAMESPACE_URL, f"mo:dictionary/{name}")


def choices_problem(name: ListName, choices: Choices) -> Code | None:
    """Why a list may not be so, or None.

    `dictionary_default_unknown`, `dictionary_entry_twice`, `dictionary_values_wrong`, `dictionary_not_implemented`,
    `dictionary_list_too_long`.
    """
    names = choices.names
    if choices.default not in names:
        known = ", ".join(names)[:500]
        return Code("dictionary_default_unknown", {"list": name, "value": choices.default, "known": known})
    if (twice := next((each for each in names if names.count(each) > 1), None)) is not None:
        return Code("dictionary_entry_twice", {"list": name, "value": twice})
    if (wrong := next((each.name for each in choices.entries if not _values_fit(name, each.values)), None)) is not None:
        return Code("dictionary_values_wrong", {"list": name, "value": wrong})
    allowed = implemented(name, names)
    if (alien := next((each for each in names if each not in allowed), None)) is not None:
        return Code("dictionary_not_implemented", {"list": name, "value": alien, "known": ", ".join(allowed)})
    if len(msgspec.json.encode(choices)) > CHOICES_BYTES_MAX:
        return Code("dictionary_list_too_long", {"list": name, "size_max_bytes": str(CHOICES_BYTES_MAX)})
    return None


def _values_fit(name: ListName, values: tuple[float, ...]) -> bool:
    if name not in PRESETS:
        return not values
    positive = name != "scale_values" or all(value > 0 for value in values)
    return 1 <= len(values) <= 4 and all(map(math.isfinite, values)) and positive
