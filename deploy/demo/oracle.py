"""An independent judge: the same photos through the weights' own network code in plain PyTorch. Runs as a child.

Shares nothing with the system it judges: not its structure, not its decoding, not its metrics. Reads a question as JSON
from stdin, answers as JSON on stdout.
"""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any

MEAN = 127.0
DIVISOR = 128.0
TOP = 5


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


def answer(question: dict[str, Any]) -> dict[str, float]:
    """Shares of photos whose label is the first guess, and among the first five.

    `question`: network (the package's name for it), weights (path), size, short_side, photos ([path, label index]).
    """
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    torch.set_num_threads(1)
    network = EfficientNet.from_name(question["network"])
    network.load_state_dict(torch.load(question["weights"], weights_only=True, map_location="cpu"), strict=True)
    network.eval()
    first = among = 0
    with torch.no_grad():
        for path, label in question["photos"]:
            logits = network(torch.from_numpy(pixels(path, question["short_side"], question["size"])))
            guesses = logits[0].topk(TOP).indices.tolist()
            first += guesses[0] == label
            among += label in guesses
    count = len(question["photos"])
    return {"top1": first / count, "top5": among / count}


def main() -> None:
    """Answer what is asked on stdin."""
    with contextlib.redirect_stdout(sys.stderr):
        result = answer(json.load(sys.stdin))
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
