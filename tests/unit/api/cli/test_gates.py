"""The rules of --fail-if: what they mean, and that what cannot be shown does not pass."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from api.cli.gates import GateError, fires, rule_of
from schemas.verdict.words import Verdict

WORSE = Verdict("worse", 100, 0, -0.03, -0.05, -0.01, "score")
ROW: Any = SimpleNamespace(
    delta={"ap/a b": -0.03, "inference_ms": 0.4, "top5/x": None, "top1/k@light=night": 0.02},
    verdicts={
        "ap/a b": WORSE,
        "accuracy": Verdict("not_comparable", reason="figure_missing"),
        "top1/k@light=night": Verdict("within_noise", 9, 0, 0.02, -0.1, 0.1, "score"),
    },
)


@pytest.mark.parametrize(
    ("text", "fired"),
    [
        ("ap/a b < -0.01", True),
        ("ap/a b<-0.04", False),
        ("ap/a b.low < -0.04", True),
        ("ap/a b.high > -0.02", True),
        ("ap/a b.low<-.06", False),
        ("inference_ms > 0.5", False),
        ("inference_ms > 3e-1", True),
        ("worse(ap/a b)", True),
        ("better(ap/a b)", False),
        ("worse(top1/k@light=night)", False),
        ("within_noise(top1/k@light=night)", True),
        ("top1/k@light=night < 0", False),
        ("top5/x < -1", True),
        ("nothing < -1", True),
        ("worse(nothing)", True),
        ("nothing.low > 5", True),
        ("accuracy < -0.01", True),
        ("worse(accuracy)", True),
        ("not_comparable(accuracy)", True),
    ],
)
def test_a_rule_fires_when_it_holds_or_cannot_be_shown_not_to(text: str, fired: bool):
    assert fires(rule_of(text), ROW) is fired


@pytest.mark.parametrize("text", ["", "ap", "ap <", "< 1", "ap = 1", "worse()", "bad(ap)", "ap < one", "ap < 1 < 2 x"])
def test_what_is_no_rule_is_refused(text: str):
    with pytest.raises(GateError):
        rule_of(text)
