"""Texts: exact matches and edit distances, by hand and against the table that everybody knows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.evaluation.metrics.curves import UNDEFINED
from agents.evaluation.metrics.sequence import TextScores, compare, edit_distance, score

texts = st.text(alphabet="ab京A", max_size=12) | st.text(max_size=90)


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [
        ("", "", 0),
        ("abc", "", 3),
        ("", "abc", 3),
        ("kitten", "sitting", 3),
        ("京A12345", "京A1234", 1),
        ("京A12345", "苏A12354", 3),
        ("a" * 200, "a" * 199 + "b", 1),
    ],
)
def test_distances_by_hand(one: str, other: str, edits: int):
    assert edit_distance(one, other) == edits


def by_table(one: str, other: str) -> int:
    row = list(range(len(one) + 1))
    for down, character in enumerate(other, 1):
        before, row = row, [down]
        for across, own in enumerate(one, 1):
            row.append(min(before[across] + 1, row[-1] + 1, before[across - 1] + (own != character)))
    return row[-1]


@given(texts, texts)
def test_the_distance_is_the_table_s(one: str, other: str):
    assert edit_distance(one, other) == by_table(one, other) == edit_distance(other, one)


def test_rates_are_over_all_characters_not_over_texts():
    marks = compare(["ab", "abcdef", "x"], ["ab", "abcxyz", ""])
    assert marks.exact.tolist() == [True, False, False]
    assert marks.edits.tolist() == [0, 3, 1]
    assert marks.characters.tolist() == [2, 6, 1]
    assert score(marks) == TextScores(3, 1 / 3, 4 / 9)


def test_a_slice_is_some_of_the_images():
    marks = compare(["ab", "cd", ""], ["ab", "ce", "abc"])
    assert score(marks, np.array([False, True, False])) == TextScores(1, 0.0, 0.5)
    assert score(marks, np.array([False, False, True])) == TextScores(1, 0.0, UNDEFINED)
    with pytest.raises(ValueError, match="texts without images"):
        score(marks, np.zeros(3, np.bool_))


def test_the_same_character_composed_or_not_is_the_same():
    assert compare(["é"], ["e\u0301"]).exact.tolist() == [True]
    assert compare(["Ab c"], ["ab c"]).edits.tolist() == [1]


def test_every_text_needs_its_answer():
    with pytest.raises(ValueError, match="shorter"):
        compare(["a", "b"], ["a"])
