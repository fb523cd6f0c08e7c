"""A second look where the exported graph was wrong: the structure records its values, and the node is found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

from agents.conversion.plan import Record, begins
from agents.joblog import plain
from agents.sandbox.exchange import decoded
from agents.work import JobProblem
from schemas.values import Code

Look = Callable[[Record], Awaitable[str]]
"""Runs the structure once more, recording, and says the node in one line; "" where it cannot be said."""


async def explained(problem: JobProblem, look: Look) -> JobProblem:
    """The problem, with the node where the export went wrong if the verifying child asked for a second look.

    A second look that fails changes nothing about the verdict: the problem is said without a node then.
    """
    params = dict(problem.reason.params)
    asked = params.pop("record", None)
    if asked is None:
        return problem
    place = ""
    if (record := decoded(asked.encode(), Record)) is not None:
        with suppress(JobProblem):
            place = await look(record)
    params["first"] = begins(Code("begins_in_export", {"at": plain(place) or "-"}))
    return JobProblem.of(Code(problem.reason.code, params))
