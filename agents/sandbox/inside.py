"""What a child finds, and what it says to its job: input and output files, progress lines on stdout, one problem file
where it must give up."""

from __future__ import annotations

import gc
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

INPUTS_VARIABLE, OUTPUTS_VARIABLE = "BOX_INPUTS", "BOX_OUTPUTS"
PROBLEM_FILE = "problem.json"
PROBLEM_BYTES_MAX = 64 << 10
PROBLEM_EXIT = 3
TEXT_CHARS_MAX = 300
_COLLECT_RARELY = (100_000, 50, 100)

Report = Callable[[str, float], None]


def inputs() -> Path:
    """The folder of the files that the child was given; it can only be read."""
    return Path(os.environ[INPUTS_VARIABLE])


def outputs() -> Path:
    """The folder of the child's output files. They are there from the start, empty; others cannot be made."""
    return Path(os.environ[OUTPUTS_VARIABLE])


class Refused(Exception):  # noqa: N818  not a fault: an answer
    """The child's part of the job cannot be done; becomes the job's `Code`."""

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        self.params = {name: shortened(value) for name, value in params.items()}
        super().__init__(f"{code} {self.params}")


def shortened(value: object) -> str:
    """The value as text of at most `TEXT_CHARS_MAX` characters."""
    text = str(value)
    return text if len(text) <= TEXT_CHARS_MAX else text[: TEXT_CHARS_MAX - 1] + "…"


def listed(names: list[str], *, names_max: int = 8) -> str:
    """The first names, comma-separated, and how many more there are."""
    more = f", … (+{len(names) - names_max})" if len(names) > names_max else ""
    return ", ".join(names[:names_max]) + more


def tallied(reasons: Mapping[str, int]) -> str:
    """Codes with how often each came, the most frequent first: `code: 3, other_code: 1`. Readers get sentences."""
    ordered = sorted(reasons.items(), key=lambda each: (-each[1], each[0]))
    return listed([f"{code}: {count}" for code, count in ordered])


class Steady:
    """Turns many small steps between two fractions of the job into at most some two hundred progress lines."""

    def __init__(self, report: Report, stage: str, steps: int, *, start: float, stop: float) -> None:
        self._report, self._stage, self._steps = report, stage, max(1, steps)
        self._start, self._span = start, stop - start
        self._done = 0
        self._said = -1.0

    def step(self, count: int = 1) -> None:
        """So many more steps are done."""
        self._done += count
        part = self._done / self._steps
        if part - self._said >= 0.005 or self._done >= self._steps:
            self._said = part
            self._report(self._stage, self._start + self._span * min(1.0, part))


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """For work that makes very many objects which stay: the collector would walk over all of them again and again."""
    before = gc.get_threshold()
    gc.set_threshold(*_COLLECT_RARELY)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def run(part: Callable[[Report], None]) -> int:
    """Run the child's part; the process's exit code. Whatever else is printed goes to the log, not to the job."""
    gc.freeze()  # what was imported stays, and is not walked over again
    gc.enable()
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def report(stage: str, fraction: float) -> None:
        print(json.dumps({"stage": stage, "fraction": fraction}), file=lines, flush=True)

    try:
        part(report)
    except Refused as refused:
        if refused.__cause__ is not None:
            # what the user's own code did, line by line
            traceback.print_exception(refused.__cause__)
        print(f"refused: {refused}", file=sys.stderr)
        problem = {"code": refused.code, "params": refused.params}
        (outputs() / PROBLEM_FILE).write_text(json.dumps(problem), encoding="utf-8")
        return PROBLEM_EXIT
    return 0
