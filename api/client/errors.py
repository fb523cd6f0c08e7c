"""What the client raises; exit codes of the CLI and `except` clauses of scripts go by these classes."""

from __future__ import annotations

from api.resources import Problem


class ClientError(Exception):
    """Base of everything the client raises on purpose. `code` and `params` are for machines and translations."""

    def __init__(self, text: str, code: str, /, **params: str) -> None:
        super().__init__(text)
        self.code = code
        self.params = params


class ProblemError(ClientError):
    """The API answered with a problem document (RFC 9457)."""

    def __init__(self, problem: Problem) -> None:
        text = f"{problem.title}: {problem.detail}" if problem.detail else problem.title
        super().__init__(text, problem.code, **problem.params)
        self.problem = problem


class UnreachableError(ClientError):
    """Nobody answers at the API's address, or what answers is not able to (503 again and again)."""

    def __init__(self, api_url: str, cause: str) -> None:
        super().__init__(
            f"the API at {api_url} cannot be reached ({cause}): "
            "start it with `mo up`, or name another one with MO_API_URL",
            "unreachable",
            api_url=api_url,
            cause=cause,
        )


class WaitTimeoutError(ClientError):
    """What was waited for has not happened in time; it may still happen."""

    def __init__(self, what: str, timeout_s: float) -> None:
        super().__init__(
            f"{what} has not ended within {timeout_s:g} s; it goes on, ask again later",
            "wait_timeout",
            what=what,
            timeout_s=f"{timeout_s:g}",
        )


class UnknownNameError(ClientError):
    """Nothing has this name or id."""

    def __init__(self, noun: str, text: str) -> None:
        super().__init__(
            f"no {noun} is called {text!r}: list them to see names and ids", "unknown_name", noun=noun, text=text
        )


class AmbiguousNameError(ClientError):
    """Several things have this name or begin of an id."""

    def __init__(self, noun: str, text: str, ids: list[str]) -> None:
        super().__init__(
            f"{text!r} means several of {noun}: {', '.join(ids)}; give one of these ids",
            "ambiguous_name",
            noun=noun,
            text=text,
            ids=", ".join(ids),
        )


class BadInputError(ClientError):
    """A local file or folder, or an argument, cannot be used as it is."""


class DamagedTransferError(ClientError):
    """Bytes that went over the wire are not those that left; nothing was kept."""

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(
            f"transfer damaged: {got} instead of {expected}; try again", "transfer_damaged", expected=expected, got=got
        )
