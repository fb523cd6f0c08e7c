"""How much faster our detection metrics are than pycocotools, with the same numbers; and what a dense set costs.

`.venv/bin/python tests/benchmarks/metrics.py [--images 5000] [--dense-images 1500] [--rounds 3]`. The first set is like
COCO's: 80 classes, 36,000 true boxes on 5,000 images, up to 100 detections an image; both evaluate it from what is
already loaded up to the twelve numbers, turn by turn. The dense one, 2,000 true and 2,000 found boxes an image of which
all are looked at, runs in a process of its own, for its peak memory. Exits with 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

BAR, GOAL = 5.0, 10.0
DENSE_SECONDS_MAX, DENSE_BYTES_MAX = 180, 2 << 30
CLOSE = 1e-9
CLASSES, TRUE_BOXES, FOUND_MAX = 80, 36_000, 100
DENSE_BOXES = 2000
SIZE = (640.0, 480.0)
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
DENSE = "--dense-only"


def compare(images: int, rounds: int) -> bool:
    """Both on the COCO-like set; whether the bar is kept and the numbers are the same."""
    import numpy as np
    from coco_peer import arrays, evaluate, prepared
    from made_detections import as_coco, coco_like

    from agents.evaluation.metrics.coco import coco_numbers
    from agents.evaluation.metrics.matches import match

    told = as_coco(coco_like(images, TRUE_BOXES * images // 5000, CLASSES, FOUND_MAX), images, CLASSES)
    truths, found = arrays(told)
    print(f"{images} images, {len(truths.image)} true boxes, {len(found.image)} found, {CLASSES} classes")
    ours_s, peer_s, worst = [], [], 0.0
    for _ in range(rounds):
        begun = time.perf_counter()
        numbers = coco_numbers(match(truths, found, images=images, classes=CLASSES))
        ours_s.append(time.perf_counter() - begun)
        peer = prepared(told)
        begun = time.perf_counter()
        evaluate(peer)
        peer_s.append(time.perf_counter() - begun)
        worst = max(worst, float(np.abs(np.array(numbers) - peer.stats).max()))
    ratio = min(peer_s) / min(ours_s)
    print(f"AP {numbers.ap:.4f} AP50 {numbers.ap_50:.4f} AR100 {numbers.ar_100:.4f}; largest difference {worst:.1e}")
    print(f"ours {min(ours_s):.2f} s, pycocotools {min(peer_s):.2f} s: {ratio:.1f}x (bar {BAR:.0f}x, goal {GOAL:.0f}x)")
    return ratio >= BAR and worst <= CLOSE


def dense(images: int) -> bool:
    """The dense set alone in this process; whether it kept to its time and memory, its arrays included."""
    from made_detections import crowded

    from agents.evaluation.metrics.coco import coco_numbers
    from agents.evaluation.metrics.matches import match

    truths, found = crowded(images, DENSE_BOXES)
    before = peak_bytes()
    begun = time.perf_counter()
    numbers = coco_numbers(match(truths, found, images=images, classes=1, detections_max=(1, 10, DENSE_BOXES)))
    seconds = time.perf_counter() - begun
    peak = peak_bytes()
    print(f"dense: {images} images x {DENSE_BOXES} boxes, AP {numbers.ap:.4f}")
    print(
        f"{seconds:.1f} s (bar {DENSE_SECONDS_MAX} s), peak {peak / (1 << 30):.2f} GiB"
        f" (bar {DENSE_BYTES_MAX / (1 << 30):.0f}), of which {before / (1 << 30):.2f} before the evaluation"
    )
    return seconds <= DENSE_SECONDS_MAX and peak <= DENSE_BYTES_MAX


def peak_bytes() -> int:
    """The most memory that this program had; what getrusage says includes the program that started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))


def main() -> int:
    """Both parts; the dense one in a new process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--dense-images", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(DENSE, action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.dense_only:
        return 0 if dense(told.dense_images) else 1
    kept = compare(told.images, told.rounds)
    alone = [sys.executable, __file__, DENSE, "--dense-images", str(told.dense_images)]
    return 0 if subprocess.run(alone, check=False).returncode == 0 and kept else 1


if __name__ == "__main__":
    for variable in THREADS:
        os.environ.setdefault(variable, "1")
    root = Path(__file__).parents[2]
    sys.path[:0] = [str(root), str(root / "tests" / "support")]
    sys.exit(main())
