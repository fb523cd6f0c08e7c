"""What two sets of figures and answers to the same images come to. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from agents.evaluation.scoring.collected import Scored
from schemas.events.tests import ParityFigure
from schemas.parity import Different
from schemas.results import BELOW, RIGHT, WRONG, columns, detected

COCO_KEYS = (
    "ap_50_95", "ap_50", "ap_75", "ap_small", "ap_medium", "ap_large",
    "ar_1", "ar_10", "ar_100", "ar_small", "ar_medium", "ar_large",
)  # fmt: skip
"""COCO's twelve numbers in their order."""


def figures(pytorch: Scored, tron: Scored) -> tuple[ParityFigure, ...]:
    """Every figure of both, the accuracy first."""
    theirs, ours = dict(_figures(pytorch)), dict(_figures(tron))
    return tuple(ParityFigure(key, theirs[key], ours.get(key)) for key in theirs)


def _figures(scored: Scored) -> Iterator[tuple[str, float | None]]:
    yield "accuracy", scored.accuracy
    for task in scored.tasks:
        yield f"top1/{task.task}", task.top1
        yield f"top5/{task.task}", task.top5
        yield f"macro_f1/{task.task}", task.macro_f1
    if scored.detection is not None:
        summary = scored.detection.summary
        yield f"ap/{scored.detection.task}", _defined(summary.ap)
        yield from ((key, _defined(value)) for key, value in zip(COCO_KEYS, summary.coco, strict=True))
        yield from (("precision", _defined(summary.precision)), ("recall", _defined(summary.recall)))
    for text in scored.sequences:
        yield f"exact/{text.task}", text.exact
        yield f"cer/{text.task}", _defined(text.character_error_rate)


def _defined(value: float) -> float | None:
    return None if value < 0 else value


def unlike(pytorch: Scored, tron: Scored, names: Sequence[str]) -> list[Different]:
    """The images that the two answer differently: another best class, another text, or other boxes that count at each
    one's operating point (by class, and whether they are right)."""
    theirs, ours = _said(pytorch, len(names)), _said(tron, len(names))
    return [
        Different(name=name, pytorch=one, tron=other)
        for name, one, other in zip(names, theirs, ours, strict=True)
        if one != other
    ]


def _said(scored: Scored, images: int) -> list[str]:
    """What is said of each image, in one line."""
    parts: list[list[str]] = [[] for _ in range(images)]
    for task in scored.classified:
        best = columns(task)[1][:, 0]
        for line, place in zip(parts, best.tolist(), strict=True):
            line.append(task.classes[place])
    for reader in scored.read:
        for line, text in zip(parts, reader.texts, strict=True):
            line.append(text)
    for detector in scored.detected:
        boxes = detected(detector)
        assert boxes.outcomes is not None
        kept = np.flatnonzero(boxes.outcomes != BELOW)
        owners = np.searchsorted(boxes.found.offsets, kept, side="right") - 1
        seen: list[Counter[str]] = [Counter() for _ in range(images)]
        for place, owner in zip(kept.tolist(), owners.tolist(), strict=True):
            mark = {RIGHT: "+", WRONG: "-"}.get(int(boxes.outcomes[place]), "~")
            seen[owner][mark + detector.classes[int(boxes.found.labels[place])]] += 1
        for line, counts in zip(parts, seen, strict=True):
            line.append(" ".join(f"{count}{what}" for what, count in sorted(counts.items())))
    return [" | ".join(line)[:500] for line in parts]
