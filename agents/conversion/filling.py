"""Which tensors of a checkpoint are the network's, and that every one of them finds its place; reports that help."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, cast

import torch

from agents.conversion.loading import Notes, StateDict, Unknown, found_in
from agents.sandbox.inside import Refused, listed

PARALLEL = "module."
"""What data-parallel training puts in front of every name."""
BESIDE = frozenset({"loss", "losses", "criterion", "criterions", "criteria", "metric", "metrics", "accuracy"})
"""Words in names of what training keeps beside a network and no answer is computed with."""
FLOATS = frozenset({torch.float16, torch.bfloat16, torch.float32, torch.float64})
"""Number types that are the same weights in another precision; no others (quantized ones, for instance) are."""
COUNTED = "num_batches_tracked"
"""A layer's count of the batches that it was trained with; averages of weights make a fraction of it."""
_PART = re.compile(r"[._]")
_HEAD_PART = 0.1
"""If no more of the tensors than this have another shape, it is a head that differs, not the whole network."""


class Chosen(NamedTuple):
    """The network's tensors by its own names: `prefix` was taken away, `left_out` had another one.

    `cast` are names with the number types in the file and in the network, where these are not the same.
    """

    tensors: dict[str, torch.Tensor]
    prefix: str
    left_out: tuple[str, ...]
    cast: Mapping[str, str] = {}


def state_dict(loaded: object, key: str) -> StateDict:
    """The tensors by name under `key` (a dotted path; the whole file if empty), with the notes of their layers.

    Behind a colon stands the prefix of the wanted ones (`state_dict:model.`, `:ema.`), which is then taken away; the
    others are left.

    Raises:
        Refused: `state_dict_key_missing`, `weights_not_tensors`, `weights_prefix_missing`.
    """
    name, _, prefix = key.partition(":")
    if not prefix or _under(loaded, key) is not None:
        return _tensors(loaded, key)
    tensors = _tensors(loaded, name)
    if not (found := _below(prefix, tensors)):
        there = sorted({each.partition(".")[0] + "." for each in tensors})
        raise Refused("weights_prefix_missing", prefix=prefix, found=listed(there))
    return StateDict(found, _noted_below(prefix, tensors.notes))


