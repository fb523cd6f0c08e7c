"""From replicates to intervals and verdicts.

Percentiles of the replicates are used where what decides was seen at least `FEW_IMAGES` times: right and wrong answers
each for one share, images gained and lost together for a difference. With fewer they are too short (what was never seen
never comes up in a replicate; Hesterberg, "What Teachers Should Know About the Bootstrap", 2015, says so of percentiles
in small samples), and Wilson's and Tango's score intervals stand in. The number comes from
tests/unit/schemas/verdict/test_coverage.py, which counts how often each of them holds the truth.
"""

from __future__ import annotations

from schemas.verdict.intervals import Bounds, percentile, share_of, tango, wilson
from schemas.verdict.replicates import Sample, Shared, shared, sums_of
from schemas.verdict.words import Interval, Method, Verdict, VerdictCode

FEW_IMAGES = 50
DRAWN_AGAIN_MAX = 20_000
"""With more images to weigh anew than this, the score interval (as good, and at once) takes the replicates' place."""


def interval(part: Sample, measure: str) -> Interval | None:
    """The interval around one figure of a test; None where the test has no such figure."""
    row = part.row.get(measure)
    if row is None:
        return None
    images, right = len(part.digests), int(part.marks[row].sum())
    if min(right, images - right) < FEW_IMAGES:
        return Interval(*wilson(right, images), images=images, method="wilson")
    return Interval(*percentile(share_of(part.right[row], part.total)), images=images, method="percentile")


def verdict(test: Sample, base: Sample, measure: str) -> Verdict:
    """A figure of a test against the base's, image by image on those that both have; more is better."""
    places = shared(test, base)
    images = len(places.first)
    left_out = len(test.digests) + len(base.digests) - 2 * images
    if measure not in test.row or measure not in base.row or images == 0:
        return Verdict("not_comparable", left_out=left_out)
    here, there = test.row[measure], base.row[measure]
    ours, theirs = test.marks[here, places.first], base.marks[there, places.second]
    gained, lost = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    few = gained + lost < FEW_IMAGES or _drawn_again(test, base, images) > DRAWN_AGAIN_MAX
    method: Method = "score" if few else "percentile"
    low, high = tango(gained, lost, images) if few else _replicated(test, base, places, here, there)
    code: VerdictCode = "better" if low > 0 else "worse" if high < 0 else "within_noise"
    return Verdict(code, images, left_out, (gained - lost) / images, low, high, method)


def _drawn_again(test: Sample, base: Sample, images: int) -> int:
    """How many images would be weighed anew because the two tests do not have the same ones."""
    return sum(min(images, len(each.digests) - images) for each in (test, base))


def _replicated(test: Sample, base: Sample, places: Shared, here: int, there: int) -> Bounds:
    total, ours = sums_of(test, places.first, here)
    _, theirs = sums_of(base, places.second, there)
    return percentile(share_of(ours - theirs, total))
