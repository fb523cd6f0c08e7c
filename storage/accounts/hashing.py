"""Passwords are hashed with argon2id, few at once: each takes 64 MiB and a quarter of a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from storage.accounts.secrets import new_secret

R = TypeVar("R")

AT_ONCE_MAX = 4
WAITING_MAX = 64
"""Sign-ins that wait for one of those; more are sent away."""


class BusyError(Exception):
    """Too many passwords wait to be checked: try again later."""


class Checked(NamedTuple):
    """Whether a password was right, and its newer hash where it was kept with weaker parameters."""

    right: bool
    newer: str | None = None


class Passwords:
    """Makes and checks hashes in threads. `hasher` has the parameters; its defaults are RFC 9106's second choice."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._free = asyncio.Semaphore(AT_ONCE_MAX)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """The hash to be kept; raises `BusyError`."""
        return await self._apart(lambda: self._hasher.hash(password.encode(errors="surrogatepass")))

    async def check(self, kept: str, password: str) -> Checked:
        """Whether the password has this hash. "" has no password, which takes as long to say; raises `BusyError`."""
        return await self._apart(lambda: self._check(kept, password.encode(errors="surrogatepass")))

    async def _apart(self, work: Callable[[], R]) -> R:
        if self._waiting >= WAITING_MAX:
            raise BusyError(f"{self._waiting} passwords wait to be checked")
        self._waiting += 1
        try:
            async with self._free:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1

    def _check(self, kept: str, password: bytes) -> Checked:
        try:
            self._hasher.verify(kept or self._nobodys, password)
        except (VerificationError, InvalidHashError):
            return Checked(False)
        if not kept:
            return Checked(False)
        return Checked(True, self._hasher.hash(password) if self._hasher.check_needs_rehash(kept) else None)

    @cached_property
    def _nobodys(self) -> str:
        """A hash of a password that nobody knows."""
        return self._hasher.hash(new_secret())
