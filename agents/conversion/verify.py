"""Child: checks the exported graph, merges its operators, and compares it with PyTorch's outputs. No user code.

What it reads was written by a child that ran user code: graph and arrays are hostile data until they were checked.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from agents.conversion.arrays import ArraysError, read_arrays
from agents.conversion.graph import check_shapes, converted, facts, load_graph, output_dtypes, write_graph
from agents.conversion.inputs import Batch, Feeds, output_key
from agents.conversion.measuring import (
    Arrays,
    batch_drift,
    check_threshold,
    drift_notices,
    measured,
    proposed_threshold,
)
from agents.conversion.plan import (
    CONVERTED_FILE,
    EXPORTED_FILE,
    REFERENCE_BYTES_MAX,
    REFERENCE_FILE,
    VERDICT_FILE,
    Plan,
    Verdict,
    load_feeds,
    read_plan,
)
from agents.evaluation.classification import is_distribution
from agents.runtimes.base import Session
from agents.runtimes.onnxruntime import OnnxRuntime
from agents.sandbox.inside import Refused, Report, inputs, outputs, run
from schemas.reports import Difference
from schemas.tron import Output

_TOOLS = ("torch", "onnx", "onnxscript", "onnxruntime", "numpy")

Answers = dict[Batch, list[NDArray[Any]]]


def load_reference(path: Path, feeds: Feeds, outputs: int) -> Arrays:
    """What PyTorch answered, as the other child left it: exactly `outputs` arrays for every batch.

    Raises:
        Refused: `reference_malformed`.
    """
    names = [output_key(batch, number) for batch in feeds for number in range(outputs)]
    try:
        return read_arrays(path, names, bytes_max=REFERENCE_BYTES_MAX)
    except ArraysError as error:
        raise Refused("reference_malformed", error=error) from error


def check_outputs(reference: Arrays, feeds: Feeds, plan: Plan, outputs: int) -> None:
    """PyTorch's outputs answer the tasks, one number a class for every image.

    Raises:
        Refused: `outputs_do_not_match_tasks`, `output_size_wrong`, `output_not_finite`.
    """
    if outputs != len(plan.task_sizes):
        raise Refused("outputs_do_not_match_tasks", outputs=outputs, tasks=len(plan.task_sizes))
    for batch in feeds:
        for number, wanted in enumerate(plan.task_sizes):
            output = reference[output_key(batch, number)]
            if output.shape[:1] != (batch.size,) or output.size != batch.size * wanted:
                raise Refused(
                    "output_size_wrong",
                    output=number,
                    shape=output.shape,
                    wanted=f"({batch.size}, {wanted})",
                    batch=batch.size,
                )
            if not np.isfinite(output).all():
                raise Refused("output_not_finite", side="pytorch", output=number, batch=batch.size)


def answers_of(session: Session, feeds: Feeds, reference: Arrays, input_name: str) -> Answers:
    """The graph's outputs for every batch: of the reference's shapes, and finite.

    Raises:
        Refused: `graph_fails_at_batch`, `batch_fixed`, `output_not_finite`.
    """
    found: Answers = {}
    for batch, images in feeds.items():
        try:
            outputs = session.run({input_name: images})
        except Exception as error:
            raise Refused("graph_fails_at_batch", batch=batch.size, error=error) from error
        for number, (name, output) in enumerate(zip(session.outputs, outputs, strict=True)):
            if output.shape != reference[output_key(batch, number)].shape:
                raise Refused("batch_fixed", output=name, batch=batch.size, shape=output.shape)
            if not np.isfinite(output).all():
                raise Refused("output_not_finite", side="tron", output=number, batch=batch.size)
        found[batch] = outputs
    return found


def compare(session: Session, feeds: Feeds, reference: Arrays, plan: Plan) -> tuple[Difference, ...]:
    """Every output at every batch, Tron against PyTorch; raises as `answers_of`."""
    return measured(session.outputs, feeds, reference, answers_of(session, feeds, reference, plan.input_name))


def output_specs(names: Sequence[str], dtypes: Sequence[str], reference: Arrays, feeds: Feeds) -> tuple[Output, ...]:
    """The outputs as the manifest describes them."""
    specs = []
    for number, (name, dtype) in enumerate(zip(names, dtypes, strict=True)):
        arrays = [reference[output_key(batch, number)] for batch in feeds]
        rows = np.concatenate([each.reshape(len(each), -1) for each in arrays])
        specs.append(Output(name=name, shape=arrays[0].shape[1:], dtype=dtype, distribution=is_distribution(rows)))
    return tuple(specs)


def _session(path: Path) -> Session:
    try:
        return OnnxRuntime().load(path, "nvidia")
    except Exception as error:
        raise Refused("graph_malformed", error=error) from error


def verify(report: Report) -> None:
    """The child's whole part."""
    given, made = inputs(), outputs()
    plan = read_plan(given)
    report("verify", 0.65)
    exported = load_graph(given / EXPORTED_FILE)
    before = facts(exported)
    kept = converted(exported, merge=plan.merge_operators)
    check_shapes(kept, input_name=plan.input_name, input_shape=plan.input_shape, max_batch=plan.max_batch)
    write_graph(kept, made / CONVERTED_FILE)
    feeds, count = load_feeds(given, plan), len(kept.graph.output)
    reference = load_reference(given / REFERENCE_FILE, feeds, count)
    check_outputs(reference, feeds, plan, count)
    drift = batch_drift(reference, feeds, count, plan.error_threshold)
    report("verify", 0.75)
    session = _session(made / CONVERTED_FILE)
    differences = compare(session, feeds, reference, plan)
    verdict = Verdict(
        outputs=output_specs(session.outputs, output_dtypes(kept), reference, feeds),
        differences=differences,
        max_abs_error=check_threshold(differences, plan.error_threshold),
        proposed_threshold=proposed_threshold(differences),
        batch_drift=drift,
        exported=before,
        converted=facts(kept),
        backend=f"{session.used().backend} {session.used().version}",
        toolchain={"python": sys.version.split()[0], **{tool: version(tool) for tool in _TOOLS}},
        notices=drift_notices(drift, plan.error_threshold),
    )
    (made / VERDICT_FILE).write_bytes(msgspec.json.encode(verdict))
    report("verify", 0.9)


if __name__ == "__main__":
    sys.exit(run(verify))
