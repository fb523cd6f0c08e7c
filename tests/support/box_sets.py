"""Hand-made sets of true and found boxes: each a dictionary of what differs from a plain box in the first image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.evaluation.metrics.boxes import Found, Truths

PLAIN = {"image": 0, "label": 0, "box": (0.0, 0.0, 40.0, 40.0), "score": 0.5, "crowd": False, "ignore": False}


def truths(*told: Mapping[str, Any]) -> Truths:
    rows = [{**PLAIN, **each} for each in told]
    boxes = _boxes(rows)
    return Truths(
        _column(rows, "image", np.int64),
        _column(rows, "label", np.int64),
        boxes,
        _areas(boxes),
        _column(rows, "crowd", np.bool_),
        _column(rows, "ignore", np.bool_),
    )


def found(*told: Mapping[str, Any]) -> Found:
    rows = [{**PLAIN, **each} for each in told]
    boxes = _boxes(rows)
    return Found(
        _column(rows, "image", np.int64),
        _column(rows, "label", np.int64),
        boxes,
        _column(rows, "score", np.float64),
        _areas(boxes),
    )


def _column(rows: list[dict[str, Any]], name: str, kind: Any) -> Any:
    return np.array([row[name] for row in rows], kind)


def _boxes(rows: list[dict[str, Any]]) -> Any:
    return np.array([row["box"] for row in rows], np.float64).reshape(-1, 4)


def _areas(boxes: Any) -> Any:
    with np.errstate(over="ignore", invalid="ignore"):
        # a box too large for a float has some area that is one
        return np.nan_to_num(boxes[:, 2] * boxes[:, 3], posinf=1e300)
