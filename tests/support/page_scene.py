"""A system in which every kind of thing has come to be once, and the address of each page that shows one of them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from colour_networks import detector
from field_scene import IMAGES, FieldScene, finds, spots
from small_case import STRUCTURE, SmallCase, make

from api.client.client import Client
from schemas.specs.testing import TestOptions

NET = "PagesNet"
STRICT = TestOptions(iou_threshold=0.7)
"""The detector's boxes share less than this with the true ones, and more than with the usual options."""


class Converted(NamedTuple):
    """A network in two versions: ids of what was handed in, of what came of it, and of the first conversion."""

    case: SmallCase
    pth: UUID
    structure: UUID
    templates: tuple[UUID, UUID]
    trons: tuple[UUID, UUID]
    conversion: UUID


def converted(scene: FieldScene) -> Converted:
    """Upload, describe and convert both versions of the small network."""
    mo, case = scene.mo, make(scene.folder)
    case.structure.write_text(STRUCTURE.replace("SmallNet", NET))
    structure = mo.structures.add(case.structure, NET).id
    one, two = (
        mo.templates.add(case.template(f"pages {number}", str(structure), error_threshold=threshold)).id
        for number, threshold in enumerate(("1e-4", "2e-4"), 1)
    )
    weights = [mo.models.upload(path, name=f"pages v{number}").id for number, path in enumerate(case.weights, 1)]
    jobs = [mo.convert(pth, one, name="pages") for pth in weights]
    first, second = (scene.ended(job).subject_id for job in jobs)
    return Converted(case, weights[0], structure, (one, two), (first, second), jobs[0].id)


def pages_with_data(mo: Client, folder: Path) -> dict[str, str]:
    """The address of a page of every kind, by name; waits until what it shows is there."""
    scene = FieldScene(mo, folder)
    made = converted(scene)
    scan = scene.scanned("looked", [spots(number) for number in range(IMAGES)])
    scene.add_model("pagefinder", detector(), finds(detector()))
    scene.add_datasets(pagespots=[spots(number) for number in range(IMAGES)])
    images = scene.ended(mo.datasets.import_folder("pages", made.case.images)).subject_id
    found = {"model": "pagefinder", "dataset": "pagespots"}
    usual, strict = scene.test(**found), scene.test(**found, options=STRICT)
    jobs = [mo.infer(tron, images, batch_size=8) for tron in made.trons]
    parity = mo.parity(made.trons[0], images, images_max=8)
    pictures = sorted(made.case.images.rglob("*.png"))[:3]
    quick = mo.tests.quick(made.trons[0], pictures)
    one, two = (scene.ended(job).id for job in jobs)
    return {
        "pth-one": f"/models/pth/{made.pth}",
        "tron": f"/models/trons/{made.trons[0]}",
        "tron-describe": f"/models/trons/{made.trons[0]}?tab=describe",
        "tron-report": f"/models/trons/{made.trons[0]}?tab=report",
        "structure": f"/structures/{made.structure}",
        "template": f"/templates/{made.templates[0]}",
        "template-code": f"/templates/{made.templates[0]}?mode=code",
        "template-edit": f"/templates/{made.templates[0]}?edit=true",
        "template-diff": f"/templates/diff?a={made.templates[0]}&b={made.templates[1]}",
        "conversion": f"/jobs/{made.conversion}",
        "scan": f"/datasets/new?scan={scene.ended(scan).id}",
        "dataset": f"/datasets/{scene.datasets['pagespots']}",
        "dataset-image": f"/datasets/{scene.datasets['pagespots']}?record=0",
        "dataset-figures": f"/datasets/{scene.datasets['pagespots']}?tab=figures",
        "dataset-ledger": f"/datasets/{scene.datasets['pagespots']}?tab=ledger",
        "dataset-tests": f"/datasets/{scene.datasets['pagespots']}?tab=tests",
        "test-again": f"/tests/new?clone={usual.id}",
        "detection": f"/tests/{usual.id}",
        "detection-images": f"/tests/{usual.id}?tab=images&image=0",
        "detection-slices": f"/tests/{usual.id}?tab=slices",
        "detection-about": f"/tests/{usual.id}?tab=about",
        "classification": f"/tests/{one}",
        "parity": f"/parities/{scene.ended(parity).id}",
        "quick-check": f"/quick-checks/{scene.ended(quick).id}",
        "compare-detection": f"/compare?tasks={usual.id},{strict.id}&base={usual.id}",
        "compare-classification": f"/compare?tasks={one},{two}&base={one}&against={two}&change=lost",
    }
