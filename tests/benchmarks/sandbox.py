"""What the sandbox costs: the start of a program that does nothing, and of Python with PyTorch, with and without walls.

    python tests/benchmarks/sandbox.py [--runs 15]

Both ways run in the same minutes on the same machine, turn by turn; the ratios are what to look at.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from agents.sandbox.walls import (
    ENVIRONMENT,
    RUNNER_ENVIRONMENT,
    candidates,
    cgroup_name,
    rights_of,
    runner,
    spec,
    stands,
)
from agents.work import Limits

PYTHON = (sys.executable, "-c", "import torch")
COMMANDS: Mapping[str, Sequence[str]] = {"/usr/bin/true": ("/usr/bin/true",), "import torch": PYTHON}


def timed_ms(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Wall time of one run."""
    begun = time.perf_counter()
    subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - begun) * 1000


def main() -> None:
    """Print a row for each command and each kind of walls."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    rights = rights_of(Limits(600, 4 << 30), 1 << 20)
    kinds = [each for each in candidates() if stands(each)]
    print(f"median of {runs} runs, ms; {cgroup_name()}")
    for name, command in COMMANDS.items():
        ways = {"none": (command, ENVIRONMENT)}
        ways |= {each.name: (runner(spec(each, (), rights, command)), RUNNER_ENVIRONMENT) for each in kinds}
        times: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(runs):
            for way, (line, environment) in ways.items():
                times[way].append(timed_ms(line, environment))
        plain = statistics.median(times["none"])
        for way, measured in times.items():
            median = statistics.median(measured)
            print(f"{name:<15} {way:<22} {median:8.1f} min {min(measured):8.1f}  x{median / plain:.2f}")


if __name__ == "__main__":
    main()
