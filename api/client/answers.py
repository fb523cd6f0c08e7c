"""Answers as values or as what they refuse, and how long to wait before asking again."""

from __future__ import annotations

import http
from typing import TypeVar

import msgspec

from api.client.errors import ProblemError, UnreachableError
from api.client.mode import Mode
from api.client.wire import Answer, ConnectionFailedError
from api.resources import Problem

T = TypeVar("T")

RETRY_S = 0.2
"""Pause before the second attempt; doubled for each further one."""
RETRY_S_MAX = 10.0
BUSY = frozenset({http.HTTPStatus.SERVICE_UNAVAILABLE, http.HTTPStatus.TOO_MANY_REQUESTS})


class Patience:
    """Tries again for as long as something gets on; so many failures in a row at the same place are the end."""

    def __init__(self, mode: Mode, api_url: str, failures_max: int) -> None:
        self._mode = mode
        self._api_url = api_url
        self._failures_max = failures_max
        self._failures = 0
        self._place = -1

    async def failed(self, cause: Answer | ConnectionFailedError, place: int = 0) -> None:
        """Wait before the next attempt, after one that had got to `place`.

        Raises:
            ProblemError: it was once too often, and this is what the API says. UnreachableError: nobody answers.
        """
        self._failures = 1 if place > self._place else self._failures + 1
        self._place = max(place, self._place)
        pause_s = min(RETRY_S * 2 ** (self._failures - 1), RETRY_S_MAX)
        if self._failures >= self._failures_max:
            raise self._given_up(cause)
        if isinstance(cause, Answer):
            pause_s = max(pause_s, retry_after_s(cause, pause_s))
        await self._mode.sleep(pause_s)

    def _given_up(self, cause: Answer | ConnectionFailedError) -> ProblemError | UnreachableError:
        if isinstance(cause, Answer):
            return refusal(cause)
        given_up = UnreachableError(self._api_url, str(cause))
        given_up.__cause__ = cause
        return given_up


def retry_after_s(answer: Answer, fallback_s: float) -> float:
    """Seconds that a busy server asks to wait (Retry-After in seconds), at most `RETRY_S_MAX`."""
    text = answer.headers.get("retry-after", "")
    return min(float(text), RETRY_S_MAX) if text.isdecimal() else fallback_s


def checked(answer: Answer) -> Answer:
    """The same answer, if it is no refusal.

    Raises:
        ProblemError: it is.
    """
    if answer.status < http.HTTPStatus.BAD_REQUEST:
        return answer
    raise refusal(answer)


def refusal(answer: Answer) -> ProblemError:
    """What the API says against the request."""
    try:
        problem = msgspec.json.decode(answer.body, type=Problem)
    except msgspec.MsgspecError:
        # A proxy or another server speaks here; its page is no use to anybody.
        title = f"HTTP {answer.status}"
        problem = Problem(type="about:blank", title=title, status=answer.status, code=f"http_{answer.status}")
    return ProblemError(problem)


def decoded(answer: Answer, kind: type[T]) -> T:
    """The answer's body.

    Raises:
        ProblemError: it is not what this client understands.
    """
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except msgspec.MsgspecError as error:
        problem = Problem(
            type="about:blank",
            title="The answer is not what this client understands; client and server differ in version",
            status=int(http.HTTPStatus.BAD_GATEWAY),
            code="answer_not_understood",
            detail=str(error),
        )
        raise ProblemError(problem) from error
