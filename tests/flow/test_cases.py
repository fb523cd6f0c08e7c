"""Real weights and images made by others, through the running system; needs the folder of cases beside the checkout."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from api.client.client import Client
from schemas.specs.preprocessing import CvtRGB, Transpose

ROOT = Path(__file__).parents[2]
CASES = Path(os.environ.get("MO_CASES", ROOT.parent / "shared" / "cases"))
CIFAR = CASES / "cls_cifar10_resnet"
JOB_SECONDS_MAX = 300
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
TOP1 = {20: 0.804, 32: 0.840, 44: 0.821, 56: 0.825}

pytestmark = [
    pytest.mark.real,
    pytest.mark.bars,
    pytest.mark.skipif(not CIFAR.exists(), reason="the folder of real cases is not here (MO_CASES)"),
]


def by_class(folder: Path) -> Path:
    """The case's images as one folder a class."""
    labels = json.loads((CIFAR / "annotations.json").read_text())
    for each in labels["labels"]:
        target = folder / labels["classes"][each["label"]]
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(CIFAR / "images" / each["file_name"], target)
    return folder


@pytest.mark.timeout(1200)
def test_four_resnets_on_a_thousand_cifar_images_have_the_accuracy_of_plain_pytorch(mo: Client, tmp_path: Path):
    classes = json.loads((CIFAR / "annotations.json").read_text())["classes"]
    imported = mo.jobs.wait(mo.datasets.import_folder("cifar-1000", by_class(tmp_path)).id, JOB_SECONDS_MAX)
    assert imported.state == "completed", imported.message
    found, tests = {}, []
    for depth, expected in TOP1.items():
        structure = mo.structures.add(ROOT / "tests" / "support" / "cifar_resnet.py", f"ResNet{depth}")
        template = mo.templates.add(
            {
                "name": f"cifar-{depth}",
                "repo": "classification",
                "version": "1.0.0",
                "method": "classification",
                "error_threshold": 1e-4,
                "sub_templates": [
                    {
                        "name": "net",
                        "input_name": "raw_data",
                        "input_shape": "1,3,32,32",
                        "mean_values": [255 * value for value in MEAN],
                        "scale_values": [1 / (255 * value) for value in STD],
                        "max_batch": 16,
                        "architecture": str(structure.id),
                        "state_dict_key": "state_dict",
                        "num_classes": 10,
                        "tasks": [{"name": "class", "classes": classes}],
                    }
                ],
            }
        )
        pth = mo.models.upload(CIFAR / f"weights_resnet{depth}.pth")
        converted = mo.jobs.wait(mo.convert(pth.id, template.id, name="cifar-resnet").id, JOB_SECONDS_MAX)
        assert converted.state == "completed", converted.message
        steps = [CvtRGB(), Transpose()]
        job = mo.infer(converted.subject_id, imported.subject_id, batch_size=16, steps=steps)
        tested = mo.jobs.wait(job.id, JOB_SECONDS_MAX)
        assert tested.state == "completed", tested.message
        tests.append(mo.tests.get(job.id))
        found[depth] = tests[-1].tasks[0].top1
        error = mo.models.get_tron(converted.subject_id).revisions[0].max_abs_error
        print(f"\nresnet{depth}: top-1 {found[depth]:.3f} (PyTorch {expected:.3f}), max-abs error {error:.2g}")
    assert found == pytest.approx(TOP1, abs=0.002)
    rows = mo.compare([test.id for test in tests], tests[0].id).tests
    assert rows[0].delta["accuracy"] is None
    deltas = [row.delta["accuracy"] for row in rows[1:]]
    assert deltas == pytest.approx([found[depth] - found[20] for depth in (32, 44, 56)], abs=1e-9)
