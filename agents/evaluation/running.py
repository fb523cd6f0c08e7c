"""What the handlers of tests and of quick checks share: what their child is given, and how it is run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from agents.evaluation.plan import PLAN_FILE, TRON_FILE, Plan
from agents.sandbox.child import run_child
from agents.work import Work
from schemas.values import ObjectRef

SUMMARY_BYTES_MAX = 1 << 20
GRAPHS_BYTES_MAX = 4 << 30
"""Room for the model's graphs and weights, taken out of the Tron file where the runtime can open them."""


async def run_model(
    module: str, plan: Plan, work: Work, *, tron: ObjectRef, images: ObjectRef, images_file: str,
    outputs: Mapping[str, int],
) -> Path:  # fmt: skip
    """Fetch the model and its images, and let the child `module` run the one over the others.

    Args:
        images_file: the name that the child knows the images by.
        outputs: the files that it may leave, and how many bytes each may have.

    Returns:
        The folder of what it left. Raises as `Work.fetch` and `run_child`.
    """
    work.progress("fetch", 0.02)
    (work.folder / PLAN_FILE).write_bytes(msgspec.json.encode(plan))
    inputs = {PLAN_FILE: work.folder / PLAN_FILE}
    inputs[TRON_FILE] = await work.fetch(tron, TRON_FILE)
    inputs[images_file] = await work.fetch(images, images_file)
    folder = work.folder / "child"
    folder.mkdir()
    await run_child(
        module,
        (),
        folder=folder,
        inputs=inputs,
        outputs=outputs,
        limits=work.limits,
        progress=work.progress,
        log=work.log.take,
        scratch_bytes_max=GRAPHS_BYTES_MAX,
    )
    return folder / "out"
