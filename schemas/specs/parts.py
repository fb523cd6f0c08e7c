"""The small parts that templates, manifests and methods share: tasks with their classes, and typed arguments."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from schemas.values import Value

CLASSES_MAX = 100_000

ArgKind = Literal["si", "sf", "ss", "vi", "vf", "vs"]
"""Scalar or vector of int, float or string, as inference engines name them."""
ArgValue = int | float | str | tuple[int | float | str, ...]
NameText = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class TaskSpec(Value, frozen=True):
    """One task (one head): its name and its classes in the order of the head's outputs."""

    name: NameText
    classes: Annotated[tuple[NameText, ...], msgspec.Meta(min_length=1, max_length=CLASSES_MAX)]


class Arg(Value, frozen=True):
    """A parameter for the inference engine."""

    name: NameText
    kind: ArgKind
    value: ArgValue
