"""The SDK: everything the API can do, from Python."""

from api.client.client import Client
from api.client.errors import (
    AmbiguousNameError,
    BadInputError,
    ClientError,
    DamagedTransferError,
    ProblemError,
    UnknownNameError,
    UnreachableError,
    WaitTimeoutError,
)

__all__ = [
    "AmbiguousNameError",
    "BadInputError",
    "Client",
    "ClientError",
    "DamagedTransferError",
    "ProblemError",
    "UnknownNameError",
    "UnreachableError",
    "WaitTimeoutError",
]
