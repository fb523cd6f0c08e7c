"""Child: checks the exported graph, merges its operators, and compares it with PyTorch's outputs. No user code."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
import onnx.inliner
import onnxscript.optimizer
from numpy.typing import NDArray

from agents.conversion.plan import (
    CONVERTED_FILE,
    EXPORTED_FILE,
    INPUTS_FILE,
    OPSET,
    REFERENCE_FILE,
    VERDICT_FILE,
    Plan,
    Verdict,
    batch_key,
    batches,
    output_key,
    read_plan,
)
from agents.evaluation.classification import is_distribution
from agents.runtimes.base import Session
from agents.runtimes.onnxruntime import OnnxRuntime
from agents.sandbox.inside import Refused, Report, inputs, outputs, run
from schemas.reports import Difference, GraphFacts
from schemas.tron import Output

_DRIFT_THRESHOLDS = 10.0
_DRIFT_RELATIVE = 1e-3
_TOOLS = ("torch", "onnx", "onnxscript", "onnxruntime", "numpy")

Arrays = Mapping[str, NDArray[Any]]


def load_graph(path: Path) -> onnx.ModelProto:
    """The graph, weights inside, standard operators only.

    Raises:
        Refused: `graph_malformed`, `graph_external_data`, `graph_operator_unknown`, `graph_opset_wrong`.
    """
    try:
        model = onnx.load(str(path), load_external_data=False)
    except Exception as error:
        raise Refused("graph_malformed", error=type(error).__name__) from error
    if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in model.graph.initializer):
        raise Refused("graph_external_data")
    model = onnx.inliner.inline_local_functions(model)
    if foreign := sorted({f"{node.domain}::{node.op_type}" for node in model.graph.node if node.domain}):
        raise Refused("graph_operator_unknown", operators=", ".join(foreign[:8]))
    opsets = {entry.domain: entry.version for entry in model.opset_import}
    if opsets.get("") != OPSET:
        raise Refused("graph_opset_wrong", opset=opsets.get(""), wanted=OPSET)
    return model


def _bare(graph: onnx.GraphProto) -> None:
    """Take away names of files, lines and modules of the exporting machine: they say nothing about the model."""
    del graph.metadata_props[:]
    graph.doc_string = ""
    for value in (*graph.input, *graph.output, *graph.value_info, *graph.initializer):
        del value.metadata_props[:]
        value.doc_string = ""
    for node in graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs) if attribute.HasField("g") else attribute.graphs:
                _bare(inner)


def converted(model: onnx.ModelProto, *, merge: bool) -> onnx.ModelProto:
    """The graph as it is kept: normalisations and constants folded if `merge`, no traces of the exporting machine.

    Raises:
        Refused: `graph_malformed`: the result does not pass ONNX's full check.
    """
    result: onnx.ModelProto = onnxscript.optimizer.optimize(model) if merge else model
    del result.metadata_props[:]
    _bare(result.graph)
    try:
        onnx.checker.check_model(result, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise Refused("graph_malformed", error=str(error)) from error
    return result


def facts(model: onnx.ModelProto) -> GraphFacts:
    """Counts for the report."""
    operators = Counter(node.op_type for node in model.graph.node)
    return GraphFacts(
        nodes=len(model.graph.node), size_bytes=model.ByteSize(), operators=dict(sorted(operators.items()))
    )


def _dimensions(value: onnx.ValueInfoProto) -> list[str | int]:
    return [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]


def check_shapes(model: onnx.ModelProto, plan: Plan) -> None:
    """The graph has the one input that was asked for, and its batch axis is free.

    Raises:
        Refused: `graph_inputs_wrong`, `batch_fixed`.
    """
    inputs = [value for value in model.graph.input if value.name not in {t.name for t in model.graph.initializer}]
    shapes = [_dimensions(value) for value in inputs]
    if [value.name for value in inputs] != [plan.input_name] or shapes[0][1:] != list(plan.input_shape):
        raise Refused("graph_inputs_wrong", inputs=str([(v.name, s) for v, s in zip(inputs, shapes, strict=True)]))
    if plan.max_batch > 1 and not isinstance(shapes[0][0], str):
        raise Refused("batch_fixed", batch=shapes[0][0])
    for value in model.graph.output:
        shape = _dimensions(value)
        if plan.max_batch > 1 and shape and isinstance(shape[0], int) and shape[0] > 0:
            raise Refused("batch_fixed", batch=shape[0], output=value.name)


def difference(output: str, batch: int, expected: NDArray[Any], got: NDArray[Any]) -> Difference:
    """How far `got` is from `expected` (equal shapes, any float type)."""
    a, b = expected.astype(np.float64).ravel(), got.astype(np.float64).ravel()
    gap = np.abs(a - b)
    largest, lengths = float(np.abs(a).max()), float(np.linalg.norm(a) * np.linalg.norm(b))
    return Difference(
        output=output,
        batch=batch,
        max_abs=float(gap.max()),
        mean_abs=float(gap.mean()),
        relative=float(gap.max()) / largest if largest else None,
        cosine=float(a @ b) / lengths if lengths else None,
    )


def check_outputs(reference: Arrays, plan: Plan) -> int:
    """How many outputs PyTorch gave; each answers one task with one number a class for every image.

    Raises:
        Refused: `outputs_do_not_match_tasks`, `output_size_wrong`, `output_not_finite`.
    """
    sizes = batches(plan.max_batch)
    count = len(reference) // len(sizes)
    if count != len(plan.task_sizes) or set(reference) != {output_key(s, o) for s in sizes for o in range(count)}:
        raise Refused("outputs_do_not_match_tasks", outputs=count, tasks=len(plan.task_sizes))
    for size in sizes:
        for number, wanted in enumerate(plan.task_sizes):
            output = reference[output_key(size, number)]
            if output.dtype != np.float32 or output.shape[:1] != (size,) or output.size != size * wanted:
                raise Refused(
                    "output_size_wrong", output=number, shape=output.shape, wanted=f"({size}, {wanted})", batch=size
                )
            if not np.isfinite(output).all():
                raise Refused("output_not_finite", side="pytorch", output=number, batch=size)
    return count


def batch_drift(reference: Arrays, plan: Plan) -> float:
    """The largest change of an image's output in PyTorch between the batches it came in (0 if there is one batch).

    Raises:
        Refused: `output_depends_on_batch`, where that is more than rounding.
    """
    drift = 0.0
    largest = max(batches(plan.max_batch))
    for number in range(len(plan.task_sizes)):
        whole = reference[output_key(largest, number)]
        bound = max(_DRIFT_THRESHOLDS * plan.error_threshold, _DRIFT_RELATIVE * float(np.abs(whole).max()))
        for size in batches(plan.max_batch):
            gap = float(np.abs(reference[output_key(size, number)] - whole[:size]).max())
            if gap > bound:
                raise Refused("output_depends_on_batch", output=number, batch=size, measured=f"{gap:.6g}")
            drift = max(drift, gap)
    return drift


def compare(session: Session, inputs: Arrays, reference: Arrays, plan: Plan) -> tuple[Difference, ...]:
    """Every output at every batch, Tron against PyTorch.

    Raises:
        Refused: `graph_fails_at_batch`, `batch_fixed`, `output_not_finite`.
    """
    found = []
    for size in batches(plan.max_batch):
        try:
            outputs = session.run({plan.input_name: inputs[batch_key(size)]})
        except Exception as error:
            raise Refused("graph_fails_at_batch", batch=size, error=str(error)) from error
        for number, (name, output) in enumerate(zip(session.outputs, outputs, strict=True)):
            expected = reference[output_key(size, number)]
            if output.shape != expected.shape:
                raise Refused("batch_fixed", output=name, batch=size, shape=output.shape)
            if not np.isfinite(output).all():
                raise Refused("output_not_finite", side="tron", output=number, batch=size)
            found.append(difference(name, size, expected, output))
    return tuple(found)


def check_threshold(differences: tuple[Difference, ...], threshold: float) -> float:
    """The largest absolute difference.

    Raises:
        Refused: `threshold_exceeded`, where it is above `threshold`.
    """
    worst = max(differences, key=lambda each: each.max_abs)
    if worst.max_abs > threshold:
        measured, bound = f"{worst.max_abs:.6g}", f"{threshold:.6g}"
        raise Refused("threshold_exceeded", measured=measured, threshold=bound, output=worst.output, batch=worst.batch)
    return worst.max_abs


def output_specs(names: Iterable[str], reference: Arrays, plan: Plan) -> tuple[Output, ...]:
    """The outputs as the manifest describes them."""
    specs = []
    for number, name in enumerate(names):
        rows = np.concatenate(
            [reference[output_key(size, number)].reshape(size, -1) for size in batches(plan.max_batch)]
        )
        shape = reference[output_key(1, number)].shape[1:]
        specs.append(Output(name=name, shape=shape, distribution=is_distribution(rows)))
    return tuple(specs)


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except Exception as error:
        raise Refused("reference_malformed", kind=type(error).__name__) from error


def verify(report: Report) -> None:
    """The child's whole part."""
    given, made = inputs(), outputs()
    plan = read_plan(given)
    report("verify", 0.65)
    exported = load_graph(given / EXPORTED_FILE)
    before = facts(exported)
    kept = converted(exported, merge=plan.merge_operators)
    check_shapes(kept, plan)
    (made / CONVERTED_FILE).write_bytes(kept.SerializeToString(deterministic=True))
    reference, fed = _arrays(given / REFERENCE_FILE), _arrays(given / INPUTS_FILE)
    check_outputs(reference, plan)
    drift = batch_drift(reference, plan)
    report("verify", 0.75)
    session = OnnxRuntime().load(made / CONVERTED_FILE, "nvidia")
    differences = compare(session, fed, reference, plan)
    measured = check_threshold(differences, plan.error_threshold)
    verdict = Verdict(
        outputs=output_specs(session.outputs, reference, plan),
        differences=differences,
        max_abs_error=measured,
        batch_drift=drift,
        exported=before,
        converted=facts(kept),
        backend=f"{session.used().backend} {session.used().version}",
        toolchain={"python": sys.version.split()[0], **{tool: version(tool) for tool in _TOOLS}},
    )
    (made / VERDICT_FILE).write_bytes(msgspec.json.encode(verdict))
    report("verify", 0.9)


if __name__ == "__main__":
    sys.exit(run(verify))
