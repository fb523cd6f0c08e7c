"""How much of a test is not the model: the whole pass over the images beside nothing but the runtime's batches.

`.venv/bin/python tests/benchmarks/evaluate.py [--passes 5] [--repeat 8] [--batch 8] [--backend onnxruntime]`.
FastestDet (its own weights where the folder of cases is, else random ones, which the line says) on the case's photos,
or on painted ones, `--repeat` times over. The pass is the one of the evaluating child: decode, chain, infer, boxes and
their suppression, bookkeeping, in its threads. The peer is the same session on the same batches with nothing around
it, before and after each pass. Prints stages, images a second, scores of the whole set and every ratio; exits with 1
where their median is above the bar (one ratio says little where others share the processors: 1.07 to 1.33 were seen
within a quarter of an hour).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

BAR = 1.25
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
CASE = "fastestdet"


def painted(count: int) -> list[tuple[str, bytes, list[dict[str, Any]]]]:
    """Noisy photos with bright boxes, where the real ones are not here."""
    import cv2
    import numpy as np

    rng = np.random.default_rng(0)
    made = []
    for number in range(count):
        image = cv2.resize(rng.integers(0, 255, (60, 80, 3), np.uint8), (640, 480))
        x, y, w, h = (int(each) for each in rng.integers((0, 0, 40, 40), (500, 300, 140, 180)))
        image[y : y + h, x : x + w] = 230
        boxes = [{"label": int(rng.integers(80)), "bbox": [x, y, w, h], "area": w * h, "iscrowd": 0}]
        made.append((f"{number}.jpg", cv2.imencode(".jpg", image)[1].tobytes(), boxes))
    return made


def photographed() -> tuple[list[str], list[tuple[str, bytes, list[dict[str, Any]]]]]:
    """The case's classes and photos, each with its boxes."""
    from cases import CASES

    folder = CASES / "det_coco_fastestdet"
    told = json.loads((folder / "annotations.json").read_text())
    names = {each["id"]: place for place, each in enumerate(sorted(told["categories"], key=lambda each: each["id"]))}
    boxes: dict[int, list[dict[str, Any]]] = {}
    for each in told["annotations"]:
        boxes.setdefault(each["image_id"], []).append({**each, "label": names[each["category_id"]]})
    photos = [
        (each["file_name"], (folder / "images" / each["file_name"]).read_bytes(), boxes.get(each["id"], []))
        for each in told["images"]
    ]
    return [each["name"] for each in sorted(told["categories"], key=lambda each: each["id"])], photos


def write_pack(path: Path, classes: list[str], photos: list[Any], repeat: int) -> None:
    """The photos as a dataset, `repeat` times over."""
    import cv2
    import numpy as np

    from storage.datasets.pack import Box, PackTask, PackWriter

    with PackWriter(path) as pack:
        for turn in range(repeat):
            for name, data, boxes in photos:
                height, width = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).shape[:2]
                marked = []
                for each in boxes:
                    x, y, w, h = each["bbox"]
                    crowd = bool(each["iscrowd"])
                    label = classes[each["label"]]
                    marked.append(Box(label=label, x=x, y=y, width=w, height=h, area=each["area"], crowd=crowd))
                pack.add(
                    data,
                    name=f"{turn}/{name}",
                    suffix="jpg",
                    width=width,
                    height=height,
                    labels={},
                    boxes=tuple(marked),
                )
        pack.finish((PackTask("object", tuple(classes)),), "detection")


def write_model(path: Path, classes: list[str], folder: Path, *, weights: bool) -> None:
    """FastestDet as a Tron."""
    from cases import NETWORKS, network
    from converting import convert
    from trons import detector_tron

    graph = convert(network(CASE, weights=weights), NETWORKS[CASE].shape, folder / f"{CASE}.onnx")
    detector_tron(path, graph, CASE, tuple(classes), NETWORKS[CASE])


def pure_ms(networks: Any, count: int, batch: int) -> float:
    """Milliseconds that the runtime alone takes for so many images."""
    (network,) = networks
    slots = network.slots(batch)
    network.prepare(batch)
    network.trial(slots, batch)
    begun = time.perf_counter()
    done = 0
    while done < count:
        size = min(batch, count - done)
        network.prepare(size)
        network.trial(slots, size)
        done += size
    return (time.perf_counter() - begun) * 1000


