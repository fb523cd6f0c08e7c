"""The JSON that the API speaks of a test's images, one by one, as types."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from api.resources import Resource

FoundOutcome = Literal["right", "wrong", "ignored", "below"]
TrueOutcome = Literal["found", "missed", "ignored"]
Change = Literal["lost", "won"]
"""lost: the base is right (better) and the other test wrong (worse); won: the other way round."""


class Guess(Resource, frozen=True, kw_only=True):
    """A class and the score that a model gave it."""

    name: str
    score: float


class ClassAnswer(Resource, frozen=True, kw_only=True):
    """One classification task: its best classes, best first; `truth` and `right` are None where nobody said it."""

    task: str
    truth: str | None
    right: bool | None
    top: list[Guess]


class TextAnswer(Resource, frozen=True, kw_only=True):
    """What was read, and what stands there."""

    task: str
    text: str
    truth: str | None
    right: bool | None


class FoundBox(Resource, frozen=True, kw_only=True):
    """A box that was found, in pixels of the upright image. `outcome`: `ignored` answers a true box that does not
    count, `below` has a score below the threshold, None where nobody said what is true. `partner`: which of the task's
    true boxes it answers, from 0."""

    task: str
    name: str
    score: float
    left: float
    top: float
    right: float
    bottom: float
    outcome: FoundOutcome | None
    partner: int | None


class TrueBox(Resource, frozen=True, kw_only=True):
    """A true box; `ignored`: a crowd, or difficult."""

    task: str
    name: str
    left: float
    top: float
    right: float
    bottom: float
    outcome: TrueOutcome


class BoxCounts(Resource, frozen=True, kw_only=True):
    """Boxes of one image at the test's threshold: found rightly, found wrongly, missed, and F1 of them (1 where there
    is nothing and nothing was found)."""

    task: str
    right: int
    wrong: int
    missed: int
    f1: float


class ImageOutcome(Resource, frozen=True, kw_only=True):
    """What a test made of one image; `number` counts from 0 in the test.

    `right`: every task is (of a detector: no box is wrong or missed), None where nobody said what is true. `boxes` are
    those from the threshold on, `below` counts the others (asked for alone, an image shows all of them). `slices`:
    its value in each dimension.
    """

    number: int
    name: str
    digest: str
    width: int
    height: int
    right: bool | None
    slices: dict[str, str]
    answers: list[ClassAnswer] = []
    texts: list[TextAnswer] = []
    counts: list[BoxCounts] = []
    boxes: list[FoundBox] = []
    truths: list[TrueBox] = []
    below: int = 0


class Flip(Resource, frozen=True, kw_only=True):
    """An image of which two tests differ. `difference`: this minus base, of right (1 or 0) or, for boxes, of F1."""

    change: Change
    difference: float
    base: ImageOutcome
    test: ImageOutcome


class Flips(Resource, frozen=True, kw_only=True):
    """A part of the images of which a test and its base differ in `task`, the largest difference first.

    `images`: how many both have; `lost`, `won`: how many of them, whatever part this is.
    """

    base: UUID
    test: UUID
    task: str
    images: int
    lost: int
    won: int
    items: list[Flip]
    next: str | None = None
