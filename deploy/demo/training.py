"""Trains the network of the digits and writes the images that judge it. Runs as a child; says how far it is on stdout.

The digits are scikit-learn's copy of a test set of UCI ML hand-written digits: 1797 scans of 8 x 8 pixels with values
0..16.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

LEARNED = 899
"""The first half is learned from, all the rest is for judging."""
GREY_PER_STEP = 15
"""Values 0..16 become grey levels 0..240, whole numbers and back."""
SEED = 1
BATCH = 32
LEARNING_RATE = 3e-3


class Digits(NamedTuple):
    """`images` (n, 8, 8) float32 grey levels, `labels` (n,) int64."""

    images: Any
    labels: Any


def digits() -> Digits:
    """Scikit-learn's digits."""
    import numpy as np
    from sklearn.datasets import load_digits

    found = load_digits()
    return Digits((found.images * GREY_PER_STEP).astype(np.float32), found.target.astype(np.int64))


def network_class(structure: str, class_name: str) -> Any:
    """The class in the file.

    Raises:
        OSError, AttributeError, ValueError: no such file, class, or Python file.
    """
    found = importlib.util.spec_from_file_location("digits_structure", structure)
    if found is None or found.loader is None:
        raise ValueError(f"{structure} is no Python file")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return getattr(module, class_name)


def write_images(every: Digits, folder: Path) -> None:
    """The images that nobody learns from, as `folder/CLASS/NUMBER.png`."""
    import cv2
    import numpy as np

    for number in range(LEARNED, len(every.labels)):
        path = folder / str(every.labels[number]) / f"{number:04}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not cv2.imwrite(str(path), every.images[number].astype(np.uint8)):
            raise OSError(f"{path} cannot be written: see that the disk has room")


def train(wish: dict[str, Any]) -> None:
    """Train every recipe in turn; fixed seeds and one thread, so that a machine makes the same weights again."""
    build = network_class(wish["structure"], wish["class_name"])
    import torch

    torch.set_num_threads(1)
    every = digits()
    write_images(every, Path(wish["folder"]) / "images")
    pixels = torch.from_numpy((every.images - wish["mean"]) * wish["scale"])[:, None].float()
    labels = torch.from_numpy(every.labels)
    passes, done = sum(recipe[2] for recipe in wish["recipes"]), 0
    for name, count, rounds in wish["recipes"]:
        torch.manual_seed(SEED)
        net = build()
        optimizer = torch.optim.Adam(net.parameters(), lr=LEARNING_RATE)
        for _ in range(rounds):
            order: Any = torch.randperm(min(count, LEARNED))
            for batch in order.split(BATCH):
                loss: Any = torch.nn.functional.cross_entropy(net(pixels[batch]), labels[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            done += 1
            print(done / passes, flush=True)
        torch.save(net.eval().state_dict(), Path(wish["folder"]) / f"{name}.pth")


if __name__ == "__main__":
    train(json.loads(sys.argv[1]))