def measure(folder: Path, told: argparse.Namespace) -> float:
    """Whole passes, each with the peer before and after it; the median of their ratios."""
    from agents.evaluation.loading import load, model_of
    from agents.evaluation.matching import select
    from agents.evaluation.plan import Plan
    from storage.datasets.pack import DatasetPack

    plan = Plan(batch_size=told.batch, loops=1, precision="fp32", backend=told.backend, platform="nvidia", steps=())
    with DatasetPack(folder / "pack.zip") as pack:
        loaded = load(plan, folder / "model.tron", "detection")
        model = model_of(loaded, pack.info, plan)
        images, _ = select("detection", pack.records, model.matches)
        print(f"{loaded.networks[0].session.used().backend}: {len(images)} images in batches of {told.batch}")
        ratios = []
        for _ in range(told.passes):
            before = pure_ms(loaded.networks, len(images), told.batch)
            whole, scoring = one_pass(model, pack, images, told.batch)
            after = pure_ms(loaded.networks, len(images), told.batch)
            pure = (before + after) / 2
            ratios.append((whole + scoring) / pure)
            print(
                f"  whole {whole:.0f} ms + scoring {scoring:.0f} ms ({1000 * len(images) / whole:.1f} images/s), model"
                f" alone {before:.0f} and {after:.0f} ms: x{ratios[-1]:.3f} (pass only x{whole / pure:.3f})"
            )
    ratio = statistics.median(ratios)
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"median of {told.passes}: x{ratio:.3f} (bar {BAR}); RSS {rss} MiB")
    return ratio


def one_pass(model: Any, pack: Any, images: Any, batch: int) -> tuple[float, float]:
    """Milliseconds of a pass over the images and of its scoring."""
    from agents.evaluation.passes import Passes
    from agents.evaluation.scoring.boxes import score_boxes
    from agents.evaluation.scoring.collected import Asked, Collected
    from agents.sandbox.inside import Steady

    passes = Passes(model, pack, batch)
    passes.warm_up()
    collected = Collected()
    begun = time.perf_counter()
    passes.run(images, Steady(lambda _stage, _part: None, "infer", len(images), start=0, stop=1), collected.take)
    passed = time.perf_counter()
    scored = score_boxes(model, collected, Asked(0.5, "true", ()), pack.info)
    scoring = (time.perf_counter() - passed) * 1000
    stages = [each.timing() for each in (passes.preprocess, passes.inference, passes.postprocess)]
    for name, each in zip(("preprocess", "inference", "postprocess"), stages, strict=True):
        print(f"  {name:12} {each.mean_ms:7.3f} ms an image (p50 {each.p50_ms:.3f}, p99 {each.p99_ms:.3f})")
    assert scored.detection is not None
    coco = scored.detection.summary.coco
    print(f"  scoring      {scoring / len(images):7.3f} ms an image; AP {coco[0]:.4f}, AP50 {coco[1]:.4f}")
    return (passed - begun) * 1000, scoring


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passes", type=int, default=5)
    parser.add_argument("--repeat", type=int, default=8)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--backend", default="onnxruntime", choices=("onnxruntime", "openvino", "auto"))
    told = parser.parse_args()
    if any(os.environ.get(name) != "1" for name in THREADS):
        # libraries read these when they are loaded
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **dict.fromkeys(THREADS, "1")})
    root = Path(__file__).parents[2]
    sys.path[:0] = [str(root), str(root / "tests" / "support")]
    from cases import NETWORKS

    real = NETWORKS[CASE].weights().exists()
    print("its own weights and photos" if real else "RANDOM WEIGHTS AND PAINTED PHOTOS (case not here)")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        classes, photos = photographed() if real else ([f"class{number}" for number in range(80)], painted(100))
        write_pack(folder / "pack.zip", classes, photos, told.repeat)
        write_model(folder / "model.tron", classes, folder, weights=real)
        os.chdir(folder)
        return int(measure(folder, told) > BAR)


if __name__ == "__main__":
    sys.exit(main())
