"""The preprocessing chain of a test: geometry and colour only; normalisation always comes from the model."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Pixels = Annotated[int, msgspec.Meta(ge=1, le=8192)]
Interpolation = Literal["nearest", "linear", "cubic", "area", "cubic_antialias"]
"""OpenCV's, none of which but `area` antialiases; and `cubic_antialias`, Pillow's and torchvision's bicubic."""


class _Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op"):
    """One step of the chain; images come in as BGR uint8 of shape (height, width, 3)."""


class Resize(_Step, frozen=True, tag="resize"):
    """Stretch to `width` x `height`; or, with `short_side`, keep the aspect and bring the short side to it."""

    width: Pixels | None = None
    height: Pixels | None = None
    short_side: Pixels | None = None
    interpolation: Interpolation = "linear"

    def __post_init__(self) -> None:
        stretch = self.width is not None and self.height is not None
        partial = (self.width is None) != (self.height is None)
        if partial or stretch == (self.short_side is not None):
            raise ValueError("resize takes width and height together, or short_side alone")


class CenterCrop(_Step, frozen=True, tag="centercrop"):
    """Cut the middle `width` x `height`; refused on a smaller image."""

    width: Pixels
    height: Pixels


class EqualResize(_Step, frozen=True, tag="equal_resize"):
    """Keep the aspect, scale = min(width / w, height / h), pad the rest with `value` right and below or centred."""

    width: Pixels
    height: Pixels
    centred: bool = False
    value: Annotated[int, msgspec.Meta(ge=0, le=255)] = 0
    interpolation: Interpolation = "linear"


class CvtRGB(_Step, frozen=True, tag="cvtRGB"):
    """BGR to RGB."""


class Transpose(_Step, frozen=True, tag="transpose"):
    """HWC to CHW. Must be last."""


Step = Resize | CenterCrop | EqualResize | CvtRGB | Transpose


def chain_problem(steps: tuple[Step, ...]) -> str | None:
    """Why the chain as a whole cannot run, or None. Codes are rendered by `api.texts`."""
    if len(steps) > 20:
        return "chain_too_long"
    if any(isinstance(step, Transpose) for step in steps[:-1]):
        return "transpose_not_last"
    if sum(isinstance(step, CvtRGB) for step in steps) > 1:
        return "cvtrgb_twice"
    return None


def chain_text(steps: tuple[Step, ...]) -> str:
    """The chain in one line, as people read it: `resize short=256 cubic > centercrop 224x224 > cvtRGB > transpose`."""
    return " > ".join(map(_step_text, steps)) or "default"


def _step_text(step: Step) -> str:
    """An operation and its arguments; those that have their usual value are left out."""
    words = [step.__struct_config__.tag]
    if isinstance(step, Resize) and step.short_side is not None:
        words.append(f"short={step.short_side}")
    elif isinstance(step, Resize | CenterCrop | EqualResize):
        words.append(f"{step.width}x{step.height}")
    if isinstance(step, EqualResize):
        words += [word for word, said in (("centred", step.centred), (f"value={step.value}", step.value)) if said]
    if isinstance(step, Resize | EqualResize) and step.interpolation != "linear":
        words.append(step.interpolation)
    return " ".join(map(str, words))
