"""From a network to an ONNX graph with a free batch: PyTorch's exporter, and its tracer where that is still honest."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch.jit._trace import TracerWarning

from agents.conversion.building import told
from agents.conversion.plan import OPSET, Plan
from agents.sandbox.inside import Refused, collecting_rarely
from schemas.values import Code

_EXPORT_BATCH = 2
"""PyTorch treats the sizes 0 and 1 as constants, so the example batch has two images."""
_AXIS = "batch"


class Exported(NamedTuple):
    """`program` is what the graph was made of, where there is one; `notices` what is worth knowing."""

    program: torch.export.ExportedProgram | None
    notices: tuple[Code, ...] = ()


def export(model: torch.nn.Module, plan: Plan, names: Sequence[str], path: Path) -> Exported:
    """Write the ONNX graph to `path`, with its weights inside; one output for each of `names`.

    The exporter reads the network's code, first as it runs and then strictly. Where it gives up, the tracer may do: it
    records one run. It warns wherever a number of that run would become part of the graph (a branch, a loop, a size),
    and such a graph is not taken: it would be right for the one input that was tried.

    Raises:
        Refused: `export_failed`, with what the exporter said, and where in the structure.
    """
    example = (torch.zeros(1 if plan.max_batch == 1 else _EXPORT_BATCH, *plan.input_shape),)
    dynamic: Any = None if plan.max_batch == 1 else ({0: torch.export.Dim(_AXIS, min=1)},)
    common: dict[str, Any] = {"input_names": [plan.input_name], "output_names": list(names), "opset_version": OPSET}
    try:
        with warnings.catch_warnings(), collecting_rarely():
            # For the log; not even where warnings are errors do they decide whether a network can be exported.
            warnings.simplefilter("default")
            made = torch.onnx.export(
                model,
                example,
                str(path),
                dynamo=True,
                dynamic_shapes=dynamic,
                external_data=False,
                optimize=False,
                verbose=False,
                **common,
            )
    except Exception as error:
        refused = _refused(error)
        if not _traced(model, example, path, common, () if dynamic is None else (plan.input_name, *names)):
            raise refused from error
        return Exported(None, (Code("exported_by_tracing", {"kind": refused.params["kind"]}),))
    return Exported(None if made is None else made.exported_program)


def _refused(error: Exception) -> Refused:
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return Refused("export_failed", kind=type(cause).__name__, error=told(cause).partition(": ")[2])


def _traced(
    model: torch.nn.Module, example: tuple[torch.Tensor], path: Path, common: dict[str, Any], free: Sequence[str]
) -> bool:
    """Whether the tracer wrote the graph without a warning that it froze something."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            torch.onnx.export(
                model,
                example,
                str(path),
                dynamo=False,
                dynamic_axes={name: {0: _AXIS} for name in free},
                do_constant_folding=False,
                **common,
            )
        except Exception:
            return False
    return not any(issubclass(each.category, TracerWarning) for each in seen)
