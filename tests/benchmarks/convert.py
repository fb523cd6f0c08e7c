"""How much faster Trons are than PyTorch: fp32 on the CPU, one thread each, the two in turn in the same run.

`.venv/bin/python tests/benchmarks/convert.py [--seconds 3] [--batch 1]`. Each network of the real cases is converted by
the functions that conversion's children call, and run by the session that tests of models use. Where the folder of
cases (MO_CASES) or a package with weights is missing, the network has random weights, and the line says so: the
arithmetic is the same. Prints milliseconds an image, each ratio, and their geometric mean; exits with 1 where that is
below the bar.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

BAR = 2.5
ROUND_S = 0.25
"""The two take turns this long, so that a busy moment of the machine hits both."""
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class Timed(NamedTuple):
    """Milliseconds an image, the median of the rounds; and the largest difference of the outputs."""

    eager_ms: float
    tron_ms: float
    max_abs: float

    @property
    def ratio(self) -> float:
        return self.eager_ms / self.tron_ms


def measure(case: str, *, weights: bool, batch: int, seconds: float, folder: Path) -> Timed:
    """Time one case for about `seconds` each way."""
    import numpy as np
    import torch
    from cases import NETWORKS, network
    from converting import convert

    from agents.runtimes.onnxruntime import OnnxRuntime

    torch.set_num_threads(1)
    eager, shape = network(case, weights=weights), NETWORKS[case].shape
    session = OnnxRuntime().load(convert(eager, shape, folder / f"{case}.onnx"), "nvidia")
    pixels = np.random.default_rng(1).integers(0, 256, (batch, *shape))
    about = NETWORKS[case]
    images = ((pixels - np.reshape(about.mean, (-1, 1, 1))) * np.reshape(about.scale, (-1, 1, 1))).astype(np.float32)
    tensor, feeds = torch.from_numpy(images), {"data": images}

    def turn(run: Callable[[], object]) -> float:
        """Milliseconds an image in one turn."""
        count, begun = 0, time.perf_counter()
        while (spent := time.perf_counter() - begun) < ROUND_S or not count:
            run()
            count += 1
        return 1000 * spent / count / batch

    with torch.inference_mode():
        gap = float(np.abs(eager(tensor).numpy() - session.run(feeds)[0]).max())
        turns = [
            (turn(lambda: eager(tensor)), turn(lambda: session.run(feeds))) for _ in range(round(seconds / ROUND_S))
        ]
    # the first turn of each also warms caches up
    return Timed(*(statistics.median(each[1:] or each) for each in zip(*turns, strict=True)), gap)


def has_weights(case: str) -> bool:
    """Whether the case's own weights are here."""
    from cases import NETWORKS

    from deploy.demo.assets import MissingPackageError

    try:
        return NETWORKS[case].weights().exists()
    except MissingPackageError:
        return False


def main() -> int:
    """Measure all cases and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="for each network and each way")
    parser.add_argument("--batch", type=int, default=1)
    told = parser.parse_args()
    if any(os.environ.get(name) != "1" for name in THREADS):
        # libraries read these when they are loaded
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **dict.fromkeys(THREADS, "1")})
    root = Path(__file__).parents[2]
    sys.path[:0] = [str(root), str(root / "tests" / "support")]
    from cases import NETWORKS

    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        for case in NETWORKS:
            real = has_weights(case)
            timed = measure(case, weights=real, batch=told.batch, seconds=told.seconds, folder=Path(folder))
            ratios.append(timed.ratio)
            print(
                f"{case:20} PyTorch {timed.eager_ms:8.3f} ms   Tron {timed.tron_ms:8.3f} ms   x{timed.ratio:5.2f}"
                f"   max-abs {timed.max_abs:.1e}   {'its own weights' if real else 'RANDOM WEIGHTS (case not here)'}",
                flush=True,
            )
    mean = math.exp(statistics.fmean(map(math.log, ratios)))
    print(f"geometric mean x{mean:.2f} over {len(ratios)} networks, batch {told.batch}, fp32, one thread; bar x{BAR}")
    return 0 if mean >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
