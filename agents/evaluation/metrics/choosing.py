"""Who gets which true box where all want the best one: one after the other, computed for all at once. Pure numpy."""

from __future__ import annotations

import numpy as np

from agents.evaluation.metrics.boxes import Indexes, Marks


def chosen(found: Indexes, truth: Indexes, many: Marks) -> Indexes:
    """The pairs that come about where each found box, one after the other, takes the first of its wishes that is free.

    Done in rounds for all at once: everybody asks for the next wish, a true box keeps the best of those who ask and
    turns away the others, also one that it kept before. That ends where choosing one by one ends (Gale and Shapley,
    1962: with one order of merit for all there is only one stable result).

    Args:
        found: (pairs,) ascending; a lower number chooses earlier. Its pairs are in the order of its wishes.
        truth: (pairs,)
        many: (truths,) which ones accept everybody.
    """
    at = np.flatnonzero(np.diff(found, prepend=-1))
    stops = np.append(at[1:], len(found))
    nobody = len(at)
    keeps = np.full(len(many), nobody)
    asking = np.arange(len(at))
    while len(asking):
        wanted = truth[at[asking]]
        choosy = ~many[wanted]
        asking, wanted = asking[choosy], wanted[choosy]
        before = keeps[wanted]
        np.minimum.at(keeps, wanted, asking)
        after = keeps[wanted]
        dropped = np.unique(before[(before != after) & (before != nobody)])
        asking = np.concatenate([asking[after != asking], dropped])
        at[asking] += 1
        asking = asking[at[asking] < stops[asking]]
    return at[at < stops]
