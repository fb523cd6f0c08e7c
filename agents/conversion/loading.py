"""From a weights file that passed the gate to plain Python values and tensors that are what they say they are."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

import safetensors
import torch
from safetensors.torch import load, save
from safetensors.torch import load_file as load_safetensors

from agents.conversion.gate import Form, inspect
from agents.conversion.plan import PARAMETERS_BYTES_MAX
from agents.conversion.standins import Numbers, Record, safe_globals
from agents.sandbox.inside import Refused, listed

DEPTH_MAX = 32
VALUES_MAX = 1_000_000
TENSORS_MAX = 100_000
REPEATED_BYTES_MAX = 16 << 20
"""Small buffers are sometimes saved as one number that is repeated; large ones only to do harm."""
_DTYPES = frozenset({
    torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8,
    torch.uint8, torch.bool, torch.float8_e4m3fn, torch.float8_e5m2,
})  # fmt: skip
_OMITTED = ("_metadata", "_parent", "_flags_cache")


Notes = Mapping[str, Mapping[str, object]]
"""What PyTorch's layers note beside their weights, their version for instance: path of the layer -> plain values."""


class StateDict(dict[Any, Any]):
    """A dictionary of a checkpoint together with the notes of the layers whose weights it holds."""

    def __init__(self, values: Mapping[Any, Any], notes: Notes) -> None:
        super().__init__(values)
        self.notes = notes


class Unknown(NamedTuple):
    """A value that is neither plain data nor a tensor; `kind` is what people are told."""

    kind: str


def load_file(path: Path) -> object:
    """What lies in the weights file: dictionaries, lists, tuples, texts, numbers, tensors and `Unknown`s.

    Raises:
        Refused: what `agents.conversion.gate.inspect` finds; `weights_unreadable`, where PyTorch's reader disagrees.
            PyTorch's own text is withheld: it advises to switch the check off.
    """
    form = inspect(path)
    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals(safe_globals()):
            warnings.simplefilter("ignore")
            loaded = _loaded(path, form)
    except Exception as error:
        raise Refused("weights_unreadable", kind=type(error).__name__) from None
    return _Plain().of(loaded)


def _loaded(path: Path, form: Form) -> object:
    if form == "safetensors":
        return load_safetensors(path)
    # Mapped, not read: of a large checkpoint only the weights that are used come into memory.
    return torch.load(path, map_location="cpu", weights_only=True, mmap=form == "zip")


class _Plain:
    """Copies a loaded value into plain types, so that nothing a checkpoint hung on its objects is ever looked up."""

    def __init__(self) -> None:
        self._left = VALUES_MAX

    def of(self, value: object, depth: int = 0) -> object:
        self._left -= 1
        if depth > DEPTH_MAX or self._left < 0:
            raise Refused("weights_nested_too_deep", depth=DEPTH_MAX, values=VALUES_MAX)
        if isinstance(value, torch.Tensor):
            return torch.Tensor.detach(value)
        if isinstance(value, OrderedDict):
            # Not `value.items()`: an attribute of that name could be in the file.
            values = {self._key(name): self.of(each, depth + 1) for name, each in OrderedDict.items(value)}
            notes = self._notes(vars(value).get("_metadata"), depth + 1)
            return StateDict(values, notes) if notes else values
        if isinstance(value, dict):
            return {self._key(name): self.of(each, depth + 1) for name, each in dict.items(value)}
        if isinstance(value, list | tuple):
            parts = [self.of(each, depth + 1) for each in value]
            return parts if isinstance(value, list) else tuple(parts)
        if isinstance(value, Record):
            return self._record(value, depth)
        return self._scalar(value)

    def _notes(self, noted: object, depth: int) -> Notes:
        plain = self.of(noted, depth) if isinstance(noted, dict) else {}
        layers = {str(path): note for path, note in cast(dict[object, object], plain).items() if isinstance(note, dict)}
        return {
            path: {str(name): value for name, value in note.items() if type(value) in (bool, int, float, str)}
            for path, note in layers.items()
        }

    def _scalar(self, value: object) -> object:
        if isinstance(value, str):
            return str.__str__(value)
        if isinstance(value, Numbers):
            return value.values
        if value is None or type(value) in (bool, int, float):
            return value
        return Unknown(type(value).__name__)

    def _key(self, name: object) -> object:
        return str.__str__(name) if isinstance(name, str) else name if type(name) in (int, float, bool) else str(name)

    def _record(self, record: Record, depth: int) -> object:
        if not isinstance(record.state, dict):
            return Unknown("object")
        state = record.state
        # omegaconf keeps the values of its configurations under these two names.
        for inner in ("_content", "_val"):
            if inner in state:
                return self.of(state[inner], depth + 1)
        return self.of({name: each for name, each in state.items() if name not in _OMITTED}, depth)


def check_tensors(tensors: Mapping[str, torch.Tensor]) -> None:
    """Every tensor is made of numbers that are really there, and all of them together are not too large.

    Raises:
        Refused: `weights_dtype_unknown`, `weights_strides_wrong` (a small file that unfolds to a large tensor),
            `weights_too_large`.
    """
    if len(tensors) > TENSORS_MAX:
        raise Refused("weights_too_large", bytes=f"{len(tensors)} tensors", max=TENSORS_MAX)
    size = repeated = 0
    for name, tensor in tensors.items():
        if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_meta or tensor.dtype not in _DTYPES:
            raise Refused("weights_dtype_unknown", name=name, dtype=str(tensor.dtype).removeprefix("torch."))
        wanted = tensor.numel() * tensor.element_size()
        size += wanted
        repeated += wanted if wanted > tensor.untyped_storage().nbytes() else 0
        if repeated > REPEATED_BYTES_MAX:
            raise Refused("weights_strides_wrong", name=name, shape=tuple(tensor.shape))
    if size > PARAMETERS_BYTES_MAX:
        raise Refused("weights_too_large", bytes=size, max=PARAMETERS_BYTES_MAX)


def not_finite(tensors: Mapping[str, torch.Tensor]) -> list[str]:
    """Names of the tensors with a NaN or an infinity in them."""
    return [
        name for name, each in tensors.items() if each.is_floating_point() and not torch.isfinite(each.float()).all()
    ]


def as_safetensors(tensors: Mapping[str, torch.Tensor]) -> bytes:
    """The tensors as a safetensors file: numbers without behaviour, all that is read from now on."""
    return save({name: tensor.clone(memory_format=torch.contiguous_format) for name, tensor in tensors.items()})


def read_weights(data: bytes) -> dict[str, torch.Tensor]:
    """The tensors that `as_safetensors` wrote.

    Raises:
        Refused: `weights_unreadable`.
    """
    try:
        return load(data)
    except safetensors.SafetensorError as error:
        raise Refused("weights_unreadable", kind=type(error).__name__) from error


def found_in(loaded: object) -> str:
    """What lies in the file, for people: the keys, and how many tensors below each."""
    if not isinstance(loaded, Mapping):
        return type(loaded).__name__
    return listed([f"{name}{_shown(value)}" for name, value in loaded.items()]) or "-"


def _shown(value: object) -> str:
    if isinstance(value, Mapping) and (count := sum(isinstance(each, torch.Tensor) for each in value.values())):
        return f" ({count} tensors)"
    return ""
