"""What a test's memory grows by with every image: the evaluating child on few and on many images, each in a process.

`.venv/bin/python tests/benchmarks/memory.py [--few 1000] [--many 20000] [--kind detection]`. Tiny networks on pictures
of 32 x 32 (a detector's with two boxes, and two found), two loops, one dimension: what grows is what a test keeps, not
what it computes with. Prints the peak of resident memory of both, the growth an image, and how much of that the files
hold that the test leaves (names, digests, columns, replicates). Exits with 1 above the bar.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BAR_BYTES = 2048
"""So much an image may cost: 20,000 are 40 MB on top of a process of 100."""
BATCH = 8
KINDS = ("classification", "detection", "sequence")


def network(kind: str) -> tuple[Any, Any]:
    """The network and what the manifest says of it."""
    from colour_networks import detector, reader
    from field_scene import finds, looker, looks, reads

    made, about = {
        "classification": (looker, looks),
        "detection": (detector, finds),
        "sequence": (reader, reads),
    }[kind]
    graph = made()
    return graph, about(graph)


def write_model(path: Path, kind: str) -> None:
    """The network as a Tron."""
    import msgspec
    from small_tron import manifest, write_small

    graph, about = network(kind)
    whole = msgspec.structs.replace(manifest(about), method=about.method)
    write_small(path, whole, {about.graph: graph.SerializeToString()})


def write_pack(path: Path, kind: str, count: int) -> None:
    """So many pictures, every second one at night."""
    from colour_networks import BLUE, RED, SIZE, box, picture

    from storage.datasets.pack import PackTask, PackWriter

    names = {"classification": "colour", "detection": "object", "sequence": "plate"}
    classes = {"classification": ("red", "green", "blue"), "detection": ("spot", "blob"), "sequence": ("A", "B")}
    pictures = [picture((0, 0, RED, 200), (2, 0, BLUE, 150 + each)) for each in range(50)]
    with PackWriter(path) as pack:
        for number in range(count):
            label = classes[kind][number % 2]
            pack.add(
                pictures[number % len(pictures)],
                name=f"camera 7/2026-11-26/{number:08}.png",
                suffix="png",
                width=SIZE,
                height=SIZE,
                labels={} if kind == "detection" else {names[kind]: label},
                boxes=(box(0, 0, "spot"), box(2, 0, "blob")) if kind == "detection" else (),
                attributes={"light": ("day", "night")[number % 2]},
            )
        pack.finish((PackTask(names[kind], classes[kind]),), kind)


def evaluated(folder: Path, kind: str, count: int) -> tuple[int, int]:
    """Peak of the child's resident bytes, and the bytes of what it leaves image by image."""
    import msgspec

    from agents.evaluation.plan import PACK_FILE, PLAN_FILE, REPLICATES_FILE, RESULTS_FILE, TRON_FILE, Plan
    from agents.sandbox.inside import INPUTS_VARIABLE, OUTPUTS_VARIABLE
    from schemas.specs.testing import Dimension, TestOptions

    given, left, scratch = (folder / name for name in ("inputs", "outputs", "scratch"))
    for each in (given, left, scratch):
        each.mkdir(parents=True)
    write_model(given / TRON_FILE, kind)
    write_pack(given / PACK_FILE, kind, count)
    options = TestOptions(dimensions=(Dimension("light"),))
    plan = Plan(
        batch_size=BATCH, loops=2, precision="fp32", backend="onnxruntime", platform="nvidia", steps=(), options=options
    )
    (given / PLAN_FILE).write_bytes(msgspec.json.encode(plan))
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        INPUTS_VARIABLE: str(given),
        OUTPUTS_VARIABLE: str(left),
    }
    command = [sys.executable, "-m", "agents.evaluation.pipeline"]
    child = subprocess.Popen(command, cwd=scratch, env=environ, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = status
    if status:
        sys.exit(f"the child ended with {status}")
    return used.ru_maxrss << 10, sum((left / name).stat().st_size for name in (RESULTS_FILE, REPLICATES_FILE))


def measure(kind: str, few: int, many: int) -> float:
    """Bytes that an image costs in a test of this kind."""
    found = []
    for count in (few, many):
        with tempfile.TemporaryDirectory() as name:
            found.append(evaluated(Path(name), kind, count))
    growth, held = ((last - first) / (many - few) for first, last in zip(*found, strict=True))
    (first, _), (last, _) = found
    print(
        f"{kind:14} peak {first / 2**20:.1f} MiB with {few} images, {last / 2**20:.1f} MiB with {many}:"
        f" {growth:.0f} bytes an image (bar {BAR_BYTES}), {held:.0f} of them in the files that are left,"
        f" {growth - held:.0f} the rest"
    )
    return growth


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", type=int, default=1000)
    parser.add_argument("--many", type=int, default=20_000)
    parser.add_argument("--kind", choices=KINDS, help="one of them alone")
    told = parser.parse_args()
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]
    kinds = [told.kind] if told.kind else KINDS
    return int(max(measure(kind, told.few, told.many) for kind in kinds) > BAR_BYTES)


if __name__ == "__main__":
    sys.exit(main())
