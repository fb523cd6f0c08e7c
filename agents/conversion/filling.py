"""Which tensors of a checkpoint are the network's, and that every one of them finds its place; reports that help."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import torch

from agents.conversion.loading import Unknown, found_in
from agents.sandbox.inside import Refused, listed

PARALLEL = "module."
"""What data-parallel training puts in front of every name."""
_HEAD_PART = 0.1
"""If no more of the tensors than this have another shape, it is a head that differs, not the whole network."""


class Chosen(NamedTuple):
    """The network's tensors by its own names: `prefix` was taken away, `left_out` had another one."""

    tensors: dict[str, torch.Tensor]
    prefix: str
    left_out: tuple[str, ...]


def state_dict(loaded: object, key: str) -> dict[str, torch.Tensor]:
    """The tensors by name under `key` (a dotted path; the whole file if empty), `PARALLEL` taken away.

    Raises:
        Refused: `state_dict_key_missing`, `weights_not_tensors`.
    """
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
    return _without(PARALLEL, {str(name): value for name, value in chosen.items()})


def _under(loaded: object, key: str) -> object:
    if not isinstance(loaded, Mapping):
        return None
    if key in loaded:
        return loaded[key]
    head, dot, rest = key.partition(".")
    return _under(loaded.get(head), rest) if dot else None


def _kind(value: object) -> str:
    return value.kind if isinstance(value, Unknown) else type(value).__name__


def _without(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    if not all(name.startswith(prefix) for name in tensors):
        return tensors
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}


def choose(own: Iterable[str], tensors: Mapping[str, torch.Tensor]) -> Chosen:
    """The tensors that are the network's, where all of its names `own` have one prefix in the file.

    Training frames put the network into a larger one (`model.`, `net.`, `_orig_mod.`); what lies beside it there, a
    loss for instance, is no part of the network. A prefix counts only if the names below it are exactly the network's.

    Raises:
        Refused: `weights_prefixes_several`, where several parts of the file would fit (weights and their averages).
    """
    # Layers of old PyTorch versions did not count their batches; PyTorch fills that in.
    needed = {name for name in own if not name.endswith("num_batches_tracked")}
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
    below = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    return Chosen(below, prefix, tuple(sorted(name for name in names if not name.startswith(prefix))))


def fill(model: torch.nn.Module, tensors: Mapping[str, torch.Tensor]) -> Chosen:
    """Put the tensors into the model, every one of them used, and make it ready for inference (float32).

    Raises:
        Refused: `keys_mismatch`, `keys_mismatch_prefix`, `weights_shape_mismatch`, `weights_head_mismatch`,
            `weights_prefixes_several`.
    """
    own = model.state_dict()
    chosen = choose(own, tensors)
    _check_shapes(own, chosen.tensors)
    # PyTorch decides what is missing: it fills in what older versions of its layers did not store yet.
    missing, unexpected = model.load_state_dict(chosen.tensors, strict=False)
    if missing or unexpected:
        raise _keys_mismatch(sorted(missing), sorted(unexpected))
    model.float().eval()
    return chosen


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
