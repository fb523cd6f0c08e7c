"""Decodes networks' outputs by their methods: detections, class probabilities, text. Pure numpy, in children only.

A package may bring a method of its own. Its entry point in the group `mo.methods` names a `MethodSpec`, which API and
agents read at their start; the spec names the function that decodes, which only sandboxed children import:

    # pyproject.toml
    [project.entry-points."mo.methods"]
    corners = "corner_net.spec:SPEC"

    # corner_net/spec.py: pure, imported by API and agents, so it is trusted like everything an operator installs
    from schemas.specs.builtin_methods import DETECTION_ARGS
    from schemas.specs.method_spec import ArgSpec, Layout, MethodSpec

    SPEC = MethodSpec(
        name="corners",
        family="detection",
        meaning="Corners as parts of the input, and one number a class.",
        args=(*DETECTION_ARGS, ArgSpec(name="grow", kind="sf", default=0.0, meaning="Pixels added at each side.")),
        layouts=(Layout(outputs="N,4; N,C"),),
        decode="corner_net.decode:decode",
    )

    # corner_net/decode.py: outputs of one image, float32, as the layout says
    import numpy as np
    from agents.evaluation.methods.base import scored

    def decode(outputs, head):
        corners, scores = outputs
        grow = np.array([-1, -1, 1, 1]) * head.args["grow"]
        return scored(corners * head.sides + grow, scores, head)

`decode` returns what its family does: `Candidates` (detection), one array of probabilities a task (classification), or
the text (sequence). Threshold, suppression and the way back to the image's pixels follow for every detection alike.
"""
