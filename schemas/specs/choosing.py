"""A template as somebody wrote it, with what the dictionary adds: defaults, and presets by their names."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from schemas.specs.dictionary import Choices, ListName, Lists, implemented
from schemas.specs.templates import BRACKETS, SUBS, TemplateRefusedError, channels_of, renamed
from schemas.values import Code


def with_choices(raw: Mapping[str, object], lists: Lists, *, kept: Collection[str] = ()) -> dict[str, object]:
    """The document with the defaults where it says nothing and numbers where it names a preset.

    `kept` are values that it had before: what was taken out of the dictionary since may stay.

    Raises:
        TemplateRefusedError: `not_in_dictionary`, `preset_unknown`, `field_given_twice`.
    """
    main = renamed(raw)
    fields: tuple[ListName, ...] = ("repo", "method")
    for field in fields:
        main[field] = chosen(field, main.get(field), lists[field], kept)
    if isinstance(subs := main.get(SUBS), list | tuple):
        main[SUBS] = [_sub(sub, lists, kept) if isinstance(sub, Mapping) else sub for sub in subs]
    return main


def chosen(name: ListName, value: object, choices: Choices, kept: Collection[str] = ()) -> object:
    """The value, or the list's default where there is none. What has not the form of a value is for others to refuse.

    Raises:
        TemplateRefusedError: `not_in_dictionary`.
    """
    if value in (None, ""):
        return choices.default
    if not isinstance(value, str) or value in choices.names or value in kept:
        return value
    # what there is not at all is for the template's own check to say, with more to go by
    if value in implemented(name, (value,)):
        params = {"list": name, "value": value[:100], "known": ", ".join(choices.names)[:500]}
        raise TemplateRefusedError([Code("not_in_dictionary", params)])
    return value


def _sub(raw: Mapping[str, object], lists: Lists, kept: Collection[str]) -> dict[str, object]:
    sub = renamed(raw)
    sub["model_type"] = chosen("model_type", sub.get("model_type"), lists["model_type"], kept)
    if sub.get("method"):
        sub["method"] = chosen("method", sub["method"], lists["method"], kept)
    presets: tuple[ListName, ...] = ("mean_values", "scale_values")
    for field in presets:
        if _is_name(value := sub.get(field)):
            sub[field] = _preset(field, str(value).strip(), lists[field], channels_of(sub))
    return sub


def _is_name(value: object) -> bool:
    """Whether a vector was given as the name of a preset: no number, nothing with commas or brackets in it."""
    if not isinstance(value, str) or BRACKETS & set(value) or {",", "，", "、"} & set(value) or not value.strip():
        return False
    try:
        float(value)
    except ValueError:
        return True
    return False


def _preset(field: ListName, name: str, choices: Choices, channels: int) -> tuple[float, ...]:
    for entry in choices.entries:
        if entry.name == name:
            return entry.values * channels if len(entry.values) == 1 else entry.values
    params = {"field": field, "name": name[:100], "known": ", ".join(choices.names)[:500]}
    raise TemplateRefusedError([Code("preset_unknown", params)])
