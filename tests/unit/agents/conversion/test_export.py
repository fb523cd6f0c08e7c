"""The exporting child's steps on small networks: its own outputs, the graph, and every way they fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from safetensors.torch import save

from agents.conversion.answers import Flat, names
from agents.conversion.building import build, load_class
from agents.conversion.export import answer, network, reference
from agents.conversion.exporting import Exported, export
from agents.conversion.inputs import Feeds, Images, feeds, random_images
from agents.conversion.plan import Plan
from agents.runtimes.onnxruntime import OnnxRuntime
from agents.sandbox.inside import Refused
from schemas.specs.parts import TaskSpec

STRUCTURE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, num_classes=5):
        super().__init__()
        self.norm = nn.BatchNorm2d(3)
        self.head = nn.Linear(3, num_classes)

    def forward(self, x):
        return self.head(self.norm(x).mean((2, 3)))

class Picky(Net):
    def forward(self, x):
        return super().forward(x) if x.sum() > 0 else -super().forward(x)

class Dice(Net):
    def forward(self, x):
        return super().forward(x) * torch.rand(len(x), 1)

class Fixed(Net):
    def forward(self, x):
        return super().forward(x.reshape(2, 3, 4, 4))

class Alone(Net):
    def forward(self, x):
        return super().forward(x.reshape(1, 3, 4, 4))

class Swallows(Net):
    def forward(self, x):
        return super().forward(x).reshape(1, -1)

class Several(Net):
    def forward(self, x):
        y = super().forward(x)
        return {"scores": y, "parts": [y + 1, y * 2]}

class Counted(Net):
    def forward(self, x):
        with open("/dev/null"):
            return super().forward(x)

class Unsound(Net):
    def forward(self, x):
        y = super().forward(x)
        return y * 2 if float(y.detach().numpy().sum()) > 1e9 else y
"""


def plan(**fields: Any) -> Plan:
    base: dict[str, Any] = {
        "class_name": "Net",
        "state_dict_key": "",
        "num_classes": 5,
        "input_name": "x",
        "input_shape": (3, 4, 4),
        "mean": (0.0,) * 3,
        "scale": (1.0,) * 3,
        "method": "classification",
        "args": (),
        "tasks": (TaskSpec("class", ("a", "b", "c", "d", "e")),),
        "max_batch": 4,
        "error_threshold": 1e-4,
        "merge_operators": True,
    }
    return Plan(**{**base, **fields})


def built(tmp_path: Path, name: str) -> torch.nn.Module:
    return build(load_class(STRUCTURE.encode(), name, tmp_path), {}).eval()


def code(call: Any, *arguments: Any) -> str:
    with pytest.raises(Refused) as refused:
        call(*arguments)
    return refused.value.code


def images(channels: int = 3) -> Images:
    return random_images((channels, 4, 4), (0.0,) * channels, (1.0,) * channels, 4)


def asked(max_batch: int = 4) -> Feeds:
    return feeds(max_batch, images())


def exported(tmp_path: Path, name: str, **fields: Any) -> tuple[Exported, onnx.ModelProto]:
    model = built(tmp_path, name)
    example = answer(model, images()[:1])
    wanted = names(example, taken="x")
    found = export(model if name != "Several" else Flat(model).eval(), plan(**fields), wanted, tmp_path / "out.onnx")
    return found, onnx.load(str(tmp_path / "out.onnx"))


def test_network_and_what_is_told_of_it(tmp_path: Path) -> None:
    (tmp_path / "structure.py").write_text(STRUCTURE)
    (tmp_path / "type_config.json").write_text('{"num_classes": 4}')
    weights = built(tmp_path, "Net").state_dict()
    weights["head.weight"], weights["head.bias"] = torch.ones(4, 3).half(), torch.full((4,), float("nan"))
    kept = {f"model.{name}": value for name, value in weights.items()} | {"loss.weight": torch.ones(1)}
    (tmp_path / "weights.pth").write_bytes(save(kept))
    model, told = network(plan(), tmp_path, tmp_path)
    assert torch.equal(model.state_dict()["head.weight"], torch.ones(4, 3))
    assert told.arguments == {"num_classes": "4 <- type_config"}
    assert {each.code: each.params for each in told.notices} == {
        "weights_prefix_removed": {"prefix": "model."},
        "weights_cast": {"kinds": "float16 -> float32 (1)", "count": "1"},
        "weights_left_out": {"names": "loss.weight", "count": "1"},
        "weights_not_finite": {"names": "head.bias", "count": "1"},
    }


