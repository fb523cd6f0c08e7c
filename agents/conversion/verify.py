"""Child: checks the exported graph, merges its operators, and compares it with PyTorch's outputs. No user code.

What it reads was written by a child that ran user code: graph and arrays are hostile data until they were checked.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import onnx
from numpy.typing import NDArray

from agents.conversion.arrays import ArraysError, read_arrays
from agents.conversion.folding import fold_scale
from agents.conversion.graph import check_shapes, converted, facts, load_graph, output_dtypes, write_graph
from agents.conversion.inputs import Batch, Feeds, output_key
from agents.conversion.locating import Side, parting
from agents.conversion.measuring import (
    Arrays,
    batch_drift,
    beyond_rounding,
    check_threshold,
    distance_notices,
    drift_notices,
    measured,
    proposed_threshold,
    table,
)
from agents.conversion.plan import (
    CONVERTED_FILE,
    EXPORTED_FILE,
    REFERENCE_BYTES_MAX,
    REFERENCE_FILE,
    VERDICT_FILE,
    Plan,
    Record,
    Verdict,
    begins,
    load_feeds,
    read_plan,
)
from agents.evaluation.methods.decoding import decoder_for
from agents.evaluation.probabilities import is_distribution
from agents.runtimes.base import Session
from agents.runtimes.onnxruntime import OnnxRuntime
from agents.sandbox.inside import Refused, Report, inputs, outputs, run
from schemas.reports import GraphFacts, Measurement
from schemas.specs.methods import method, output_problem
from schemas.tron import Output
from schemas.values import Code
from storage.plugins import register_installed

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
    """PyTorch's outputs have a row for every image, are finite, and can be read by the template's method.

    Raises:
        Refused: `output_without_batch`, `output_shape_varies`, `output_not_finite`, and the codes of `output_problem`
            and `Decoder`.
    """
    for batch in feeds:
        for number in range(outputs):
            output = reference[output_key(batch, number)]
            if output.shape[:1] != (batch.size,) or not output.size:
                raise Refused("output_without_batch", output=number, shape=output.shape, batch=batch.size)
            if not np.isfinite(output).all():
                raise Refused("output_not_finite", side="pytorch", output=number, batch=batch.size)
    for number in range(outputs):
        shapes = sorted({reference[output_key(batch, number)].shape[1:] for batch in feeds})
        if len(shapes) > 1:
            raise Refused("output_shape_varies", output=number, shapes="; ".join(map(str, shapes)))
    first = [reference[output_key(next(iter(feeds)), number)][0] for number in range(outputs)]
    problem = output_problem(plan.method, plan.args, plan.tasks, [each.shape for each in first])
    if problem is not None:
        raise Refused(problem.code, **problem.params)
    # arguments may fit the outputs' shapes and not their meaning: strides, anchors, scores
    spec = method(plan.method)
    if spec is not None and (decoder := decoder_for(spec, plan.args, plan.tasks, plan.input_shape)) is not None:
        decoder.answer(first)


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


def compare(session: Session, feeds: Feeds, reference: Arrays, plan: Plan) -> tuple[Measurement, ...]:
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


def load_session(graph: Path | bytes) -> Session:
    """The graph in the runtime.

    Raises:
        Refused: `graph_malformed`: the runtime does not take it (also where it asks for more memory than there is).
    """
    try:
        return OnnxRuntime().load(graph, "nvidia")
    except Exception as error:
        raise Refused("graph_malformed", error=error) from error


class _Graphs(NamedTuple):
    """The exported graph, and what is to be said of the kept one, whose weights may lie in another file."""

    exported: onnx.ModelProto
    before: GraphFacts
    after: GraphFacts
    dtypes: tuple[str, ...]
    folded: bool


def _make(exported: onnx.ModelProto, made: Path, plan: Plan) -> _Graphs:
    """Write the graph that is kept."""
    kept = converted(exported, merge=plan.merge_operators)
    check_shapes(kept, input_name=plan.input_name, input_shape=plan.input_shape, max_batch=plan.max_batch)
    folded = plan.merge_operators and fold_scale(kept, mean=plan.mean, scale=plan.scale)
    graphs = _Graphs(exported, facts(exported), facts(kept), output_dtypes(kept), folded)
    write_graph(kept, made / CONVERTED_FILE, made / plan.weights_file if plan.weights_file else None)
    return graphs


def unscaled(feeds: Feeds, scale: tuple[float, ...]) -> dict[Batch, NDArray[Any]]:
    """The same images for a graph that has the scale inside: as they were before it."""
    factors = np.array(scale, np.float64)[:, None, None]
    return {batch: (images / factors).astype(np.float32) for batch, images in feeds.items()}


def _located(refused: Refused, exported: Side, kept: Side, reference: Arrays, threshold: float) -> Refused:
    """The refusal with the place where the graph went wrong."""
    names = [value.name for value in kept.model.graph.output]
    try:
        found = parting(exported, kept, reference, names, threshold, load_session)
    except Exception:  # looking for the place is a service: whatever goes wrong there, the verdict stands
        traceback.print_exc()
        return refused
    if found is not None and found.place:
        refused.params["first"] = begins(Code("begins_in_merging", {"at": found.place}))
    elif found is not None:
        refused.params["first"] = begins(Code("begins_in_export", {"at": "-"}))
        refused.params["record"] = msgspec.json.encode(Record(found.batch, names.index(found.output))).decode()
    return refused


def _judge(graphs: _Graphs, given: Path, made: Path, plan: Plan) -> Verdict:
    """Everything that is measured on the graph that lies in `made`; raises as `verify`."""
    feeds, outputs = load_feeds(given, plan), len(graphs.dtypes)
    reference = load_reference(given / REFERENCE_FILE, feeds, outputs)
    check_outputs(reference, feeds, plan, outputs)
    drift = batch_drift(reference, feeds, outputs)
    kept_feeds = unscaled(feeds, plan.scale) if graphs.folded else feeds
    session = load_session(made / CONVERTED_FILE)
    try:
        differences = compare(session, kept_feeds, reference, plan)
        print(table(differences), file=sys.stderr)
        worst = check_threshold(differences, plan.error_threshold)
    except Refused as refused:
        exported = Side(graphs.exported, plan.input_name, feeds)
        kept = Side(onnx.load(str(made / CONVERTED_FILE)), plan.input_name, kept_feeds)
        raise _located(refused, exported, kept, reference, plan.error_threshold) from None
    return Verdict(
        outputs=output_specs(session.outputs, graphs.dtypes, reference, feeds),
        differences=differences,
        max_abs_error=worst,
        proposed_threshold=None if beyond_rounding(differences) else proposed_threshold(differences),
        batch_drift=drift,
        exported=graphs.before,
        converted=graphs.after,
        backend=f"{session.used().backend} {session.used().version}",
        toolchain={"python": sys.version.split()[0], **{tool: version(tool) for tool in _TOOLS}},
        real_images=max((batch.start + batch.size for batch in feeds if batch.inputs == "real"), default=0),
        folded_scale=plan.scale if graphs.folded else (),
        notices=(
            *distance_notices(differences, plan.error_threshold),
            *drift_notices(drift, plan.error_threshold),
        ),
    )


def verify(report: Report) -> None:
    """The child's whole part."""
    register_installed()
    given, made = inputs(), outputs()
    plan = read_plan(given)
    report("verify", 0.65)
    graphs = _make(load_graph(given / EXPORTED_FILE), made, plan)
    report("verify", 0.75)
    verdict = _judge(graphs, given, made, plan)
    (made / VERDICT_FILE).write_bytes(msgspec.json.encode(verdict))
    report("verify", 0.9)


if __name__ == "__main__":
    sys.exit(run(verify))
