"""How far the Tron is from PyTorch: measures, the threshold, the dependence on the batch. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.conversion.inputs import Batch, Feeds, output_key
from agents.sandbox.inside import Refused
from schemas.reports import InputKind, Measurement
from schemas.values import Code

Arrays = Mapping[str, NDArray[Any]]

HEADROOM = 4.0
"""Other processors add the same numbers in another order, and other images lie a little further apart than the few that
were tried: a threshold at the worst that was seen would fail on the next machine."""
ROUNDING = 8 * float(np.finfo(np.float32).eps)
"""Relative: no two ways to compute a deep network in float32 can be asked to agree closer than a few last places."""
ROUNDED_RELATIVE_MAX = 0.01
"""Of the largest output: float32 through a deep network stays far below, half precision and hash-like layers too; a
graph that computes something else is far above."""
DRIFT_MIN = 1e-5
DRIFT_RELATIVE = 1e-3
"""A library that picks another kernel for another batch stays far below both; a network that mixes its images is far
above, since neighbours differ by whole values."""


ON: Mapping[InputKind, str] = {"random": "on_random_inputs", "real": "on_real_inputs"}
"""Codes of their own: people read them as words inside of a sentence."""


def difference(
    output: str, batch: int, expected: NDArray[Any], got: NDArray[Any], inputs: InputKind = "random"
) -> Measurement:
    """How far `got` is from `expected` (equal shapes, any number type, at least one value)."""
    a, b = expected.astype(np.float64).ravel(), got.astype(np.float64).ravel()
    gap = np.abs(a - b)
    largest, lengths = float(np.abs(a).max()), float(np.linalg.norm(a) * np.linalg.norm(b))
    return Measurement(
        output=output,
        batch=batch,
        inputs=inputs,
        max_abs=float(gap.max()),
        mean_abs=float(gap.mean()),
        relative=float(gap.max()) / largest if largest else None,
        cosine=float(a @ b) / lengths if lengths else None,
        magnitude=largest,
    )


def merged(parts: Sequence[Measurement]) -> Measurement:
    """Several batches of one output as one: the worst of each measure, the mean of the means. `parts` is not empty."""
    worst = max(parts, key=lambda each: each.max_abs)
    relatives = [each.relative for each in parts if each.relative is not None]
    cosines = [each.cosine for each in parts if each.cosine is not None]
    return Measurement(
        output=worst.output,
        batch=worst.batch,
        inputs=worst.inputs,
        max_abs=worst.max_abs,
        mean_abs=float(np.average([each.mean_abs for each in parts], weights=[each.batch for each in parts])),
        relative=max(relatives, default=None),
        cosine=min(cosines, default=None),
        magnitude=max(each.magnitude for each in parts),
    )


def measured(
    outputs: Sequence[str], feeds: Feeds, reference: Arrays, answers: Mapping[Batch, Sequence[NDArray[Any]]]
) -> tuple[Measurement, ...]:
    """One difference for every output, size and kind of inputs, in the order of the batches.

    `answers` are the graph's outputs, already found to have the reference's shapes and to be finite.
    """
    found: dict[tuple[InputKind, int, str], list[Measurement]] = {}
    for batch in feeds:
        for number, (name, answer) in enumerate(zip(outputs, answers[batch], strict=True)):
            one = difference(name, batch.size, reference[output_key(batch, number)], answer, batch.inputs)
            found.setdefault((batch.inputs, batch.size, name), []).append(one)
    return tuple(merged(parts) for parts in found.values())


def table(differences: Iterable[Measurement]) -> str:
    """The differences as lines for the log."""
    rows = [
        f"  {each.output:16} {each.inputs:7} {each.batch:5}  {each.max_abs:<10.3g} {each.mean_abs:<10.3g} "
        f"{_number(each.relative):10} {_number(each.cosine, '.9g')}"
        for each in differences
    ]
    return "\n".join(["  output           inputs  batch  max-abs    mean-abs   relative   cosine", *rows])


def _number(value: float | None, form: str = ".3g") -> str:
    return "-" if value is None else format(value, form)


def proposed_threshold(differences: Iterable[Measurement]) -> float:
    """The smallest threshold of the form 1, 2 or 5 x 10^n that leaves room above what was measured and above rounding.

    It is `HEADROOM` times the worst difference, and never below `ROUNDING` of the largest output.
    """
    wanted = max(max(HEADROOM * each.max_abs, ROUNDING * each.magnitude) for each in differences)
    if wanted <= 0:
        return ROUNDING
    power = math.floor(math.log10(wanted))
    # Without the tiny allowance 2e-5 is above 2 x 10^-5 in binary and would become 5e-5.
    steps = (float(f"{step}e{power}") for step in (1, 2, 5, 10))
    return next(step for step in steps if step * (1 + 1e-9) >= wanted)


def _is_rounding(each: Measurement) -> bool:
    return each.max_abs == 0 or (each.relative is not None and each.relative <= ROUNDED_RELATIVE_MAX)


def beyond_rounding(differences: Iterable[Measurement]) -> list[Measurement]:
    """Those that other roundings do not explain: a wrong graph differs by whole values."""
    return [each for each in differences if not _is_rounding(each)]


def check_threshold(differences: Sequence[Measurement], threshold: float) -> float:
    """The largest absolute difference.

    Raises:
        Refused: `threshold_exceeded`, where it is above `threshold`, with the one that what was measured suggests;
            `outputs_differ`, where that is no rounding, and no threshold would make it right.
    """
    above = [each for each in differences if each.max_abs > threshold]
    if not above:
        return max(each.max_abs for each in differences)
    wrong = beyond_rounding(above)
    worst = max(wrong or above, key=lambda each: each.max_abs)
    said = {
        "measured": f"{worst.max_abs:.6g}",
        "threshold": f"{threshold:.6g}",
        "output": worst.output,
        "batch": worst.batch,
        "inputs": ON[worst.inputs],
    }
    if wrong:
        raise Refused("outputs_differ", magnitude=f"{worst.magnitude:.6g}", **said)
    raise Refused("threshold_exceeded", proposed=f"{proposed_threshold(differences):.6g}", **said)


def distance_notices(differences: Iterable[Measurement], threshold: float) -> tuple[Code, ...]:
    """What is said, not refused: a difference that is no rounding, and that `threshold` lets pass."""
    wrong = beyond_rounding(differences)
    if not wrong:
        return ()
    worst = max(wrong, key=lambda each: each.max_abs)
    params = {
        "measured": f"{worst.max_abs:.6g}",
        "threshold": f"{threshold:.6g}",
        "magnitude": f"{worst.magnitude:.6g}",
        "output": worst.output,
    }
    return (Code("outputs_far_apart", params),)


def _same_images(feeds: Feeds) -> Iterator[tuple[Batch, Batch]]:
    """Every batch with the largest one of its kind that begins with the same images."""
    for kind in {batch.inputs: None for batch in feeds}:
        beginnings = [batch for batch in feeds if batch.inputs == kind and batch.start == 0]
        whole = max(beginnings, key=lambda each: each.size)
        yield from ((batch, whole) for batch in beginnings if batch is not whole)


def batch_drift(reference: Arrays, feeds: Feeds, outputs: int) -> float:
    """The largest change of an image's output in PyTorch between the batches it came in (0 if there is one size).

    Raises:
        Refused: `output_depends_on_batch`, where that is more than rounding. With a `max_batch` of 1 there is nothing
            to compare: such a network gives each image its own answer then, and may be converted.
    """
    drift = 0.0
    for batch, whole in _same_images(feeds):
        for number in range(outputs):
            alone, together = reference[output_key(batch, number)], reference[output_key(whole, number)]
            gap = float(np.abs(alone - together[: batch.size]).max())
            # not of the error threshold: a generous one is no excuse for a network that mixes its images
            if gap > max(DRIFT_MIN, DRIFT_RELATIVE * float(np.abs(together).max())):
                raise Refused("output_depends_on_batch", output=number, batch=batch.size, measured=f"{gap:.6g}")
            drift = max(drift, gap)
    return drift


def drift_notices(drift: float, threshold: float) -> tuple[Code, ...]:
    """What is said, not refused: the change with the batch is small and still larger than the error threshold."""
    if drift <= threshold:
        return ()
    return (Code("output_drifts_with_batch", {"measured": f"{drift:.6g}", "threshold": f"{threshold:.6g}"}),)