def test_reference_outputs_of_every_batch(tmp_path: Path) -> None:
    results = reference(built(tmp_path, "Net"), plan(), asked())
    assert {key: value.shape for key, value in results.items()} == {f"random{n}_0_o0": (n, 5) for n in (1, 2, 3, 4)}
    wrong = feeds(4, images(2))
    assert code(reference, built(tmp_path, "Net"), plan(), wrong) == "input_shape_wrong"
    assert code(reference, built(tmp_path, "Fixed"), plan(), asked()) == "input_shape_wrong"
    several = reference(built(tmp_path, "Several"), plan(), asked(1))
    assert sorted(several) == ["random1_0_o0", "random1_0_o1", "random1_0_o2"]


def test_transposed_outputs_are_kept_in_the_order_that_verification_reads(tmp_path: Path) -> None:
    class Transposed(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.flatten(2).transpose(1, 2)

    results = reference(Transposed(), plan(), asked())
    assert all(value.flags.c_contiguous for value in results.values())
    assert np.array_equal(
        results["random4_0_o0"][0], asked()[next(b for b in asked() if b.size == 4)][0].reshape(3, 16).T
    )


@pytest.mark.parametrize("name", ["Alone", "Swallows"])
def test_networks_for_one_image_are_named_and_convert_at_batch_one(tmp_path: Path, name: str) -> None:
    model = built(tmp_path, name)
    assert code(reference, model, plan(), asked()) == "batch_one_only"
    assert len(reference(model, plan(max_batch=1), asked(1))) == 1
    _, graph = exported(tmp_path, name, max_batch=1)
    assert [axis.dim_value for axis in graph.graph.input[0].type.tensor_type.shape.dim] == [1, 3, 4, 4]


def test_a_network_that_draws_random_numbers_is_found_out(tmp_path: Path) -> None:
    assert code(reference, built(tmp_path, "Dice"), plan(), asked()) == "output_not_repeatable"


def test_outputs_keep_their_names_and_batches_stay_free(tmp_path: Path) -> None:
    found, graph = exported(tmp_path, "Several")
    assert [output.name for output in graph.graph.output] == ["scores", "parts.0", "parts.1"]
    assert found.notices == ()
    assert graph.graph.input[0].type.tensor_type.shape.dim[0].dim_param
    session = OnnxRuntime().load(tmp_path / "out.onnx", "nvidia")
    wanted = answer(built(tmp_path, "Several"), images()[:1])
    assert isinstance(wanted, dict)
    assert [each.shape for each in session.run({"x": images()[:3]})] == [(3, 5)] * 3


@pytest.mark.filterwarnings("ignore")
def test_what_the_exporter_cannot_read_is_traced_where_nothing_is_frozen(tmp_path: Path) -> None:
    found, _ = exported(tmp_path, "Counted")
    if found.program is None:
        assert [each.code for each in found.notices] == ["exported_by_tracing"]
    model = built(tmp_path, "Counted")
    (given,) = OnnxRuntime().load(tmp_path / "out.onnx", "nvidia").run({"x": images()[:3]})
    expected = answer(model, images()[:3])
    assert isinstance(expected, torch.Tensor)
    assert given.shape == expected.shape == (3, 5)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["Picky", "Unsound"])
def test_control_flow_that_depends_on_pixels_cannot_be_exported(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused) as refused:
        exported(tmp_path, name)
    assert refused.value.code == "export_failed"
    assert "structure.py:" in refused.value.params["error"]
    assert not np.isnan(images()).any()
