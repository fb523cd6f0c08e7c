"""The methods that Mo brings: what each takes and reads. How they decode is in `agents.evaluation.methods`."""

from __future__ import annotations

from schemas.specs.method_spec import ArgSpec, Layout, MethodSpec

PIXELS_MAX = 8192
DETECTIONS_MAX = 10_000

INPUT_ARGS = (
    ArgSpec(
        name="colour",
        kind="ss",
        default="rgb",
        choices=("rgb", "bgr"),
        meaning="Order of the colours that the network was trained with; decides the proposed preprocessing.",
    ),
    ArgSpec(
        name="fit",
        kind="ss",
        default="stretch",
        choices=("stretch", "pad", "pad_centred"),
        meaning="How an image comes to the input's size: stretched, or scaled and padded (right and below, or around).",
    ),
    ArgSpec(
        name="outputs",
        kind="vi",
        minimum=0,
        maximum=255,
        meaning="Which outputs of the network the method reads, in the method's order; all of them if left out.",
    ),
)
"""What every method takes."""

CROP_ARGS = (
    ArgSpec(
        name="crop_from",
        kind="ss",
        meaning="A sub-template that detects: this network gets its best box, or the whole image where there is none.",
    ),
)

RESULT_ARGS = (
    ArgSpec(
        name="score_threshold",
        kind="sf",
        default=0.05,
        minimum=0,
        maximum=1,
        meaning="Detections score more than this.",
    ),
    ArgSpec(
        name="max_detections",
        kind="si",
        default=300,
        minimum=1,
        maximum=DETECTIONS_MAX,
        meaning="At most so many detections of an image, the best ones.",
    ),
)


def _clip(default: int) -> ArgSpec:
    meaning = "1: boxes end at the image's edges; 0: they may reach beyond."
    return ArgSpec(name="clip", kind="si", default=default, minimum=0, maximum=1, meaning=meaning)


NMS_ARGS = (
    ArgSpec(
        name="iou_threshold",
        kind="sf",
        default=0.45,
        minimum=0,
        maximum=1,
        meaning="Of two boxes that overlap by more than this (IoU), the better one stays.",
    ),
    ArgSpec(
        name="nms",
        kind="ss",
        default="class",
        choices=("class", "all", "none"),
        meaning="Boxes suppress boxes of their own class, of all classes, or none.",
    ),
)


def _multi_label(default: int) -> ArgSpec:
    meaning = "1: a box counts for every class above the threshold; 0: for its best class only."
    return ArgSpec(name="multi_label", kind="si", default=default, minimum=0, maximum=1, meaning=meaning)


def _strides(default: tuple[int, ...]) -> ArgSpec:
    meaning = "Pixels from cell to cell, one number a level, in the order of the outputs."
    return ArgSpec(name="strides", kind="vi", default=default, minimum=1, maximum=PIXELS_MAX, meaning=meaning)


def _offset(default: float) -> ArgSpec:
    meaning = "Where in its cell an anchor's centre or a point lies, as a part of the stride."
    return ArgSpec(name="offset", kind="sf", default=default, minimum=0, maximum=1, meaning=meaning)


def _activation(default: str) -> ArgSpec:
    return ArgSpec(
        name="activation",
        kind="ss",
        default=default,
        choices=("none", "sigmoid", "softmax"),
        meaning="What makes scores of the network's numbers, where the graph does not do it.",
    )


DETECTION_ARGS = (*INPUT_ARGS, *RESULT_ARGS, *NMS_ARGS, _clip(1))
"""What every method that detects takes, except where it needs no suppression."""


_ANCHOR_ARGS = (
    ArgSpec(
        name="strides",
        kind="vi",
        required=True,
        minimum=1,
        maximum=PIXELS_MAX,
        meaning="Pixels from cell to cell, one number a level; a level has ceil(size / stride) cells a side.",
    ),
    ArgSpec(
        name="anchors",
        kind="vf",
        required=True,
        minimum=1e-3,
        maximum=10 * PIXELS_MAX,
        multiple=2,
        meaning="Width and height in pixels of every anchor, level by level.",
    ),
    ArgSpec(
        name="anchors_per_level",
        kind="vi",
        minimum=1,
        maximum=1000,
        meaning="How many anchors each level has; equally many if left out.",
    ),
)


def _anchored(name: str, meaning: str, *, offset: float, variances: tuple[float, ...], activation: str) -> MethodSpec:
    return MethodSpec(
        name=name,
        family="detection",
        meaning=meaning,
        args=(
            *DETECTION_ARGS,
            _multi_label(1),
            _activation(activation),
            *_ANCHOR_ARGS,
            _offset(offset),
            ArgSpec(
                name="variances",
                kind="vf",
                default=variances,
                minimum=1e-6,
                maximum=10,
                length=4,
                meaning="What the four deltas are multiplied with.",
            ),
        ),
        layouts=(
            Layout(outputs="N,4; N,C+1", arg="activation", equals="softmax"),
            Layout(outputs="N,4; N,C", arg="activation", equals="sigmoid"),
            Layout(outputs="N,4; N,C", arg="activation", equals="none"),
        ),
    )


_CLASSIFICATION = MethodSpec(
    name="classification",
    family="classification",
    meaning="One output a task with one number a class; softmax where the graph has none.",
    args=(*INPUT_ARGS, *CROP_ARGS),
)