def _below(prefix: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _noted_below(prefix: str, notes: Notes) -> Notes:
    """The notes of the layers whose weights' names begin with `prefix`, without it: paths end without the dot."""
    return {f"{path}.".removeprefix(prefix)[:-1]: note for path, note in notes.items() if f"{path}.".startswith(prefix)}


def _tensors(loaded: object, key: str) -> StateDict:
    chosen = _under(loaded, key) if key else loaded
    if chosen is None or not isinstance(loaded, Mapping):
        raise Refused("state_dict_key_missing", key=key, found=found_in(loaded))
    if not isinstance(chosen, Mapping) or not chosen:
        raise Refused("weights_not_tensors", found=_kind(chosen))
    wrong = [f"{name}: {_kind(value)}" for name, value in chosen.items() if not isinstance(value, torch.Tensor)]
    if wrong and not key:
        raise Refused("state_dict_key_missing", key="", found=found_in(loaded))
    if wrong:
        raise Refused("weights_not_tensors", found=listed(wrong))
    notes = chosen.notes if isinstance(chosen, StateDict) else {}
    return StateDict({str(name): value for name, value in chosen.items()}, notes)


def _under(loaded: object, key: str) -> object:
    if not isinstance(loaded, Mapping):
        return None
    if key in loaded:
        return loaded[key]
    head, dot, rest = key.partition(".")
    return _under(loaded.get(head), rest) if dot else None


def _kind(value: object) -> str:
    return value.kind if isinstance(value, Unknown) else type(value).__name__


def choose(own: Iterable[str], tensors: Mapping[str, torch.Tensor]) -> Chosen:
    """The tensors that are the network's, where all of its names `own` have one prefix in the file.

    Training frames put the network into a larger one (`model.`, `net.`, `_orig_mod.`); what lies beside it there, a
    loss for instance (`BESIDE`), is no part of the network. A prefix counts only if the names below it are exactly the
    network's, and nothing else that might be wanted instead lies beside them.

    Raises:
        Refused: `weights_prefixes_several`, where several parts of the file would fit (weights and their averages);
            `weights_beside_unclear`, where something else lies beside the part that fits.
    """
    # Layers of old PyTorch versions did not count their batches; PyTorch fills that in.
    needed = {name for name in own if not name.endswith(COUNTED)}
    names = set(tensors)
    if needed <= names:
        return Chosen(dict(tensors), "", ())
    prefixes = {name[: -len(end)] for end in sorted(needed)[:1] for name in names if name.endswith("." + end)}
    allowed = set(own)
    fitting = sorted(
        prefix
        for prefix in prefixes
        if needed <= {name.removeprefix(prefix) for name in names if name.startswith(prefix)} <= allowed
    )
    if len(fitting) > 1:
        raise Refused("weights_prefixes_several", prefixes=listed(fitting))
    if not fitting:
        return Chosen(dict(tensors), "", ())
    prefix = fitting[0]
    beside = sorted(name for name in names if not name.startswith(prefix))
    if unclear := [name for name in beside if BESIDE.isdisjoint(_PART.split(name.lower()))]:
        raise Refused("weights_beside_unclear", prefix=prefix, names=listed(unclear), count=len(unclear))
    return Chosen(_below(prefix, tensors), prefix, tuple(beside))


def fill(model: torch.nn.Module, tensors: Mapping[str, torch.Tensor], notes: Notes | None = None) -> Chosen:
    """Put the tensors into the model, every one of them used, and make it ready for inference (float32).

    `PARALLEL` is taken away where all names have it, and the network's own do not. `notes` are those of the layers that
    were saved: a layer that has changed since (a version says so) understands its older weights by them.

    Raises:
        Refused: `keys_mismatch`, `keys_mismatch_prefix`, `weights_shape_mismatch`, `weights_head_mismatch`,
            `weights_dtype_mismatch`, `weights_prefixes_several`, `weights_beside_unclear`.
    """
    own, noted = model.state_dict(), notes or {}
    if all(name.startswith(PARALLEL) for name in tensors) and not all(name.startswith(PARALLEL) for name in own):
        tensors, noted = _below(PARALLEL, tensors), _noted_below(PARALLEL, noted)
    chosen = choose(own, tensors)
    _check_shapes(own, chosen.tensors)
    _check_dtypes(own, chosen.tensors)
    # before its weights, not after them: a structure in half precision would round them first
    model.float().eval()
    chosen = chosen._replace(cast=_cast(model.state_dict(), chosen.tensors))
    # PyTorch decides what is missing: it fills in what older versions of its layers did not store yet.
    missing, unexpected = model.load_state_dict(_with_notes(chosen, noted), strict=False)
    missing = [name for name in missing if not name.endswith(COUNTED)]
    if missing or unexpected:
        raise _keys_mismatch(sorted(missing), sorted(unexpected))
    return chosen


def _with_notes(chosen: Chosen, notes: Notes) -> OrderedDict[str, torch.Tensor]:
    """As PyTorch hands a state dict on: the notes in an attribute."""
    made: Any = OrderedDict(chosen.tensors)
    if notes:
        made._metadata = {path: dict(note) for path, note in _noted_below(chosen.prefix, notes).items()}
    return cast("OrderedDict[str, torch.Tensor]", made)


def _check_shapes(own: Mapping[str, torch.Tensor], tensors: Mapping[str, torch.Tensor]) -> None:
    wrong = sorted(name for name in own.keys() & tensors.keys() if own[name].shape != tensors[name].shape)
    if not wrong:
        return
    shown = [f"{name} {_shape(tensors[name])} / {_shape(own[name])}" for name in wrong]
    pairs = {(tensors[name].shape[:1], own[name].shape[:1]) for name in wrong}
    rests = all(tensors[name].shape[1:] == own[name].shape[1:] for name in wrong)
    if rests and len(pairs) == 1 and len(wrong) <= max(2, _HEAD_PART * len(own)):
        ((in_file, in_structure),) = pairs
        if in_file and in_structure:
            raise Refused(
                "weights_head_mismatch", names=listed(wrong), in_file=in_file[0], in_structure=in_structure[0]
            )
    raise Refused("weights_shape_mismatch", names=listed(shown), count=len(wrong))


def _check_dtypes(own: Mapping[str, torch.Tensor], tensors: Mapping[str, torch.Tensor]) -> None:
    """Floats go into floats, whatever their precision, and into whole numbers what is whole; anything else (what is
    quantized, for instance) would mean something else when it was cast."""
    shared = own.keys() & tensors.keys()
    wrong = sorted(name for name in shared if not _fits(name, tensors[name], own[name].dtype))
    if wrong:
        shown = [f"{name} {_dtype(tensors[name])} / {_dtype(own[name])}" for name in wrong]
        raise Refused("weights_dtype_mismatch", names=listed(shown), count=len(wrong))


def _fits(name: str, tensor: torch.Tensor, wanted: torch.dtype) -> bool:
    if tensor.dtype == wanted or (tensor.dtype in FLOATS and wanted in FLOATS):
        return True
    if wanted.is_floating_point or wanted.is_complex or (tensor.is_floating_point() and tensor.dtype not in FLOATS):
        return False
    # counts and indices, saved by someone who cast everything
    return name.endswith(COUNTED) or torch.equal(tensor.to(wanted).to(tensor.dtype), tensor)


def _cast(own: Mapping[str, torch.Tensor], tensors: Mapping[str, torch.Tensor]) -> dict[str, str]:
    return {
        name: f"{_dtype(tensors[name])} -> {_dtype(own[name])}"
        for name in sorted(own.keys() & tensors.keys())
        if tensors[name].dtype != own[name].dtype
    }


def _dtype(tensor: torch.Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _shape(tensor: torch.Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "scalar"


def _keys_mismatch(missing: list[str], unexpected: list[str]) -> Refused:
    params = {
        "missing": listed(missing) or "-",
        "unexpected": listed(unexpected) or "-",
        "missing_count": len(missing),
        "unexpected_count": len(unexpected),
    }
    if prefix := _explaining(set(missing), set(unexpected)):
        return Refused("keys_mismatch_prefix", prefix=prefix, **params)
    return Refused("keys_mismatch", **params)


def _explaining(missing: set[str], unexpected: set[str]) -> str:
    """A prefix by which most names of one side become names of the other; "" if there is none."""
    for shorter, longer in ((missing, unexpected), (unexpected, missing)):
        for end in sorted(shorter)[:1]:
            for name in sorted(longer):
                prefix = name.removesuffix(end)
                if name.endswith("." + end) and sum(prefix + each in longer for each in shorter) * 2 > len(shorter):
                    return prefix
    return ""
