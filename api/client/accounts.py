"""People as admins see them: accounts, their roles, and the chain of what was decided."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import NamedTuple
from uuid import UUID

from api.client.answers import decoded
from api.client.mode import M
from api.client.naming import find
from api.client.operation import Noun, iteration, operation
from api.resources import Page
from api.resources_accounts import Account, AccountEdit, AccountWish, AuditEntry, OneTimePassword, Registration
from storage.accounts.chain import GENESIS, first_break
from storage.accounts.rows import AuditRow
from storage.accounts.rules import Outcome, Role

ENTRIES_MAX = 200
"""Of the chain in one request."""
_OF_IDS = frozenset("0123456789abcdef-")
"""The server looks for parts of logins and names, not for the beginnings of ids."""


class Accounts(Noun[M]):
    """`Client.accounts`."""

    @operation
    async def registration(self) -> Registration:
        """How people come in for the first time; asked by anybody."""
        return await self._core.read("/registration", Registration)

    @operation
    async def register(
        self, login: str, password: str, *, name: str | None = None, setup_token: str | None = None
    ) -> Account:
        """A new account; with the setup token that the server printed, the first admin's."""
        wish = AccountWish(login=login, password=password, name=name, setup_token=setup_token)
        return decoded(await self._core.once("POST", "/accounts", wish), Account)

    @operation
    async def list(self, *, search: str = "", limit: int = 50, cursor: str | None = None) -> Page[Account]:
        """A page of accounts by login; `search`: part of login or name."""
        return await self._core.read("/accounts", Page[Account], search=search, limit=limit, cursor=cursor)

    @iteration
    def all(self, *, search: str = "") -> AsyncIterator[Account]:
        """Every account by login, page after page."""
        return self._core.pages("/accounts", Page[Account], search=search)

    @operation
    async def find(self, text: str) -> Account:
        """The account with this id, unique beginning of one, or exact login; raises as `naming.find`."""
        return await find(
            self._core,
            "/accounts",
            (Account, Page[Account]),
            text,
            noun="account",
            names=lambda account: (account.login,),
            search="" if set(text.lower()) <= _OF_IDS else text,
        )

    @operation
    async def edit(
        self, account: Account, *, role: Role | None = None, active: bool | None = None, name: str | None = None
    ) -> Account:
        """Another role or name, or whether the person may sign in; based on the account as it was seen (its ETag).

        Raises:
            ProblemError: somebody changed it since, or nobody would be left to administer (`last_admin`).
        """
        wish = AccountEdit(role=role, active=active, name=name)
        return await self._core.write(f"/accounts/{account.id}", wish, Account, method="PATCH", etag=account.etag)

    @operation
    async def reset(self, account: Account) -> OneTimePassword:
        """A password for somebody who forgot theirs, for one sign-in; they are signed out everywhere."""
        return decoded(await self._core.once("POST", f"/accounts/{account.id}/password"), OneTimePassword)


class Chain(NamedTuple):
    """What came of recomputing the chain: how many entries hold together from the first on, the position and digest of
    the last of them, and the position of the first that does not. `kept` is whether an earlier head stands where it
    stood; None where none was given."""

    entries: int
    digest: str
    broken_at: int | None
    kept: bool | None

    @property
    def whole(self) -> bool:
        """Whether nothing was changed, taken out or cut off, as far as can be told."""
        return self.broken_at is None and self.kept is not False


class Audit(Noun[M]):
    """`Client.audit`: the chain of decisions."""

    @operation
    async def list(
        self, *, limit: int = 50, cursor: str | None = None, actor: UUID | None = None, outcome: Outcome | None = None
    ) -> Page[AuditEntry]:
        """A page of decisions, newest first."""
        return await self._core.read(
            "/audit", Page[AuditEntry], limit=limit, cursor=cursor, actor=actor, outcome=outcome
        )

    @operation
    async def verify(self, kept: tuple[int, str] | None = None) -> Chain:
        """Recompute every digest from the first entry on; `kept` is position and digest of a head of before.

        Only who has kept an earlier head can tell that entries were cut off at the end.
        """
        position, previous, after = 0, GENESIS, "0"
        stood = None if kept is None else False
        while True:
            page = await self._core.read("/audit", Page[AuditEntry], limit=ENTRIES_MAX, after=after)
            rows = [_row(entry) for entry in page.items]
            broken = first_break(rows, previous, position)
            right = rows if broken is None else rows[: broken - position - 1]
            if kept is not None and kept in _heads(right):
                stood = True
            if right:
                position, previous = right[-1].position, right[-1].digest
            if broken is not None or page.next is None:
                return Chain(position, previous.hex(), broken, stood)
            after = page.next


def _heads(rows: Iterable[AuditRow]) -> Iterable[tuple[int, str]]:
    return ((row.position, row.digest.hex()) for row in rows)


def _row(entry: AuditEntry) -> AuditRow:
    return AuditRow(
        time=entry.time,
        actor=entry.actor,
        action=entry.action,
        object=entry.object,
        outcome=entry.outcome,
        address=entry.address,
        position=entry.position,
        previous=bytes.fromhex(entry.previous),
        digest=bytes.fromhex(entry.digest),
    )
