"""Which tensors are the network's, strict filling, and reports from which people see what to do."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from agents.conversion.filling import choose, fill, state_dict
from agents.conversion.loading import as_safetensors, load_file, not_finite, read_weights
from agents.sandbox.inside import Refused

ONE = torch.ones(1)


def net() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2))


def refused(model: nn.Module, tensors: dict[str, torch.Tensor]) -> Refused:
    with pytest.raises(Refused) as raised:
        fill(model, tensors)
    return raised.value


def under(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {prefix + name: tensor for name, tensor in tensors.items()}


def test_the_state_dict_is_found() -> None:
    assert list(state_dict({"a": ONE}, "")) == ["a"]
    assert list(state_dict({"net": {"module.a": ONE, "b": ONE}}, "net")) == ["module.a", "b"]
    assert list(state_dict({"ema": {"net": {"a": ONE}}}, "ema.net")) == ["a"]


@pytest.mark.parametrize(
    ("loaded", "key", "expected"),
    [
        ({"net": {}}, "state_dict", "state_dict_key_missing"),
        ([ONE], "net", "state_dict_key_missing"),
        ({"net": {"a": ONE}, "epoch": 3}, "", "state_dict_key_missing"),
        ({"net": 3}, "net", "weights_not_tensors"),
        ({"net": {"a": 3}}, "net", "weights_not_tensors"),
        ({}, "", "weights_not_tensors"),
    ],
)
def test_what_is_no_state_dict(loaded: object, key: str, expected: str) -> None:
    with pytest.raises(Refused) as raised:
        state_dict(loaded, key)
    assert raised.value.code == expected


def test_the_keys_that_hold_tensors_are_shown() -> None:
    with pytest.raises(Refused) as raised:
        state_dict({"epoch": 3, "model": {"a": ONE, "b": ONE}}, "state_dict")
    assert raised.value.params["found"] == "epoch, model (2 tensors)"


@pytest.mark.parametrize("prefix", ["model.", "_orig_mod.", "net.backbone."])
def test_a_prefix_is_taken_away_where_the_rest_is_exactly_the_network(prefix: str) -> None:
    weights = dict(net().state_dict())
    chosen = fill(model := net(), {**under(prefix, weights), "loss.weight": ONE})
    assert (chosen.prefix, chosen.left_out) == (prefix, ("loss.weight",))
    assert torch.equal(model.state_dict()["0.weight"], weights["0.weight"])


def test_data_parallel_training_leaves_no_prefix() -> None:
    weights = under("module.", dict(net().state_dict()))
    chosen = fill(model := net(), state_dict(weights, ""))
    assert chosen.prefix == ""
    assert torch.equal(model.state_dict()["0.weight"], weights["module.0.weight"])
    del weights["module.3.bias"]
    assert refused(net(), weights).params["missing"] == "3.bias"


class Wrapped(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.module = net()


@pytest.mark.parametrize("prefix", ["", "module."])
def test_a_network_whose_only_part_is_called_module_keeps_its_names(prefix: str) -> None:
    weights = dict(Wrapped().state_dict())
    chosen = fill(model := Wrapped(), state_dict(under(prefix, weights), ""))
    assert (chosen.prefix, list(chosen.tensors)) == (prefix, list(weights))
    assert torch.equal(model.state_dict()["module.0.weight"], weights["module.0.weight"])


class Halved(nn.Module):
    """A layer whose first version stored twice the weight that this one stores."""

    _version = 2

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))

    def _load_from_state_dict(self, state_dict: Any, prefix: str, local_metadata: Any, *rest: Any) -> None:
        if local_metadata.get("version", 1) < 2:
            state_dict[prefix + "weight"] = state_dict[prefix + "weight"] / 2
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)


@pytest.mark.parametrize(("prefix", "key"), [("", ""), ("module.", ""), ("model.", ""), ("model.", ":model.")])
def test_a_layer_is_told_by_which_version_its_weights_were_saved(tmp_path: Path, prefix: str, key: str) -> None:
    outer = nn.Sequential(Halved(), Halved())
    for each in reversed(prefix.split(".")[:-1]):
        outer = nn.Sequential(OrderedDict({each: outer}))
    torch.save(outer.state_dict(), tmp_path / "w.pth")
    found = state_dict(load_file(tmp_path / "w.pth"), key)
    fill(model := nn.Sequential(Halved(), Halved()), found, found.notes)
    assert [float(each) for each in model.state_dict().values()] == [1.0, 1.0]
    fill(model, found)
    assert [float(each) for each in model.state_dict().values()] == [0.5, 0.5]


def test_what_a_file_hangs_on_its_dictionary_is_plain_or_left(tmp_path: Path) -> None:
    state: Any = OrderedDict(a=ONE)
    state._metadata = OrderedDict(a={"version": 2, "tensor": ONE, "deep": {"version": 1}}, b=3)
    torch.save(state, tmp_path / "w.pth")
    assert state_dict(load_file(tmp_path / "w.pth"), "").notes == {"a": {"version": 2}}


def test_weights_and_their_averages_are_not_mixed_up() -> None:
    weights = dict(net().state_dict())
    assert refused(net(), {**under("model.", weights), **under("ema.", weights)}).code == "weights_prefixes_several"
    assert choose(weights, {**weights, **under("ema.", weights)}).prefix == ""


def test_filling_is_strict_but_knows_what_old_layers_lacked() -> None:
    model = net()
    weights = dict(model.state_dict())
    del weights["1.num_batches_tracked"]
    fill(model, weights)
    fill(model, weights, {"1": {"version": 2}})
    assert not model.training
    del weights["3.bias"]
    said = refused(model, {**weights, "extra": ONE})
    assert (said.code, said.params["missing"], said.params["unexpected"]) == ("keys_mismatch", "3.bias", "extra")


def test_a_prefix_that_explains_the_difference_is_named() -> None:
    weights = dict(net().state_dict())
    del weights["3.bias"]
    said = refused(net(), under("model.", weights))
    assert (said.code, said.params["prefix"], said.params["missing_count"]) == ("keys_mismatch_prefix", "model.", "8")
    wrapped = nn.ModuleDict({"backbone": net()})
    assert refused(wrapped, dict(net().state_dict())).params["prefix"] == "backbone."


def test_other_shapes_are_shown_on_both_sides_and_a_head_is_told_from_a_network() -> None:
    weights = dict(net().state_dict())
    head = {**weights, "3.weight": torch.ones(5, 4), "3.bias": torch.ones(5)}
    said = refused(net(), head)
    assert (said.code, said.params["in_file"], said.params["in_structure"]) == ("weights_head_mismatch", "5", "2")
    said = refused(net(), {**weights, "0.weight": torch.ones(4, 1, 1, 1)})
    assert (said.code, said.params["names"]) == ("weights_shape_mismatch", "0.weight 4x1x1x1 / 4x3x1x1")


def test_weights_survive_the_safe_form() -> None:
    shared: Any = torch.arange(6.0)
    tensors = {"a": shared, "b": shared.reshape(2, 3).t(), "half": shared.half(), "scalar": torch.tensor(3)}
    found = read_weights(as_safetensors(tensors))
    assert all(
        torch.equal(found[name], tensor) and found[name].dtype == tensor.dtype for name, tensor in tensors.items()
    )
    with pytest.raises(Refused) as raised:
        read_weights(b"\xff" * 20)
    assert raised.value.code == "weights_unreadable"


def test_values_that_are_not_finite_are_named() -> None:
    assert not_finite({"a": ONE, "b": torch.tensor([1.0, float("nan")]), "c": torch.tensor([3])}) == ["b"]


@pytest.mark.parametrize("dtype", [torch.int8, torch.float8_e4m3fn, torch.int64, torch.bool])
def test_weights_of_another_kind_of_number_are_never_cast(dtype: torch.dtype) -> None:
    weights = dict(net().state_dict())
    said = refused(net(), {**weights, "0.weight": torch.zeros(weights["0.weight"].shape).to(dtype)})
    assert said.code == "weights_dtype_mismatch"
    assert "0.weight" in said.params["names"]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_another_precision_is_the_same_weights(dtype: torch.dtype) -> None:
    # whoever casts everything casts the counts of batches too
    weights = {name: each.to(dtype) for name, each in net().state_dict().items()}
    chosen = fill(model := net(), weights)
    assert chosen.tensors.keys() == weights.keys() == chosen.cast.keys()
    said = str(dtype).removeprefix("torch.")
    assert (chosen.cast["0.weight"], chosen.cast["1.num_batches_tracked"]) == (f"{said} -> float32", f"{said} -> int64")
    assert torch.equal(model.state_dict()["0.weight"], weights["0.weight"].float())


def test_a_structure_in_half_precision_does_not_round_its_weights() -> None:
    weights = dict(net().state_dict())
    chosen = fill(model := net().half(), weights)
    assert not chosen.cast
    assert torch.equal(model.state_dict()["0.weight"], weights["0.weight"])


class Masked(nn.Module):
    def __init__(self, kind: torch.dtype) -> None:
        super().__init__()
        self.register_buffer("mask", torch.zeros(3).to(kind))


@pytest.mark.parametrize(
    ("saved", "kind"),
    [
        (torch.tensor([0, 1, 1], dtype=torch.uint8), torch.bool),
        (torch.tensor([0, 1, 300], dtype=torch.int32), torch.int64),
        (torch.tensor([0.0, 1.0, 2.0]).half(), torch.int64),
    ],
)
def test_masks_and_indices_keep_their_values_in_another_kind_of_number(saved: torch.Tensor, kind: torch.dtype) -> None:
    chosen = fill(model := Masked(kind), {"mask": saved})
    assert torch.equal(model.state_dict()["mask"], saved.to(kind))
    assert list(chosen.cast) == ["mask"]


@pytest.mark.parametrize(
    ("saved", "kind"),
    [
        (torch.tensor([0.0, 1.5, 2.0]), torch.int64),
        (torch.tensor([0, 1, 300]), torch.uint8),
        (torch.tensor([0, 1, 2]), torch.bool),
    ],
)
def test_masks_and_indices_that_would_change_are_refused(saved: torch.Tensor, kind: torch.dtype) -> None:
    assert refused(Masked(kind), {"mask": saved}).code == "weights_dtype_mismatch"


@pytest.mark.parametrize("beside", ["ema.0.weight", "teacher.0.weight", "optimizer_step", "glossary.weight"])
def test_what_else_lies_beside_the_network_is_not_left_out_without_a_word(beside: str) -> None:
    weights = dict(net().state_dict())
    said = refused(net(), {**under("model.", weights), beside: ONE})
    assert (said.code, said.params["prefix"], said.params["names"]) == ("weights_beside_unclear", "model.", beside)


def test_the_wanted_part_is_named_by_its_prefix() -> None:
    weights = dict(net().state_dict())
    both = {"state_dict": {**under("model.", weights), **under("ema.", weights)}}
    for prefix in ("model.", "ema."):
        assert list(state_dict(both, f"state_dict:{prefix}")) == list(weights)
    assert list(state_dict(both["state_dict"], ":ema.")) == list(weights)
    assert list(state_dict({"run:ema.": {"a": ONE}}, "run:ema.")) == ["a"]
    with pytest.raises(Refused) as missing:
        state_dict(both, "state_dict:net.")
    assert (missing.value.code, missing.value.params["found"]) == ("weights_prefix_missing", "ema., model.")
