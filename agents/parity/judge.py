"""Child: the Tron on the same pixels, beside what PyTorch answered; both read and scored by the same code.

Runs no user code. What the user's child left is data: it is judged, never believed.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence

import msgspec
import numpy as np

from agents.conversion.arrays import ArraysError, read_arrays
from agents.evaluation.loading import Loaded, load, model_of
from agents.evaluation.matching import Labelled, select
from agents.evaluation.passes import Model
from agents.evaluation.pipeline import main_network
from agents.evaluation.scoring.scored import scored
from agents.parity.both import Both, Side
from agents.parity.comparing import figures, unlike
from agents.parity.plan import (
    CHOSEN_FILE,
    OUTPUTS_BYTES_MAX,
    PACK_FILE,
    PARITY_FILE,
    REPORT_FILE,
    TRON_FILE,
    Chosen,
    ParityPlan,
    output_name,
    outputs_file,
    pixels_file,
)
from agents.sandbox.inside import Refused, Report, Steady, inputs, outputs, run
from schemas.parity import DIFFERENT_MAX, ParityReport
from storage.datasets.pack import DatasetPack, PackError
from storage.plugins import register_installed
from storage.tron_file import TronFile, TronFileError


def _sides(loaded: Loaded, count: int) -> list[Side]:
    """What the other children left for each network.

    Raises:
        Refused: `reference_malformed`: it is not what it should be; `output_not_finite`.
    """
    with TronFile(inputs() / TRON_FILE) as file:
        order = [sub.name for sub in file.manifest.sub_models]
    return [_side(loaded, number, order, count) for number in range(len(loaded.networks))]


def _side(loaded: Loaded, number: int, order: Sequence[str], count: int) -> Side:
    sub = loaded.networks[number].about.sub
    position = order.index(sub.name)
    pixels = np.load(inputs() / pixels_file(position), mmap_mode="r", allow_pickle=False)
    names = [output_name(place) for place in range(len(sub.outputs))]
    try:
        arrays = read_arrays(inputs() / outputs_file(position), names, bytes_max=OUTPUTS_BYTES_MAX)
    except ArraysError as error:
        raise Refused("reference_malformed", error=error) from error
    if pixels.shape != (count, *sub.input.shape) or any(each.shape[:1] != (count,) for each in arrays.values()):
        raise Refused("reference_malformed", error=f"not for {count} images")
    for place, name in enumerate(names):
        if not np.isfinite(arrays[name]).all():
            raise Refused("output_not_finite", side="pytorch", output=place, batch=count)
    return Side(pixels, [arrays[name] for name in names])


def _run(
    model: Model, sides: Sequence[Side], images: Sequence[Labelled], keep: set[str], size: int, report: Report
) -> Both:
    """All images in batches of `size`; the answers to those whose entry is in `keep` are kept."""
    both = Both(model, size)
    progress = Steady(report, "infer", len(images), start=0.65, stop=0.95)
    for start in range(0, len(images), size):
        batch = images[start : start + size]
        both.batch(sides, start, batch, [slot for slot, each in enumerate(batch) if each.record.entry in keep])
        progress.step(len(batch))
    return both


def _report(plan: ParityPlan, pack: DatasetPack, report: Report) -> ParityReport:
    chosen = msgspec.json.decode((inputs() / CHOSEN_FILE).read_bytes(), type=Chosen)
    records = [pack.records[place] for place in chosen.places]
    loaded = load(plan.test, inputs() / TRON_FILE, pack.info.type)
    model = model_of(loaded, pack.info, plan.test)
    labelled, skipped = select(pack.info.type, records, model.matches)
    known = {image.record.entry: image for image in labelled}
    images = [known.get(record.entry, Labelled(records, place)) for place, record in enumerate(records)]
    both = _run(model, _sides(loaded, len(images)), images, set(known), plan.test.batch_size, report)
    reasons = Counter(chosen.skipped) + Counter(image.code for image in skipped)
    made = ParityReport(
        images=len(records),
        scored=0,
        skipped=dict(sorted(reasons.items())),
        outputs=both.outputs(),
        figures=(),
        measure=None,
        different_count=0,
        different=(),
        tron=main_network(model).session.used(),
    )
    # a network that looks at a part of the image needs another's boxes: on whole images it is measured, not scored
    if not labelled or any(model.networks[number].about.source is not None for number, _ in model.heads):
        return made
    theirs, ours = (scored(model, each, pack.info, plan.test.options)[0] for each in (both.pytorch, both.tron))
    found = unlike(theirs, ours, [image.record.name for image in both.tron.images])
    return msgspec.structs.replace(
        made,
        scored=len(labelled),
        figures=figures(theirs, ours),
        measure=ours.measure,
        different_count=len(found),
        different=tuple(found[:DIFFERENT_MAX]),
    )


def judge(report: Report) -> None:
    """The child's whole part."""
    register_installed()
    plan = msgspec.json.decode((inputs() / PARITY_FILE).read_bytes(), type=ParityPlan)
    try:
        with DatasetPack(inputs() / PACK_FILE) as pack:
            made = _report(plan, pack, report)
    except TronFileError as error:
        raise Refused("tron_unreadable", error=error) from error
    except PackError as error:
        raise Refused("pack_unreadable", error=error) from error
    (outputs() / REPORT_FILE).write_bytes(msgspec.json.encode(made))


if __name__ == "__main__":
    sys.exit(run(judge))
