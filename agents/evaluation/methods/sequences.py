"""The method whose networks read text: greedy CTC."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.evaluation.methods.base import Array, Head


def ctc(outputs: Sequence[Array], head: Head) -> str:
    """The text of (steps, symbols + 1) numbers, or of its transpose by the argument `layout`.

    Source: Graves et al. 2006, best path: the best symbol of each step; of a run of equal ones one stays; blanks go.
    """
    steps = outputs[0].T if head.args["layout"] == "symbols" else outputs[0]
    path = steps.argmax(axis=1)
    firsts = path[np.append(True, path[1:] != path[:-1])] if len(path) else path
    blank, shift = (0, 1) if head.args["blank"] == "first" else (len(head.symbols), 0)
    return "".join(head.symbols[place - shift] for place in firsts.tolist() if place != blank)
