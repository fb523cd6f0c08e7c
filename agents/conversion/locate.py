"""Child: finds the node where the exported graph parts from what the structure recorded of itself. No user code."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agents.conversion.arrays import ArraysError, read_arrays
from agents.conversion.bisection import Probe, gap_between
from agents.conversion.graph import load_graph
from agents.conversion.inputs import Batch, output_key
from agents.conversion.locating import common, search
from agents.conversion.plan import (
    EXPORTED_FILE,
    PLACE_BYTES_MAX,
    PLACE_FILE,
    RECORD_FILE,
    REFERENCE_BYTES_MAX,
    REFERENCE_FILE,
    Plan,
    load_feeds,
    read_plan,
)
from agents.conversion.recording import RECORD_BYTES_MAX
from agents.conversion.verify import load_session
from agents.sandbox.inside import Refused, Report, inputs, outputs, run


def found_place(given: Path, plan: Plan, batch: Batch, number: int) -> str:
    """The node in one line; "" where it cannot be said.

    Raises:
        Refused: `record_malformed`; and as `load_graph`, `load_feeds`.
    """
    exported, images = load_graph(given / EXPORTED_FILE), load_feeds(given, plan)[batch]
    output = exported.graph.output[number].name
    try:
        recorded = read_arrays(given / RECORD_FILE, None, bytes_max=2 * RECORD_BYTES_MAX)
        recorded[output] = _reference(given, batch, number)
    except (ArraysError, KeyError) as error:
        raise Refused("record_malformed", error=error) from error
    gap = gap_between(recorded.__getitem__, Probe(exported, {plan.input_name: images}, load_session))
    return search(exported, exported, common(exported, recorded), gap, output) or ""


def _reference(given: Path, batch: Batch, number: int) -> NDArray[np.float32]:
    return read_arrays(given / REFERENCE_FILE, None, bytes_max=REFERENCE_BYTES_MAX)[output_key(batch, number)]


def locate(report: Report) -> None:
    """The child's whole part."""
    given = inputs()
    plan = read_plan(given)
    if plan.record is None:
        raise Refused("record_malformed", error="nothing was to be recorded")
    report("locate", 0.8)
    place = found_place(given, plan, plan.record.batch, plan.record.output)
    (outputs() / PLACE_FILE).write_bytes(place.encode()[:PLACE_BYTES_MAX])
    report("locate", 0.9)


if __name__ == "__main__":
    sys.exit(run(locate))
