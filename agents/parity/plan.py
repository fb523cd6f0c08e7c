"""What the children of a parity job are told and what they leave: pixels, PyTorch's outputs, the report."""

from __future__ import annotations

import msgspec

from agents.evaluation.plan import Plan

PARITY_FILE = "parity.json"
TRON_FILE = "model.tron"
PACK_FILE = "dataset.zip"
CHOSEN_FILE = "chosen.json"
REPORT_FILE = "parity-report.json"

PIXELS_BYTES_MAX = 1 << 30
OUTPUTS_BYTES_MAX = 1 << 30
"""Of one sub-model's pixels, and of what PyTorch answers to them: both are held in memory."""
SMALL_BYTES_MAX = 16 << 20
"""Of the list of images and of the report."""


class ParityPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison: the test that the Tron takes, and how many of the dataset's images at most."""

    test: Plan
    images_max: int


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """The images that were brought into pixels: their places among the pack's records, ascending; and how many were
    not, by code."""

    places: tuple[int, ...]
    skipped: dict[str, int] = {}


def pixels_file(position: int) -> str:
    """The file of a sub-model's pixels: uint8 (images, channels, height, width), as `.npy`."""
    return f"pixels{position}.npy"


def outputs_file(position: int) -> str:
    """The file of what PyTorch answered for a sub-model: float32 (images, ...) arrays by `output_name`, as `.npz`."""
    return f"outputs{position}.npz"


def output_name(number: int) -> str:
    """The name of an output in the file of outputs."""
    return f"o{number}"
