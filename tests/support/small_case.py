"""A small real case: a network in two versions, labelled images, and what plain PyTorch says of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch

CLASSES = ("bird", "cat", "dog", "fish", "frog", "ship")
MEAN, SCALE, SIZE = 120.0, 1 / 60, 24
IMAGES = 60
STRUCTURE = '''"""A network as a user writes it."""

import torch
from torch import nn


class SmallNet(nn.Module):
    def __init__(self, num_classes=6):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 12, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(12), nn.ReLU(),
            nn.Conv2d(12, 24, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(24), nn.ReLU(),
        )
        self.head = nn.Linear(24 * 4, num_classes)

    def forward(self, images):
        x = nn.functional.adaptive_avg_pool2d(self.features(images), 2)
        return self.head(torch.flatten(x, 1))
'''


class SmallCase(NamedTuple):
    """`weights` of two versions, the structure file, a folder of images by class, each version's expected top-1."""

    weights: tuple[Path, Path]
    structure: Path
    images: Path
    top1: tuple[float, float]

    def template(self, name: str, structure_id: str, **changes: Any) -> dict[str, Any]:
        """A template for the network."""
        sub = {
            "name": "net",
            "input_name": "data",
            "input_shape": [1, 3, SIZE, SIZE],
            "mean_values": [MEAN] * 3,
            "scale_values": [SCALE] * 3,
            "max_batch": 8,
            "architecture": structure_id,
            "state_dict_key": "state_dict",
            "num_classes": len(CLASSES),
            "tasks": [{"name": "class", "classes": list(CLASSES)}],
        }
        main = {
            "name": name,
            "repo": "classification",
            "version": "1.0.0",
            "method": "classification",
            "error_threshold": "1e-4",
        }
        return {**main, "sub_templates": [sub], **changes}


def make(folder: Path) -> SmallCase:
    """Lay the case out in the folder. Two images of three carry the label that the first version gives them."""
    structure = folder / "small_net.py"
    structure.write_text(STRUCTURE)
    networks = [_network(seed) for seed in (3, 4)]
    weights = []
    for number, network in enumerate(networks, 1):
        state = {f"module.{name}": value for name, value in network.state_dict().items()}
        weights.append(folder / f"small_v{number}.pth")
        torch.save({"state_dict": state, "epoch": 7}, weights[-1])
    pictures = [_picture(number) for number in range(IMAGES)]
    guesses = [_guesses(network, pictures) for network in networks]
    labels = [guess if number % 3 else number % len(CLASSES) for number, guess in enumerate(guesses[0])]
    for number, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        path = folder / "images" / CLASSES[label] / f"{number:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), picture)
    right = [float(np.mean(np.asarray(each) == np.asarray(labels))) for each in guesses]
    return SmallCase((weights[0], weights[1]), structure, folder / "images", (right[0], right[1]))


def _network(seed: int) -> torch.nn.Module:
    scope: dict[str, Any] = {}
    exec(STRUCTURE, scope)
    torch.manual_seed(seed)
    network: torch.nn.Module = scope["SmallNet"](len(CLASSES))
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean = torch.randn_like(module.running_mean) * 0.3
            module.running_var = torch.rand_like(module.running_var) + 0.5
    torch.nn.init.normal_(network.head.weight, std=1.0)  # type: ignore[union-attr, arg-type]
    return network.eval()


def _picture(number: int) -> np.ndarray:
    draw = np.random.default_rng(number)
    coarse = draw.integers(0, 256, (4, 4, 3), dtype=np.uint8)
    return cv2.resize(coarse, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)


def _guesses(network: torch.nn.Module, pictures: list[np.ndarray]) -> list[int]:
    batch = np.stack([picture[:, :, ::-1].transpose(2, 0, 1) for picture in pictures]).astype(np.float32)
    with torch.inference_mode():
        return network(torch.from_numpy((batch - MEAN) * np.float32(SCALE))).argmax(1).tolist()