_DETECTION = MethodSpec(
    name="detection",
    family="detection",
    meaning="Boxes and scores that the graph has decoded: works for any architecture.",
    args=(
        *DETECTION_ARGS,
        _multi_label(0),
        _activation("none"),
        ArgSpec(
            name="box_format",
            kind="ss",
            default="xyxy",
            choices=("xyxy", "xywh", "cxcywh"),
            meaning="Corners; or left, top, width, height; or centre, width, height.",
        ),
        ArgSpec(
            name="box_units",
            kind="ss",
            default="pixels",
            choices=("pixels", "relative"),
            meaning="Pixels of the network's input, or parts of its width and height.",
        ),
    ),
    layouts=(
        Layout(outputs="N,4; N,C"),
        Layout(outputs="N,4; N; N"),
        Layout(outputs="N,6"),
    ),
)

_YOLO_V5 = MethodSpec(
    name="yolo_v5",
    family="detection",
    meaning="Rows of centre, size, objectness and classes, decoded by the graph; or raw levels with anchors.",
    args=(
        *DETECTION_ARGS,
        _multi_label(0),
        _strides((8, 16, 32)),
        ArgSpec(
            name="anchors",
            kind="vf",
            default=(10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326),
            minimum=1e-3,
            maximum=10 * PIXELS_MAX,
            multiple=2,
            meaning="Width and height in pixels of every anchor, level by level; for raw levels only.",
        ),
    ),
    layouts=(Layout(outputs="N,C+5"), Layout(outputs="A,H,W,C+5 ...")),
)

_YOLO_V8 = MethodSpec(
    name="yolo_v8",
    family="detection",
    meaning="Columns of centre, size and classes, decoded by the graph; or raw levels of distance bins and classes.",
    args=(
        *DETECTION_ARGS,
        _multi_label(0),
        _strides((8, 16, 32)),
        ArgSpec(
            name="layout",
            kind="ss",
            default="columns",
            choices=("columns", "rows", "levels"),
            meaning="(4 + classes, boxes); (boxes, 4 + classes); or raw levels (4 bins + classes, height, width).",
        ),
    ),
    layouts=(
        Layout(outputs="C+4,N", arg="layout", equals="columns"),
        Layout(outputs="N,C+4", arg="layout", equals="rows"),
        Layout(outputs="C+4*R,H,W ...", arg="layout", equals="levels"),
    ),
)

_FCOS = MethodSpec(
    name="fcos",
    family="detection",
    meaning="A cell each: class logits, distances to the four sides, centre-ness; score = sqrt(class x centre-ness).",
    args=(
        *DETECTION_ARGS,
        _multi_label(1),
        _strides((8, 16, 32, 64, 128)),
        _offset(0.5),
        ArgSpec(
            name="distance_units",
            kind="ss",
            default="strides",
            choices=("strides", "pixels"),
            meaning="Whether distances are parts of the level's stride, or pixels.",
        ),
    ),
    layouts=(Layout(outputs="N,C; N,4; N,1"),),
)

_FASTESTDET = MethodSpec(
    name="fastestdet",
    family="detection",
    meaning="One grid of objectness, box and class probabilities; centres by tanh, sizes by sigmoid.",
    args=(
        *INPUT_ARGS,
        *RESULT_ARGS,
        *NMS_ARGS,
        _clip(0),
        _multi_label(0),
        ArgSpec(
            name="score_powers",
            kind="vf",
            default=(0.6, 0.4),
            minimum=0,
            maximum=10,
            length=2,
            meaning="score = objectness ^ first x class ^ second.",
        ),
    ),
    layouts=(Layout(outputs="C+5,H,W"),),
)

_DETR = MethodSpec(
    name="detr",
    family="detection",
    meaning="Queries of class logits and relative boxes; nothing is suppressed.",
    args=(*INPUT_ARGS, *RESULT_ARGS, _clip(1), _activation("softmax")),
    layouts=(
        Layout(outputs="N,C+1; N,4", arg="activation", equals="softmax"),
        Layout(outputs="N,C; N,4", arg="activation", equals="sigmoid"),
        Layout(outputs="N,C; N,4", arg="activation", equals="none"),
    ),
)

_CTC = MethodSpec(
    name="ctc",
    family="sequence",
    meaning="Greedy CTC: the best symbol of each step, repetitions merged, blanks dropped.",
    args=(
        *INPUT_ARGS,
        *CROP_ARGS,
        ArgSpec(
            name="characters",
            kind="vs",
            meaning="The symbols in the order of the outputs, without the blank; the task's classes if left out.",
        ),
        ArgSpec(
            name="blank",
            kind="ss",
            default="last",
            choices=("first", "last"),
            meaning="Where the blank lies among the outputs.",
        ),
        ArgSpec(
            name="layout",
            kind="ss",
            default="steps",
            choices=("steps", "symbols"),
            meaning="(steps, symbols), or (symbols, steps).",
        ),
    ),
    layouts=(
        Layout(outputs="T,C+1", arg="layout", equals="steps"),
        Layout(outputs="C+1,T", arg="layout", equals="symbols"),
    ),
)

_RAW = MethodSpec(
    name="raw",
    family="raw",
    meaning="No post-processing: features, masks, whatever the network gives. Converted and verified, never scored.",
    args=(*INPUT_ARGS, *CROP_ARGS),
)

BUILTIN = (
    _CLASSIFICATION,
    _DETECTION,
    _YOLO_V5,
    _YOLO_V8,
    _anchored(
        "ssd",
        "Anchors of several levels, deltas and class logits with the background first.",
        offset=0.5,
        variances=(0.1, 0.1, 0.2, 0.2),
        activation="softmax",
    ),
    _anchored(
        "retinanet",
        "Anchors of several levels, deltas and one logit a class.",
        offset=0.0,
        variances=(1.0, 1.0, 1.0, 1.0),
        activation="sigmoid",
    ),
    _FCOS,
    _FASTESTDET,
    _DETR,
    _CTC,
    _RAW,
)
