"""Structures that forge: their own report, the exporter, the comparison, files, outputs. None of it makes a verdict.

Each runs as the exporting child runs it, in a process of its own; the verifying child's part then judges the files that
are left. What verification claims is that the graph computes what the structure computed in the sandbox. That is all: a
structure that computes something else than its author says is converted as what it computes (the last test).
"""

from __future__ import annotations

import json
import multiprocessing
import os
import warnings
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from agents.conversion import export, verify
from agents.conversion.inputs import random_images
from agents.conversion.plan import (
    CONVERTED_FILE,
    EXPORTED_FILE,
    REFERENCE_FILE,
    STRUCTURE_FILE,
    VERDICT_FILE,
    WEIGHTS_FILE,
    Plan,
    Verdict,
    write_plan,
)
from agents.sandbox.inside import INPUTS_VARIABLE, OUTPUTS_VARIABLE, Refused
from schemas.specs.parts import TaskSpec

NETWORK = """
import json, os, sys, pathlib
import numpy as np
import torch
from torch import nn

OUT = pathlib.Path(os.environ["BOX_OUTPUTS"])

class Net(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.head = nn.Linear(3, num_classes)

    def forward(self, x):
        return self.head(x.mean((2, 3)))
"""
SHAPE = (3, 4, 4)
PLAN = Plan(
    class_name="Net",
    state_dict_key="",
    num_classes=2,
    input_name="x",
    input_shape=SHAPE,
    mean=(0.0,) * 3,
    scale=(1 / 64,) * 3,
    method="classification",
    args=(),
    tasks=(TaskSpec("class", ("a", "b")),),
    max_batch=4,
    error_threshold=1e-4,
    merge_operators=True,
)
VERDICT = {
    "outputs": [], "differences": [], "max_abs_error": 0.0, "proposed_threshold": 1e-9, "batch_drift": 0.0,
    "exported": {"nodes": 0, "size_bytes": 0, "operators": {}},
    "converted": {"nodes": 0, "size_bytes": 0, "operators": {}},
    "backend": "forged", "toolchain": {},
}  # fmt: skip
OTHER = """
class Other(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))[:, :2] * 100
"""
FORGERIES: dict[str, tuple[str, str]] = {
    "its own verdict": (
        "(OUT / 'verdict.json').write_text(json.dumps(VERDICT)); Net.forward = lambda s, x: 1 / (x.sum() * 0)",
        "output_",
    ),
    "an exporter that writes another network": (
        OTHER + "real = torch.onnx.export\ntorch.onnx.export = lambda model, *a, **k: real(Other(), *a, **k)",
        "outputs_differ",
    ),
    "an exporter that writes nothing": ("torch.onnx.export = lambda *a, **k: None", "graph_malformed"),
    "an exporter that writes junk": (
        "torch.onnx.export = lambda m, a, f, **k: pathlib.Path(f).write_bytes(b'junk' * 99)",
        "graph_malformed",
    ),
    "savez that writes the graph's own answers for fewer batches": (
        "real = np.savez\nnp.savez = lambda path, **a: real(path, **dict(list(a.items())[:1]))",
        "reference_malformed",
    ),
    "savez that writes zeros": (
        "real = np.savez\nnp.savez = lambda path, **a: real(path, **{k: v * 0 for k, v in a.items()})",
        "outputs_differ",
    ),
    "savez that writes NaN": (
        "real = np.savez\nnp.savez = lambda path, **a: real(path, **{k: v * np.nan for k, v in a.items()})",
        "output_not_finite",
    ),
    "savez that writes infinity": (
        "real = np.savez\nnp.savez = lambda path, **a: real(path, **{k: v + np.inf for k, v in a.items()})",
        "output_not_finite",
    ),
    "savez that writes a pickle": (
        "np.savez = lambda path, **a: pathlib.Path(path).write_bytes(__import__('pickle').dumps(a))",
        "reference_malformed",
    ),
    "savez that packs what it writes": ("np.savez = np.savez_compressed", "reference_malformed"),
    "savez that writes nothing": ("np.savez = lambda path, **a: None", "reference_malformed"),
    "outputs of other shapes": (
        "real = np.savez\nnp.savez = lambda path, **a: real(path, **{k: v[:, :1] for k, v in a.items()})",
        "output_size_wrong",
    ),
    "one output more in the reference": (
        "real = np.savez\nnp.savez = lambda path, **a: real(path, more=np.ones(1, 'f'), **a)",
        "reference_malformed",
    ),
    "a comparison that always agrees": (
        "import agents.conversion.measuring as m\nm.check_threshold = lambda *a: 0.0\nm.difference = None\n"
        "real = np.savez\nnp.savez = lambda path, **a: real(path, **{k: v + 1 for k, v in a.items()})",
        "outputs_differ",
    ),
    "a lower bar in the plan": (
        "p = pathlib.Path(os.environ['BOX_INPUTS']) / 'plan.json'\n"
        "try:\n    p.write_text(p.read_text().replace('0.0001', '1e9'))\nexcept OSError:\n    pass\n"
        "real = np.savez\nnp.savez = lambda path, **a: real(path, **{k: v + 1 for k, v in a.items()})",
        "outputs_differ",
    ),
    "another network while it is exported": (
        "real = Net.forward\nNet.forward = lambda s, x: real(s, x) * (2 if torch.compiler.is_exporting() else 1)",
        "outputs_differ",
    ),
}  # fmt: skip


