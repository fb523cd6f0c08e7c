"""What the demo knows of a case, as data: one model in two versions, the images that judge it, the words about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from schemas.specs.preprocessing import Step

REPO = "classification"
METHOD = "classification"


class Variant(NamedTuple):
    """One version of a model: the name of its weights and template, its network's class, its version."""

    name: str
    class_name: str
    version: str


class Case(NamedTuple):
    """One model in two versions. `key` chooses the sentences; `structure` is the Python file with the networks."""

    key: str
    model: str
    dataset: str
    structure: Path
    batch_size: int
    variants: tuple[Variant, Variant]
    template: Callable[[Variant, str], dict[str, Any]]
    """The conversion template of a variant for the structure with this id or name."""
    steps: Callable[[Variant], list[Step]]
    """The preprocessing chain that the weights were trained behind."""
    weights: Callable[[Variant], Path]
    lay_out: Callable[[Path], object]
    """Write the images to a folder, one folder a class."""
    question: Callable[[Variant], dict[str, Any]]
    """What the judge (`deploy.demo.oracle`) is asked."""
