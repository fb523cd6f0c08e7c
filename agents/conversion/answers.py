"""What a network answers, as named tensors: one, several, in dictionaries, tuples, dataclasses, nested as they like."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any

import torch

from agents.sandbox.inside import Refused

NAME_CHARS_MAX = 80
OUTPUTS_MAX = 256
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]+")


def tensors(outputs: object) -> list[torch.Tensor]:
    """The tensors of a network's answer, in its order; None in it counts as nothing.

    Raises:
        Refused: `output_not_tensors`.
    """
    found = [tensor for _, tensor in _parts("", outputs)]
    if not 0 < len(found) <= OUTPUTS_MAX:
        raise Refused("output_not_tensors", found=type(outputs).__name__)
    return found


def names(outputs: object, *, taken: str) -> list[str]:
    """Names for `tensors(outputs)`, not `taken`: the network's own where it has names, else `output<number>`."""
    found = [_NOT_IN_NAMES.sub("_", path)[:NAME_CHARS_MAX].strip("_.") for path, _ in _parts("", outputs)]
    numbered = [f"output{number}" for number in range(len(found))]
    chosen = [name if name and not name[0].isdigit() else number for name, number in zip(found, numbered, strict=True)]
    return chosen if len({*chosen, taken}) == len(chosen) + 1 else numbered


def is_flat(outputs: object) -> bool:
    """Whether the exporter takes the answer as it is."""
    if isinstance(outputs, torch.Tensor):
        return True
    return type(outputs) in (tuple, list) and all(isinstance(each, torch.Tensor) for each in outputs)  # type: ignore[attr-defined]


class Flat(torch.nn.Module):
    """A network that answers with a tuple of tensors, whatever the one inside answers with."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(tensors(self.network(images)))


def _parts(path: str, value: Any) -> Iterator[tuple[str, torch.Tensor]]:
    if isinstance(value, torch.Tensor):
        yield path, value
    elif value is None:
        return
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _parts(f"{path}.{name}" if path else str(name), each)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from _parts(f"{path}.{field.name}" if path else field.name, getattr(value, field.name))
    elif isinstance(value, tuple) and (fields := getattr(value, "_fields", ())):
        for name in fields:
            yield from _parts(f"{path}.{name}" if path else name, getattr(value, name))
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value):
            yield from _parts(f"{path}.{number}" if path else "" if len(value) == 1 else str(number), each)
    else:
        raise Refused("output_not_tensors", found=type(value).__name__)
