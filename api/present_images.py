"""One image of a test as the API shows it: as a resource, and as the marks of a picture. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from api.outcomes import Seen
from api.pictures import Mark
from api.resources_images import (
    BoxCounts,
    ClassAnswer,
    FoundBox,
    FoundOutcome,
    Guess,
    ImageOutcome,
    TextAnswer,
    TrueBox,
    TrueOutcome,
)
from schemas.results import (
    BELOW,
    IGNORED,
    MATCHED,
    MISSED,
    NOT_COUNTED,
    RIGHT,
    WRONG,
    Boxes,
    ClassifiedPart,
    DetectedPart,
    DimensionPart,
    ReadPart,
    columns,
    composed,
    digest_of,
    places,
    size_of,
)

FOUND: dict[int, FoundOutcome] = {WRONG: "wrong", RIGHT: "right", IGNORED: "ignored", BELOW: "below"}
TRUE: dict[int, TrueOutcome] = {MISSED: "missed", MATCHED: "found", NOT_COUNTED: "ignored"}
WORDS = {"right": "TP", "wrong": "FP", "missed": "FN", "ignored": "", "found": ""}
COLOURS = {"right": "#1e8e3e", "wrong": "#d93025", "missed": "#f29900", "ignored": "#9aa0a6"}
"""Never the only sign: the same is said by a word."""
OUTSIDE = "?"
"""A class that the part does not name."""


def image_outcome(seen: Seen, number: int, *, below: bool = False) -> ImageOutcome:
    """The image with that number; boxes below the threshold only if asked for."""
    results, right = seen.results, seen.right
    width, height = size_of(results, number)
    boxes = [box for part in results.detected for box in _found(seen, part, number)]
    under = sum(box.outcome == "below" for box in boxes)
    return ImageOutcome(
        number=number,
        name=results.names[number],
        digest=digest_of(results, number),
        width=width,
        height=height,
        right=None if right is None else bool(right[number]),
        slices={part.name: value for part in results.dimensions if (value := _named(part.values, _at(part, number)))},
        answers=[_answer(part, number) for part in results.classified],
        texts=[_text(part, number) for part in results.read],
        counts=[_counts(seen, part.task, number) for part in results.detected if part.task in seen.tasks],
        boxes=boxes if below else [box for box in boxes if box.outcome != "below"],
        truths=[box for part in results.detected for box in _true(seen, part, number)],
        below=under,
    )


def marks_of(shown: ImageOutcome) -> list[Mark]:
    """What is drawn: boxes that were found (TP, FP), true ones that were missed (FN); dashed ones do not count."""
    found = [box for box in shown.boxes if box.outcome != "below"]
    marks = [_mark(box, f"{box.name} {box.score:.2f}", box.outcome or "") for box in found]
    return marks + [_mark(box, box.name, box.outcome) for box in shown.truths if box.outcome != "found"]


def lines_of(shown: ImageOutcome) -> list[str]:
    """What stands in the picture's corner: answers and texts, where they are wrong with what is true."""
    lines = []
    for answer in shown.answers:
        best = answer.top[0] if answer.top else Guess(name=OUTSIDE, score=0.0)
        lines.append(_line(answer.task, f"{best.name} {best.score:.2f}", answer.truth, answer.right))
    lines += [_line(text.task, text.text, text.truth, text.right) for text in shown.texts]
    return lines


def _line(task: str, said: str, truth: str | None, right: bool | None) -> str:
    sign = {True: " ✓", False: f" ✗ ({truth})", None: ""}[right]
    return f"{task}: {said}{sign}"


def _mark(box: FoundBox | TrueBox, text: str, outcome: str) -> Mark:
    said = f"{WORDS.get(outcome, '')} {text}".strip()
    sides = box.left, box.top, max(0.0, box.right - box.left), max(0.0, box.bottom - box.top)
    return Mark(*sides, said, outcome == "ignored", COLOURS.get(outcome, ""))


def _named(names: Sequence[str], place: int) -> str:
    return names[place] if 0 <= place < len(names) else ""


def _at(part: DimensionPart, number: int) -> int:
    return int(places(part)[number])


def _answer(part: ClassifiedPart, number: int) -> ClassAnswer:
    labels, top, scores = columns(part)
    pairs = zip(top[number].tolist(), scores[number].tolist(), strict=True)
    return ClassAnswer(
        task=part.task,
        truth=None if labels is None else _named(part.classes, int(labels[number])) or OUTSIDE,
        right=None if labels is None else bool(top[number, 0] == labels[number]),
        top=[Guess(name=_named(part.classes, each) or OUTSIDE, score=score) for each, score in pairs],
    )


def _text(part: ReadPart, number: int) -> TextAnswer:
    truth = part.truths[number] if part.truths else None
    text = part.texts[number]
    return TextAnswer(
        task=part.task, text=text, truth=truth, right=None if truth is None else composed(text) == composed(truth)
    )


def _counts(seen: Seen, task: str, number: int) -> BoxCounts:
    judged = seen.tasks[task]
    assert judged.counts is not None
    right, wrong, missed = judged.counts[number].tolist()
    return BoxCounts(task=task, right=right, wrong=wrong, missed=missed, f1=float(judged.worth[number]))


def _rows(boxes: Boxes, number: int) -> range:
    return range(int(boxes.offsets[number]), int(boxes.offsets[number + 1]))


def _sides(boxes: Boxes, row: int) -> dict[str, float]:
    return dict(zip(("left", "top", "right", "bottom"), np.nan_to_num(boxes.boxes[row]).tolist(), strict=True))


def _found(seen: Seen, part: DetectedPart, number: int) -> list[FoundBox]:
    own = seen.found[part.task]
    return [
        FoundBox(
            task=part.task,
            name=_named(part.classes, int(own.found.labels[row])) or OUTSIDE,
            score=float(own.scores[row]),
            **_sides(own.found, row),
            outcome=None if own.outcomes is None else FOUND.get(int(own.outcomes[row])),
            partner=None if own.partners is None or own.partners[row] < 0 else int(own.partners[row]),
        )
        for row in _rows(own.found, number)
    ]


def _true(seen: Seen, part: DetectedPart, number: int) -> list[TrueBox]:
    own = seen.found[part.task]
    if own.truths is None or own.truth_outcomes is None:
        return []
    return [
        TrueBox(
            task=part.task,
            name=_named(part.classes, int(own.truths.labels[row])) or OUTSIDE,
            **_sides(own.truths, row),
            outcome=TRUE.get(int(own.truth_outcomes[row]), "ignored"),
        )
        for row in _rows(own.truths, number)
    ]
