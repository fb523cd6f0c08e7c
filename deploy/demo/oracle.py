"""An independent judge: the same images through plain PyTorch. Runs as a child.

Shares nothing with the system it judges: not its decoding, not its preprocessing, not its metrics. The photos go
through the network code that their authors ship with the weights; the digits come from scikit-learn's arrays, not from
the files that were uploaded. Reads a question as JSON from stdin, answers as JSON on stdout.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from typing import Any

MEAN = 127.0
DIVISOR = 128.0
TOP = 5

Judged = Iterator[tuple[Any, int]]
"""Logits (classes,) of an image, and its label."""


def pixels(path: str, short_side: int, size: int) -> Any:
    """A photo as float32 (1, 3, size, size), RGB, normalised."""
    import cv2
    import numpy as np

    photo = cv2.imread(path, cv2.IMREAD_COLOR_RGB)
    if photo is None:
        raise ValueError(f"{path} is no image")
    height, width = photo.shape[:2]
    ratio = short_side / min(height, width)
    photo = cv2.resize(photo, (int(width * ratio), int(height * ratio)), interpolation=cv2.INTER_CUBIC)
    top, left = (photo.shape[0] - size) // 2, (photo.shape[1] - size) // 2
    crop = photo[top : top + size, left : left + size].astype(np.float32)
    return ((crop - MEAN) / DIVISOR).transpose(2, 0, 1)[None]


def loaded(network: Any, weights: str) -> Any:
    """The network with its weights, ready to infer."""
    import torch

    network.load_state_dict(torch.load(weights, weights_only=True, map_location="cpu"), strict=True)
    return network.eval()


def photos(question: dict[str, Any]) -> Judged:
    """`question`: network (the package's name for it), weights, size, short_side, photos ([path, label index])."""
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    network = loaded(EfficientNet.from_name(question["network"]), question["weights"])
    for path, label in question["photos"]:
        yield network(torch.from_numpy(pixels(path, question["short_side"], question["size"])))[0], label


def digits(question: dict[str, Any]) -> Judged:
    """`question`: structure (path), class_name, weights, mean, scale."""
    import torch

    from deploy.demo import training

    network = loaded(training.network_class(question["structure"], question["class_name"])(), question["weights"])
    every = training.digits()
    batch = torch.from_numpy((every.images[training.LEARNED :] - question["mean"]) * question["scale"]).float()
    yield from zip(network(batch[:, None]), every.labels[training.LEARNED :].tolist(), strict=True)


CASES = {"photos": photos, "digits": digits}


def answer(question: dict[str, Any]) -> dict[str, float]:
    """Shares of images whose label is the first guess, and among the first five; `case` says which images."""
    import torch

    torch.set_num_threads(1)
    first = among = count = 0
    with torch.no_grad():
        for logits, label in CASES[question["case"]](question):
            guesses = logits.topk(TOP).indices.tolist()
            first += guesses[0] == label
            among += label in guesses
            count += 1
    return {"top1": first / count, "top5": among / count}


def main() -> None:
    """Answer what is asked on stdin."""
    with contextlib.redirect_stdout(sys.stderr):
        result = answer(json.load(sys.stdin))
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
