"""What every keeper of accounts promises. Digests come in, secrets never do; times are arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from storage.accounts.rows import AccountRow, AuditRow, Bearer, Decision, SessionRow, Signed, TokenRow
from storage.accounts.rules import Role


class AccountsError(Exception):
    """Something about accounts went wrong; the text says what to do."""


class AccountsAwayError(AccountsError):
    """The database cannot be asked now: try again later. A change may have been kept or not."""


class LoginTakenError(AccountsError):
    """Somebody has this login already."""


class AccountChangedError(AccountsError):
    """The account is another one than the author of a change saw."""


class LastAdminError(AccountsError):
    """Nobody would be left to administer the system."""


class TooManyTokensError(AccountsError):
    """The account has as many tokens as it may."""


class Accounts(Protocol):
    """Accounts, their sessions and tokens, one-time codes, and the chain of decisions.

    Every method may raise `AccountsAwayError`. Logins are compared in one form (`rules.folded`).
    """

    async def migrate(self) -> list[int]:
        """Bring what is kept into the form of this version; the numbers of the steps that were taken.

        Harmless when nothing is left to do and when two do it at once.

        Raises:
            AccountsError: a newer version has kept it already.
        """
        ...

    async def add(self, account: AccountRow) -> None:
        """Keep a new account.

        Raises:
            LoginTakenError: its login or id is taken.
        """
        ...

    async def add_first_admin(self, account: AccountRow, code: bytes, now: datetime) -> bool:
        """Keep the account as the first admin if the digest is that of a setup code and there is no admin yet.

        The code and all others end with it. False: the code does not hold, and nothing was kept.

        Raises:
            LoginTakenError: its login is taken; the code holds on.
        """
        ...

    async def account(self, id_: UUID) -> AccountRow | None: ...

    async def by_login(self, login: str) -> AccountRow | None: ...

    async def accounts(
        self, *, search: str = "", limit: int, after: str | None = None
    ) -> tuple[list[AccountRow], str | None]:
        """A page of accounts by login, and what `after` of the next page is; `search`: part of login or name."""
        ...

    async def names(self, ids: Iterable[UUID]) -> Mapping[UUID, str]:
        """The names of those that are accounts."""
        ...

    async def has_admin(self) -> bool:
        """Whether anybody is an active admin."""
        ...

    async def change(
        self, id_: UUID, *, revision: int, role: Role | None = None, active: bool | None = None, name: str | None = None
    ) -> AccountRow | None:
        """Change what is given of an account; another role, and being put out of use, end its sessions.

        None: there is no such account.

        Raises:
            AccountChangedError: it has another revision.
            LastAdminError: no active admin would be left.
        """
        ...

    async def set_password(
        self,
        id_: UUID,
        password: str,
        *,
        old: str | None = None,
        once_until: datetime | None = None,
        but: UUID | None = None,
    ) -> bool:
        """Keep another hash, and end all sessions of the account but `but`.

        Where the password was one that an admin had set, the tokens that were made since then end too, but `but`.
        False: `old` is given and is not the hash any more; nothing was kept.
        """
        ...

    async def rehash(self, id_: UUID, *, old: str, new: str) -> None:
        """Keep the same password's newer hash, unless another one was set meanwhile."""
        ...

    async def add_session(self, session: SessionRow, *, password: str | None = None) -> bool:
        """Keep a new session; of more than `SESSIONS_MAX` those that were silent longest end.

        `password`: the hash that let the person in; one that an admin had set lets nobody in again.
        False: the account is not active, or has another hash by now; nothing was kept.
        """
        ...

    async def session(self, digest: bytes, now: datetime) -> Signed | None:
        """The living session with the digest, of an active account; that it was seen is kept to the minute."""
        ...

    async def session_lives(self, id_: UUID, now: datetime) -> bool:
        """Whether the session still holds and its account is active."""
        ...

    async def sessions(self, account_id: UUID, now: datetime) -> list[SessionRow]:
        """The living sessions of an account, last seen first."""
        ...

    async def end_session(self, account_id: UUID, id_: UUID) -> bool:
        """End a session of the account; False where there is none."""
        ...

    async def add_token(self, token: TokenRow) -> None:
        """Keep a new token.

        Raises:
            TooManyTokensError: the account has `TOKENS_MAX` of them.
        """
        ...

    async def token(self, id_: UUID, digest: bytes, now: datetime) -> Bearer | None:
        """The living token with id and digest, of an active account; that it was used is kept to the minute."""
        ...

    async def token_lives(self, id_: UUID, now: datetime) -> bool:
        """Whether the token still holds and its account is active."""
        ...

    async def tokens(self, account_id: UUID) -> list[TokenRow]:
        """The tokens of an account, newest first, expired ones included."""
        ...

    async def end_token(self, account_id: UUID, id_: UUID) -> bool:
        """Revoke a token of the account; False where there is none."""
        ...

    async def add_code(self, digest: bytes, *, account_id: UUID | None, expires_at: datetime) -> None:
        """Keep the digest of a code that can be used once: to sign in as the account, or with None to set up."""
        ...

    async def use_code(self, digest: bytes, now: datetime) -> AccountRow | None:
        """The active account that a sign-in code is for; the code ends with it."""
        ...

    async def say(self, decisions: Sequence[Decision]) -> list[AuditRow]:
        """Append decisions to the chain, in this order and all or none."""
        ...

    async def audit(
        self, *, limit: int, before: int | None = None, actor: UUID | None = None, outcome: str = ""
    ) -> list[AuditRow]:
        """Entries below a position, newest first."""
        ...

    async def audit_from(
        self, position: int, *, limit: int, actor: UUID | None = None, outcome: str = ""
    ) -> list[AuditRow]:
        """Entries from a position on, oldest first; all of them for whoever verifies the chain."""
        ...

    async def close(self) -> None: ...
