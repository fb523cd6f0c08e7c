"""The exporting child's steps: weights, structure, filling, reference outputs, and every way they fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from agents.conversion.export import build, export, flattened, reference
from agents.conversion.inputs import Images, feeds, random_images
from agents.conversion.plan import Plan
from agents.sandbox.inside import Refused
from schemas.specs.parts import TaskSpec

STRUCTURE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, num_classes=2, width=3):
        super().__init__()
        self.norm = nn.BatchNorm2d(3)
        self.head = nn.Linear(3, num_classes)
        self.width = width

    def forward(self, x):
        return self.head(self.norm(x).mean((2, 3)))

class Picky(Net):
    def forward(self, x):
        return super().forward(x) if x.sum() > 0 else -super().forward(x)

class Dice(Net):
    def forward(self, x):
        return super().forward(x) + torch.rand(len(x), 1)

class Fixed(Net):
    def forward(self, x):
        return super().forward(x.reshape(2, 3, 4, 4))

def not_a_class():
    return None
"""


def plan(folder: Path, source: str = STRUCTURE, **fields: Any) -> Plan:
    (folder / "structure.py").write_text(source)
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


def code(call: Any, *arguments: Any) -> str:
    with pytest.raises(Refused) as refused:
        call(*arguments)
    return refused.value.code


def images(channels: int = 3) -> Images:
    return random_images((channels, 4, 4), (0.0,) * channels, (1.0,) * channels, 4)


def test_the_constructor_gets_classes_and_configuration(tmp_path: Path) -> None:
    (tmp_path / "type_config.json").write_text('{"width": 9}')
    model = build(plan(tmp_path), tmp_path)
    assert model.get_parameter("head.bias").shape == (5,)
    assert model.width == 9
    (tmp_path / "type_config.json").write_text('{"num_classes": 4}')
    assert build(plan(tmp_path), tmp_path).get_parameter("head.bias").shape == (4,)


@pytest.mark.parametrize(
    ("source", "fields", "expected"),
    [
        (STRUCTURE, {"class_name": "Other"}, "structure_class_missing"),
        (STRUCTURE, {"class_name": "not_a_class"}, "structure_class_missing"),
        ("import nothing_of_that_name", {}, "structure_import_missing"),
        ("raise SystemExit", {}, "structure_failed"),
        ("def broken(:", {}, "structure_failed"),
        (STRUCTURE.replace("super().__init__()", "raise OSError"), {}, "structure_failed"),
    ],
)
def test_structures_that_fail(tmp_path: Path, source: str, fields: dict[str, Any], expected: str) -> None:
    assert code(build, plan(tmp_path, source, **fields), tmp_path) == expected


@pytest.mark.parametrize("text", ["[1]", "{", '{"unknown": 1}'])
def test_configurations_that_fail(tmp_path: Path, text: str) -> None:
    (tmp_path / "type_config.json").write_text(text)
    expected = {"[1]": "type_config_no_mapping", "{": "type_config_unreadable"}.get(text, "structure_failed")
    assert code(build, plan(tmp_path), tmp_path) == expected


def test_outputs_may_be_one_or_several_tensors() -> None:
    one = torch.ones(1)
    assert len(flattened(one)) == 1
    assert len(flattened((one, one))) == len(flattened({"a": one, "b": one})) == 2
    for wrong in ("text", None, [], [one, "text"], [[one]]):
        assert code(flattened, wrong) == "output_not_tensors"


def test_reference_outputs_of_every_batch(tmp_path: Path) -> None:
    chosen = plan(tmp_path)
    inputs = feeds(4, images(), images()[:1])
    results = reference(build(chosen, tmp_path).eval(), chosen, inputs)
    expected = {f"random{size}_0_o0": (size, 5) for size in (1, 2, 3, 4)} | {"real1_0_o0": (1, 5)}
    assert {key: value.shape for key, value in results.items()} == expected
    wrong = feeds(4, images(2))
    assert code(reference, build(chosen, tmp_path).eval(), chosen, wrong) == "input_shape_wrong"
    fixed = plan(tmp_path, class_name="Fixed")
    assert code(reference, build(fixed, tmp_path).eval(), fixed, inputs) == "input_shape_wrong"


def test_a_network_that_draws_random_numbers_is_found_out(tmp_path: Path) -> None:
    dice = plan(tmp_path, class_name="Dice")
    inputs = feeds(4, images())
    assert code(reference, build(dice, tmp_path).eval(), dice, inputs) == "output_not_repeatable"


def test_a_failure_names_the_line_of_the_structure(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        build(plan(tmp_path, STRUCTURE.replace("super().__init__()", "raise OSError('no disk')")), tmp_path)
    assert refused.value.params["error"] == "OSError: no disk (structure.py:7)"


@pytest.mark.filterwarnings("ignore")
def test_control_flow_that_depends_on_pixels_cannot_be_exported(tmp_path: Path) -> None:
    picky = plan(tmp_path, class_name="Picky")
    assert code(export, build(picky, tmp_path).eval(), picky, 1, tmp_path / "out.onnx") == "export_failed"
