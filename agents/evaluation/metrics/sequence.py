"""Read texts against the true ones: right as a whole, and how many characters must be changed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from agents.evaluation.metrics.boxes import Indexes, Marks
from agents.evaluation.metrics.curves import UNDEFINED
from schemas.results import composed


class TextMarks(NamedTuple):
    """Image by image: whether the text is right, characters to insert, delete or replace, true characters."""

    exact: Marks
    edits: Indexes
    characters: Indexes


class TextScores(NamedTuple):
    """A reader's figures. `character_error_rate`: edits of all images for each true character of all images, so that
    long texts weigh more and it may be over 1; UNDEFINED where all texts are empty."""

    images: int
    exact: float
    character_error_rate: float


def compare(truths: Sequence[str], read: Sequence[str]) -> TextMarks:
    """Compare text by text. Characters are Unicode's code points in the composed form (NFC); case and spaces count."""
    pairs = [(composed(truth), composed(said)) for truth, said in zip(truths, read, strict=True)]
    edits = np.array([edit_distance(*pair) for pair in pairs], np.int64)
    return TextMarks(edits == 0, edits, np.array([len(truth) for truth, _ in pairs], np.int64))


def score(marks: TextMarks, images: Marks | None = None) -> TextScores:
    """The figures of all images or, for a slice, of some.

    Args:
        images: (images,) which ones.

    Raises:
        ValueError: there is no image.
    """
    chosen = np.ones_like(marks.exact) if images is None else images
    if not chosen.any():
        raise ValueError("texts without images have no accuracy: refuse them before scoring")
    edits, characters = int(marks.edits[chosen].sum()), int(marks.characters[chosen].sum())
    rate = edits / characters if characters else UNDEFINED
    return TextScores(int(chosen.sum()), float(marks.exact[chosen].mean()), rate)


def edit_distance(one: str, other: str) -> int:
    """Levenshtein's distance.

    A column of the usual table at a time, as bits of whole numbers that say where it rises and falls (Myers, "A fast
    bit-vector algorithm for approximate string matching based on dynamic programming", 1999, as Hyyrö 2003 has it).
    """
    if one == other or not one:
        return len(other) if one != other else 0
    places: dict[str, int] = {}
    for place, character in enumerate(one):
        places[character] = places.get(character, 0) | 1 << place
    every, last = (1 << len(one)) - 1, 1 << (len(one) - 1)
    rises, falls, distance = every, 0, len(one)
    for character in other:
        equal = places.get(character, 0)
        diagonal = (((equal & rises) + rises) ^ rises) | equal | falls
        right_rises = falls | (every & ~(diagonal | rises))
        right_falls = rises & diagonal
        distance += bool(right_rises & last) - bool(right_falls & last)
        right_rises = right_rises << 1 | 1
        rises = (right_falls << 1 | ~(diagonal | right_rises)) & every
        falls = right_rises & diagonal & every
    return distance
