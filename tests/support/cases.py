"""The real cases, made by others: their networks with structure files as users write them, images, labels, figures."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch

from deploy.demo import assets, photos

ROOT = Path(__file__).parents[2]
CASES = Path(os.environ.get("MO_CASES", ROOT.parent / "shared" / "cases"))
STRUCTURES = Path(__file__).parent / "structures"
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Network(NamedTuple):
    """A network of a case: its structure file and class, its weights and the key they lie under, its input."""

    structure: Path
    class_name: str
    weights: Callable[[], Path]
    shape: tuple[int, int, int]
    key: str = ""
    mean: tuple[float, ...] = (0.0,) * 3
    scale: tuple[float, ...] = (1 / 255,) * 3


def _resnet(depth: int) -> Network:
    return Network(
        STRUCTURES / "cifar_resnet.py",
        f"ResNet{depth}",
        lambda: CASES / "cls_cifar10_resnet" / f"weights_resnet{depth}.pth",
        (3, 32, 32),
        "state_dict",
        tuple(255 * value for value in IMAGENET_MEAN),
        tuple(1 / (255 * value) for value in IMAGENET_STD),
    )


DEPTHS = (20, 32, 44, 56)
NETWORKS: Mapping[str, Network] = {
    **{f"resnet{depth}": _resnet(depth) for depth in DEPTHS},
    "efficientnet-lite0": Network(
        assets.STRUCTURES / "efficientnet_lite.py",
        "EfficientNetLite0",
        lambda: photos.weights(photos.LITE0),
        (3, 224, 224),
        "",
        (photos.MEAN,) * 3,
        (photos.SCALE,) * 3,
    ),
    "fastestdet": Network(
        STRUCTURES / "fastestdet.py",
        "FastestDet",
        lambda: CASES / "det_coco_fastestdet" / "weights.pth",
        (3, 352, 352),
    ),
    "fashion-mlp": Network(
        STRUCTURES / "fashion_mlp.py",
        "FashionMLP",
        lambda: CASES / "cls_fashionmnist_mlp" / "weights.pth",
        (1, 28, 28),
        "",
        (0.0,),
        (1 / 255,),
    ),
}


def network(case: str, *, weights: bool = True) -> torch.nn.Module:
    """The network in plain PyTorch, ready for inference; without `weights` with random ones, the same at every call."""
    about = NETWORKS[case]
    spec = importlib.util.spec_from_file_location(about.structure.stem, about.structure)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    torch.manual_seed(0)
    made: torch.nn.Module = getattr(module, about.class_name)()
    if weights:
        state = torch.load(about.weights(), map_location="cpu", weights_only=True)
        state = state[about.key] if about.key else state
        made.load_state_dict({name.removeprefix("module."): value for name, value in state.items()})
    return made.eval()


def labels(case: str) -> dict[str, int]:
    """Class indexes by file name."""
    told = json.loads((CASES / case / "annotations.json").read_text())
    return {each["file_name"]: each["label"] for each in told["labels"]}


def by_class(case: str, folder: Path, classes: tuple[str, ...]) -> Path:
    """The case's images as one folder a class."""
    for name, label in labels(case).items():
        target = folder / classes[label]
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(CASES / case / "images" / name, target)
    return folder


def sub_template(case: str, structure: str, classes: tuple[str, ...], **more: Any) -> dict[str, Any]:
    """A sub-template for the network, as a user writes it."""
    about = NETWORKS[case]
    return {
        "name": case,
        "input_name": "raw_data",
        "input_shape": [1, *about.shape],
        "mean_values": list(about.mean),
        "scale_values": list(about.scale),
        "max_batch": 16,
        "architecture": structure,
        "state_dict_key": about.key,
        "num_classes": len(classes),
        "class_name": [list(classes)],
        **more,
    }


def template(name: str, method: str, *subs: dict[str, Any]) -> dict[str, Any]:
    """A template of these sub-templates."""
    repo = "classification" if method == "classification" else "detection"
    main = {"name": name, "repo": repo, "version": "1.0.0", "method": method, "error_threshold": 1e-4}
    return {**main, "sub_templates": list(subs)}
