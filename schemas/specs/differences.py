"""Where two templates differ: one path for each field, with both values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from schemas.specs.templates import TemplateDocument
from schemas.values import Value

OVERRIDDEN_MAX = 40
PATH_CHARS_MAX = 200


class Difference(Value, frozen=True):
    """One field, `sub_templates.NAME.max_batch`; None where a side has nothing at this place."""

    path: str
    left: Any
    right: Any


def differences(left: TemplateDocument, right: TemplateDocument) -> tuple[Difference, ...]:
    """Every field in which the two differ, in the order of the document.

    Sub-templates, tasks and arguments are compared with those of the same name; lists of plain values as a whole.
    """
    return tuple(_objects((), msgspec.to_builtins(left), msgspec.to_builtins(right)))


def overridden(template: TemplateDocument, used: TemplateDocument) -> tuple[str, ...]:
    """The paths in which a job's document differs from its template; where they are many, only their first two parts:
    they lie in an event."""
    paths = [each.path for each in differences(template, used)]
    if len(paths) > OVERRIDDEN_MAX:
        paths = list(dict.fromkeys(_shortened(path, used) for path in paths))
    return tuple(path[:PATH_CHARS_MAX] for path in paths[:OVERRIDDEN_MAX])


def _shortened(path: str, document: TemplateDocument) -> str:
    for sub in document.sub_templates:
        if f"{path}.".startswith(f"{(whole := f'sub_templates.{sub.name}')}."):
            return whole
    return path


def _objects(place: tuple[str, ...], left: Mapping[str, Any], right: Mapping[str, Any]) -> Iterator[Difference]:
    for key in dict.fromkeys((*left, *right)):
        yield from _values((*place, key), left.get(key), right.get(key))


def _values(place: tuple[str, ...], left: Any, right: Any) -> Iterator[Difference]:
    if left == right:
        return
    if (ours := _by_name(left)) is not None and (theirs := _by_name(right)) is not None:
        yield from _objects(place, ours, theirs)
        if ours.keys() == theirs.keys() and list(ours) != list(theirs):
            yield Difference(".".join(place), list(ours), list(theirs))
    elif isinstance(left, dict) and isinstance(right, dict):
        yield from _objects(place, left, right)
    else:
        yield Difference(".".join(place), left, right)


def _by_name(values: Any) -> dict[str, Any] | None:
    """Objects in a list by their names; None where it is no such list."""
    if not isinstance(values, list | tuple) or not all(isinstance(each, dict) and "name" in each for each in values):
        return None
    return {each["name"]: each for each in values}
