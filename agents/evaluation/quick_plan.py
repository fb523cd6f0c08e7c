"""What a quick check's child leaves besides its files, and its bounds."""

from __future__ import annotations

import msgspec

from schemas.events.tests import BackendUsed, StageTiming, Trial

IMAGES_FILE = "images.zip"
IMAGES_MAX = 1000
"""A quick check is a look: more images are a dataset."""


class QuickSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of `QuickCheckCompleted`."""

    images: int
    skipped: int
    reasons: dict[str, int]
    preprocess: StageTiming
    inference: StageTiming
    postprocess: StageTiming
    total_ms: float
    used: BackendUsed
    trials: tuple[Trial, ...]
