"""What numbers to trust cost: mean AP drawn anew beside the metric step of the same test, and verdicts on many tests.

`.venv/bin/python tests/benchmarks/verdict.py [--images 5000] [--tests 50]`. The first part is a test like COCO's (80
classes, 36,000 true boxes on 5,000 images): matching and the twelve numbers, then the replicates of its mean AP, with
and without 20 slices. The second decodes the replicates of tests of 20,000 images with 20 slices (detectors, then
classifiers of one task), makes all their intervals and judges them against the first. Prints seconds of one processor;
exits with 1 where the second is over its bar.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schemas.verdict.kinds import Marks
    from schemas.verdict.replicates import Sample

BAR_SECONDS = 0.4
JUDGED_IMAGES = 20_000
DIMENSIONS, VALUES = 4, 5
CLASSES, TRUE_BOXES, FOUND_MAX = 80, 36_000, 100
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def drawn(images: int) -> None:
    """The replicates of a test's mean AP beside what the test's metrics take."""
    from coco_peer import arrays
    from made_detections import as_coco, coco_like

    from agents.evaluation.metrics.coco import coco_numbers
    from agents.evaluation.metrics.curves import ap_inputs
    from agents.evaluation.metrics.matches import match
    from schemas.verdict.average_precision import Ranked, ap_drawn

    truths, found = arrays(as_coco(coco_like(images, TRUE_BOXES * images // 5000, CLASSES, FOUND_MAX), images, CLASSES))
    begun = time.process_time()
    matches = match(truths, found, images=images, classes=CLASSES)
    coco_numbers(matches)
    metrics_s = time.process_time() - begun
    classes = [
        Ranked(each.image[each.counted], each.is_true[each.counted], each.positives) for each in ap_inputs(matches)
    ]
    print(f"{images} images, {len(truths.image)} true boxes, {len(found.image)} found: metrics {metrics_s:.1f} s")
    for slices in ({}, sliced(images)):
        begun = time.process_time()
        made = ap_drawn(classes, digests(images), slices)[""]
        seconds = time.process_time() - begun
        told = f"{len(made.replicates)} replicates with {len(slices)} slices {seconds:.1f} s"
        print(f"{told}: {seconds / metrics_s:.1f}x the metrics; AP {made.value:.4f} +- {made.replicates.std():.4f}")


def digests(images: int) -> list[str]:
    return [f"sha256:{hashlib.sha256(str(each).encode()).hexdigest()}" for each in range(images)]


def sliced(images: int) -> dict[str, Marks]:
    """Every image in one slice of each dimension."""
    import numpy as np

    rng = np.random.default_rng(1)
    values = [rng.integers(0, VALUES, images) for _ in range(DIMENSIONS)]
    return {f"{place}={value}": each == value for place, each in enumerate(values) for value in range(VALUES)}


def detector(seed: int, slices: dict[str, Marks]) -> Sample:
    """Recall, precision and mean AP, by slice."""
    import numpy as np

    from schemas.verdict.kinds import Drawn, Ratio
    from schemas.verdict.replicates import sample
    from schemas.verdict.weights import REPLICATES

    rng = np.random.default_rng(seed)
    objects = np.random.default_rng(0).poisson(7, JUDGED_IMAGES)
    right = rng.binomial(objects, 0.6)
    found = right + rng.poisson(3, JUDGED_IMAGES)
    pairs = {"recall/boxes": (right, objects), "precision/boxes": (right, found)}
    ratios = {key: Ratio(*(each.astype(np.uint64) for each in pair)) for key, pair in pairs.items()}
    figures = {
        group: Drawn(0.4, rng.normal(0.4, 0.01, REPLICATES).astype(np.float32), JUDGED_IMAGES, 1e-4)
        for group in ("", *slices)
    }
    return sample(digests(JUDGED_IMAGES), {}, ratios=ratios, slices=slices, drawn={"ap/boxes": figures})


def classifier(seed: int, slices: dict[str, Marks]) -> Sample:
    """Top-1 and top-5, by slice."""
    import numpy as np

    from schemas.verdict.replicates import sample

    guesses = np.random.default_rng(seed).random(JUDGED_IMAGES)
    return sample(digests(JUDGED_IMAGES), {"top1/class": guesses < 0.7, "top5/class": guesses < 0.9}, slices=slices)


def judged(tests: int) -> bool:
    """Whether decoding, intervals and verdicts of so many tests keep to the bar."""
    from schemas.verdict.judging import intervals, verdicts
    from schemas.verdict.replicates import decode, encode

    slices, kept = sliced(JUDGED_IMAGES), True
    for name, made in (("detectors", detector), ("classifiers", classifier)):
        objects = [encode(made(seed, slices)) for seed in range(tests)]
        seconds = []
        for _ in range(3):
            begun = time.process_time()
            samples = [decode(each) for each in objects]
            around = [intervals(each) for each in samples]
            found = [verdicts(each, samples[0]) for each in samples[1:]]
            seconds.append(time.process_time() - begun)
        told = f"{tests} {name}, {JUDGED_IMAGES} images x {len(slices)} slices, {len(objects[0]) / 1e6:.2f} MB each"
        counts = f"{sum(map(len, around))} intervals, {sum(map(len, found))} verdicts"
        print(f"{told}: {counts} in {min(seconds):.2f} s (bar {BAR_SECONDS} s)")
        kept &= min(seconds) <= BAR_SECONDS
    return kept


def main() -> int:
    """Both parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--tests", type=int, default=50)
    told = parser.parse_args()
    drawn(told.images)
    return 0 if judged(told.tests) else 1


if __name__ == "__main__":
    for variable in THREADS:
        os.environ.setdefault(variable, "1")
    root = Path(__file__).parents[2]
    sys.path[:0] = [str(root), str(root / "tests" / "support")]
    sys.exit(main())
