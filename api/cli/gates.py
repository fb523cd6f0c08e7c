"""The rules of `mo compare --fail-if`: what a difference must not be, for machines that build and test.

    ap/object < -0.01            the signed difference to the base (fractions of 1, times in milliseconds)
    ap/object.low < -0.02        the low end of its 95 % interval (.high: the other one)
    inference_ms > 0.5           any key of the comparison's `delta`
    worse(top1/class)            the verdict: worse, or better, within_noise, not_comparable

A rule about a figure that the test has not, that is undefined or that does not compare with the base's fires too: what
cannot be shown does not pass.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from api.resources_tests import ComparedTest

_VERDICT = re.compile(r"(better|worse|within_noise|not_comparable)\((.+)\)")
_NUMBER = re.compile(r"(.+?)(\.low|\.high)?\s*([<>])\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")


class GateError(ValueError):
    """This is no rule."""


class Rule(NamedTuple):
    """A rule as it was written, and its parts: either a verdict, or an end of the difference and a bound."""

    text: str
    key: str
    verdict: str = ""
    end: str = ""
    above: bool = False
    bound: float = 0.0


def rule_of(text: str) -> Rule:
    """The rule in the text.

    Raises:
        GateError: there is none.
    """
    text = text.strip()
    if (found := _VERDICT.fullmatch(text)) is not None:
        return Rule(text, found[2].strip(), verdict=found[1])
    if (found := _NUMBER.fullmatch(text)) is None:
        raise GateError(text)
    return Rule(text, found[1].strip(), end=(found[2] or "").lstrip("."), above=found[3] == ">", bound=float(found[4]))


def fires(rule: Rule, row: ComparedTest) -> bool:
    """Whether the rule holds for a test that is not the base; also where there is nothing that could be compared."""
    found = row.verdicts.get(rule.key)
    if rule.verdict:
        return found is None or found.code in (rule.verdict, "not_comparable")
    value: float | None = row.delta.get(rule.key)
    if rule.end:
        value = None if found is None else getattr(found, rule.end)
    if value is None or math.isnan(value):
        return True
    return value > rule.bound if rule.above else value < rule.bound
