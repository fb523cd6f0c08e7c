"""Intervals around a test's figures, and verdicts on their differences.

Shares have score intervals (Wilson's; Tango's for a difference), ratios are linearised over the images
(`schemas.verdict.ratios`), and what is drawn anew has its replicates (`schemas.verdict.drawing`). How often each holds
the truth is counted by tests/unit/schemas/verdict/test_coverage.py. In 2,000 trials a cell the true share was held in
92.6-97.2 % (20 to 1,000 images, shares from 0.5 to 0.98), the true difference of shares in 93.5-96.0 %, and in up to
100 % with fewer than 5 discordant images. Percentiles of replicates, which shares had before, held it in under 80 %
with 2 discordant images of 100, and are as good with 50 or more.

Shares and ratios are compared on the images that both tests have. A figure that is drawn anew cannot be: its replicates
are of all images of its test (or slice), and those of a part are not to be had from them. Where the two tests do not
have the same images there, the verdict is `not_comparable` with the reason `images_differ`; a slice whose images are
the same still has one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from schemas.verdict import drawing, ratios
from schemas.verdict.intervals import Bounds, Floats, tango, wilson
from schemas.verdict.joining import Joined, Totals, counted, group_bits, join
from schemas.verdict.keys import WHOLE, in_group
from schemas.verdict.kinds import lower_is_better
from schemas.verdict.replicates import Sample
from schemas.verdict.words import Interval, Method, Reason, Verdict, VerdictCode


def intervals(part: Sample) -> dict[str, Interval]:
    """The intervals around all figures of a test by their keys; without those that are undefined."""
    return dict(_intervals(part, (WHOLE, *part.slices)))


def interval(part: Sample, key: str) -> Interval | None:
    """The interval around one figure of a test; None where the test has no such figure, or it is undefined."""
    return dict(_intervals(part, _groups(part, key))).get(key)


def verdicts(test: Sample, base: Sample) -> dict[str, Verdict]:
    """Every figure that the test has against the base's, by its key."""
    found = dict(_verdicts(join(test, base, (WHOLE, *test.slices))))
    return {key: found.get(key) or Verdict("not_comparable", reason="figure_missing") for key in test.figures()}


def verdict(test: Sample, base: Sample, key: str) -> Verdict:
    """One figure of a test against the base's, image by image on those that both have."""
    found = dict(_verdicts(join(test, base, _groups(test, key))))
    return found.get(key) or Verdict("not_comparable", reason="figure_missing")


def _groups(part: Sample, key: str) -> list[str]:
    """The groups that the key may be of."""
    return [WHOLE, *(name for name in part.slices if key.endswith(in_group("", name)))]


def _intervals(part: Sample, groups: Sequence[str]) -> Iterator[tuple[str, Interval]]:
    bits = group_bits(part, groups)
    images = counted(bits)
    for measure, row in part.shares.items():
        share = _divided(counted(bits & part.share_bits[row]), images)
        yield from _around(measure, groups, share, wilson(share, np.maximum(images, 1)), images, "wilson")
    for measure, ratio in part.ratios.items():
        yield from _around(measure, groups, *ratios.ratio_bounds(ratio, bits), images, "linear")
    for measure, figures in part.drawn.items():
        known = [place for place, group in enumerate(groups) if group in figures]
        if known:
            names = [groups[place] for place in known]
            values = np.array([figures[name].value for name in names])
            bounds = drawing.drawn_bounds([figures[name] for name in names])
            yield from _around(measure, names, values, bounds, images[known], "replicates")


def _around(
    measure: str, groups: Sequence[str], values: Floats, bounds: Bounds, images: Totals, method: Method
) -> Iterator[tuple[str, Interval]]:
    for group, value, low, high, count in zip(groups, *_listed(values, *bounds, images), strict=True):
        if count and np.isfinite(value):
            yield in_group(measure, group), Interval(low, high, count, method, value)


def _verdicts(joined: Joined) -> Iterator[tuple[str, Verdict]]:
    test, base, bits = joined.test, joined.base, joined.bits
    if test.shares and base.shares:
        yield from _shares(joined)
    for measure in test.ratios.keys() & base.ratios.keys():
        found = ratios.difference_bounds(test.ratios[measure], base.ratios[measure], bits)
        yield from _judged(measure, joined, *found, "linear")
    for measure in test.drawn.keys() & base.drawn.keys():
        yield from _drawn(measure, joined)


def _shares(joined: Joined) -> Iterator[tuple[str, Verdict]]:
    """Verdicts on all shares; their intervals are one piece of arithmetic."""
    test, base, images = joined.test, joined.base, np.maximum(joined.images, 1)
    measures = [measure for measure in test.shares if measure in base.shares]
    rows = [(test.share_bits[test.shares[each]], base.share_bits[base.shares[each]]) for each in measures]
    changed = [(counted(joined.bits & ours & ~theirs), counted(joined.bits & theirs & ~ours)) for ours, theirs in rows]
    gained, lost = np.array(changed, np.int64).reshape(len(measures), 2, len(joined.groups)).transpose(1, 0, 2)
    low, high = tango(gained, lost, images)
    for number, measure in enumerate(measures):
        bounds = Bounds(low[number], high[number])
        yield from _judged(measure, joined, (gained[number] - lost[number]) / images, bounds, "score")


def _drawn(measure: str, joined: Joined) -> Iterator[tuple[str, Verdict]]:
    """Verdicts on a figure that is drawn anew, in the groups for which both tests have it."""
    ours, theirs = joined.test.drawn[measure], joined.base.drawn[measure]
    places = [place for place, group in enumerate(joined.groups) if group in ours and group in theirs]
    if places:
        part = joined.only(places)
        first, second = ([figures[group] for group in part.groups] for figures in (ours, theirs))
        differences = np.array([ours[group].value - theirs[group].value for group in part.groups])
        yield from _judged(measure, part, differences, drawing.difference_bounds(first, second), "replicates")


def _judged(
    measure: str, joined: Joined, differences: Floats, bounds: Bounds, method: Method
) -> Iterator[tuple[str, Verdict]]:
    """What the differences come to, group by group."""
    sign = -1 if lower_is_better(measure) else 1
    columns = _listed(joined.images, joined.left_out, differences, *bounds)
    for group, images, left_out, difference, low, high in zip(joined.groups, *columns, strict=True):
        reason = _reason(images, left_out, difference, method)
        if reason is None:
            code = _code(sign * difference, low, high)
            found = Verdict(code, images, left_out, difference, low, high, method)
        else:
            found = Verdict("not_comparable", images, left_out, reason=reason)
        yield in_group(measure, group), found


def _reason(images: int, left_out: int, difference: float, method: Method) -> Reason | None:
    """Why there is no verdict."""
    if images == 0:
        return "no_images_in_common"
    if left_out and method == "replicates":
        return "images_differ"
    return None if np.isfinite(difference) else "figure_undefined"


def _code(gain: float, low: float, high: float) -> VerdictCode:
    if low <= 0 <= high:
        return "within_noise"
    return "better" if gain > 0 else "worse"


def _divided(part: Totals, whole: Totals) -> Floats:
    """Part by whole, NaN where there is nothing."""
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)


def _listed(*columns: Floats | Totals) -> list[list[float]]:
    """Columns of arrays as plain numbers."""
    return [column.tolist() for column in columns]
