"""Exit codes of `mo`; the help text lists them, scripts may rely on them."""

from __future__ import annotations

from http import HTTPStatus

from api.client.errors import (
    AmbiguousNameError,
    BadInputError,
    ClientError,
    ProblemError,
    UnknownNameError,
    UnreachableError,
    WaitTimeoutError,
)

OK = 0
FAILED = 1
"""A job failed, a decision was refused, a gate did not hold."""
USAGE = 2
NOT_FOUND = 3
"""Nothing has this name or id, or it is not for you."""
UNREACHABLE = 4
TIMEOUT = 124

_OF_STATUS = {
    HTTPStatus.BAD_REQUEST: USAGE,
    HTTPStatus.UNPROCESSABLE_ENTITY: USAGE,
    HTTPStatus.UNAUTHORIZED: NOT_FOUND,
    HTTPStatus.FORBIDDEN: NOT_FOUND,
    HTTPStatus.NOT_FOUND: NOT_FOUND,
    HTTPStatus.GONE: NOT_FOUND,
    HTTPStatus.SERVICE_UNAVAILABLE: UNREACHABLE,
}
_OF_ERROR: tuple[tuple[type[ClientError], int], ...] = (
    (UnreachableError, UNREACHABLE),
    (WaitTimeoutError, TIMEOUT),
    (UnknownNameError, NOT_FOUND),
    (AmbiguousNameError, USAGE),
    (BadInputError, USAGE),
)


def exit_code(error: ClientError) -> int:
    """The exit code that says what kind of failure this is."""
    if isinstance(error, ProblemError):
        return _OF_STATUS.get(HTTPStatus(error.problem.status), FAILED) if _known(error.problem.status) else FAILED
    return next((code for kind, code in _OF_ERROR if isinstance(error, kind)), FAILED)


def _known(status: int) -> bool:
    return status in HTTPStatus._value2member_map_