def _exports(given: Path, made: Path) -> None:
    """The exporting child, whatever becomes of it."""
    os.environ.update({INPUTS_VARIABLE: str(given), OUTPUTS_VARIABLE: str(made)})
    os.dup2(os.open(made.parent / "log", os.O_WRONLY | os.O_CREAT), 2)
    os.chdir(made.parent)
    warnings.simplefilter("ignore")
    export.convert(lambda *_: None)


def _laid_out(folder: Path, structure: str) -> tuple[Path, Path]:
    given, made = folder / "given", folder / "made"
    given.mkdir()
    made.mkdir()
    write_plan(given, PLAN)
    (given / STRUCTURE_FILE).write_text(structure)
    torch.manual_seed(1)
    torch.save(torch.nn.ModuleDict({"head": torch.nn.Linear(3, 2)}).state_dict(), given / WEIGHTS_FILE)
    (given / "plan.json").chmod(0o444)
    return given, made


def judged(folder: Path, structure: str, monkeypatch: pytest.MonkeyPatch) -> Verdict:
    """Run both parts; the second gets only the two files that the agent hands on, and the agent's own plan."""
    given, made = _laid_out(folder, structure)
    process = multiprocessing.get_context("fork").Process(target=_exports, args=(given, made))
    process.start()
    process.join(120)
    assert process.exitcode is not None
    second, judgement = folder / "second", folder / "judgement"
    second.mkdir()
    judgement.mkdir()
    write_plan(second, PLAN)
    for name in (EXPORTED_FILE, REFERENCE_FILE):
        if (made / name).exists():
            (second / name).write_bytes((made / name).read_bytes())
    monkeypatch.setenv(INPUTS_VARIABLE, str(second))
    monkeypatch.setenv(OUTPUTS_VARIABLE, str(judgement))
    verify.verify(lambda *_: None)
    assert (judgement / CONVERTED_FILE).stat().st_size
    return msgspec.json.decode((judgement / VERDICT_FILE).read_bytes(), type=Verdict)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    # A forked child must not wait for threads that it does not have.
    torch.set_num_threads(1)


def test_the_same_network_without_a_forgery_is_converted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = judged(tmp_path, NETWORK, monkeypatch)
    assert verdict.max_abs_error <= 1e-5
    assert verdict.backend.startswith("onnxruntime")


QUICK = (
    "its own verdict", "an exporter that writes another network", "savez that writes zeros",
    "savez that writes a pickle", "a comparison that always agrees", "a lower bar in the plan",
)  # fmt: skip
"""What is tried in every run: one at each of the places where the others try too."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.bars) for name in FORGERIES]
)
def test_a_forgery_gains_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    forged, code = FORGERIES[name]
    structure = f"VERDICT = {json.dumps(VERDICT)}\n".join((NETWORK, forged))
    with pytest.raises(Refused) as refused:
        judged(tmp_path, structure, monkeypatch)
    assert refused.value.code.startswith(code)


def test_the_limit_a_structure_that_lies_to_pytorch_is_converted_as_what_it_computes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its weights are never used. The verdict is right all the same: the graph computes what the structure computed."""
    lies = NETWORK + "\nNet.forward = lambda self, x: x.mean((2, 3))[:, :2] * 100"
    verdict = judged(tmp_path, lies, monkeypatch)
    assert verdict.max_abs_error <= 1e-3
    images: Any = random_images(SHAPE, PLAN.mean, PLAN.scale, PLAN.max_batch)
    answers = verify.load_session(tmp_path / "judgement" / CONVERTED_FILE).run({"x": images})[0]
    assert answers == pytest.approx(np.asarray(images).mean((2, 3))[:, :2] * 100, rel=1e-4)
