"""Every family against its textbook, box by box in plain Python."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from agents.evaluation.methods.base import Candidates
from agents.evaluation.methods.decoding import Decoder, Detections
from agents.geometry import placement
from agents.sandbox.inside import Refused
from schemas.specs.methods import method, output_problem
from schemas.specs.parts import Arg, TaskSpec
from schemas.specs.preprocessing import EqualResize, Resize

WIDTH, HEIGHT, CLASSES = 64, 48, 3
TASK = TaskSpec("object", ("a", "b", "c"))
ALL = (Arg("nms", "ss", "none"), Arg("max_detections", "si", 10_000))


def decoded(name: str, outputs: list[np.ndarray], *args: Arg, everything: bool = True) -> Candidates:
    """All candidates that the method makes of the outputs, which must be outputs that it says it reads."""
    spec = method(name)
    assert spec is not None
    given = (*args, *(each for each in ALL if everything and spec.arg(each.name) is not None))
    assert output_problem(name, given, (TASK,), [output.shape for output in outputs]) is None
    answer = Decoder(spec, given, (TASK,), (3, HEIGHT, WIDTH)).answer(outputs)
    assert isinstance(answer, Candidates)
    return answer


def same(found: Candidates, expected: list[tuple[float, int, list[float]]]) -> None:
    """The candidates are (score, class, box) in this set, best first."""
    ordered = sorted(expected, key=lambda each: -each[0])
    assert len(found.scores) == len(ordered) > 0
    assert np.allclose(found.scores, [each[0] for each in ordered], atol=1e-5)
    assert found.classes.tolist() == [each[1] for each in ordered]
    assert np.allclose(found.boxes, [each[2] for each in ordered], rtol=1e-4, atol=1e-3)


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def centred(cx: float, cy: float, w: float, h: float) -> list[float]:
    return [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2]


def noise(*shape: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def test_decoded_boxes_in_every_form_and_unit() -> None:
    scores = np.array([[0.9, 0.1, 0.2], [0.04, 0.03, 0.01], [0.2, 0.3, 0.8]], np.float32)
    boxes = np.array([[0.1, 0.2, 0.5, 0.6], [0, 0, 1, 1], [0.25, 0.5, 0.5, 0.75]], np.float32)
    relative = Arg("box_units", "ss", "relative")
    expected = [
        (0.9, 0, [0.1 * WIDTH, 0.2 * HEIGHT, 0.5 * WIDTH, 0.6 * HEIGHT]),
        (0.8, 2, [0.25 * WIDTH, 0.5 * HEIGHT, 0.5 * WIDTH, 0.75 * HEIGHT]),
    ]
    same(decoded("detection", [boxes, scores], relative), expected)
    pixels = boxes * np.array([WIDTH, HEIGHT, WIDTH, HEIGHT], np.float32)
    same(decoded("detection", [pixels, scores]), expected)
    corner = np.concatenate([pixels[:, :2], pixels[:, 2:] - pixels[:, :2]], axis=1)
    same(decoded("detection", [corner, scores], Arg("box_format", "ss", "xywh")), expected)
    centre = np.concatenate([(pixels[:, :2] + pixels[:, 2:]) / 2, pixels[:, 2:] - pixels[:, :2]], axis=1)
    same(decoded("detection", [centre, scores], Arg("box_format", "ss", "cxcywh")), expected)
    same(
        decoded("detection", [scores, centre], Arg("box_format", "ss", "cxcywh"), Arg("outputs", "vi", (1, 0))),
        expected,
    )


def test_decoded_boxes_with_their_classes_skip_empty_rows() -> None:
    rows = np.array([[1, 2, 30, 40, 0.7, 1], [0, 0, 0, 0, 0, 0], [0, 0, 9, 9, 0.9, -1]], np.float32)
    expected = [(0.7, 1, [1.0, 2.0, 30.0, 40.0])]
    same(decoded("detection", [rows]), expected)
    same(decoded("detection", [rows[:, :4], rows[:, 4], rows[:, 5].astype(np.int64)]), expected)


def test_activations_and_several_labels_a_box() -> None:
    logits, boxes = noise(5, CLASSES), np.tile(np.array([1, 2, 3, 4], np.float32), (5, 1))
    many = Arg("multi_label", "si", 1)
    got = decoded("detection", [boxes, logits], Arg("activation", "ss", "sigmoid"), many)
    same(got, [(sigmoid(logits[i, c]), c, [1, 2, 3, 4]) for i in range(5) for c in range(CLASSES)])
    shares = [[math.exp(v) / sum(math.exp(w) for w in row) for v in row] for row in logits.tolist()]
    got = decoded("detection", [boxes, logits], Arg("activation", "ss", "softmax"))
    same(got, [(max(row), row.index(max(row)), [1, 2, 3, 4]) for row in shares])


def test_yolo_v5_rows() -> None:
    rows = np.abs(noise(20, 5 + CLASSES)) / 4
    rows[:, :4] *= 40
    expected = []
    for cx, cy, w, h, objectness, *classes in rows.tolist():
        score = objectness * max(classes)
        if score > 0.05:
            expected.append((score, classes.index(max(classes)), centred(cx, cy, w, h)))
    same(decoded("yolo_v5", [rows]), expected)


def test_yolo_v5_raw_levels() -> None:
    anchors = ((5.0, 6.0), (7.0, 8.0), (20.0, 30.0), (40.0, 50.0))
    levels = [noise(2, HEIGHT // s, WIDTH // s, 5 + CLASSES, seed=s) for s in (8, 16)]
    expected = []
    for number, (stride, level) in enumerate(zip((8, 16), levels, strict=True)):
        for a, y, x in itertools.product(range(2), range(level.shape[1]), range(level.shape[2])):
            v = [sigmoid(each) for each in level[a, y, x].tolist()]
            width, height = anchors[2 * number + a]
            middle = [(2 * part - 0.5 + cell) * stride for part, cell in zip(v, (x, y), strict=False)]
            box = centred(*middle, (2 * v[2]) ** 2 * width, (2 * v[3]) ** 2 * height)
            score = v[4] * max(v[5:])
            if score > 0.05:
                expected.append((score, v[5:].index(max(v[5:])), box))
    args = (Arg("strides", "vi", (8, 16)), Arg("anchors", "vf", tuple(itertools.chain(*anchors))))
    same(decoded("yolo_v5", levels, *args), expected)
    with pytest.raises(Refused, match="anchors_do_not_match"):
        decoded("yolo_v5", levels, args[1])
    with pytest.raises(Refused, match="anchors_do_not_match"):
        decoded("yolo_v5", levels, args[0])


def test_yolo_v5_levels_may_have_other_numbers_of_anchors() -> None:
    anchors = ((5.0, 6.0), (20.0, 30.0), (40.0, 50.0))
    levels = [noise(count, HEIGHT // s, WIDTH // s, 5 + CLASSES, seed=s) for count, s in ((1, 8), (2, 16))]
    args = (Arg("strides", "vi", (8, 16)), Arg("anchors", "vf", tuple(itertools.chain(*anchors))))
    found = decoded("yolo_v5", levels, *args, Arg("score_threshold", "sf", 0.0))
    value = [sigmoid(each) for each in levels[1][1, 0, 0].tolist()]
    size = [(2 * value[2]) ** 2 * 40, (2 * value[3]) ** 2 * 50]
    middle = [(2 * part - 0.5) * 16 for part in value[:2]]
    assert np.isclose(found.boxes, centred(*middle, *size), rtol=1e-4, atol=1e-3).all(axis=1).any()
    assert len(found.scores) == 1 * 6 * 8 + 2 * 3 * 4


@pytest.mark.parametrize("name", ["yolo_v5", "yolo_v8"])
def test_levels_in_another_order_than_their_strides_are_refused(name: str) -> None:
    if name == "yolo_v5":
        levels = [noise(2, HEIGHT // s, WIDTH // s, 5 + CLASSES) for s in (16, 8)]
        args = (Arg("strides", "vi", (8, 16)), Arg("anchors", "vf", (5.0, 6.0, 7.0, 8.0, 20.0, 30.0, 40.0, 50.0)))
    else:
        levels = [noise(4 * 6 + CLASSES, HEIGHT // s, WIDTH // s) for s in (16, 8)]
        args = (Arg("layout", "ss", "levels"), Arg("strides", "vi", (8, 16)))
    with pytest.raises(Refused, match="anchors_do_not_match"):
        decoded(name, levels, *args)


def test_the_only_bin_of_a_side_is_its_distance() -> None:
    level = np.zeros((4 + CLASSES, HEIGHT // 16, WIDTH // 16), np.float32)
    level[:4, 1, 2] = (1, 0.5, 2, 1.5)
    level[4:] = -9
    level[5, 1, 2] = 3
    args = (Arg("layout", "ss", "levels"), Arg("strides", "vi", (16,)))
    same(decoded("yolo_v8", [level], *args), [(sigmoid(3), 1, [24, 16, 72, 48])])


def test_scores_that_are_no_numbers_are_refused() -> None:
    grid = np.full((5 + CLASSES, 2, 2), -0.5, np.float32)
    spec = method("fastestdet")
    assert spec is not None
    with np.errstate(invalid="ignore"), pytest.raises(Refused, match="scores_not_finite"):
        Decoder(spec, (), (TASK,), (3, HEIGHT, WIDTH)).answer([grid])


def test_a_plug_in_gives_one_number_a_class_or_is_refused() -> None:
    spec = method("ctc")
    assert spec is not None
    own = structs.replace(spec, name="own", family="classification", decode="json:loads", args=())
    decoder = Decoder(own, (), (TASK,), (3, HEIGHT, WIDTH))
    decoder._decode = lambda outputs, head: [np.full(CLASSES, 1 / CLASSES, np.float32)]
    assert len(decoder.answer([np.zeros(1)])) == 1
    decoder._decode = lambda outputs, head: [np.full(CLASSES + 1, 0.25, np.float32)]
    with pytest.raises(Refused, match="answer_does_not_fit_tasks"):
        decoder.answer([np.zeros(1)])


@pytest.mark.parametrize("layout", ["columns", "rows"])
def test_yolo_v8(layout: str) -> None:
    rows = np.abs(noise(20, 4 + CLASSES)) / 4
    rows[:, :4] *= 40
    expected = []
    for cx, cy, w, h, *classes in rows.tolist():
        if max(classes) > 0.05:
            expected.append((max(classes), classes.index(max(classes)), centred(cx, cy, w, h)))
    output = rows if layout == "rows" else np.ascontiguousarray(rows.T)
    same(decoded("yolo_v8", [output], Arg("layout", "ss", layout)), expected)


def test_yolo_v8_raw_levels() -> None:
    bins = 6
    levels = [noise(4 * bins + CLASSES, HEIGHT // s, WIDTH // s, seed=s) for s in (8, 16)]
    expected = []
    for stride, level in zip((8, 16), levels, strict=True):
        for y, x in itertools.product(range(level.shape[1]), range(level.shape[2])):
            v = level[:, y, x].tolist()
            sides = []
            for side in range(4):
                powers = [math.exp(each) for each in v[side * bins : side * bins + bins]]
                sides.append(sum(place * power for place, power in enumerate(powers)) / sum(powers))
            px, py = x + 0.5, y + 0.5
            box = [stride * each for each in (px - sides[0], py - sides[1], px + sides[2], py + sides[3])]
            scores = [sigmoid(each) for each in v[4 * bins :]]
            if max(scores) > 0.05:
                expected.append((max(scores), scores.index(max(scores)), box))
    args = (Arg("layout", "ss", "levels"), Arg("strides", "vi", (8, 16)))
    same(decoded("yolo_v8", levels, *args), expected)


ANCHORS = (Arg("strides", "vi", (16, 32)), Arg("anchors", "vf", (10.0, 20.0, 20.0, 10.0, 40.0, 40.0)))


def anchor_list(offset: float) -> list[tuple[float, float, float, float]]:
    """Two anchors in the first level and one in the second; 48 / 32 leaves a second, partial row of cells."""
    found = []
    for stride, rows, columns, sizes in ((16, 3, 4, ((10, 20), (20, 10))), (32, 2, 2, ((40, 40),))):
        for y, x, (w, h) in itertools.product(range(rows), range(columns), sizes):
            found.append(((x + offset) * stride, (y + offset) * stride, w, h))
    return found


@pytest.mark.parametrize(
    ("name", "offset", "variances"), [("ssd", 0.5, (0.1, 0.1, 0.2, 0.2)), ("retinanet", 0.0, (1.0,) * 4)]
)
def test_anchors(name: str, offset: float, variances: tuple[float, ...]) -> None:
    own = anchor_list(offset)
    deltas = noise(len(own), 4)
    numbers = noise(len(own), CLASSES + (name == "ssd"), seed=2)
    expected = []
    for (cx, cy, w, h), delta, row in zip(own, deltas.tolist(), numbers.tolist(), strict=True):
        d = [each * variance for each, variance in zip(delta, variances, strict=True)]
        box = centred(cx + d[0] * w, cy + d[1] * h, w * math.exp(d[2]), h * math.exp(d[3]))
        total = sum(math.exp(each) for each in row)
        scores = [math.exp(each) / total for each in row][1:] if name == "ssd" else [sigmoid(each) for each in row]
        expected += [(score, number, box) for number, score in enumerate(scores) if score > 0.05]
    counts = Arg("anchors_per_level", "vi", (2, 1))
    same(decoded(name, [deltas, numbers], *ANCHORS, counts), expected)
    with pytest.raises(Refused, match="anchors_do_not_match"):
        decoded(name, [deltas, numbers], *ANCHORS)
    with pytest.raises(Refused, match="anchors_do_not_match"):
        decoded(name, [deltas[1:], numbers[1:]], *ANCHORS, counts)


@pytest.mark.parametrize("units", ["strides", "pixels"])
def test_fcos(units: str) -> None:
    points = [(x, y, s) for s, h, w in ((16, 3, 4), (32, 2, 2)) for y in range(h) for x in range(w)]
    logits, distances, centreness = noise(len(points), CLASSES), np.abs(noise(len(points), 4)), noise(len(points), 1)
    expected = []
    for (x, y, s), row, sides, (ctr,) in zip(
        points, logits.tolist(), distances.tolist(), centreness.tolist(), strict=True
    ):
        left, top, right, bottom = (side * (s if units == "strides" else 1) for side in sides)
        px, py = s // 2 + x * s, s // 2 + y * s
        scores = [math.sqrt(sigmoid(each) * sigmoid(ctr)) for each in row]
        expected += [(v, c, [px - left, py - top, px + right, py + bottom]) for c, v in enumerate(scores) if v > 0.05]
    strides = Arg("strides", "vi", (16, 32))
    same(decoded("fcos", [logits, distances, centreness], strides, Arg("distance_units", "ss", units)), expected)
    with pytest.raises(Refused, match="anchors_do_not_match"):
        decoded("fcos", [logits, distances, centreness])


def test_fastestdet() -> None:
    grid = noise(5 + CLASSES, 3, 4)
    grid[0], grid[5:] = 1 / (1 + np.exp(-grid[0])), np.exp(grid[5:]) / np.exp(grid[5:]).sum(axis=0)
    expected = []
    for y, x in itertools.product(range(3), range(4)):
        obj, r0, r1, r2, r3, *classes = grid[:, y, x].tolist()
        box = centred((math.tanh(r0) + x) / 4, (math.tanh(r1) + y) / 3, sigmoid(r2), sigmoid(r3))
        score = obj**0.6 * max(classes) ** 0.4
        expected.append(
            (score, classes.index(max(classes)), [v * side for v, side in zip(box, (WIDTH, HEIGHT) * 2, strict=True)])
        )
    same(decoded("fastestdet", [grid]), expected)


def test_detr_queries() -> None:
    logits, boxes = noise(10, CLASSES + 1), 1 / (1 + np.exp(-noise(10, 4, seed=3)))
    expected: list[tuple[float, int, list[float]]] = []
    for row, box in zip(logits.tolist(), boxes.tolist(), strict=True):
        shares = [math.exp(each) / sum(math.exp(other) for other in row) for each in row][:-1]
        pixels = [v * side for v, side in zip(centred(*box), (WIDTH, HEIGHT) * 2, strict=True)]
        expected.append((max(shares), shares.index(max(shares)), pixels))
    same(decoded("detr", [logits, boxes]), [each for each in expected if each[0] > 0.05])
    pairs = [
        (sigmoid(v), c, [w * side for w, side in zip(centred(*box), (WIDTH, HEIGHT) * 2, strict=True)])
        for row, box in zip(logits[:, 1:].tolist(), boxes.tolist(), strict=True)
        for c, v in enumerate(row)
    ]
    best = sorted(pairs, key=lambda each: -each[0])[:7]
    args = (Arg("activation", "ss", "sigmoid"), Arg("max_detections", "si", 7))
    same(decoded("detr", [logits[:, 1:], boxes], *args, everything=False), best)


def text(outputs: np.ndarray, *args: Arg) -> Any:
    spec = method("ctc")
    assert spec is not None
    assert output_problem("ctc", args, (TASK,), [outputs.shape]) is None
    return Decoder(spec, args, (TASK,), (3, HEIGHT, WIDTH)).answer([outputs])


def steps(*path: int, symbols: int = 4) -> np.ndarray:
    return np.eye(symbols, dtype=np.float32)[list(path)]


@pytest.mark.parametrize(
    ("path", "read"), [((0, 0, 3, 0, 1, 1, 3, 2), "aabc"), ((3, 3, 3), ""), ((2, 2, 2), "c"), ((0, 1, 0), "aba")]
)
def test_ctc_merges_repetitions_and_drops_blanks(path: tuple[int, ...], read: str) -> None:
    assert text(steps(*path)) == read
    assert text(steps(*path).T, Arg("layout", "ss", "symbols")) == read


def test_ctc_reads_the_table_of_its_arguments_with_the_blank_where_it_is() -> None:
    table = Arg("characters", "vs", ("京", "A", "7"))
    assert text(steps(1, 1, 0, 2, 3, 3), table, Arg("blank", "ss", "first")) == "京A7"
    assert text(steps(0, 3, 1, 2), table) == "京A7"


def test_ctc_equals_the_definition_on_random_outputs() -> None:
    outputs = noise(200, 4)
    path = outputs.argmax(axis=1).tolist()
    merged = [symbol for symbol, _ in itertools.groupby(path)]
    assert text(outputs) == "".join("abc"[symbol] for symbol in merged if symbol != 3)


def test_detections_come_in_pixels_of_the_image() -> None:
    spec = method("detection")
    assert spec is not None
    boxes = np.array([[0, 0, 32, 24], [16, 12, 70, 50]], np.float32)
    decoder = Decoder(spec, (), (TASK,), (3, HEIGHT, WIDTH))
    outputs = [boxes, np.array([[0.9, 0, 0], [0, 0.8, 0]], np.float32)]
    found = decoder.detections(outputs, placement(640, 240, (Resize(width=WIDTH, height=HEIGHT),)))
    assert isinstance(found, Detections)
    assert found.boxes.tolist() == [[0, 0, 320, 120], [160, 60, 640, 240]]
    whole = Decoder(spec, (Arg("clip", "si", 0),), (TASK,), (3, HEIGHT, WIDTH))
    beyond = whole.detections(outputs, placement(640, 240, (Resize(width=WIDTH, height=HEIGHT),)))
    assert beyond.boxes.tolist() == [[0, 0, 320, 120], [160, 60, 700, 250]]
    padded = decoder.detections(outputs, placement(640, 240, (EqualResize(width=WIDTH, height=HEIGHT),)))
    assert padded.boxes.tolist() == [[0, 0, 320, 240], [160, 120, 640, 240]]
