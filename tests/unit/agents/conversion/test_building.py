"""The structure's class and its arguments: from where each comes, and every way in which building fails."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from agents.conversion.building import Settings, arguments, build, load_class, reported
from agents.sandbox.inside import Refused

HEAD = "import torch\nfrom torch import nn\n"


def network(signature: str, *, body: str = "self.got = dict(locals())", base: str = "nn.Module") -> bytes:
    text = f"class Net({base}):\n    def __init__(self{signature}):\n        super().__init__()\n        {body}\n"
    return (HEAD + text).encode()


def made(tmp_path: Path, source: bytes, config: Any = None, loaded: Any = None, num_classes: int = 5) -> Any:
    found = arguments(load_class(source, "Net", tmp_path), config or {}, loaded or {}, num_classes)
    return build(load_class(source, "Net", tmp_path), found), reported(found)


def refusal(*given: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        made(*given)
    return refused.value


def test_every_argument_comes_from_the_first_that_has_it(tmp_path: Path) -> None:
    checkpoint = {
        "hyper_parameters": {"width": 4, "depth": 3, "unused": 1},
        "config": {"depth": 9, "kernel": (3, 3)},
        "norm": "batch",
        "state_dict": {"a": torch.ones(1)},
    }
    source = network(", width, depth, kernel, norm, num_classes, act='relu', *, bias=True")
    model, said = made(tmp_path, source, {"width": 8}, checkpoint)
    assert [model.got[name] for name in ("width", "depth", "kernel", "norm", "num_classes")] == [
        8,
        3,
        (3, 3),
        "batch",
        5,
    ]
    assert said == {
        "width": "8 <- type_config",
        "depth": "3 <- checkpoint.hyper_parameters.depth",
        "kernel": "(3, 3) <- checkpoint.config.kernel",
        "norm": "'batch' <- checkpoint.norm",
        "num_classes": "5 <- template",
        "act": "'relu' <- default",
        "bias": "True <- default",
    }


def test_references_name_values_of_the_checkpoint(tmp_path: Path) -> None:
    loaded = {"meta": {"cfg": {"width": 7, "layers": [2, {"k": 1}]}}}
    config = {"width": "$checkpoint.meta.cfg.width", "more": {"layers": ["$checkpoint.meta.cfg.layers"]}}
    model, said = made(tmp_path, network(", width, more"), config, loaded)
    assert model.got["width"] == 7
    assert model.got["more"].layers[0][1].k == 1
    assert said["width"] == "7 <- type_config"
    said_no = refusal(tmp_path, network(", width"), {"width": "$checkpoint.meta.cfg.depth"}, loaded)
    assert (said_no.code, said_no.params["found"]) == ("checkpoint_value_missing", "width, layers")


def test_a_whole_configuration_is_given_to_the_parameter_of_its_name(tmp_path: Path) -> None:
    model, said = made(tmp_path, network(", hparams"), None, {"hyper_parameters": {"width": 4, "net": {"depth": 2}}})
    assert (model.got["hparams"].width, model.got["hparams"]["net"].depth) == (4, 2)
    assert said["hparams"].endswith("<- checkpoint.hyper_parameters")
    model, _ = made(tmp_path, network(", cfg"), None, {"cfg": {"width": 4}})
    assert isinstance(model.got["cfg"], Settings)


def test_what_a_checkpoint_says_of_its_training_is_not_taken(tmp_path: Path) -> None:
    loaded = {"args": {"device": "cuda:0", "pretrained": True, "width": torch.ones(1)}}
    model, _ = made(tmp_path, network(", device='cpu', pretrained=False, width=3"), None, loaded)
    assert (model.got["device"], model.got["pretrained"], model.got["width"]) == ("cpu", False, 3)


def test_missing_and_unknown_arguments_list_what_is_wanted(tmp_path: Path) -> None:
    source = network(", width, depth, act='relu'")
    said = refusal(tmp_path, source, {"depth": 2})
    assert (said.code, said.params["missing"]) == ("structure_arguments_missing", "width")
    assert said.params["wanted"] == "width, depth, act='relu'"
    said = refusal(tmp_path, source, {"widht": 2})
    assert (said.code, said.params["unknown"]) == ("structure_arguments_unknown", "widht")
    model, _ = made(tmp_path, network(", **more"), {"width": 2})
    assert model.got["more"] == {"width": 2}


@pytest.mark.parametrize(
    ("source", "code", "part"),
    [
        (b"import nothing_of_that_name\n" + network(""), "structure_import_missing", "nothing_of_that_name"),
        (network("") + b"raise SystemExit\n", "structure_failed", "(structure.py:7)"),
        (network("", body="raise OSError('no disk')"), "structure_failed", "OSError: no disk (structure.py:6)"),
        (network("", base="object"), "structure_class_missing", "Net"),
        (b"class Other: pass", "structure_class_missing", "Other"),
        (b"def broken(:", "structure_not_python", "1"),
    ],
)
def test_structures_that_fail(tmp_path: Path, source: bytes, code: str, part: str) -> None:
    said = refusal(tmp_path, source)
    assert said.code == code
    assert part in " ".join(said.params.values())


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            file.writestr(name, data)
    return buffer.getvalue()


def test_a_structure_of_several_files_imports_its_own_even_under_our_names(tmp_path: Path) -> None:
    files = {
        "storage/__init__.py": b"",
        "storage/blocks.py": HEAD.encode() + b"class Block(nn.Conv2d):\n    pass\n",
        "net.py": b"from storage.blocks import Block\n" + network("", body="self.block = Block(3, 4, 1)"),
    }
    model, _ = made(tmp_path, zipped(files))
    assert list(model.state_dict()) == ["block.weight", "block.bias"]
